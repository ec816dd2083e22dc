/* The taxonomy: the longest pattern on segment boundaries, and what makes a table wrong. */
#include "gentally/core/taxonomy.h"

#include <assert.h>

#include "gentally/core/event.h"
#include "suite.h"
#include "table_file.h"

static void finds_the_longest_pattern(void)
{
    static const struct {
        const char *path, *tag, *category;
    } rows[] = {
        {"/Adult", "adult", "roleplay"},
        {"/Adult/", "adult", "roleplay"},
        {"/Adult/Anything/Deeper", "adult", "roleplay"},
        {"/Adultery", "other", "other"}, /* not a segment's end */
        {"/Adul", "other", "other"},
        {"Adult", "other", "other"},
        {"/adult", "other", "other"},
        {"//Adult", "other", "other"},
        {"/Computers & Electronics", "technology_other", "technology"},
        {"/Computers & Electronics/Programming", "programming_other", "programming"},
        {"/Computers & Electronics/Programming/Other", "programming_other", "programming"},
        {"/Computers & Electronics/Programming/Development Tools", "development_tools", "programming"},
        {"/Computers & Electronics/Programming/Development Tools/", "development_tools", "programming"},
        {"/Computers & Electronics/Programming/Development", "programming_other", "programming"},
        {"/Computers & Electronics/Programming Languages", "technology_other", "technology"},
        {"/Computers & Electronics/Software/Intelligent Personal Assistants", "personal_assistants", "technology"},
        {"/Science/Computer Science", "computer_science", "programming"},
        {"/Science/Computer Science/Machine Learning & Artificial Intelligence", "machine_learning_ai", "science"},
        {"/Science/Computer Science/Other", "computer_science", "programming"},
        {"/Science/Physics", "physics", "science"},
        {"/Games", "games", "other"},
        {"/Games/Roleplaying Games", "roleplaying_games", "roleplay"},
        {"/Books & Literature/Writers Resources", "writers_resources", "roleplay"},
        {"/Books & Literature/Children's Literature", "books_literature", "literature"},
        {"/Reference/Language Resources/Foreign Language Resources", "foreign_language_resources", "translation"},
        {"/Reference/Language Resources/Other", "language_resources_other", "translation"},
        {"/Internet & Telecom/Web Services/Search Engine Optimization & Marketing", "seo", "seo"},
        {"/News/World News", "news", "general_qa"},
        {"/Travel & Transportation/Hotels & Accommodations", "travel", "other"}, /* "/Travel" is a pattern too */
        {"/", "other", "other"},
        {"//", "other", "other"},
        {"", "other", "other"},
        {NULL, "other", "other"},
        {"/No Such Thing/At All", "other", "other"},
    };
    struct taxonomy *taxonomy;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(taxonomy_open(&taxonomy, NULL, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct span tag, category;
        taxonomy_find(taxonomy, span_of(rows[i].path), &tag, &category);
        bool is_right = span_equal(tag, span_of(rows[i].tag)) && span_equal(category, span_of(rows[i].category));
        if (!is_right)
            printf("path \"%s\": got %.*s\n", rows[i].path, (int)tag.size, tag.bytes);
        CU_ASSERT(is_right);
    }
    taxonomy_close(taxonomy);
}

static void every_pattern_finds_itself(void)
{
    struct taxonomy *taxonomy;
    struct reason why = {0};
    struct span pattern, tag, category, found_tag, found_category;
    size_t count = 0;

    CU_ASSERT_EQUAL_FATAL(taxonomy_open(&taxonomy, NULL, &why), GO_ON);
    for (; taxonomy_at(taxonomy, count, &pattern, &tag, &category); count++) {
        taxonomy_find(taxonomy, pattern, &found_tag, &found_category);
        CU_ASSERT(span_equal(tag, found_tag));
        CU_ASSERT(span_equal(category, found_category));
    }
    CU_ASSERT(count >= 117);
    CU_ASSERT_NOT_EQUAL(taxonomy_version(taxonomy), 0);
    taxonomy_close(taxonomy);
}

/* Without a rule for "/", what nothing matches is other all the same; with one, the rule decides. */
static void the_root_matches_all(void)
{
    static const struct {
        const char *text, *tag, *category;
    } rows[] = {
        {"pattern,tag,category,origin,note\n/A,a,b,,\n", "other", "other"},
        {"pattern,tag,category,origin,note\n/A,a,b,,\n/,rest,all,,\n", "rest", "all"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct taxonomy *taxonomy = NULL;
        struct reason why = {0};
        struct span tag, category;
        struct table_file file = table_file_open(rows[i].text);
        CU_ASSERT_EQUAL_FATAL(taxonomy_open(&taxonomy, file.path, &why), GO_ON);
        taxonomy_find(taxonomy, span_of("/B/C"), &tag, &category);
        CU_ASSERT(span_equal(tag, span_of(rows[i].tag)));
        CU_ASSERT(span_equal(category, span_of(rows[i].category)));
        taxonomy_find(taxonomy, span_of("/A/C"), &tag, &category);
        CU_ASSERT(span_equal(tag, span_of("a")));
        taxonomy_close(taxonomy);
        table_file_close(&file);
    }
}

/* A bucket that a table does not have is the category. */
static void tags_have_buckets(void)
{
    static const struct {
        const char *text, *tag, *want; /* text NULL: the bundled table; want NULL: the tag has no bucket */
    } rows[] = {
        {NULL, "adult", "adult"},
        {NULL, "machine_learning_ai", "programming"},
        {NULL, "writers_resources", "literature"},
        {NULL, "development_tools", "programming"},
        {NULL, "stocks_bonds", "other"},
        {NULL, "other", "other"},
        {NULL, "roleplay", NULL}, /* a category, and no tag */
        {"pattern,tag,category,origin,note\n/A,a,b,,\n", "a", "b"},
        {"pattern,tag,category,origin,note\n/A,a,b,,\n", "other", "other"},
        {"pattern,tag,category,origin,note,bucket\n/A,a,b,,,\n/B,c,b,,,d\n", "a", "b"},
        {"pattern,tag,category,origin,note,bucket\n/A,a,b,,,\n/B,c,b,,,d\n/C,c,b,,,d\n", "c", "d"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct taxonomy *taxonomy = NULL;
        struct reason why = {0};
        struct table_file file = table_file_open(rows[i].text == NULL ? "" : rows[i].text);
        CU_ASSERT_EQUAL_FATAL(taxonomy_open(&taxonomy, rows[i].text == NULL ? NULL : file.path, &why), GO_ON);
        struct span bucket = taxonomy_bucket(taxonomy, span_of(rows[i].tag)), want = span_of(rows[i].want);
        bool is_right = span_equal(bucket, want) && (bucket.bytes == NULL) == (want.bytes == NULL);
        if (!is_right)
            printf("tag \"%s\": got %.*s\n", rows[i].tag, (int)bucket.size, bucket.bytes);
        CU_ASSERT(is_right);
        taxonomy_close(taxonomy);
        table_file_close(&file);
    }
}

static uint64_t buckets_version(const char *text)
{
    struct taxonomy *taxonomy = NULL;
    struct reason why = {0};
    struct table_file file = table_file_open(text);

    CU_ASSERT_EQUAL_FATAL(taxonomy_open(&taxonomy, file.path, &why), GO_ON);
    uint64_t version = taxonomy_buckets_version(taxonomy);
    taxonomy_close(taxonomy);
    table_file_close(&file);
    return version;
}

/* Published rows are told again if it is another, so it is another only if they would be. */
static void buckets_version_is_of_tags_and_buckets(void)
{
    uint64_t version = buckets_version("pattern,tag,bucket,category,origin,note\n/A,a,x,b,,\n/B,c,y,b,,\n");

    CU_ASSERT_EQUAL(version,
                    buckets_version("pattern,tag,bucket,category,origin,note\n/D,c,y,e,n,\n/E,a,x,b,,\n/F,a,x,b,,\n"));
    CU_ASSERT_NOT_EQUAL(version, buckets_version("pattern,tag,bucket,category,origin,note\n/A,a,y,b,,\n/B,c,x,b,,\n"));
    CU_ASSERT_NOT_EQUAL(version, buckets_version("pattern,tag,bucket,category,origin,note\n/A,a,x,b,,\n"));
}

static void refuses_a_wrong_table(void)
{
#define HEADER "pattern,tag,category,origin,note\n"
#define BUCKETS "pattern,tag,bucket,category,origin,note\n"
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"pattern,tag,category,origin\n", ":1: has no column \"note\""},
        {HEADER, ":2: has no rows"},
        {HEADER "# nothing\n", "has no rows"},
        {HEADER "A,a,b,,\n", ":2: pattern \"A\" is not a path like /A/B"},
        {HEADER ",a,b,,\n", ":2: pattern \"\" is not a path like /A/B"},
        {HEADER "/A/,a,b,,\n", ":2: pattern \"/A/\" is not a path like /A/B"},
        {HEADER "/A//B,a,b,,\n", ":2: pattern \"/A//B\" is not a path like /A/B"},
        {HEADER "//,a,b,,\n", ":2: pattern \"//\" is not a path like /A/B"},
        {HEADER "/A,a,b,,\n/B,a,b,,\n/A,c,b,,\n", ":4: pattern \"/A\" appears twice"},
        {HEADER "/A,,b,,\n", ":2: tag and category need 1 to 256 bytes"},
        {HEADER "/A,a,,,\n", ":2: tag and category need 1 to 256 bytes"},
        {HEADER "/A,(other),b,,\n", ":2: \"(other)\" is the name of what has no row of its own"},
        {HEADER "/A,a,(other),,\n", ":2: \"(other)\" is the name of what has no row of its own"},
        {HEADER "/A,a,b,,\n/B,a,c,,\n", ":3: tag \"a\" has another category above"},
        {BUCKETS "/A,a,x,b,,\n/B,a,y,b,,\n", ":3: tag \"a\" has another bucket above"},
        {BUCKETS "/A,a,x,b,,\n/B,a,,b,,\n", ":3: tag \"a\" has another bucket above"},
        {BUCKETS "/A,a,(other),b,,\n", ":2: \"(other)\" is the name of what has no row of its own"},
    };

    static_assert(EVENT_TEXT_MAX == 256, "the rows name the limit");
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct taxonomy *taxonomy = NULL;
        struct reason why = {0};
        struct table_file file = table_file_open(rows[i].text);
        CU_ASSERT_EQUAL(taxonomy_open(&taxonomy, file.path, &why), HALT);
        CU_ASSERT_STRING_EQUAL(reason_name(why.id), "TABLE-INVALID");
        if (strstr(why.text, rows[i].want) == NULL)
            printf("got \"%s\"\n", why.text);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, rows[i].want));
        CU_ASSERT_PTR_NULL(taxonomy);
        table_file_close(&file);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"finds_the_longest_pattern", finds_the_longest_pattern},
        {"every_pattern_finds_itself", every_pattern_finds_itself},
        {"the_root_matches_all", the_root_matches_all},
        {"tags_have_buckets", tags_have_buckets},
        {"buckets_version_is_of_tags_and_buckets", buckets_version_is_of_tags_and_buckets},
        {"refuses_a_wrong_table", refuses_a_wrong_table},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
