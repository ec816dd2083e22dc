/* The tally: which rows a fact makes, what room means, what clearing gives back. */
#include "tally.h"

#include "cells.h"
#include "suite.h"

static struct rollups rollups;
static struct tally_pool *pool;
static struct tally *tally;
static struct cell cell;
static uint8_t packed[CELL_PACKED_MAX];

static void open_tally(const char *rollups_text, enum window_kind base, uint32_t rows_max, uint32_t samples_max)
{
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(rollups_parse(rollups_text, &rollups, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(tally_pool_open(&pool, samples_max, &why), GO_ON);
    const struct tally_options options = {.rollups = &rollups, .base = base, .rows_max = rows_max, .pool = pool};
    CU_ASSERT_EQUAL_FATAL(tally_open(&tally, &options, &why), GO_ON);
}

static void close_tally(void)
{
    tally_close(tally);
    tally_pool_close(pool); /* asserts that all blocks came back */
}

static struct fact plain_fact(void)
{
    struct fact fact = {.event_ms = 5, .dims = {[DIM_MODEL] = 1, [DIM_PROVIDER] = 2, [DIM_COUNTRY] = 3}};

    fact.sums[M_REQUESTS] = 1;
    fact.sums[M_TOKENS_PROMPT] = 100;
    fact.sample = sample_with_value(0, H_TOKENS_PROMPT, 100);
    return fact;
}

static void read_cell(uint32_t index)
{
    CU_ASSERT_TRUE_FATAL(cell_unpack((struct span){(const char *)packed, tally_pack(tally, index, packed)}, &cell));
}

/* The row of these values in the window of 0 ms; NULL if there is none. */
static const struct tally_row *row_at(const char *rollup_name, uint32_t first, uint32_t second)
{
    uint32_t rollup = (uint32_t)(rollups_find(&rollups, span_of(rollup_name)) - rollups.items);

    for (uint32_t i = 0; i < tally_rows(tally); i++) {
        const struct tally_row *row = tally_row(tally, i);
        if (row->rollup == rollup && row->dims[0] == first && row->dims[1] == second && row->base_ms == 0)
            return row;
    }
    return NULL;
}

static int64_t sum_of(uint32_t index, enum measure measure)
{
    read_cell(index);
    return cell.sums[measure];
}

/* The sum of such a row; 0 if there is none. */
static int64_t sum_at(const char *rollup_name, uint32_t first, uint32_t second, enum measure measure)
{
    for (uint32_t i = 0; i < tally_rows(tally); i++)
        if (tally_row(tally, i) == row_at(rollup_name, first, second))
            return sum_of(i, measure);
    return 0;
}

static int64_t requests_at(const char *rollup_name, uint32_t first, uint32_t second)
{
    return sum_at(rollup_name, first, second, M_REQUESTS);
}

static void a_fact_without_labels_makes_no_labelled_rows(void)
{
    open_tally(ROLLUPS_DEFAULT, WINDOW_HOUR, 128, 1000);
    struct fact fact = plain_fact();

    tally_add(tally, &fact);
    tally_add(tally, &fact);
    CU_ASSERT_EQUAL(tally_rows(tally), 5);
    CU_ASSERT_EQUAL(requests_at("total", 0, 0), 2);
    CU_ASSERT_EQUAL(requests_at("model", 1, 0), 2);
    CU_ASSERT_EQUAL(requests_at("provider", 2, 1), 2);
    CU_ASSERT_EQUAL(requests_at("geography", 3, 0), 2);
    CU_ASSERT_EQUAL(requests_at("language", 0, 0), 2); /* absent is a value, too */
    CU_ASSERT_EQUAL(sum_at("total", 0, 0, M_TOKENS_PROMPT), 200);
    close_tally();
}

static void labels_make_a_row_each(void)
{
    open_tally("total=,category=category+model,tag=tag+category,bare=tag,mixed=model+category+tag", WINDOW_HOUR, 128,
               1000);
    struct fact fact = plain_fact();
    fact.category_count = 2;
    fact.categories[0] = 10;
    fact.categories[1] = 11;
    fact.tag_count = 3; /* tag 20 in both categories, tag 21 in one */
    memcpy(fact.tags, (uint32_t[]){20, 20, 21}, 3 * sizeof(uint32_t));
    memcpy(fact.tag_categories, (uint32_t[]){10, 11, 11}, 3 * sizeof(uint32_t));

    tally_add(tally, &fact);
    CU_ASSERT_EQUAL(tally_rows(tally), 1 + 2 + 3 + 2 + 3);
    CU_ASSERT_EQUAL(requests_at("total", 0, 0), 1);
    CU_ASSERT_EQUAL(requests_at("category", 10, 1), 1);
    CU_ASSERT_EQUAL(requests_at("category", 11, 1), 1);
    CU_ASSERT_EQUAL(requests_at("tag", 20, 10), 1);
    CU_ASSERT_EQUAL(requests_at("tag", 20, 11), 1);
    CU_ASSERT_EQUAL(requests_at("tag", 21, 11), 1);
    CU_ASSERT_EQUAL(requests_at("bare", 20, 0), 1); /* once, though in two pairs */
    CU_ASSERT_EQUAL(requests_at("bare", 21, 0), 1);
    CU_ASSERT_EQUAL(requests_at("mixed", 1, 10), 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(row_at("mixed", 1, 10));
    CU_ASSERT_EQUAL(row_at("mixed", 1, 10)->dims[2], 20);
    close_tally();
}

static void base_windows_part_the_rows(void)
{
    static const struct {
        enum window_kind base;
        int64_t event_ms, base_ms;
    } rows[] = {
        {WINDOW_HOUR, 0, 0},         {WINDOW_HOUR, HOUR_MS - 1, 0}, {WINDOW_HOUR, HOUR_MS, HOUR_MS},
        {WINDOW_HOUR, -1, -HOUR_MS}, {WINDOW_DAY, DAY_MS - 1, 0},   {WINDOW_DAY, DAY_MS, DAY_MS},
        {WINDOW_DAY, -1, -DAY_MS},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        open_tally("total=", rows[i].base, 64, 1000);
        struct fact fact = plain_fact();
        tally_add(tally, &fact);
        fact.event_ms = rows[i].event_ms;
        tally_add(tally, &fact);
        tally_add(tally, &fact);
        CU_ASSERT_EQUAL(tally_rows(tally), rows[i].base_ms == 0 ? 1 : 2);
        const struct tally_row *last = tally_row(tally, tally_rows(tally) - 1);
        CU_ASSERT_EQUAL(last->base_ms, rows[i].base_ms);
        CU_ASSERT_EQUAL(last->records, rows[i].base_ms == 0 ? 3 : 2);
        close_tally();
    }
}

/* Around the borders of blocks: one sample in the row, 1004 in each block. */
static void a_cell_counts_every_sample(void)
{
    static const uint32_t counts[] = {1, 2, 15, 16, 1004, 1005, 1006, 2008, 2009, 2010, 4000};

    for (size_t i = 0; i < LENGTH_OF(counts); i++) {
        open_tally("total=", WINDOW_HOUR, 64, 4000);
        struct fact fact = plain_fact();
        for (uint32_t n = 0; n < counts[i]; n++) {
            fact.sample = sample_with_value(0, H_LATENCY_MS, n % 8);
            fact.sample = sample_with_account(fact.sample, (uint64_t)(n % 3) << 53 | UINT64_C(1) << (n % 40));
            tally_add(tally, &fact);
        }
        read_cell(0);
        CU_ASSERT_EQUAL(cell.sums[M_REQUESTS], counts[i]);
        CU_ASSERT_EQUAL(cell.slot_count, (counts[i] < 8 ? counts[i] : 8) + (counts[i] < 3 ? counts[i] : 3));
        for (uint32_t bucket = 0; bucket < 8; bucket++)
            CU_ASSERT_EQUAL(cell_slot(&cell, bucket), (counts[i] + 7 - bucket) / 8);
        CU_ASSERT_EQUAL(cell_slot(&cell, ACCOUNT_SLOT), 53); /* the least hash, 1 << 0, has the highest rank */
        close_tally();
    }
}

/* A second cell must not see the first one's counts. */
static void cells_do_not_mix(void)
{
    open_tally("total=,model=model", WINDOW_HOUR, 64, 1000);
    struct fact fact = plain_fact();

    tally_add(tally, &fact);
    fact.dims[DIM_MODEL] = 7;
    fact.sample = 0; /* nothing to count: no value, no account */
    tally_add(tally, &fact);
    for (int twice = 0; twice < 2; twice++) {
        read_cell(0);
        CU_ASSERT_EQUAL(cell.slot_count, 1);
        CU_ASSERT_EQUAL(cell.slots[0].value, 1);
        read_cell(2);
        CU_ASSERT_EQUAL(cell.slot_count, 0);
        CU_ASSERT_EQUAL(cell.sums[M_REQUESTS], 1);
    }
    close_tally();
}

static void room_for_rows_ends_and_returns(void)
{
    open_tally("total=,model=model", WINDOW_HOUR, 64, 100000);
    struct fact fact = plain_fact();
    uint32_t facts = 0;

    for (; tally_has_room(tally); facts++) {
        fact.dims[DIM_MODEL] = facts;
        tally_add(tally, &fact);
    }
    CU_ASSERT_EQUAL(facts, 62); /* total + 62 models: a 63rd fact may be of another hour and need two rows */
    CU_ASSERT_EQUAL(tally_rows(tally), 63);
    tally_clear(tally);
    CU_ASSERT_EQUAL(tally_rows(tally), 0);
    CU_ASSERT(tally_has_room(tally));
    tally_add(tally, &fact);
    CU_ASSERT_EQUAL(tally_row(tally, 0)->records, 1);
    CU_ASSERT_EQUAL(sum_of(0, M_REQUESTS), 1);
    close_tally();
}

/* 64 rows are fewer than one fact of the default rollups can need: 5 + 2 * 32. */
static void the_widest_fact_always_fits_an_empty_tally(void)
{
    open_tally(ROLLUPS_DEFAULT, WINDOW_HOUR, 64, 1);
    struct fact fact = plain_fact();

    fact.category_count = fact.tag_count = EVENT_LABELS_MAX;
    for (uint32_t i = 0; i < EVENT_LABELS_MAX; i++)
        fact.categories[i] = fact.tag_categories[i] = fact.tags[i] = i + 1;
    for (int round = 0; round < 3; round++) {
        CU_ASSERT(tally_has_room(tally));
        tally_add(tally, &fact);
        CU_ASSERT_EQUAL(tally_rows(tally), 69);
        CU_ASSERT_FALSE(tally_has_room(tally));
        tally_clear(tally);
    }
    close_tally();
}

static void the_pool_is_shared(void)
{
    open_tally("total=", WINDOW_HOUR, 64, 1); /* raised to a block */
    const struct tally_options options = {.rollups = &rollups, .base = WINDOW_HOUR, .rows_max = 64, .pool = pool};
    struct tally *second;
    struct reason why;
    struct fact fact = plain_fact();
    uint32_t facts = 0;

    CU_ASSERT_EQUAL_FATAL(tally_open(&second, &options, &why), GO_ON);
    for (int round = 0; round < 3; round++) {
        for (facts = 0; tally_has_room(tally); facts++)
            tally_add(tally, &fact);
        CU_ASSERT_EQUAL(facts, 1 + 1004);
        CU_ASSERT_FALSE(tally_has_room(second));
        tally_clear(tally);
        CU_ASSERT(tally_has_room(second));
    }
    while (tally_has_room(second))
        tally_add(second, &fact);
    CU_ASSERT_FALSE(tally_has_room(tally));
    tally_close(second); /* as when a partition is revoked: gives back what it held */
    CU_ASSERT(tally_has_room(tally));
    close_tally();
}

/* A token is in exactly one category's row and in one pair's; what does not divide goes to the first ones. */
static void tokens_are_split_among_labels(void)
{
    static const struct {
        int64_t tokens, of_categories[2], of_pairs[3], of_tag;
    } rows[] = {
        {0, {0, 0}, {0, 0, 0}, 0}, {1, {1, 0}, {1, 0, 0}, 1},         {2, {1, 1}, {1, 1, 0}, 1},
        {3, {2, 1}, {1, 1, 1}, 2}, {100, {50, 50}, {34, 33, 33}, 67}, {101, {51, 50}, {34, 34, 33}, 67},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        open_tally("total=,category=category,tag=tag+category,bare=tag", WINDOW_HOUR, 128, 1000);
        struct fact fact = plain_fact();
        fact.sums[M_CLASSIFIED] = fact.sums[M_TWO_LABELS] = 1;
        fact.sums[M_SPLIT_TOKENS] = rows[i].tokens;
        fact.category_count = 2;
        fact.categories[0] = 7;
        fact.categories[1] = 8;
        fact.tag_count = 3;
        fact.tags[0] = fact.tags[2] = 20; /* one tag in both categories */
        fact.tags[1] = 21;
        fact.tag_categories[0] = fact.tag_categories[1] = 7;
        fact.tag_categories[2] = 8;
        tally_add(tally, &fact);
        CU_ASSERT_EQUAL(sum_at("total", 0, 0, M_SPLIT_TOKENS), rows[i].tokens);
        CU_ASSERT_EQUAL(sum_at("category", 7, 0, M_SPLIT_TOKENS), rows[i].of_categories[0]);
        CU_ASSERT_EQUAL(sum_at("category", 8, 0, M_SPLIT_TOKENS), rows[i].of_categories[1]);
        CU_ASSERT_EQUAL(sum_at("tag", 20, 7, M_SPLIT_TOKENS), rows[i].of_pairs[0]);
        CU_ASSERT_EQUAL(sum_at("tag", 21, 7, M_SPLIT_TOKENS), rows[i].of_pairs[1]);
        CU_ASSERT_EQUAL(sum_at("tag", 20, 8, M_SPLIT_TOKENS), rows[i].of_pairs[2]);
        CU_ASSERT_EQUAL(sum_at("bare", 20, 0, M_SPLIT_TOKENS), rows[i].of_tag);
        CU_ASSERT_EQUAL(sum_at("bare", 20, 0, M_TWO_LABELS), 1);
        CU_ASSERT_EQUAL(sum_at("bare", 20, 0, M_REQUESTS), 1);
        close_tally();
    }
}

/* The sums of the classifier's sample are not there until a classified fact comes, and gone with the row. */
static void a_classified_fact_may_come_late(void)
{
    open_tally("total=", WINDOW_HOUR, 128, 1000);
    struct fact plain = plain_fact(), classified = plain_fact();

    classified.sums[M_CLASSIFIED] = classified.sums[M_MAPPED] = 1;
    classified.sums[M_CLASSIFIED_TOKENS] = 100;
    for (int turn = 0; turn < 2; turn++) {
        tally_add(tally, &plain);
        CU_ASSERT_EQUAL(sum_of(0, M_CLASSIFIED_TOKENS), 0);
        tally_add(tally, &classified);
        tally_add(tally, &plain);
        tally_add(tally, &classified);
        CU_ASSERT_EQUAL(sum_of(0, M_REQUESTS), 4);
        CU_ASSERT_EQUAL(sum_of(0, M_CLASSIFIED), 2);
        CU_ASSERT_EQUAL(sum_of(0, M_CLASSIFIED_TOKENS), 200);
        CU_ASSERT_EQUAL(sum_of(0, M_SPLIT_TOKENS), 0);
        tally_clear(tally);
    }
    close_tally();
}

/* Facts so dear that few of them pass 2^63: no sum does. */
static void room_ends_before_a_sum_overflows(void)
{
    const int64_t dear = INT64_C(1000000000000000);
    open_tally("total=", WINDOW_HOUR, 64, 1000000);
    struct fact fact = plain_fact();
    int64_t facts = 0;

    fact.sums[M_COST_NANO_USD] = fact.sums[M_BILLED_COST_NANO_USD] = dear;
    for (; tally_has_room(tally) && facts < 20000; facts++)
        tally_add(tally, &fact);
    CU_ASSERT(facts > 4000 && facts < INT64_MAX / dear);
    CU_ASSERT_EQUAL(sum_of(0, M_COST_NANO_USD), facts * dear);
    close_tally();
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a fact without labels makes no labelled rows", a_fact_without_labels_makes_no_labelled_rows},
        {"labels make a row each", labels_make_a_row_each},
        {"base windows part the rows", base_windows_part_the_rows},
        {"a cell counts every sample", a_cell_counts_every_sample},
        {"cells do not mix", cells_do_not_mix},
        {"room for rows ends and returns", room_for_rows_ends_and_returns},
        {"the widest fact always fits an empty tally", the_widest_fact_always_fits_an_empty_tally},
        {"the pool is shared", the_pool_is_shared},
        {"tokens are split among labels", tokens_are_split_among_labels},
        {"a classified fact may come late", a_classified_fact_may_come_late},
        {"room ends before a sum overflows", room_ends_before_a_sum_overflows},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
