/* Lines from a pipe or a file, to their end or to a signal. */
#include "input.h"

#include <signal.h>
#include <unistd.h>

#include "suite.h"

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
        {"lines_come_one_by_one", lines_come_one_by_one},
        {"a_line_may_come_in_pieces", a_line_may_come_in_pieces},
        {"a_signal_ends_the_input", a_signal_ends_the_input},
        {"a_long_line_is_whole_or_refused", a_long_line_is_whole_or_refused},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
