/* What single commands add to the configuration: their options on the command line, and their --help. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gentally/config/config_load.h"
#include "gentally/config/config_print.h"
#include "suite.h"

static struct config config; /* large */

static void help_of_readers_is_about_reading(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    config_help(file, CONFIG_HELP_READERS);
    fclose(file);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "--kafka-bootstrap-servers HOSTS"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "--kafka.PROPERTY VALUE"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "--config FILE"));
    CU_ASSERT_PTR_NULL(strstr(text, "--flush-interval-ms"));
    CU_ASSERT_PTR_NULL(strstr(text, "--retention-pairs-max"));
    free(text);
}

/* Each row of one name takes one value; one more is too many. */
static void an_option_of_several_rows_may_be_given_as_often(void)
{
    static const struct command_option several[] = {
        {"where", "X", "", NULL}, {"where", "X", NULL, NULL}, {"limit", "N", "", NULL}};
    struct command_option options[LENGTH_OF(several)];
    struct reason too_often = {0};

    memcpy(options, several, sizeof(options));
    CU_ASSERT_EQUAL(config_load(&config, 5, (char *[]){"x", "--where=a", "--limit=1", "--limit=2", "--where=b", NULL},
                                options, LENGTH_OF(options), NULL, &too_often),
                    GO_ON);
    CU_ASSERT_STRING_EQUAL(options[0].value, "a");
    CU_ASSERT_STRING_EQUAL(options[1].value, "b");
    CU_ASSERT_STRING_EQUAL(options[2].value, "2"); /* the last one */
    CU_ASSERT_EQUAL(config_load(&config, 4, (char *[]){"x", "--where=a", "--where=b", "--where=c", NULL}, options,
                                LENGTH_OF(options), NULL, &too_often),
                    HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(too_often.id), "CONFIG-FLAG");
    CU_ASSERT_PTR_NOT_NULL(strstr(too_often.text, "--where is given too often"));
}

int main(int argc, char **argv)
{
    static char *nothing[] = {NULL};
    CU_TestInfo tests[] = {
        {"help_of_readers_is_about_reading", help_of_readers_is_about_reading},
        {"an_option_of_several_rows_may_be_given_as_often", an_option_of_several_rows_may_be_given_as_often},
        CU_TEST_INFO_NULL,
    };

    environ = nothing;
    return suite_run(argc, argv, tests);
}
