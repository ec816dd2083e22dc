/* What the log writes, read back through a pipe in the place of standard error. */
#include "gentally/base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include "suite.h"

#define CAPTURE_SIZE 16384

struct capture {
    int pipe[2];
    int stderr_before;
    char text[CAPTURE_SIZE];
};

static void capture_begin(struct capture *capture)
{
    if (pipe2(capture->pipe, O_NONBLOCK) != 0)
        abort();
    capture->stderr_before = dup(STDERR_FILENO);
    dup2(capture->pipe[1], STDERR_FILENO);
}

static void capture_end(struct capture *capture)
{
    dup2(capture->stderr_before, STDERR_FILENO);
    close(capture->stderr_before);
    close(capture->pipe[1]);
    ssize_t size = read(capture->pipe[0], capture->text, sizeof(capture->text) - 1);
    capture->text[size > 0 ? size : 0] = '\0';
    close(capture->pipe[0]);
}

static size_t lines_of(const struct capture *capture)
{
    size_t count = 0;
    for (const char *at = capture->text; *at != '\0'; at++)
        count += *at == '\n';
    return count;
}

static void line_has_its_form(void)
{
    static struct capture capture;
    struct logger logger;
    int size = 0;

    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_INFO, "worker");
    log_line(&logger, LOG_LEVEL_INFO, "WORKER-ASSIGNED", "partitions=%d", 12);
    capture_end(&capture);
    int fields = sscanf(capture.text,
                        "worker: %*4d-%*2d-%*2dT%*2d:%*2d:%*2d%*[.0-9]Z info WORKER-ASSIGNED partitions=12%n", &size);
    CU_ASSERT_EQUAL(fields, 0);
    CU_ASSERT_EQUAL(size, (int)strlen(capture.text) - 1);
    CU_ASSERT_EQUAL(lines_of(&capture), 1);
}

static void line_is_one_line_however_hostile(void)
{
    static struct capture capture;
    struct logger logger;
    char text[5000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_INFO, "worker");
    log_line(&logger, LOG_LEVEL_WARN, "A-B", "a\nb\033c\r%s", "d\n");
    log_line(&logger, LOG_LEVEL_WARN, "C-D", "%s", text);
    capture_end(&capture);
    CU_ASSERT_EQUAL(lines_of(&capture), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "a b c d \n"));
    CU_ASSERT_PTR_NULL(strchr(capture.text, '\033'));
    CU_ASSERT_EQUAL(strlen(strchr(capture.text, '\n') + 1), 1023); /* bounded, and still ends in a newline */
    CU_ASSERT_EQUAL(capture.text[strlen(capture.text) - 1], '\n');
}

static void lines_below_the_level_are_not_written(void)
{
    static struct capture capture;
    struct logger logger;

    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_WARN, "worker");
    log_line(&logger, LOG_LEVEL_DEBUG, "A-B", "x");
    log_line(&logger, LOG_LEVEL_INFO, "A-B", "x");
    CU_ASSERT_EQUAL(logger.suppressed, 0);
    log_line(&logger, LOG_LEVEL_WARN, "A-B", "x");
    log_line(&logger, LOG_LEVEL_ERROR, "A-B", "x");
    capture_end(&capture);
    CU_ASSERT_EQUAL(lines_of(&capture), 2);
}

static void burst_is_counted_and_told_later(void)
{
    static struct capture capture;
    struct logger logger;

    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_INFO, "worker");
    for (int count = 0; count < 4; count++)
        log_line(&logger, LOG_LEVEL_WARN, "STORE-UNREACHABLE", "x");
    CU_ASSERT_EQUAL(logger.suppressed, 3);
    logger.last_ms -= 1000; /* a second later */
    log_line(&logger, LOG_LEVEL_WARN, "STORE-UNREACHABLE", "y");
    log_line(&logger, LOG_LEVEL_WARN, "STORE-UNREACHABLE", "y");
    log_line(&logger, LOG_LEVEL_INFO, "WORKER-ASSIGNED", "z");
    log_line(&logger, LOG_LEVEL_INFO, "WORKER-REVOKED", "z");
    capture_end(&capture);
    CU_ASSERT_EQUAL(lines_of(&capture), 4);
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "STORE-UNREACHABLE y suppressed=3 of=STORE-UNREACHABLE\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "WORKER-ASSIGNED z suppressed=1 of=STORE-UNREACHABLE\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "WORKER-REVOKED z\n"));
}

static void errors_are_never_suppressed(void)
{
    static struct capture capture;
    struct logger logger;

    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_INFO, "worker");
    for (int count = 0; count < 5; count++)
        log_line(&logger, LOG_LEVEL_ERROR, "STORE-TORN", "x");
    capture_end(&capture);
    CU_ASSERT_EQUAL(lines_of(&capture), 5);
}

static void reason_is_logged_under_its_own_id(void)
{
    static struct capture capture;
    struct logger logger;
    struct reason why;

    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_INFO, "worker");
    enum verdict verdict = reason_set(&why, HALT, STORE_DENIED, 0, "no %%n permission");
    log_reason(&logger, LOG_LEVEL_ERROR, &why);
    verdict = reason_set(&why, verdict, SINK_FATAL, -144, "gone");
    log_reason(&logger, LOG_LEVEL_ERROR, &why);
    capture_end(&capture);
    CU_ASSERT_EQUAL(verdict, HALT);
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, " error STORE-DENIED no %n permission\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, " error SINK-FATAL gone code=-144\n"));
}

static void levels_are_parsed(void)
{
    static const struct {
        const char *text;
        bool is_level;
        enum log_level want;
    } rows[] = {
        {"debug", true, LOG_LEVEL_DEBUG},
        {"info", true, LOG_LEVEL_INFO},
        {"warn", true, LOG_LEVEL_WARN},
        {"error", true, LOG_LEVEL_ERROR},
        {"", false, 0},
        {"INFO", false, 0},
        {"warning", false, 0},
        {"info ", false, 0},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        enum log_level level = LOG_LEVEL_DEBUG;
        CU_ASSERT_EQUAL(log_level_parse(rows[at].text, &level), rows[at].is_level);
        CU_ASSERT_EQUAL(level, rows[at].is_level ? rows[at].want : LOG_LEVEL_DEBUG);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"line_has_its_form", line_has_its_form},
        {"line_is_one_line_however_hostile", line_is_one_line_however_hostile},
        {"lines_below_the_level_are_not_written", lines_below_the_level_are_not_written},
        {"burst_is_counted_and_told_later", burst_is_counted_and_told_later},
        {"errors_are_never_suppressed", errors_are_never_suppressed},
        {"reason_is_logged_under_its_own_id", reason_is_logged_under_its_own_id},
        {"levels_are_parsed", levels_are_parsed},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
