/* The frame of a command: what reaches it of the command line, and what becomes of its verdict. */
#include "gentally/cli/command.h"

#include <sysexits.h>
#include <unistd.h>

#include "suite.h"

enum option { LIMIT, DRY };

static const struct command_option option_table[] = {
    [LIMIT] = {"limit", "N", "", NULL},
    [DRY] = {"dry", NULL, "", NULL},
};

/* What the last run saw, and what the next one answers. */
static struct {
    int runs;
    char verb[32], positional[32], topic[250], limit[32];
    bool is_dry;
} seen;
static struct {
    enum verdict verdict;
    enum reason_id id;
    int status;
} answer;

static enum verdict run(struct command_call *call, struct reason *why)
{
    seen.runs++;
    snprintf(seen.verb, sizeof(seen.verb), "%s", call->verb);
    snprintf(seen.positional, sizeof(seen.positional), "%s", call->positional == NULL ? "-" : call->positional);
    snprintf(seen.topic, sizeof(seen.topic), "%s", call->config->topic);
    snprintf(seen.limit, sizeof(seen.limit), "%s",
             call->options[LIMIT].value == NULL ? "-" : call->options[LIMIT].value);
    seen.is_dry = call->options[DRY].value != NULL;
    call->status = answer.status;
    return answer.verdict == GO_ON ? GO_ON : reason_set(why, answer.verdict, answer.id, 0, "told");
}

static struct command command = {.name = "try",
                                 .purpose = "",
                                 .arguments = "",
                                 .summary = "",
                                 .text = "",
                                 .options = option_table,
                                 .option_count = LENGTH_OF(option_table),
                                 .run = run};

/* Runs the command with up to five arguments, nothing in the environment; its lines go to nowhere. */
static int run_with(const char *const arguments[5])
{
    static char *nothing[] = {NULL};
    char *argv[8] = {(char[]){"try"}}, **before = environ, texts[5][32];
    int argc = 1, out = dup(STDOUT_FILENO), error = dup(STDERR_FILENO);

    for (; argc < 6 && arguments[argc - 1] != NULL; argc++) {
        snprintf(texts[argc - 1], sizeof(texts[0]), "%s", arguments[argc - 1]);
        argv[argc] = texts[argc - 1];
    }
    fflush(stdout);
    CU_ASSERT_PTR_NOT_NULL_FATAL(freopen("/dev/null", "w", stdout));
    CU_ASSERT_PTR_NOT_NULL_FATAL(freopen("/dev/null", "w", stderr));
    environ = nothing;
    seen.runs = 0;
    int status = command_run(&command, "gentally", argc, argv);
    environ = before;
    fflush(stdout);
    fflush(stderr);
    dup2(out, STDOUT_FILENO);
    dup2(error, STDERR_FILENO);
    close(out);
    close(error);
    return status;
}

static void begin(bool has_verb, bool has_positional)
{
    command.has_verb = has_verb;
    command.has_positional = has_positional;
    answer.verdict = GO_ON;
    answer.status = EX_OK;
}

static void a_command_gets_its_options_and_the_configuration(void)
{
    begin(false, true);
    CU_ASSERT_EQUAL(run_with((const char *[5]){"--limit", "7", "word", "--topic=other"}), EX_OK);
    CU_ASSERT_EQUAL(seen.runs, 1);
    CU_ASSERT_STRING_EQUAL(seen.limit, "7");
    CU_ASSERT_STRING_EQUAL(seen.topic, "other");
    CU_ASSERT_STRING_EQUAL(seen.positional, "word");
    CU_ASSERT_STRING_EQUAL(seen.verb, "");
    CU_ASSERT_FALSE(seen.is_dry);
    /* The values of one run are not those of the next. */
    CU_ASSERT_EQUAL(run_with((const char *[5]){"--dry"}), EX_OK);
    CU_ASSERT_TRUE(seen.is_dry);
    CU_ASSERT_STRING_EQUAL(seen.limit, "-");
    CU_ASSERT_STRING_EQUAL(seen.positional, "-");
}

static void a_verb_stands_before_all_else(void)
{
    begin(true, true);
    CU_ASSERT_EQUAL(run_with((const char *[5]){"show", "word"}), EX_OK);
    CU_ASSERT_STRING_EQUAL(seen.verb, "show");
    CU_ASSERT_STRING_EQUAL(seen.positional, "word");
    CU_ASSERT_EQUAL(run_with((const char *[5]){"--dry", "show"}), EX_OK);
    CU_ASSERT_STRING_EQUAL(seen.verb, "");
    CU_ASSERT_STRING_EQUAL(seen.positional, "show");
}

static void what_a_command_does_not_take_is_refused(void)
{
    begin(false, false);
    CU_ASSERT_EQUAL(run_with((const char *[5]){"word"}), EX_USAGE);
    CU_ASSERT_EQUAL(run_with((const char *[5]){"--unheard-of"}), EX_USAGE);
    CU_ASSERT_EQUAL(run_with((const char *[5]){"--limit"}), EX_USAGE);
    CU_ASSERT_EQUAL(run_with((const char *[5]){"--idle-ms=soon"}), EX_CONFIG);
    CU_ASSERT_EQUAL(seen.runs, 0);
}

static void help_and_version_run_nothing(void)
{
    begin(false, false);
    CU_ASSERT_EQUAL(run_with((const char *[5]){"--unheard-of", "--help"}), EX_OK);
    CU_ASSERT_EQUAL(run_with((const char *[5]){"--version", "word"}), EX_OK);
    CU_ASSERT_EQUAL(seen.runs, 0);
}

static void a_verdict_becomes_an_exit_status(void)
{
    begin(false, false);
    answer.status = EX_TEMPFAIL;
    CU_ASSERT_EQUAL(run_with((const char *[5]){NULL}), EX_TEMPFAIL);
    /* The reason decides, whatever the command set. */
    answer.verdict = HALT;
    answer.id = STORE_AUTH;
    CU_ASSERT_EQUAL(run_with((const char *[5]){NULL}), EX_NOPERM);
    answer.verdict = TRY_LATER;
    answer.id = STORE_UNREACHABLE;
    CU_ASSERT_EQUAL(run_with((const char *[5]){NULL}), EX_UNAVAILABLE);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_command_gets_its_options_and_the_configuration", a_command_gets_its_options_and_the_configuration},
        {"a_verb_stands_before_all_else", a_verb_stands_before_all_else},
        {"what_a_command_does_not_take_is_refused", what_a_command_does_not_take_is_refused},
        {"help_and_version_run_nothing", help_and_version_run_nothing},
        {"a_verdict_becomes_an_exit_status", a_verdict_becomes_an_exit_status},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
