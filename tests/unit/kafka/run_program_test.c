/* Programs that print, fail, hang, or are not there. */
#include "run_program.h"

#include <signal.h>
#include <unistd.h>

#include "gentally/base/clock.h"
#include "suite.h"

static atomic_bool unwanted;
static char out[64], problem[PROGRAM_PROBLEM_SIZE];
static size_t size;

static bool run(const char *line, int timeout_ms)
{
    memset(out, 0, sizeof(out));
    problem[0] = '\0';
    return run_program(line, timeout_ms, &unwanted, out, sizeof(out) - 1, &size, problem);
}

static void what_it_prints_is_read(void)
{
    CU_ASSERT_TRUE(run("printf one%stwo  three", 5000));
    CU_ASSERT_STRING_EQUAL(out, "onethreetwo");
    CU_ASSERT_EQUAL(size, 11);
    CU_ASSERT_TRUE(run("cat", 5000)); /* no input */
    CU_ASSERT_EQUAL(size, 0);
}

static void what_has_no_room_is_dropped(void)
{
    CU_ASSERT_TRUE(run("seq 100000", 10000));
    CU_ASSERT_EQUAL(size, sizeof(out) - 1);
    CU_ASSERT_EQUAL(strncmp(out, "1\n2\n3\n", 6), 0);
}

static void how_it_failed_is_told(void)
{
    CU_ASSERT_FALSE(run("false", 5000));
    CU_ASSERT_STRING_EQUAL(problem, "it ended with exit status 1");
    CU_ASSERT_FALSE(run("cat /no/such", 5000));
    CU_ASSERT_STRING_EQUAL(problem, "it ended with exit status 1: cat: /no/such: No such file or directory");
    CU_ASSERT_FALSE(run("/no/such/program", 5000));
    CU_ASSERT_PTR_NOT_NULL(strstr(problem, "/no/such/program cannot be run: No such file"));
    CU_ASSERT_FALSE(run("   ", 5000));
    CU_ASSERT_PTR_NOT_NULL(strstr(problem, "names no program"));
}

static void one_that_hangs_is_killed_with_what_it_began(void)
{
    int64_t begin_ms = clock_ms(CLOCK_MONOTONIC);

    CU_ASSERT_FALSE(run("timeout --foreground 60 sleep 60", 200));
    CU_ASSERT_STRING_EQUAL(problem, "it did not end within 200 ms, and was killed");
    CU_ASSERT_TRUE(clock_ms(CLOCK_MONOTONIC) - begin_ms < 5000);
}

static void one_that_is_not_wanted_any_more_is_not_waited_for(void)
{
    int64_t begin_ms = clock_ms(CLOCK_MONOTONIC);

    atomic_store(&unwanted, true);
    CU_ASSERT_FALSE(run("sleep 60", 60000));
    CU_ASSERT_TRUE(clock_ms(CLOCK_MONOTONIC) - begin_ms < 5000);
    atomic_store(&unwanted, false);
}

/* It begins with no signal blocked, and has none of our files. */
static void it_inherits_no_mask_and_no_file(void)
{
    sigset_t all, before;
    int fd = dup(STDOUT_FILENO);

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    CU_ASSERT_TRUE(run("grep SigBlk /proc/self/status", 5000));
    sigprocmask(SIG_SETMASK, &before, NULL);
    CU_ASSERT_STRING_EQUAL(out, "SigBlk:\t0000000000000000\n");
    CU_ASSERT_TRUE(run("ls /proc/self/fd", 5000));
    CU_ASSERT_STRING_EQUAL(out, "0\n1\n2\n3\n"); /* 3 is of ls itself */
    close(fd);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what_it_prints_is_read", what_it_prints_is_read},
        {"what_has_no_room_is_dropped", what_has_no_room_is_dropped},
        {"how_it_failed_is_told", how_it_failed_is_told},
        {"one_that_hangs_is_killed_with_what_it_began", one_that_hangs_is_killed_with_what_it_began},
        {"one_that_is_not_wanted_any_more_is_not_waited_for", one_that_is_not_wanted_any_more_is_not_waited_for},
        {"it_inherits_no_mask_and_no_file", it_inherits_no_mask_and_no_file},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
