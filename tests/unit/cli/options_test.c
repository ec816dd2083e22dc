/* What the commands read from people: their options, and lines from a pipe. */
#include "gentally/cli/options.h"

#include <signal.h>
#include <unistd.h>

#include "input.h"
#include "suite.h"

static void shares_are_read_whole_or_not_at_all(void)
{
    static const struct {
        const char *text;
        bool is_good;
        uint32_t want;
    } rows[] = {
        {"0", true, 0},           {"1", true, 1000000},       {"0.05", true, 50000}, {"0.0025", true, 2500},
        {"1.000", true, 1000000}, {"0.999999", true, 999999}, {"0.", true, 0},       {"", false, 0},
        {".5", false, 0},         {"1.1", false, 0},          {"2", false, 0},       {"0.0000001", false, 0},
        {"0,05", false, 0},       {"0.05x", false, 0},        {"-0.1", false, 0},    {"10", false, 0},
        {"5%", false, 0},
    };

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        struct command_option option = {"share", "SHARE", "", rows[index].text};
        struct reason why = {0};
        uint32_t share = 77;
        bool is_good = option_share(&option, &share, &why) == GO_ON;
        if (is_good != rows[index].is_good || share != (is_good ? rows[index].want : 77))
            printf("share \"%s\": %u\n", rows[index].text, share);
        CU_ASSERT_EQUAL(is_good, rows[index].is_good);
        CU_ASSERT_EQUAL(share, is_good ? rows[index].want : 77);
    }
}

static void integers_keep_their_limits(void)
{
    static const struct {
        const char *text;
        bool is_good;
    } rows[] = {{"1", true}, {"10", true},  {"0", false},   {"11", false},
                {"", false}, {"5x", false}, {"5.0", false}, {"99999999999999999999", false}};

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        struct command_option option = {"count", "N", "", rows[index].text};
        struct reason why = {0};
        int64_t value = -5;
        CU_ASSERT_EQUAL(option_integer(&option, 1, 10, &value, &why) == GO_ON, rows[index].is_good);
        CU_ASSERT_EQUAL(value == -5, !rows[index].is_good);
    }
}

static void what_is_not_given_keeps_its_default(void)
{
    static const char *const names[] = {"table", "json"};
    struct command_option option = {"any", "X", "", NULL};
    struct reason why = {0};
    int64_t value = 3, ms = 4;
    uint32_t share = 5, index = 1;

    CU_ASSERT_EQUAL(option_integer(&option, 1, 10, &value, &why), GO_ON);
    CU_ASSERT_EQUAL(option_time(&option, &ms, &why), GO_ON);
    CU_ASSERT_EQUAL(option_share(&option, &share, &why), GO_ON);
    CU_ASSERT_EQUAL(option_choice(&option, names, LENGTH_OF(names), &index, &why), GO_ON);
    CU_ASSERT_TRUE(value == 3 && ms == 4 && share == 5 && index == 1);
}

static void choices_and_times_are_read(void)
{
    static const char *const names[] = {"table", "json"};
    struct command_option option = {"format", "F", "", "json"};
    struct reason why = {0};
    uint32_t index = 0;
    int64_t ms = 0;

    CU_ASSERT_EQUAL(option_choice(&option, names, LENGTH_OF(names), &index, &why), GO_ON);
    CU_ASSERT_EQUAL(index, 1);
    option.value = "jso";
    CU_ASSERT_EQUAL(option_choice(&option, names, LENGTH_OF(names), &index, &why), HALT);
    CU_ASSERT_STRING_EQUAL(why.text, "--format jso: want one of table, json");
    option.value = "2025-11-24";
    CU_ASSERT_EQUAL(option_time(&option, &ms, &why), GO_ON);
    CU_ASSERT_EQUAL(ms, 1763942400000);
    option.value = "1763942400001";
    CU_ASSERT_EQUAL(option_time(&option, &ms, &why), GO_ON);
    CU_ASSERT_EQUAL(ms, 1763942400001);
    option.value = "yesterday";
    CU_ASSERT_EQUAL(option_time(&option, &ms, &why), HALT);
}

/* Opens an input on a pipe that holds `text`; the writing end stays open if asked for. */
static int open_pipe(struct input *input, const char *text, bool stays_open)
{
    int ends[2];
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    CU_ASSERT_EQUAL_FATAL(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    if (!stays_open)
        close(ends[1]);
    CU_ASSERT_EQUAL_FATAL(input_open(input, ends[0], &why), GO_ON);
    return ends[1];
}

static void expect_line(struct input *input, const char *want)
{
    struct reason why = {0};
    struct span line;

    CU_ASSERT_EQUAL_FATAL(input_line(input, &line, &why), GO_ON);
    CU_ASSERT_EQUAL(line.bytes == NULL, want == NULL);
    CU_ASSERT_TRUE(span_equal(line, span_of(want)));
}

static void lines_come_one_by_one(void)
{
    struct input input;

    open_pipe(&input, "one\n\n three\r\nlast", false);
    expect_line(&input, "one");
    expect_line(&input, "");
    expect_line(&input, " three\r");
    expect_line(&input, "last");
    expect_line(&input, NULL);
    expect_line(&input, NULL);
    CU_ASSERT_FALSE(input.is_stopped);
    close(input.descriptor);
    input_close(&input);
    open_pipe(&input, "", false);
    expect_line(&input, NULL);
    close(input.descriptor);
    input_close(&input);
}

static void a_line_may_come_in_pieces(void)
{
    struct input input;
    int writer = open_pipe(&input, "whole\nha", true);

    expect_line(&input, "whole");
    CU_ASSERT_EQUAL(write(writer, "lf\nrest", 7), 7);
    expect_line(&input, "half");
    close(writer);
    expect_line(&input, "rest");
    expect_line(&input, NULL);
    close(input.descriptor);
    input_close(&input);
}

static void a_signal_ends_the_input(void)
{
    struct input input;
    int writer = open_pipe(&input, "whole\nhalf", true);

    expect_line(&input, "whole");
    CU_ASSERT_EQUAL(raise(SIGTERM), 0); /* blocked by input_open(), so it waits for us */
    expect_line(&input, NULL);
    CU_ASSERT_TRUE(input.is_stopped);
    sigset_t set; /* take it, or the process ends when it is unblocked */
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    CU_ASSERT_EQUAL(sigtimedwait(&set, NULL, &(struct timespec){0}), SIGTERM);
    close(writer);
    close(input.descriptor);
    input_close(&input);
}

static void a_long_line_is_whole_or_refused(void)
{
    char path[] = "/tmp/gentally-input-XXXXXX";
    int file = mkstemp(path);
    size_t size = (size_t)3 << 20;
    char *text = malloc(size);
    struct input input;
    struct span line;
    struct reason why = {0};

    unlink(path);
    memset(text, 'x', size);
    CU_ASSERT_EQUAL_FATAL(write(file, text, size), (ssize_t)size);
    CU_ASSERT_EQUAL_FATAL(write(file, "\n", 1), 1);
    for (int part = 0; part < 6; part++)
        CU_ASSERT_EQUAL_FATAL(write(file, text, size), (ssize_t)size);
    lseek(file, 0, SEEK_SET);
    CU_ASSERT_EQUAL_FATAL(input_open(&input, file, &why), GO_ON);
    CU_ASSERT_EQUAL(input_line(&input, &line, &why), GO_ON);
    CU_ASSERT_EQUAL(line.size, size);
    CU_ASSERT_EQUAL(input_line(&input, &line, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "LINE-TOO-LONG");
    free(text);
    close(file);
    input_close(&input);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"shares_are_read_whole_or_not_at_all", shares_are_read_whole_or_not_at_all},
        {"integers_keep_their_limits", integers_keep_their_limits},
        {"what_is_not_given_keeps_its_default", what_is_not_given_keeps_its_default},
        {"choices_and_times_are_read", choices_and_times_are_read},
        {"lines_come_one_by_one", lines_come_one_by_one},
        {"a_line_may_come_in_pieces", a_line_may_come_in_pieces},
        {"a_signal_ends_the_input", a_signal_ends_the_input},
        {"a_long_line_is_whole_or_refused", a_long_line_is_whole_or_refused},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, "options", tests);
}
