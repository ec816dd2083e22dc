/* The page of reasons within the binary: each id finds its own text, and that of its group. */
#include "reason_page.h"

#include "gentally/base/verdict.h"
#include "suite.h"

/* What is printed for `name`, to be freed; "(none)" if nothing is. */
static char *printed(const char *name)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    bool is_there = reason_page_print(file, name);

    fclose(file);
    CU_ASSERT_EQUAL(is_there, size > 0);
    if (is_there)
        return text;
    free(text);
    return strdup("(none)");
}

static void each_reason_has_its_text(void)
{
    for (enum reason_id id = REASON_NONE + 1; id < REASON_COUNT; id++) {
        char *text = printed(reason_name(id)), line[128];
        snprintf(line, sizeof(line), "exit status %d\n\n", reason_exit_status(id));
        CU_ASSERT_EQUAL(strncmp(text, reason_name(id), strlen(reason_name(id))), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, line));
        CU_ASSERT_PTR_NULL(strstr(text, "\n#"));
        CU_ASSERT(strlen(text) > strlen(reason_name(id)) + 60);
        free(text);
    }
}

static void text_is_of_the_page(void)
{
    char *text = printed("decode-empty");

    CU_ASSERT_EQUAL(
        strncmp(text, "DECODE-EMPTY, stops at most: record; exit status 65\n\nThe record has no value. ", 77), 0);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "find out why the producer deletes.\n\nThe record is in the dead-letter topic "));
    CU_ASSERT_PTR_NULL(strstr(text, "Confluent framing")); /* the next one's */
    free(text);
    text = printed("WORKER-STANDSTILL");
    CU_ASSERT_EQUAL(strncmp(text, "WORKER-STANDSTILL, news of the log\n\nAn error, every minute", 58), 0);
    free(text);
}

static void what_is_no_id_finds_nothing(void)
{
    static const char *const names[] = {"", "STORE", "STORE-TL", "STORE-TLSX", "What stops", "STORE-TLS ", "Reasons"};
    char longest[300];

    for (size_t i = 0; i < LENGTH_OF(names); i++) {
        char *text = printed(names[i]);
        CU_ASSERT_STRING_EQUAL(text, "(none)");
        free(text);
    }
    memset(longest, 'A', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    CU_ASSERT_FALSE(reason_page_print(stdout, longest));
}

static void nearest_is_suggested(void)
{
    char nearest[SUGGESTION_NAME_MAX + 1] = "";

    CU_ASSERT_TRUE(reason_page_suggest("store_tsl", nearest));
    CU_ASSERT_STRING_EQUAL(nearest, "STORE-TLS");
    CU_ASSERT_TRUE(reason_page_suggest("WORKER-STANDTILL", nearest));
    CU_ASSERT_STRING_EQUAL(nearest, "WORKER-STANDSTILL");
    CU_ASSERT_FALSE(reason_page_suggest("nothing like any of them", nearest));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"each_reason_has_its_text", each_reason_has_its_text},
        {"text_is_of_the_page", text_is_of_the_page},
        {"what_is_no_id_finds_nothing", what_is_no_id_finds_nothing},
        {"nearest_is_suggested", nearest_is_suggested},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
