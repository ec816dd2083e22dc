/* Text on its way into a manual page: what troff would take for more than text is told it is not. */
#include "gentally/base/troff.h"

#include "gentally/base/base.h"
#include "suite.h"

static void nothing_of_a_text_is_a_request(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"--redis-url", "\\-\\-redis\\-url"},
        {".TH", "\\&.TH"},
        {"'br\n.br\na.b\n", "\\&'br\n\\&.br\na.b\n"},
        {"a\\b", "a\\eb"},
        {"\\fB", "\\efB"},
        {"\n\n.", "\n\n\\&."},
    };

    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        char *text = NULL;
        size_t size = 0;
        FILE *file = open_memstream(&text, &size);
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        troff_print(file, rows[at].text);
        fclose(file);
        CU_ASSERT_STRING_EQUAL(text, rows[at].want);
        free(text);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"nothing_of_a_text_is_a_request", nothing_of_a_text_is_a_request},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
