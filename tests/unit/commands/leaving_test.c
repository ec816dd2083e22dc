/* A process that is asked to end does so, whatever holds its loop. */
#include "leaving.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gentally/base/clock.h"
#include "suite.h"

#define CLOSED 7  /* exit statuses of the child: it ended by itself, */
#define HELD 9    /* or would have been for ever */
#define STATUS 75 /* or as it was told to */

#define SLACK_MS 2000 /* the thread sanitizer sleeps for a second before a process ends */

static const struct leaving_options options = {
    .wait_ms = {100, 400, 200}, .level = LOG_LEVEL_ERROR, .format = LOG_TEXT, .program = "worker"};
static const struct leaving_options patient = {
    .wait_ms = {4000, 4000, 4000}, .level = LOG_LEVEL_ERROR, .format = LOG_TEXT, .program = "worker"};

/* Sleeps, whatever signals come. */
static void pause_for(int64_t ms)
{
    struct timespec rest = {ms / 1000, ms % 1000 * 1000000L};

    while (nanosleep(&rest, &rest) != 0)
        continue;
}

struct child {
    pid_t pid;
    int ready; /* it writes a byte when it may be sent signals */
};

/* A process held at `step` for a while. */
static struct child begin_held(enum leaving_step step, const struct leaving_options *how)
{
    struct child child;
    int pipes[2];

    if (pipe2(pipes, O_CLOEXEC) != 0)
        abort();
    child.ready = pipes[0];
    child.pid = fork();
    if (child.pid != 0) {
        close(pipes[1]);
        return child;
    }
    struct leaving *leaving = NULL;
    if (leaving_open(&leaving, how, NULL) != GO_ON)
        _exit(1);
    leaving_reach(leaving, step, STATUS);
    if (write(pipes[1], "x", 1) != 1)
        _exit(1);
    pause_for(how == &options ? 1000 + SLACK_MS : 5000);
    _exit(HELD);
}

static void await(struct child *child)
{
    char byte;

    CU_ASSERT_EQUAL_FATAL(read(child->ready, &byte, 1), 1);
    close(child->ready);
}

/* Its exit status. */
static int end_of(const struct child *child)
{
    int status = 0;

    CU_ASSERT_EQUAL(waitpid(child->pid, &status, 0), child->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void each_step_has_its_time(void)
{
    for (enum leaving_step step = LEAVING_OPENING; step < LEAVING_STEPS; step++) {
        struct child child = begin_held(step, &options);
        await(&child);
        int64_t begin_ms = clock_ms(CLOCK_MONOTONIC);
        kill(child.pid, step == LEAVING_CLOSING ? SIGINT : SIGTERM);
        CU_ASSERT_EQUAL(end_of(&child), STATUS);
        int64_t took_ms = clock_ms(CLOCK_MONOTONIC) - begin_ms;
        CU_ASSERT(took_ms >= options.wait_ms[step] - 1);
        CU_ASSERT(took_ms < options.wait_ms[step] + SLACK_MS);
    }
}

static void a_second_signal_ends_at_once(void)
{
    struct child child = begin_held(LEAVING_COUNTING, &patient);

    await(&child);
    int64_t begin_ms = clock_ms(CLOCK_MONOTONIC);
    kill(child.pid, SIGTERM);
    pause_for(60); /* two of a kind that are pending are one */
    kill(child.pid, SIGTERM);
    CU_ASSERT_EQUAL(end_of(&child), STATUS);
    CU_ASSERT(clock_ms(CLOCK_MONOTONIC) - begin_ms < SLACK_MS);
}

static void nobody_asked_so_nobody_ends(void)
{
    struct child child = begin_held(LEAVING_COUNTING, &options);

    await(&child);
    kill(child.pid, SIGHUP);
    CU_ASSERT_EQUAL(end_of(&child), HELD);
}

/* The loop hears what came, once, and ends in order where it can. */
static void the_loop_is_told(void)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        struct leaving *leaving = NULL;
        int64_t asked_ms = 0;
        int wrong = leaving_open(&leaving, &options, NULL) != GO_ON;
        leaving_reach(leaving, LEAVING_COUNTING, STATUS);
        wrong += leaving_signal(leaving, &asked_ms) != 0 || leaving_take_reload(leaving);
        leaving_wait(leaving, 10);
        kill(getpid(), SIGHUP);
        leaving_wait(leaving, 2000);
        wrong += !leaving_take_reload(leaving) || leaving_take_reload(leaving);
        int64_t begin_ms = clock_ms(CLOCK_MONOTONIC);
        kill(getpid(), SIGTERM);
        leaving_wait(leaving, 2000);
        wrong += leaving_signal(leaving, &asked_ms) != SIGTERM || asked_ms < begin_ms ||
                 clock_ms(CLOCK_MONOTONIC) - begin_ms > 1000;
        leaving_close(leaving);
        _exit(wrong == 0 ? CLOSED : 1);
    }
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT_TRUE(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), CLOSED);
}

/* Held, or beating a hundred times as often as it must; asked to end by nobody. */
static int end_of_watched(bool is_beating)
{
    struct leaving_options watched = patient;
    pid_t pid = fork();
    int status = 0;

    watched.hang_ms = is_beating ? 2000 : 200;
    if (pid == 0) {
        struct leaving *leaving = NULL;
        if (leaving_open(&leaving, &watched, NULL) != GO_ON)
            _exit(1);
        leaving_reach(leaving, LEAVING_COUNTING, 0);
        for (int i = 0; i < (is_beating ? 150 : 1); i++) {
            pulse_beat(leaving_pulse(leaving));
            pause_for(is_beating ? 20 : 60000);
        }
        leaving_close(leaving);
        _exit(CLOSED);
    }
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_loop_that_hangs_ends_the_process(void)
{
    CU_ASSERT_EQUAL(end_of_watched(false), reason_exit_status(LOOP_HANGS));
    CU_ASSERT_EQUAL(end_of_watched(true), CLOSED);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"each_step_has_its_time", each_step_has_its_time},
        {"a_second_signal_ends_at_once", a_second_signal_ends_at_once},
        {"nobody_asked_so_nobody_ends", nobody_asked_so_nobody_ends},
        {"the_loop_is_told", the_loop_is_told},
        {"a_loop_that_hangs_ends_the_process", a_loop_that_hangs_ends_the_process},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
