/*
 * The tally's cost: what a fact takes when it is added, and a row at the flush. Napkin: seven rows of 144 bytes of
 * sums, two sums an instruction, are some 190 instructions; as many again for hashing and finding them: below 120 ns a
 * fact.
 *
 * Usage: tally_bench [facts]. One hour, the default rollups, 300 models, 60 providers, 100 countries, 40 languages, 5 %
 * of the facts classified; popularity falls as 1 / rank. Facts are drawn before the clock runs.
 */
#include "tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DRAWN 4096u
#define RUNS 7
#define SAMPLES_MAX (1u << 20)

static struct rollups rollups;
static struct fact facts[DRAWN];
static uint8_t packed[CELL_PACKED_MAX];

static uint64_t random_of(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15)); /* SplitMix64 */
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 1..count, the first ones often: its logarithm is uniform, so that rank r comes with a chance of about 1 / r. */
static uint32_t popular(uint64_t *state, uint32_t count)
{
    double limit = 1;
    uint64_t bits = random_of(state);

    for (uint32_t octave = (uint32_t)(bits % 64) * (32 - (uint32_t)__builtin_clz(count)) / 64; octave > 0; octave--)
        limit *= 2;
    uint32_t rank = (uint32_t)(limit * (1 + (double)(bits >> 40) / (1 << 24)));
    return rank > count ? count : rank;
}

static void draw_fact(struct fact *fact, uint64_t *state)
{
    uint32_t model = popular(state, 300);

    *fact = (struct fact){.event_ms = INT64_C(1763978400000) + (int64_t)(random_of(state) % HOUR_MS)};
    fact->dims[DIM_MODEL] = model;
    fact->dims[DIM_PROVIDER] = 301 + (model * 7 + popular(state, 5)) % 60; /* a model has up to five */
    fact->dims[DIM_COUNTRY] = 361 + popular(state, 100);
    fact->dims[DIM_LANGUAGE] = 461 + popular(state, 40);
    fact->sums[M_REQUESTS] = 1;
    for (unsigned i = 1; i < MEASURE_COUNT; i++)
        fact->sums[i] = (int64_t)(random_of(state) % 4096);
    for (unsigned h = 0; h < HISTOGRAM_COUNT; h++)
        fact->sample = sample_with_value(fact->sample, (enum histogram)h, fact->sums[1 + h]);
    fact->sample = sample_with_account(fact->sample, random_of(state));
    if (random_of(state) % 20 == 0) {
        fact->category_count = fact->tag_count = 1 + (uint32_t)(random_of(state) % 2);
        for (uint32_t i = 0; i < fact->tag_count; i++) {
            fact->categories[i] = fact->tag_categories[i] = 501 + i * 6 + (uint32_t)(random_of(state) % 6);
            fact->tags[i] = 520 + fact->categories[i] * 3 + (uint32_t)(random_of(state) % 3);
        }
    }
}

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Packs and forgets all rows, as a flush does; returns what they weigh, against the optimist. */
static uint64_t flush(struct tally *tally, uint64_t *rows, double *spent_ns)
{
    uint64_t hash = 0;
    double begin_ns = now_ns();

    for (uint32_t i = 0; i < tally_rows(tally); i++) {
        size_t size = tally_pack(tally, i, packed);
        hash += size * 31 + packed[size / 2];
    }
    *rows += tally_rows(tally);
    tally_clear(tally);
    *spent_ns += now_ns() - begin_ns;
    return hash;
}

static int compare_times(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static double median(double times[RUNS])
{
    qsort(times, RUNS, sizeof(*times), compare_times);
    return times[RUNS / 2];
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 200000, state = 1, hash = 0;
    double add_ns[RUNS], flush_ns[RUNS];
    struct tally_pool *pool;
    struct tally *tally;
    struct reason why;

    if (rollups_parse(ROLLUPS_DEFAULT, &rollups, &why) != GO_ON || tally_pool_open(&pool, SAMPLES_MAX, &why) != GO_ON)
        return EXIT_FAILURE;
    const struct tally_options options = {.rollups = &rollups, .base = WINDOW_HOUR, .rows_max = 8192, .pool = pool};
    if (tally_open(&tally, &options, &why) != GO_ON)
        return EXIT_FAILURE;
    for (uint32_t i = 0; i < DRAWN; i++)
        draw_fact(&facts[i], &state);

    uint64_t rows = 0;
    for (int run = 0; run < RUNS; run++) {
        double flushed_ns = 0, begin_ns = now_ns();
        rows = 0;
        for (uint64_t i = 0; i < count; i++) {
            if (!tally_has_room(tally))
                hash ^= flush(tally, &rows, &flushed_ns);
            tally_add(tally, &facts[i % DRAWN]);
        }
        add_ns[run] = (now_ns() - begin_ns - flushed_ns) / (double)count;
        hash ^= flush(tally, &rows, &flushed_ns);
        flush_ns[run] = flushed_ns / (double)rows;
    }
    printf("tally %" PRIu64 " %.1f ns/op %016" PRIx64 "\n", count, median(add_ns), hash);
    printf("tally_pack %" PRIu64 " %.1f ns/op %016" PRIx64 "\n", rows, median(flush_ns), hash);
    tally_close(tally);
    tally_pool_close(pool);
    return EXIT_SUCCESS;
}
