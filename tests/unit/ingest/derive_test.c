/*
 * Deriving against a naive model: the model adds every fact to every configured rollup by itself, in arrays, and knows
 * nothing of groupings, packed cells or sorting. It shares only the headers' words with what it judges.
 */
#include "derive.h"

#include "cells.h"
#include "correction.h"
#include "suite.h"

#define FACTS 400
#define ROUNDS 5
#define NAIVE_ROWS_MAX 1000
#define ROLLUPS                                                                                                        \
    "total=,model=model,provider=provider+model,geography=country,language=language,category=category+model,"          \
    "bare=category,tag=tag+category"

/* What the model knows of one row: a sum of each measure, a count or a rank of each slot. */
struct naive_row {
    int64_t base_ms;
    uint16_t windows, rollup;
    uint32_t dims[ROLLUP_DIMS_MAX];
    int64_t records;
    int64_t sums[MEASURE_COUNT];
    uint64_t slots[SLOT_COUNT];
};

static struct rollups rollups;
static struct grouping grouping;
static struct symbols *symbols;
static struct arena arena;
static struct accumulator accumulator;
static struct tally_pool *pool;
static struct tally *added, *taken;
static struct deltas deltas;
static struct naive_row *naive;
static uint32_t naive_count;

static void open_all(void)
{
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(rollups_parse(ROLLUPS, &rollups, &why), GO_ON);
    rollups_group(&rollups, &grouping);
    CU_ASSERT_FATAL(grouping.bases.count < rollups.count); /* Else there is nothing to derive. */
    CU_ASSERT_EQUAL_FATAL(symbols_open(&symbols, 100, 1000, &why), GO_ON);
    for (char letter = 'a'; letter <= 'z'; letter++)
        (void)symbols_intern(symbols, (struct span){&letter, 1}); /* symbol 1 is "a" */
    CU_ASSERT_EQUAL_FATAL(tally_pool_open(&pool, 100000, &why), GO_ON);
    const struct tally_options options = {&grouping.bases, WINDOW_HOUR, 4096, pool};
    CU_ASSERT_EQUAL_FATAL(tally_open(&added, &options, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(tally_open(&taken, &options, &why), GO_ON);
    arena_open(&arena, 1 << 16);
    naive = calloc(NAIVE_ROWS_MAX, sizeof(*naive));
    CU_ASSERT_PTR_NOT_NULL_FATAL(naive);
}

static void close_all(void)
{
    free(naive);
    arena_close(&arena);
    tally_close(added);
    tally_close(taken);
    tally_pool_close(pool);
    symbols_close(symbols);
}

static void derive(const struct tally *taken_or_none)
{
    static const struct accumulator empty;
    const struct derivation derivation = {&rollups, &grouping, symbols, &arena, &accumulator};
    struct reason why;

    arena_clear(&arena);
    CU_ASSERT_EQUAL_FATAL(derive_deltas(&derivation, added, taken_or_none, &deltas, &why), GO_ON);
    CU_ASSERT_EQUAL(memcmp(&accumulator, &empty, sizeof(empty)), 0);
}

/* --- The naive model -------------------------------------------------------------------------------------------- */

static bool is_same_row(const struct naive_row *naive_row, const struct naive_row *other)
{
    return naive_row->base_ms == other->base_ms && naive_row->windows == other->windows &&
           naive_row->rollup == other->rollup && memcmp(naive_row->dims, other->dims, sizeof(other->dims)) == 0;
}

static struct naive_row *naive_find(const struct naive_row *wanted)
{
    uint32_t at = 0;

    while (at < naive_count && !is_same_row(&naive[at], wanted))
        at++;
    return at < naive_count ? &naive[at] : NULL;
}

/* Adds a fact to the row of these labels (symbols; 0 where the rollup names none). */
static void naive_add(const struct fact *fact, uint16_t rollup, uint32_t category, uint32_t tag, int64_t split_tokens)
{
    struct naive_row wanted = {
        .base_ms = fact->event_ms / HOUR_MS * HOUR_MS, .windows = (uint16_t)fact->windows, .rollup = rollup};

    for (uint32_t d = 0; d < rollups.items[rollup].dim_count; d++) {
        enum dimension dimension = rollups.items[rollup].dims[d];
        wanted.dims[d] = dimension == DIM_CATEGORY ? category : dimension == DIM_TAG ? tag : fact->dims[dimension];
    }
    struct naive_row *row = naive_find(&wanted);
    if (row == NULL) {
        CU_ASSERT_FATAL(naive_count < NAIVE_ROWS_MAX);
        row = &naive[naive_count++];
        *row = wanted;
    }
    row->records++;
    for (unsigned m = 0; m < MEASURE_COUNT; m++)
        row->sums[m] += m == M_SPLIT_TOKENS ? split_tokens : fact->sums[m];
    for (unsigned h = 0; h < HISTOGRAM_COUNT; h++)
        if (sample_bucket(fact->sample, (enum histogram)h) > 0)
            row->slots[256 * h + sample_bucket(fact->sample, (enum histogram)h) - 1]++;
    uint64_t *rank = &row->slots[1280 + sample_register(fact->sample)];
    if (sample_rank(fact->sample) > *rank)
        *rank = sample_rank(fact->sample);
}

static void naive_add_all(const struct fact *fact)
{
    for (uint16_t rollup = 0; rollup < rollups.count; rollup++) {
        const char *name = rollups.items[rollup].name;
        int64_t tokens = fact->sums[M_SPLIT_TOKENS];
        if (strcmp(name, "tag") == 0) {
            for (uint32_t i = 0; i < fact->tag_count; i++)
                naive_add(fact, rollup, fact->tag_categories[i], fact->tags[i],
                          tokens / fact->tag_count + (i < tokens % fact->tag_count));
        } else if (strcmp(name, "category") == 0 || strcmp(name, "bare") == 0) {
            for (uint32_t i = 0; i < fact->category_count; i++)
                naive_add(fact, rollup, fact->categories[i], 0,
                          tokens / fact->category_count + (i < tokens % fact->category_count));
        } else {
            naive_add(fact, rollup, 0, 0, tokens);
        }
    }
}

/* --- Facts ------------------------------------------------------------------------------------------------------ */

static void add_labels(struct fact *fact, uint64_t *state)
{
    fact->sums[M_CLASSIFIED] = 1;
    fact->sums[M_SPLIT_TOKENS] = (int64_t)suite_below(state, 1000);
    for (uint32_t category = 20; category < 23; category++) {
        if (suite_below(state, 2) == 0)
            continue;
        fact->categories[fact->category_count++] = category;
        for (uint32_t tag = 24; tag < 26; tag++) {
            fact->tags[fact->tag_count] = tag;
            fact->tag_categories[fact->tag_count++] = category;
        }
    }
}

static struct fact random_fact(uint64_t *state)
{
    struct fact fact = {.event_ms = (int64_t)suite_below(state, 2 * HOUR_MS)};

    for (unsigned m = 0; m < M_CLASSIFIED; m++)
        fact.sums[m] = (int64_t)suite_below(state, 100000);
    fact.sums[M_REQUESTS] = 1;
    fact.dims[DIM_MODEL] = 1 + (uint32_t)suite_below(state, 3);
    fact.dims[DIM_PROVIDER] = (uint32_t)suite_below(state, 3); /* 0: absent */
    fact.dims[DIM_COUNTRY] = (uint32_t)suite_below(state, 4);
    fact.dims[DIM_LANGUAGE] = 10 + (uint32_t)suite_below(state, 2);
    if (suite_below(state, 4) == 0)
        add_labels(&fact, state);
    for (unsigned h = 0; h < HISTOGRAM_COUNT; h++)
        if (suite_below(state, 3) > 0)
            fact.sample = sample_with_value(fact.sample, (enum histogram)h, (int64_t)suite_below(state, 5000));
    if (suite_below(state, 3) > 0)
        fact.sample = sample_with_account(fact.sample, suite_random(state));
    return fact;
}

/* --- What is compared ------------------------------------------------------------------------------------------- */

/* The rows' texts are letters: nothing in a key is escaped. */
static void check_key(const struct delta *delta)
{
    const struct rollup *rollup = &rollups.items[delta->row.rollup];
    char key[ROW_KEY_MAX];
    int size = snprintf(key, sizeof(key), "%s", rollup->name);

    for (uint32_t d = 0; d < rollup->dim_count; d++) {
        uint32_t symbol = delta->row.dims[d];
        size += symbol == 0 ? snprintf(key + size, sizeof(key) - (size_t)size, "|")
                            : snprintf(key + size, sizeof(key) - (size_t)size, "|%c", (char)('a' + symbol - 1));
    }
    CU_ASSERT_TRUE(span_equal(delta->key, span_of(key)));
}

static void check_delta(const struct delta *delta)
{
    static struct cell cell;
    struct naive_row wanted = {
        .base_ms = delta->row.base_ms, .windows = delta->row.windows, .rollup = delta->row.rollup};

    memcpy(wanted.dims, delta->row.dims, sizeof(wanted.dims));
    const struct naive_row *row = naive_find(&wanted);
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    CU_ASSERT_EQUAL(delta->records, row->records);
    CU_ASSERT_TRUE_FATAL(cell_unpack(delta->packed, &cell));
    CU_ASSERT_EQUAL(memcmp(cell.sums, row->sums, sizeof(row->sums)), 0);
    bool is_same = true;
    for (uint32_t id = 0; id < SLOT_COUNT; id++)
        is_same = is_same && cell_slot(&cell, id) == row->slots[id];
    CU_ASSERT_TRUE(is_same);
    check_key(delta);
}

/* True if the one comes before the other: by base window, windows, rollup, dimensions. */
static bool is_before(const struct rollup_row *left, const struct rollup_row *right)
{
    if (left->base_ms != right->base_ms)
        return left->base_ms < right->base_ms;
    if (left->windows != right->windows)
        return left->windows < right->windows;
    if (left->rollup != right->rollup)
        return left->rollup < right->rollup;
    for (size_t d = 0; d < ROLLUP_DIMS_MAX; d++)
        if (left->dims[d] != right->dims[d])
            return left->dims[d] < right->dims[d];
    return false;
}

static void deltas_are_what_a_naive_model_counts(void)
{
    static const uint32_t windows[] = {15, 15, 15, 14, 8}; /* late facts of an hour count in fewer */

    open_all();
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t state = round;
        memset(naive, 0, NAIVE_ROWS_MAX * sizeof(*naive));
        naive_count = 0;
        for (int i = 0; i < FACTS; i++) {
            bool is_taken = suite_below(&state, 5) == 0;
            struct fact fact = random_fact(&state);
            fact.windows = windows[suite_below(&state, LENGTH_OF(windows))] | (is_taken ? TAKEN_BIT : 0);
            CU_ASSERT_FATAL(tally_has_room(is_taken ? taken : added));
            tally_add(is_taken ? taken : added, &fact);
            naive_add_all(&fact);
        }
        derive(taken);
        CU_ASSERT_EQUAL(deltas.count, naive_count);
        for (uint32_t i = 0; i < deltas.count; i++) {
            check_delta(&deltas.items[i]);
            CU_ASSERT_TRUE(i == 0 || is_before(&deltas.items[i - 1].row, &deltas.items[i].row));
        }
        tally_clear(added);
        tally_clear(taken);
    }
    close_all();
}

static void what_is_taken_stands_apart(void)
{
    uint64_t state = 7;

    open_all();
    struct fact fact = random_fact(&state);
    fact.windows = 15;
    tally_add(added, &fact);
    derive(NULL);
    uint32_t count = deltas.count;
    fact.windows |= TAKEN_BIT;
    tally_add(taken, &fact);
    derive(taken);
    CU_ASSERT_EQUAL_FATAL(deltas.count, 2 * count);
    for (uint32_t i = 0; i < count; i++) {
        const struct delta *one = &deltas.items[i], *other = &deltas.items[count + i];
        CU_ASSERT_EQUAL(one->row.windows, 15);
        CU_ASSERT_EQUAL(other->row.windows, 15 | TAKEN_BIT);
        CU_ASSERT_EQUAL(rollup_row_compare(&one->row, &other->row), 0);
        CU_ASSERT_TRUE(span_equal(one->key, other->key));
        CU_ASSERT_TRUE(span_equal(one->packed, other->packed));
    }
    close_all();
}

static void no_rows_make_no_deltas(void)
{
    open_all();
    derive(NULL);
    CU_ASSERT_EQUAL(deltas.count, 0);
    derive(taken);
    CU_ASSERT_EQUAL(deltas.count, 0);
    close_all();
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"deltas_are_what_a_naive_model_counts", deltas_are_what_a_naive_model_counts},
        {"what_is_taken_stands_apart", what_is_taken_stands_apart},
        {"no_rows_make_no_deltas", no_rows_make_no_deltas},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
