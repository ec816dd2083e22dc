/*
 * The fold without Kafka and Redis: decode + check + enrich + tally over generated events of one day in memory, in
 * nanoseconds per event (median of seven rounds). Under callgrind with --toggle-collect=fold_all it gives instructions
 * per event, a figure that does not depend on the machine's mood; tests/bench/fold.sh does that.
 */
#include <inttypes.h>
#include <time.h>

#include "stages.h"

#define ROUNDS 7

/* Not inlined, so that a profiler can name it. */
__attribute__((noinline)) uint64_t fold_all(struct stages *stages, const struct messages *messages);
uint64_t fold_all(struct stages *stages, const struct messages *messages)
{
    uint64_t hash = 0;

    for (uint32_t i = 0; i < messages->count; i++) {
        if (!stages_fold(stages, messages_at(messages, i)))
            exit(EXIT_FAILURE);
        hash = hash * 31 + (uint64_t)stages->fact.sums[M_TOKENS_PROMPT] + stages->fact.sample;
    }
    return hash;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
    uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 500000;
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : ROUNDS;
    double times[ROUNDS];
    struct messages messages;
    struct stages stages;
    uint64_t hash = 0;

    if (count == 0 || rounds < 1 || rounds > ROUNDS)
        return EXIT_FAILURE;
    messages_make(&messages, count, 24);
    stages_open(&stages, messages.taxonomy);
    for (int i = 0; i < rounds; i++) {
        double begin = seconds();
        hash ^= fold_all(&stages, &messages);
        times[i] = seconds() - begin;
    }
    qsort(times, (size_t)rounds, sizeof(times[0]), compare);
    double median = times[rounds / 2];
    printf("fold %" PRIu32 " events of %.0f bytes: %.1f ns/event, %.0f events/s, %.0f MB/s, tally emptied %" PRIu64
           " times, hash %016" PRIx64 "\n",
           messages.count, (double)messages.size / messages.count, median / messages.count * 1e9,
           messages.count / median, (double)messages.size / median / 1e6, stages.cleared, hash);
    stages_close(&stages);
    messages_free(&messages);
    return EXIT_SUCCESS;
}
