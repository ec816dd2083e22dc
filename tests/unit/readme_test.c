/*
 * The documents say what the program does: the table of runbooks/configuration.md is the program's own, the tables of
 * schemas/README.md name every field; and README.md is short enough to be read to its end.
 */
#include <ctype.h>

#include "config_table.h"
#include "gentally/config/config_print.h"
#include "suite.h"

#define TEXT_MAX 200000
#define README_MAX 9000

/* The text of a file of the tree, to be freed; the test ends if there is none. */
static char *text_of(const char *path)
{
    char *text = calloc(1, TEXT_MAX);
    FILE *file = fopen(path, "r");

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    text[fread(text, 1, TEXT_MAX - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void readme_is_short(void)
{
    char *readme = text_of(GENTALLY_ROOT "/README.md");
    size_t size = strlen(readme);

    if (size > README_MAX)
        printf("README.md has %zu bytes, %d are allowed: a newcomer reads it to its end\n", size, README_MAX);
    CU_ASSERT_TRUE(size > 0 && size <= README_MAX);
    free(readme);
}

static void configuration_table_is_the_programs_own(void)
{
    char *want = NULL, *page = text_of(GENTALLY_ROOT "/runbooks/configuration.md");
    size_t size = 0;
    FILE *memory = open_memstream(&want, &size);

    config_help(memory, CONFIG_MARKDOWN);
    fclose(memory);
    char *begin = strstr(page, "<!-- configuration:");
    CU_ASSERT_PTR_NOT_NULL_FATAL(begin);
    char *table = strchr(begin, '\n') + 1;
    char *end = strstr(table, "<!-- end of configuration -->");
    CU_ASSERT_PTR_NOT_NULL_FATAL(end);
    bool is_equal = (size_t)(end - table) == size && memcmp(table, want, size) == 0;
    if (!is_equal)
        printf("runbooks/configuration.md: put the output of `gentally help --markdown` between the two comments\n");
    CU_ASSERT_TRUE(is_equal);
    free(want);
    free(page);
}

/* What stands from the heading on, up to the next heading of its level. Borrows the page, and cuts it there. */
static char *section_of(char *page, const char *heading)
{
    char *section = strstr(page, heading);

    CU_ASSERT_PTR_NOT_NULL_FATAL(section);
    char *next = strstr(section + strlen(heading), "\n## ");
    if (next != NULL)
        *next = '\0';
    return section;
}

/* True if a table row of the text has the name in backquotes. */
static bool has_row(const char *text, const char *name)
{
    char quoted[80];

    snprintf(quoted, sizeof(quoted), "`%s`", name);
    for (const char *row = text; (row = strstr(row, "\n| ")) != NULL; row++) {
        const char *found = strstr(row, quoted), *end = strchr(row + 1, '\n');
        if (found != NULL && (end == NULL || found < end))
            return true;
    }
    return false;
}

/* Each field of the schema, nested ones too, has its row. A name with a capital is a type's. */
static void check_fields(const char *schema, const char *heading, int count_min)
{
    static const char before[] = "\"name\": \"";
    char *avsc = text_of(schema), *page = text_of(GENTALLY_ROOT "/schemas/README.md");
    char *section = section_of(page, heading);
    int count = 0;

    for (char *at = avsc; (at = strstr(at, before)) != NULL;) {
        char *name = at + sizeof(before) - 1;
        at = strchr(name, '"');
        *at++ = '\0';
        if (isupper((unsigned char)*name))
            continue;
        count++;
        bool is_named = has_row(section, name);
        if (!is_named)
            printf("schemas/README.md: no row below \"%s\" names the field `%s`\n", heading, name);
        CU_ASSERT_TRUE(is_named);
    }
    CU_ASSERT_TRUE(count >= count_min);
    CU_ASSERT_FALSE(has_row(section, "tokens_imaginary")); /* The look-up can fail. */
    free(avsc);
    free(page);
}

static void event_table_names_every_field(void)
{
    check_fields(GENTALLY_ROOT "/schemas/generation.avsc", "## The event", 27);
}

static void summary_table_names_every_field(void)
{
    check_fields(GENTALLY_ROOT "/schemas/summary.avsc", "## The summary", 60);
}

/* One row each, with one of the three answers: an option that nobody decided on is found here. */
static void every_option_says_whether_it_may_change(void)
{
    static const char *const answers[] = {"any time", "by setup", "never"};
    char *page = text_of(GENTALLY_ROOT "/runbooks/settings.md");
    char row[160];

    for (size_t i = 0; i < config_option_count; i++) {
        int found = 0;
        for (size_t j = 0; j < LENGTH_OF(answers); j++) {
            snprintf(row, sizeof(row), "\n| `%s` | %s | ", config_options[i].name, answers[j]);
            for (const char *at = page; (at = strstr(at, row)) != NULL; at++)
                found++;
        }
        if (found != 1)
            printf("runbooks/settings.md: option %s has %d rows\n", config_options[i].name, found);
        CU_ASSERT_EQUAL(found, 1);
    }
    free(page);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"every option says whether it may change", every_option_says_whether_it_may_change},
        {"readme_is_short", readme_is_short},
        {"configuration_table_is_the_programs_own", configuration_table_is_the_programs_own},
        {"event_table_names_every_field", event_table_names_every_field},
        {"summary_table_names_every_field", summary_table_names_every_field},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
