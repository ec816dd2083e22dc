/*
 * The tally against the naive way: write down every (row, fact) pair, sort, and add up what is equal. It knows nothing
 * of hashes, blocks or samples packed in words; it shares only the header's words with what it judges.
 */
#include "tally.h"

#include "cells.h"
#include "suite.h"

#define FACTS 3000
#define ROUNDS 6
#define ROLLUPS                                                                                                        \
    "total=,model=model,provider=provider+model,category=category+model,tag=tag+category,bare=tag,wide=country+model+" \
    "language+finish_reason"

struct pair {
    int64_t base_ms;
    uint32_t rollup;
    uint32_t dims[ROLLUP_DIMS_MAX];
    uint32_t fact;
};

struct outcome_row {
    struct tally_row row;
    uint8_t packed[CELL_PACKED_MAX];
    size_t packed_size;
};

static struct fact facts[FACTS];
static struct pair *pairs;
static size_t pair_count;
static struct rollups rollups;
static struct cell cell, part;
static uint8_t packed[CELL_PACKED_MAX];

static void random_labels(struct fact *fact, uint64_t *state)
{
    uint32_t bits = (uint32_t)suite_random(state) & (uint32_t)suite_random(state) & (uint32_t)suite_random(state);

    for (uint32_t i = 0; i < EVENT_LABELS_MAX; i++) {
        if ((bits >> i & 1) == 0)
            continue;
        fact->tags[fact->tag_count] = 1 + i % 8; /* a tag may stand in four categories */
        fact->tag_categories[fact->tag_count++] = 1 + i / 8;
    }
    for (uint32_t i = 0; i < 4; i++) {
        if ((bits >> 8 * i & 0xff) != 0)
            fact->categories[fact->category_count++] = 1 + i;
    }
}

static void unclassify(struct fact *fact)
{
    static const enum measure measures[] = {M_CLASSIFIED, M_MAPPED,     M_CLASSIFIED_TOKENS, M_MAPPED_TOKENS,
                                            M_ONE_LABEL,  M_TWO_LABELS, M_MORE_LABELS,       M_SPLIT_TOKENS};

    for (size_t i = 0; i < LENGTH_OF(measures); i++)
        fact->sums[measures[i]] = 0;
}

static void random_facts(uint64_t *state)
{
    for (uint32_t f = 0; f < FACTS; f++) {
        struct fact *fact = &facts[f];
        *fact = (struct fact){.event_ms = (int64_t)suite_below(state, 5 * HOUR_MS) - 2 * HOUR_MS};
        for (unsigned i = 0; i < MEASURE_COUNT; i++)
            fact->sums[i] = (int64_t)(suite_random(state) >> (14 + suite_below(state, 50)));
        fact->sums[M_REQUESTS] = 1;
        for (unsigned i = M_TOKENS_CACHE_WRITE; i < MEASURE_COUNT && f % 3 != 0; i++) /* which few events have */
            fact->sums[i] = 0;
        for (unsigned h = 0; h < HISTOGRAM_COUNT; h++) {
            if (suite_below(state, 4) > 0)
                fact->sample = sample_with_value(fact->sample, (enum histogram)h, fact->sums[h]);
        }
        if (suite_below(state, 4) > 0)
            fact->sample = sample_with_account(fact->sample, suite_random(state));
        for (unsigned d = 0; d < DIM_COUNT; d++)
            fact->dims[d] = d == DIM_CATEGORY || d == DIM_TAG ? 0 : (uint32_t)suite_below(state, 6);
        if (suite_below(state, 5) == 0)
            random_labels(fact, state);
        if (fact->category_count == 0 && suite_below(state, 2) == 0)
            unclassify(fact);
        else
            fact->sums[M_CLASSIFIED] = 1;
    }
}

static void shuffle_facts(uint64_t *state)
{
    for (uint32_t i = FACTS - 1; i > 0; i--) {
        uint32_t other = (uint32_t)suite_below(state, i + 1);
        struct fact swapped = facts[i];
        facts[i] = facts[other];
        facts[other] = swapped;
    }
}

/* --- The naive way ---------------------------------------------------------------------------------------------- */

static int compare_rows(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;

    if (a->base_ms != b->base_ms)
        return a->base_ms < b->base_ms ? -1 : 1;
    if (a->rollup != b->rollup)
        return a->rollup < b->rollup ? -1 : 1;
    for (unsigned i = 0; i < ROLLUP_DIMS_MAX; i++) {
        if (a->dims[i] != b->dims[i])
            return a->dims[i] < b->dims[i] ? -1 : 1;
    }
    return 0;
}

static int compare_pairs(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    int order = compare_rows(a, b);

    return order != 0 ? order : (a->fact > b->fact) - (a->fact < b->fact);
}

/* One combination of labels; the same (row, fact) may be written twice, and counts once. */
static void write_pair(uint32_t rollup, uint32_t fact, uint32_t category, uint32_t tag)
{
    struct pair *pair = &pairs[pair_count++];
    int64_t hour = facts[fact].event_ms / HOUR_MS - (facts[fact].event_ms % HOUR_MS < 0);

    *pair = (struct pair){.base_ms = hour * HOUR_MS, .rollup = rollup, .fact = fact};
    for (uint32_t d = 0; d < rollups.items[rollup].dim_count; d++) {
        enum dimension dimension = rollups.items[rollup].dims[d];
        pair->dims[d] = dimension == DIM_CATEGORY ? category : dimension == DIM_TAG ? tag : facts[fact].dims[dimension];
    }
}

static bool names(uint32_t rollup, enum dimension dimension)
{
    for (uint32_t d = 0; d < rollups.items[rollup].dim_count; d++) {
        if (rollups.items[rollup].dims[d] == dimension)
            return true;
    }
    return false;
}

static void write_pairs(void)
{
    pair_count = 0;
    for (uint32_t f = 0; f < FACTS; f++) {
        for (uint32_t r = 0; r < rollups.count; r++) {
            if (names(r, DIM_TAG)) {
                for (uint32_t i = 0; i < facts[f].tag_count; i++)
                    write_pair(r, f, facts[f].tag_categories[i], facts[f].tags[i]);
            } else if (names(r, DIM_CATEGORY)) {
                for (uint32_t i = 0; i < facts[f].category_count; i++)
                    write_pair(r, f, facts[f].categories[i], 0);
            } else {
                write_pair(r, f, 0, 0);
            }
        }
    }
    qsort(pairs, pair_count, sizeof(*pairs), compare_pairs);
    size_t kept = 0;
    for (size_t i = 0; i < pair_count; i++) {
        if (kept == 0 || compare_pairs(&pairs[kept - 1], &pairs[i]) != 0)
            pairs[kept++] = pairs[i];
    }
    pair_count = kept;
}

/* What a row gets of a fact's split tokens: they are dealt out one by one, round and round, among what the row's kind
 * counts by; and however many of a fact's places lead to the row, it gets what fell to each. */
static int64_t naive_part(const struct pair *pair)
{
    const struct fact *fact = &facts[pair->fact];
    bool is_by_tag = names(pair->rollup, DIM_TAG), is_by_category = names(pair->rollup, DIM_CATEGORY);
    uint32_t count = is_by_tag ? fact->tag_count : fact->category_count;
    int64_t sum = 0, tokens = fact->sums[M_SPLIT_TOKENS];

    if (!is_by_tag && !is_by_category)
        return tokens;
    for (uint32_t place = 0; place < count; place++) {
        uint32_t category = is_by_tag ? fact->tag_categories[place] : fact->categories[place];
        bool is_here = true;
        for (uint32_t d = 0; d < rollups.items[pair->rollup].dim_count; d++) {
            enum dimension dimension = rollups.items[pair->rollup].dims[d];
            if (dimension == DIM_TAG)
                is_here = is_here && pair->dims[d] == fact->tags[place];
            if (dimension == DIM_CATEGORY)
                is_here = is_here && pair->dims[d] == category;
        }
        if (is_here)
            sum += (tokens + count - 1 - place) / count;
    }
    return sum;
}

/* Counts the facts of pairs [begin, end) into `cell`. */
static void naive_cell(size_t begin, size_t end)
{
    static uint32_t values[SLOT_COUNT];

    cell_clear(&cell);
    memset(values, 0, sizeof(values));
    for (size_t i = begin; i < end; i++) {
        const struct fact *fact = &facts[pairs[i].fact];
        for (unsigned m = 0; m < MEASURE_COUNT; m++)
            cell.sums[m] += m == M_SPLIT_TOKENS ? naive_part(&pairs[i]) : fact->sums[m];
        for (unsigned h = 0; h < HISTOGRAM_COUNT; h++) {
            if (sample_bucket(fact->sample, (enum histogram)h) > 0)
                values[256 * h + sample_bucket(fact->sample, (enum histogram)h) - 1]++;
        }
        uint32_t *rank = &values[1280 + sample_register(fact->sample)];
        if (sample_rank(fact->sample) > *rank)
            *rank = sample_rank(fact->sample);
    }
    for (uint32_t id = 0; id < SLOT_COUNT; id++) {
        if (values[id] > 0)
            cell.slots[cell.slot_count++] = (struct slot){id, values[id]};
    }
}

static size_t row_end(size_t begin)
{
    size_t end = begin + 1;

    while (end < pair_count && compare_rows(&pairs[begin], &pairs[end]) == 0)
        end++;
    return end;
}

/* --- The tally, in one piece or cut into several ---------------------------------------------------------------- */

static void same_cell(const struct cell *want, const struct cell *have)
{
    CU_ASSERT_EQUAL(memcmp(want->sums, have->sums, sizeof(want->sums)), 0);
    CU_ASSERT_EQUAL_FATAL(want->slot_count, have->slot_count);
    CU_ASSERT_EQUAL(memcmp(want->slots, have->slots, want->slot_count * sizeof(want->slots[0])), 0);
}

/* Merges into `part` the cells of the pair's row in all tallies; returns the records. */
static uint32_t merged_row(struct tally *tallies[], uint32_t count, const struct pair *pair)
{
    static struct cell next;
    uint32_t records = 0;

    cell_clear(&part);
    for (uint32_t t = 0; t < count; t++) {
        for (uint32_t i = 0; i < tally_rows(tallies[t]); i++) {
            const struct tally_row *row = tally_row(tallies[t], i);
            if (row->base_ms != pair->base_ms || row->rollup != pair->rollup ||
                memcmp(row->dims, pair->dims, sizeof(row->dims)) != 0)
                continue;
            size_t size = tally_pack(tallies[t], i, packed);
            CU_ASSERT(cell_unpack((struct span){(const char *)packed, size}, &next) && cell_merge(&part, &next));
            records += row->records;
        }
    }
    return records;
}

static void check_against_naive(struct tally *tallies[], uint32_t count)
{
    uint32_t rows = 0;

    write_pairs();
    for (size_t begin = 0, end; begin < pair_count; begin = end, rows++) {
        end = row_end(begin);
        naive_cell(begin, end);
        CU_ASSERT_EQUAL(merged_row(tallies, count, &pairs[begin]), end - begin);
        same_cell(&cell, &part);
    }
    if (count == 1)
        CU_ASSERT_EQUAL(tally_rows(tallies[0]), rows);
}

static void check_rounds(uint32_t count)
{
    uint64_t state = suite_seed();
    struct tally_pool *pool;
    struct tally *tallies[8];
    struct reason why;

    pairs = calloc((size_t)FACTS * (6 + 3 * EVENT_LABELS_MAX), sizeof(*pairs));
    CU_ASSERT_PTR_NOT_NULL_FATAL(pairs);
    CU_ASSERT_EQUAL_FATAL(rollups_parse(ROLLUPS, &rollups, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(tally_pool_open(&pool, 200000, &why), GO_ON);
    const struct tally_options options = {.rollups = &rollups, .base = WINDOW_HOUR, .rows_max = 8192, .pool = pool};
    for (uint32_t t = 0; t < count; t++)
        CU_ASSERT_EQUAL_FATAL(tally_open(&tallies[t], &options, &why), GO_ON);

    for (int round = 0; round < (count == 1 ? ROUNDS : 2); round++) {
        random_facts(&state);
        for (uint32_t f = 0; f < FACTS; f++) {
            struct tally *tally = tallies[suite_below(&state, count)];
            CU_ASSERT_FATAL(tally_has_room(tally));
            tally_add(tally, &facts[f]);
        }
        check_against_naive(tallies, count);
        for (uint32_t t = 0; t < count; t++)
            tally_clear(tallies[t]); /* The next round finds blocks and buckets used before. */
    }
    for (uint32_t t = 0; t < count; t++)
        tally_close(tallies[t]);
    tally_pool_close(pool);
    free(pairs);
}

static void a_tally_is_what_one_pass_would_count(void)
{
    check_rounds(1);
}

static void parts_merge_to_the_whole(void)
{
    check_rounds(2);
    check_rounds(5);
}

static int compare_outcomes(const void *left, const void *right)
{
    const struct tally_row *a = &((const struct outcome_row *)left)->row,
                           *b = &((const struct outcome_row *)right)->row;
    struct pair one = {.base_ms = a->base_ms, .rollup = a->rollup}, two = {.base_ms = b->base_ms, .rollup = b->rollup};

    memcpy(one.dims, a->dims, sizeof(one.dims));
    memcpy(two.dims, b->dims, sizeof(two.dims));
    return compare_rows(&one, &two);
}

/* All rows with their packed cells, sorted by key. */
static struct outcome_row *outcome_of(const struct tally *tally)
{
    struct outcome_row *rows = calloc(tally_rows(tally), sizeof(*rows));

    CU_ASSERT_PTR_NOT_NULL_FATAL(rows);
    for (uint32_t i = 0; i < tally_rows(tally); i++) {
        rows[i].row = *tally_row(tally, i);
        rows[i].packed_size = tally_pack(tally, i, rows[i].packed);
    }
    qsort(rows, tally_rows(tally), sizeof(*rows), compare_outcomes);
    return rows;
}

static void the_order_of_facts_never_shows(void)
{
    uint64_t state = suite_seed();
    struct tally_pool *pool;
    struct tally *tally;
    struct reason why;
    struct outcome_row *first = NULL;
    uint32_t first_count = 0;

    CU_ASSERT_EQUAL_FATAL(rollups_parse(ROLLUPS, &rollups, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(tally_pool_open(&pool, 200000, &why), GO_ON);
    const struct tally_options options = {.rollups = &rollups, .base = WINDOW_HOUR, .rows_max = 8192, .pool = pool};
    CU_ASSERT_EQUAL_FATAL(tally_open(&tally, &options, &why), GO_ON);
    random_facts(&state);
    for (int order = 0; order < 4; order++) {
        for (uint32_t f = 0; f < FACTS; f++)
            tally_add(tally, &facts[f]);
        struct outcome_row *rows = outcome_of(tally);
        if (first == NULL) {
            first = rows;
            first_count = tally_rows(tally);
        } else {
            CU_ASSERT_EQUAL_FATAL(tally_rows(tally), first_count);
            CU_ASSERT_EQUAL(memcmp(first, rows, first_count * sizeof(*rows)), 0);
            free(rows);
        }
        tally_clear(tally);
        shuffle_facts(&state);
    }
    free(first);
    tally_close(tally);
    tally_pool_close(pool);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a tally is what one pass would count", a_tally_is_what_one_pass_would_count},
        {"parts merge to the whole", parts_merge_to_the_whole},
        {"the order of facts never shows", the_order_of_facts_never_shows},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
