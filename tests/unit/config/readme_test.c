/* README.md says what the program does: its configuration table is the program's own, and its summary table names every
 * field. */
#include <ctype.h>

#include "gentally/config/config.h"
#include "gentally/core/measure.h"
#include "gentally/core/summary.h"
#include "suite.h"

#define README_MAX 200000

static char *text_of(const char *path)
{
    char *text = calloc(1, README_MAX);
    FILE *file = fopen(path, "r");

    if (text != NULL && file != NULL)
        text[fread(text, 1, README_MAX - 1, file)] = '\0';
    if (file != NULL)
        fclose(file);
    return text;
}

static void configuration_table_is_the_programs_own(void)
{
    char *want = NULL, *readme = text_of(GENTALLY_ROOT "/README.md");
    size_t size = 0;
    FILE *memory = open_memstream(&want, &size);

    config_help(memory, true);
    fclose(memory);
    CU_ASSERT_PTR_NOT_NULL_FATAL(readme);
    char *begin = strstr(readme, "<!-- configuration:");
    CU_ASSERT_PTR_NOT_NULL_FATAL(begin);
    char *table = strchr(begin, '\n') + 1;
    char *end = strstr(table, "<!-- end of configuration -->");
    CU_ASSERT_PTR_NOT_NULL_FATAL(end);
    bool is_equal = (size_t)(end - table) == size && memcmp(table, want, size) == 0;
    if (!is_equal)
        printf("README.md: put the output of `gentally help --markdown` between the configuration's two comments\n");
    CU_ASSERT_TRUE(is_equal);
    free(want);
    free(readme);
}

/* True if `name` stands in the text as a word of its own. */
static bool has_word(const char *text, const char *name)
{
    for (const char *at = text; (at = strstr(at, name)) != NULL; at++) {
        unsigned char before = at == text ? ' ' : (unsigned char)at[-1], after = (unsigned char)at[strlen(name)];
        if (!isalnum(before) && before != '_' && !isalnum(after) && after != '_')
            return true;
    }
    return false;
}

static void summary_table_names_every_field(void)
{
    char *readme = text_of(GENTALLY_ROOT "/README.md");

    CU_ASSERT_PTR_NOT_NULL_FATAL(readme);
    for (int i = 0; i < MEASURE_COUNT; i++)
        CU_ASSERT_TRUE(has_word(readme, measure_name((enum measure)i)));
    for (int i = 0; i < HISTOGRAM_COUNT; i++)
        CU_ASSERT_TRUE(has_word(readme, histogram_name((enum histogram)i)));
    for (int i = 0; i < COLUMN_COHORT; i++) /* cohort and age come with the retention rollup */
        CU_ASSERT_TRUE(has_word(readme, column_name((enum column)i)));
    CU_ASSERT_FALSE(has_word(readme, "tokens_imaginary")); /* The look-up can fail. */
    free(readme);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"configuration_table_is_the_programs_own", configuration_table_is_the_programs_own},
        {"summary_table_names_every_field", summary_table_names_every_field},
        CU_TEST_INFO_NULL,
    };
    return suite_run("readme", tests);
}
