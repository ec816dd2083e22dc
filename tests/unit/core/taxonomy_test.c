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
        {"/Adult", "adult", "adult"},
        {"/Adult/", "adult", "adult"},
        {"/Adult/Anything/Deeper", "adult", "adult"},
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

static void refuses_a_wrong_table(void)
{
#define HEADER "pattern,tag,category,origin,note\n"
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
        {"refuses_a_wrong_table", refuses_a_wrong_table},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
