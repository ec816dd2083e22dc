/*
 * What an applier makes of a cell that does not read, and of a journal with more than one call changes. Behind the
 * store's journal stands this file: one window that is behind, whose cell is of somebody else's making if the case says
 * so, and what a second reading of the journal says is what the case is about.
 */
#include "apply.h"

#include "cells.h"
#include "config_defaults.h"
#include "gentally/redis/store_journal.h"
#include "suite.h"

#define ENTRIES 5

static struct config config;
static struct logger logger;
static struct applier *applier;
static struct window_behind behind[2]; /* of each reading */
static uint8_t rooms[ENTRIES][20000];
static struct span entries[ENTRIES];

/* What happened, and what the second reading answers. */
static struct {
    uint32_t reads, applied;
    enum verdict second;
    int64_t second_number;
    bool is_damaged;
    int64_t numbers[ENTRIES], records[ENTRIES];
} told;

enum verdict store_journal_read(struct store *store, const struct partition_state *state, struct journal *journal,
                                struct reason *why)
{
    (void)store;
    (void)state;
    struct window_behind *of = &behind[told.reads];
    *of = (struct window_behind){.window = {WINDOW_HOUR, HOUR_MS}};
    *journal = (struct journal){.first = 1, .last = ENTRIES, .behind_count = 1, .behind = of, .entries = entries};
    if (++told.reads == 1)
        return GO_ON;
    of->number = told.second_number;
    if (told.second != GO_ON)
        *journal = (struct journal){0};
    return told.second == GO_ON ? GO_ON : reason_set(why, told.second, STORE_UNREACHABLE, 0, "no answer");
}

void store_journal_close(struct journal *journal)
{
    *journal = (struct journal){0};
}

enum verdict store_journal_load(struct store *store, int32_t partition, const struct window_step steps[],
                                uint32_t count, struct reason *why)
{
    (void)store;
    (void)partition;
    (void)why;
    CU_ASSERT_EQUAL_FATAL(count, 1);
    tail_cell(steps[0].tail, 0)->stored = span_of(told.is_damaged ? "no cell" : NULL);
    return GO_ON;
}

enum verdict store_journal_apply(struct store *store, const struct partition_state *state,
                                 const struct journal *journal, const struct window_step steps[], uint32_t count,
                                 int64_t number, struct reason *why)
{
    const struct window_behind *of = steps[0].behind;

    (void)store;
    (void)state;
    (void)journal;
    (void)why;
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_EQUAL(of->number, told.applied == 0 ? 0 : told.numbers[told.applied - 1]);
    CU_ASSERT_EQUAL(of->records, told.applied == 0 ? 0 : told.records[told.applied - 1]);
    CU_ASSERT_TRUE(number == of->number + 1 || tail_count(steps[0].tail) <= config.flush_rows_max);
    told.numbers[told.applied] = number;
    told.records[told.applied++] = of->records + tail_records(steps[0].tail);
    return GO_ON;
}

static enum verdict run(enum verdict second, int64_t second_number, struct reason *why)
{
    struct partition_state state = {.partition = 7};
    bool is_done = false;

    memset(&told, 0, sizeof(told));
    told.second = second;
    told.second_number = second_number;
    told.is_damaged = true;
    return applier_run(applier, &state, APPLY_RUN_US, &is_done, why);
}

static void a_cell_that_nobody_wrote_meanwhile_is_damaged(void)
{
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(run(GO_ON, 0, &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_DAMAGED);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "partition 7"));
    CU_ASSERT_EQUAL(told.reads, 2);
    CU_ASSERT_EQUAL(told.applied, 0);
}

static void a_cell_that_was_written_meanwhile_is_no_damage(void)
{
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(run(GO_ON, 1, &why), TRY_LATER);
    CU_ASSERT_EQUAL(why.id, STORE_WINDOW_GREW);
    CU_ASSERT_EQUAL(told.applied, 0);
}

static void nothing_is_damaged_while_it_is_not_known(void)
{
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(run(TRY_LATER, 0, &why), TRY_LATER);
    CU_ASSERT_EQUAL(why.id, STORE_UNREACHABLE);
    CU_ASSERT_EQUAL(told.applied, 0);
}

/* Entries of 30 rows each, and 64 cells a call with the three numbers and rows that come with a rollup. */
static void no_call_changes_more_than_it_may(void)
{
    struct partition_state state = {.partition = 7};
    bool is_done = false;
    struct reason why;

    memset(&told, 0, sizeof(told));
    config.flush_rows_max = 64;
    CU_ASSERT_EQUAL_FATAL(applier_run(applier, &state, APPLY_RUN_US, &is_done, &why), GO_ON);
    CU_ASSERT_TRUE(is_done);
    CU_ASSERT_EQUAL_FATAL(told.applied, 3);
    CU_ASSERT_EQUAL(told.numbers[0], 2);
    CU_ASSERT_EQUAL(told.numbers[1], 4);
    CU_ASSERT_EQUAL(told.numbers[2], 5);
    CU_ASSERT_EQUAL(told.records[2], 5 * 30);
    memset(&told, 0, sizeof(told));
    config.flush_rows_max = 2; /* one entry at least */
    CU_ASSERT_EQUAL_FATAL(applier_run(applier, &state, APPLY_RUN_US, &is_done, &why), GO_ON);
    CU_ASSERT_TRUE(is_done);
    CU_ASSERT_EQUAL(told.applied, 5);
    memset(&told, 0, sizeof(told));
    config.flush_rows_max = 8192;
    CU_ASSERT_EQUAL_FATAL(applier_run(applier, &state, APPLY_RUN_US, &is_done, &why), GO_ON);
    CU_ASSERT_TRUE(is_done);
    CU_ASSERT_EQUAL(told.applied, 1);
    CU_ASSERT_EQUAL(told.records[0], 5 * 30);
}

/* The store takes all the time there is: a call's worth is applied, and whoever has the loop knows of more. */
static void a_run_ends_when_its_time_is_over(void)
{
    struct partition_state state = {.partition = 7};
    bool is_done = true;
    struct reason why;

    memset(&told, 0, sizeof(told));
    config.flush_rows_max = 64;
    CU_ASSERT_EQUAL_FATAL(applier_run(applier, &state, 0, &is_done, &why), GO_ON);
    CU_ASSERT_EQUAL(told.applied, 1);
    CU_ASSERT_EQUAL(told.numbers[0], 2);
    CU_ASSERT_FALSE(is_done);
    config.flush_rows_max = 8192;
}

/* Rows of their own for each entry. */
static void write_entries(void)
{
    static uint8_t bytes[CELL_PACKED_MAX];
    static struct cell cell;
    const struct entry_window window = {{WINDOW_HOUR, HOUR_MS}, 30};
    char key[32];

    cell_clear(&cell);
    cell.sums[M_REQUESTS] = 1;
    const struct span packed = {(const char *)bytes, cell_pack(&cell, bytes)};
    for (int i = 0; i < ENTRIES; i++) {
        struct entry_writer writer;
        entry_begin(&writer, rooms[i], 1000, &window, 1, 30);
        for (int row = 0; row < 30; row++) {
            snprintf(key, sizeof(key), "model|m%d", 30 * i + row);
            const struct entry_row put = {
                .base_ms = HOUR_MS, .kinds = 1u << WINDOW_HOUR, .key = span_of(key), .packed = packed};
            entry_put_row(&writer, &put);
        }
        entries[i] = (struct span){(const char *)rooms[i], (size_t)(writer.at - rooms[i])};
    }
}

int main(int argc, char **argv)
{
    struct reason why;
    CU_TestInfo tests[] = {
        {"a_cell_that_nobody_wrote_meanwhile_is_damaged", a_cell_that_nobody_wrote_meanwhile_is_damaged},
        {"a_cell_that_was_written_meanwhile_is_no_damage", a_cell_that_was_written_meanwhile_is_no_damage},
        {"nothing_is_damaged_while_it_is_not_known", nothing_is_damaged_while_it_is_not_known},
        {"no_call_changes_more_than_it_may", no_call_changes_more_than_it_may},
        {"a_run_ends_when_its_time_is_over", a_run_ends_when_its_time_is_over},
        CU_TEST_INFO_NULL,
    };

    config_defaults(&config);
    log_open(&logger, LOG_LEVEL_ERROR, "test");
    write_entries();
    if (applier_open(&applier, &config, NULL, &logger, &why) != GO_ON)
        return EXIT_FAILURE;
    int status = suite_run(argc, argv, tests);
    applier_close(applier);
    return status;
}
