/*
 * The simulation: runs seeds for a while, on all processors, and says what it saw.
 *
 *   GENTALLY_SEED=N           one run, with its trace
 *   GENTALLY_SIM_SEEDS=N      so many runs (default: as many as fit the time); fewer are a failure
 *   GENTALLY_SIM_SECONDS=N    for so long at most (default 7200 with GENTALLY_SIM_SEEDS, else 120)
 *   GENTALLY_SIM_FIRST=N      the first seed (default 1)
 *   GENTALLY_SIM_FAILURES=N   stop after so many failed (default 20)
 *   GENTALLY_SIM_FUNCTIONS=F  the functions of this file instead of the bundled ones
 */
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

#define FAILURES_MAX 20
#define CHILDREN_MAX 64

/* What the children tell, in memory they share with us. */
struct run_counts {
    uint64_t first_seed;
    uint64_t next_seed; /* taken by one of them: atomically */
    uint64_t passed, failed, steps;
    uint64_t failures_max;
    uint64_t injected[FAULT_COUNT];
    uint64_t running[CHILDREN_MAX]; /* seed under way: 0 = none */
    struct failure {
        uint64_t seed;
        char why[SIM_WHY_SIZE];
    } failures[FAILURES_MAX];
};

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 0);
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void note_failure(struct run_counts *counts, uint64_t seed, const char *why)
{
    uint64_t at = __atomic_fetch_add(&counts->failed, 1, __ATOMIC_RELAXED);

    if (at >= FAILURES_MAX)
        return;
    snprintf(counts->failures[at].why, sizeof(counts->failures[at].why), "%s", why);
    counts->failures[at].seed = seed;
}

static void run_seeds(struct run_counts *counts, int child, uint64_t last_seed, double until)
{
    static struct sim sim;

    while (seconds_now() < until && counts->failed < counts->failures_max) {
        uint64_t seed = __atomic_fetch_add(&counts->next_seed, 1, __ATOMIC_RELAXED);
        if (seed > last_seed)
            break;
        counts->running[child] = seed;
        if (sim_run(&sim, seed, false))
            __atomic_fetch_add(&counts->passed, 1, __ATOMIC_RELAXED);
        else
            note_failure(counts, seed, sim.why);
        __atomic_fetch_add(&counts->steps, sim.steps, __ATOMIC_RELAXED);
        for (int i = 0; i < FAULT_COUNT; i++)
            __atomic_fetch_add(&counts->injected[i], sim.injected[i], __ATOMIC_RELAXED);
    }
    counts->running[child] = 0;
}

/* A child that dies of an assertion has found something, too; another takes its place. */
static void run_children(struct run_counts *counts, uint64_t last_seed, double until)
{
    int count = (int)sysconf(_SC_NPROCESSORS_ONLN);
    pid_t children[CHILDREN_MAX];
    int alive = 0;

    count = count < 1 ? 1 : count > CHILDREN_MAX ? CHILDREN_MAX : count;
    count = (int)setting("GENTALLY_SIM_PROCESSES", (uint64_t)count);
    for (int i = 0; i < count; i++, alive++) {
        children[i] = fork();
        if (children[i] == 0) {
            run_seeds(counts, i, last_seed, until);
            _exit(0);
        }
    }
    while (alive > 0) {
        int status = 0;
        pid_t ended = wait(&status);
        for (int i = 0; i < count; i++) {
            if (children[i] != ended)
                continue;
            alive--;
            if (counts->running[i] == 0)
                continue;
            char why[64];
            snprintf(why, sizeof(why), "the process died of %s %d", WIFSIGNALED(status) ? "signal" : "status",
                     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
            note_failure(counts, counts->running[i], why);
            counts->running[i] = 0;
            children[i] = fork();
            alive++;
            if (children[i] == 0) {
                run_seeds(counts, i, last_seed, until);
                _exit(0);
            }
        }
    }
}

static int run_one(uint64_t seed)
{
    static struct sim sim;
    bool is_good = sim_run(&sim, seed, true);

    printf("seed %" PRIu64 ": %s, trace %016" PRIx64 ", %" PRIu32 " steps%s%s\n", seed, is_good ? "good" : "FAILED",
           sim.hash, sim.steps, is_good ? "" : ": ", sim.why);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* One seed is one run: twice the same trace. */
static bool is_repeatable(void)
{
    static struct sim sim;
    bool is_same = true;

    for (uint64_t seed = 1; seed <= 3; seed++) {
        (void)sim_run(&sim, seed, false);
        uint64_t hash = sim.hash;
        (void)sim_run(&sim, seed, false);
        printf("note: seed %" PRIu64 ": trace %016" PRIx64 "%s\n", seed, hash,
               hash == sim.hash ? ", twice the same" : ", THEN ANOTHER");
        is_same = is_same && hash == sim.hash;
    }
    return is_same;
}

static void report(const struct run_counts *counts, double seconds)
{
    uint64_t runs = counts->passed + counts->failed;

    printf("note: %" PRIu64 " runs in %.0f s (%.0f a second), %" PRIu64 " steps; the first seed was %" PRIu64 "\n",
           runs, seconds, (double)runs / seconds, counts->steps, counts->first_seed);
    for (int i = 0; i < FAULT_COUNT; i++)
        printf("note: %10" PRIu64 "  %s\n", counts->injected[i], fault_name((enum sim_fault)i));
    for (uint64_t i = 0; i < counts->failed && i < FAILURES_MAX; i++)
        printf("seed %" PRIu64 " failed: %s\n    repeat with GENTALLY_SEED=%" PRIu64 "\n", counts->failures[i].seed,
               counts->failures[i].why, counts->failures[i].seed);
}

int main(void)
{
    uint64_t seed = setting("GENTALLY_SEED", 0);
    struct run_counts *counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    /* Workers take large tables and touch little of them: fresh pages are cheaper than cleared ones. A heap that keeps
     * what was freed at its end would have room for the tables there, and clear them. */
    mallopt(M_MMAP_THRESHOLD, 1 << 17);
    mallopt(M_TRIM_THRESHOLD, 1 << 17);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (seed != 0)
        return run_one(seed);
    if (counts == MAP_FAILED)
        return EXIT_FAILURE;
    bool is_same = getenv("GENTALLY_SIM_FAILURES") != NULL || is_repeatable();
    double begin = seconds_now();
    counts->failures_max = setting("GENTALLY_SIM_FAILURES", FAILURES_MAX);
    counts->first_seed = counts->next_seed = setting("GENTALLY_SIM_FIRST", 1);
    uint64_t seeds = setting("GENTALLY_SIM_SEEDS", 0);
    uint64_t last_seed = counts->first_seed + (seeds > 0 ? seeds : UINT64_MAX / 2) - 1;
    run_children(counts, last_seed, begin + (double)setting("GENTALLY_SIM_SECONDS", seeds > 0 ? 7200 : 120));
    report(counts, seconds_now() - begin);
    bool is_short = counts->failed < counts->failures_max && counts->passed + counts->failed < seeds;
    if (!is_same)
        counts->failed++;
    else
        counts->passed++;
    if (is_short) {
        printf("%" PRIu64 " seeds were to be run\n", seeds);
        counts->failed++;
    }
    printf("sim: %" PRIu64 " passed, %" PRIu64 " failed\n", counts->passed, counts->failed);
    return counts->failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
