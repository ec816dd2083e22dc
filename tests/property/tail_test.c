/*
 * Entries and tails: rows are written and read back as they were; and whatever part of a journal is in the cells of a
 * window and whatever part in its tail, the window is the same, as a naive model of rows and sums says it is.
 */
#include "gentally/core/tail.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cells.h"
#include "gentally/core/compact.h"
#include "gentally/core/event.h"
#include "suite.h"

#define ROUNDS 300
#define ENTRIES 12
#define ROWS_MAX 40
#define KEYS 9

static uint64_t state;
static struct cell scratch;
static struct compaction *compaction;

/* ---- A journal by chance. Requests of a row never fall below nothing. ---- */

struct drawn {
    struct entry_row row;
    int key;
    int64_t requests;
};

static const char *const keys[KEYS] = {"total",    "model|a", "model|b",     "model|c",   "model|d",
                                       "pair|a|x", "pair|a|", "pair|b%7C|x", "pair|b|(x)"};
static struct drawn drawn[ENTRIES][ROWS_MAX];
static uint32_t row_counts[ENTRIES];
static int64_t limits[ENTRIES];
static uint8_t rooms[ENTRIES][ROWS_MAX * 200];
static uint8_t cells[ENTRIES][ROWS_MAX][64];
static struct span entries[ENTRIES];

static struct span pack(int64_t requests, uint8_t *bytes)
{
    cell_clear(&scratch);
    scratch.sums[M_REQUESTS] = requests;
    return (struct span){(const char *)bytes, cell_pack(&scratch, bytes)};
}

/* Nothing is taken from a row that was not added to: of a rollup; of the total, nothing. */
static void draw_row(int entry, uint32_t at, bool is_taken, int64_t had[2][KEYS])
{
    struct drawn *row = &drawn[entry][at];
    int hour = (int)suite_below(&state, 2);

    *row = (struct drawn){.key = (int)suite_below(&state, KEYS), .requests = 1 + (int64_t)suite_below(&state, 1000)};
    if (is_taken && had[hour][row->key] == 0)
        row->key = 0;
    if (is_taken && row->requests >= had[hour][row->key]) /* one is left, so that it is known */
        row->requests = had[hour][row->key] == 0 ? 0 : had[hour][row->key] - 1;
    had[hour][row->key] += is_taken ? -row->requests : row->requests;
    row->row = (struct entry_row){.base_ms = hour * HOUR_MS,
                                  .kinds = 1u << WINDOW_DAY | 1u << WINDOW_HOUR,
                                  .is_taken = is_taken,
                                  .key = span_of(keys[row->key]),
                                  .packed = pack(row->requests, cells[entry][at])};
}

/* Of the hour everything counts, in the day of that hour too. */
static void draw_journal(void)
{
    int64_t had[2][KEYS] = {{0}};

    for (int entry = 0; entry < ENTRIES; entry++) {
        const struct entry_window windows[2] = {{{WINDOW_DAY, 0}, entry}, {{WINDOW_HOUR, 0}, 1}};
        struct entry_writer writer;
        uint32_t added = (uint32_t)suite_below(&state, ROWS_MAX / 2);
        limits[entry] = entry == 0 || suite_below(&state, 4) > 0
                            ? (entry == 0 ? 1 + (int64_t)suite_below(&state, 4) : limits[entry - 1])
                            : 1 + (int64_t)suite_below(&state, 4);
        row_counts[entry] = added + (uint32_t)suite_below(&state, ROWS_MAX / 2);
        entry_begin(&writer, rooms[entry], limits[entry], windows, 2, row_counts[entry]);
        for (uint32_t at = 0; at < row_counts[entry]; at++) {
            draw_row(entry, at, at >= added, had);
            entry_put_row(&writer, &drawn[entry][at].row);
        }
        entries[entry] = (struct span){(const char *)rooms[entry], (size_t)(writer.at - rooms[entry])};
        CU_ASSERT_TRUE_FATAL(entries[entry].size <= sizeof(rooms[entry]));
    }
}

/* ---- The model: rows that stand by themselves, and those of others. ---- */

struct naive {
    bool is_there[KEYS];
    int64_t requests[KEYS], others[2], rows[2];
    bool is_closed[2];
};

static int group_of(int key)
{
    return key == 0 ? -1 : key < 5 ? 0 : 1;
}

static void run_model(struct window window, struct naive *model)
{
    memset(model, 0, sizeof(*model));
    for (int entry = 0; entry < ENTRIES; entry++)
        for (uint32_t at = 0; at < row_counts[entry]; at++) {
            const struct drawn *row = &drawn[entry][at];
            int group = group_of(row->key);
            if (window_of(window.kind, row->row.base_ms).start_ms != window.start_ms)
                continue;
            if (group >= 0 && !model->is_there[row->key] &&
                (model->is_closed[group] || model->rows[group] >= limits[entry])) {
                model->is_closed[group] = true;
                model->others[group] += row->row.is_taken ? -row->requests : row->requests;
                continue;
            }
            if (group >= 0 && !model->is_there[row->key])
                model->rows[group]++;
            model->is_there[row->key] = true;
            model->requests[row->key] += row->row.is_taken ? -row->requests : row->requests;
        }
}

/* ---- Cells that are stored. ---- */

struct kept {
    uint32_t count;
    char names[32][64];
    uint8_t bytes[32][64];
    size_t sizes[32];
};

static struct kept kept;

static struct span find(struct span key)
{
    for (uint32_t i = 0; i < kept.count; i++)
        if (span_equal(key, span_of(kept.names[i])))
            return (struct span){(const char *)kept.bytes[i], kept.sizes[i]};
    return span_of(NULL);
}

static void keep(struct span key, struct span value)
{
    uint32_t i = 0;

    while (i < kept.count && !span_equal(key, span_of(kept.names[i])))
        i++;
    if (i == kept.count)
        snprintf(kept.names[kept.count++], 64, "%.*s", (int)key.size, key.bytes);
    CU_ASSERT_TRUE_FATAL(value.size <= 64);
    memcpy(kept.bytes[i], value.bytes, value.size);
    kept.sizes[i] = value.size;
}

/* Adds entries from `first` to before `end` as one; answers the first that is not in it. */
static int add_compacted(struct tail *tail, int first, int end)
{
    struct reason why;
    bool is_added = true;

    compaction_begin(compaction);
    for (; first < end; first++) {
        CU_ASSERT_EQUAL_FATAL(compaction_add(compaction, entries[first], 60, &is_added, &why), GO_ON);
        if (!is_added)
            break;
    }
    CU_ASSERT_EQUAL_FATAL(compaction_finish(compaction, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(compaction_fill(compaction, tail, &why), GO_ON);
    return first;
}

/* Applies the entries from `first` to before `end`, as they are, or compacted as far as they may be. */
static void apply(struct tail *tail, struct window window, int first, int end)
{
    struct reason why;
    int64_t records = 0;
    bool is_compacted = suite_below(&state, 2) == 0;

    tail_begin(tail, window);
    for (int i = first; i < end; i++)
        records += window.kind == WINDOW_DAY ? i : window.start_ms == 0;
    while (is_compacted && first < end) {
        if (suite_below(&state, 3) > 0) { /* what was compacted before is borrowed: one at most of a tail */
            first = add_compacted(tail, first, end);
            is_compacted = false;
        } else {
            CU_ASSERT_EQUAL_FATAL(tail_add(tail, entries[first++], &why), GO_ON);
        }
    }
    for (int i = first; i < end; i++)
        CU_ASSERT_EQUAL_FATAL(tail_add(tail, entries[i], &why), GO_ON);
    CU_ASSERT_EQUAL(tail_records(tail), records);
    for (uint32_t i = 0; i < tail_count(tail); i++) {
        struct tail_cell *cell = tail_cell(tail, i);
        CU_ASSERT_PTR_EQUAL(tail_find(tail, cell->key), cell);
        cell->stored = find(cell->key);
    }
    CU_ASSERT_PTR_NULL(tail_find(tail, span_of("nobody")));
    CU_ASSERT_EQUAL_FATAL(tail_merge(tail, &why), GO_ON);
    for (uint32_t i = 0; i < tail_count(tail); i++)
        if (tail_cell(tail, i)->value.bytes != NULL)
            keep(tail_cell(tail, i)->key, tail_cell(tail, i)->value);
}

static void expect_cell(const char *key, bool is_there, int64_t requests)
{
    struct span packed = find(span_of(key));

    CU_ASSERT_EQUAL_FATAL(packed.bytes != NULL, is_there);
    if (!is_there)
        return;
    CU_ASSERT_TRUE_FATAL(cell_unpack(packed, &scratch));
    CU_ASSERT_EQUAL(scratch.sums[M_REQUESTS], requests);
}

static void compare(const struct naive *model)
{
    static const char *const others[] = {"model|(other)", "pair|(other)|(other)"};
    static const char *const counts[] = {TAIL_ROWS "model", TAIL_ROWS "pair"};

    for (int key = 0; key < KEYS; key++)
        expect_cell(keys[key], model->is_there[key], model->requests[key]);
    for (int group = 0; group < 2; group++) {
        char text[24];
        snprintf(text, sizeof(text), "%" PRId64, model->rows[group]);
        expect_cell(others[group], model->is_closed[group], model->others[group]);
        CU_ASSERT_EQUAL(model->rows[group] > 0, find(span_of(counts[group])).bytes != NULL);
        CU_ASSERT_TRUE(model->rows[group] == 0 || span_equal(find(span_of(counts[group])), span_of(text)));
    }
}

static void cells_and_tail_are_the_window(void)
{
    static const struct window windows[] = {{WINDOW_DAY, 0}, {WINDOW_HOUR, 0}, {WINDOW_HOUR, HOUR_MS}};
    static struct naive model;
    struct tail *tail = NULL;
    struct reason why;
    uint32_t closed = 0;

    CU_ASSERT_EQUAL_FATAL(tail_open(&tail, &why), GO_ON);
    for (int round = 0; round < ROUNDS; round++) {
        draw_journal();
        for (size_t w = 0; w < LENGTH_OF(windows); w++) {
            run_model(windows[w], &model);
            kept.count = 0;
            for (int first = 0, end; first < ENTRIES; first = end) {
                end = first + 1 + (int)suite_below(&state, ENTRIES);
                end = end < ENTRIES ? end : ENTRIES;
                apply(tail, windows[w], first, end);
            }
            compare(&model);
            closed += model.is_closed[0] && model.rows[0] > 1;
        }
    }
    CU_ASSERT_TRUE(closed > 100);
    tail_close(tail);
}

static void an_entry_reads_as_it_was_written(void)
{
    draw_journal();
    for (int i = 0; i < ENTRIES; i++) {
        struct entry_reader reader;
        struct entry_window window;
        struct entry_row row;
        uint32_t at = 0;
        CU_ASSERT_TRUE_FATAL(entry_open(&reader, entries[i]));
        CU_ASSERT_EQUAL(reader.rows_max, limits[i]);
        CU_ASSERT_EQUAL_FATAL(reader.windows, 2);
        CU_ASSERT_TRUE_FATAL(entry_next_window(&reader, &window));
        CU_ASSERT_TRUE(window.window.kind == WINDOW_DAY && window.window.start_ms == 0 && window.records == i);
        CU_ASSERT_TRUE_FATAL(entry_next_window(&reader, &window));
        CU_ASSERT_EQUAL_FATAL(reader.rows, row_counts[i]);
        for (; reader.rows > 0; at++) {
            const struct entry_row *put = &drawn[i][at].row;
            CU_ASSERT_TRUE_FATAL(entry_next_row(&reader, &row));
            CU_ASSERT_TRUE(row.base_ms == put->base_ms && row.kinds == put->kinds && row.is_taken == put->is_taken);
            CU_ASSERT_TRUE(span_equal(row.key, put->key) && span_equal(row.packed, put->packed));
        }
        CU_ASSERT_TRUE(entry_close(&reader));
    }
}

/* Cut anywhere an entry does not read; and what a later version puts behind it is passed over. */
static void what_is_cut_does_not_read_and_blocks_are_passed_over(void)
{
    static uint8_t longer[sizeof(rooms[0]) + 8];
    const struct window window = {WINDOW_DAY, 0};
    struct tail *tail = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(tail_open(&tail, &why), GO_ON);
    do
        draw_journal();
    while (row_counts[0] == 0);
    for (size_t size = 0; size < entries[0].size; size++) {
        tail_begin(tail, window);
        CU_ASSERT_EQUAL(tail_add(tail, (struct span){entries[0].bytes, size}, &why), HALT);
        CU_ASSERT_EQUAL(why.id, STORE_DAMAGED);
    }
    memcpy(longer, entries[0].bytes, entries[0].size);
    memcpy(longer + entries[0].size, "\x7\3abc\x8", 7);
    tail_begin(tail, window);
    CU_ASSERT_EQUAL(tail_add(tail, (struct span){(const char *)longer, entries[0].size + 5}, &why), GO_ON);
    CU_ASSERT_EQUAL(tail_add(tail, (struct span){(const char *)longer, entries[0].size + 7}, &why), GO_ON);
    CU_ASSERT_EQUAL(tail_add(tail, (struct span){(const char *)longer, entries[0].size + 6}, &why), HALT);
    tail_close(tail);
}

static void what_is_not_ours_is_damage(void)
{
    const struct window window = {WINDOW_DAY, 0};
    struct tail *tail = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(tail_open(&tail, &why), GO_ON);
    do
        draw_journal();
    while (row_counts[0] == 0 || group_of(drawn[0][0].key) < 0 || drawn[0][0].row.is_taken);
    tail_begin(tail, window);
    CU_ASSERT_EQUAL_FATAL(tail_add(tail, entries[0], &why), GO_ON);
    tail_find(tail, drawn[0][0].row.key)->stored = span_of("no cell"); /* and a row, where none was counted */
    CU_ASSERT_EQUAL(tail_merge(tail, &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_DAMAGED);
    char name[64];
    snprintf(name, sizeof(name), TAIL_ROWS "%s", group_of(drawn[0][0].key) == 0 ? "model" : "pair");
    tail_find(tail, span_of(name))->stored = span_of("1");
    CU_ASSERT_EQUAL(tail_merge(tail, &why), HALT);
    tail_find(tail, drawn[0][0].row.key)->stored = span_of(NULL);
    CU_ASSERT_EQUAL(tail_merge(tail, &why), GO_ON);
    tail_find(tail, span_of(name))->stored = span_of("1x");
    CU_ASSERT_EQUAL(tail_merge(tail, &why), HALT);
    tail_close(tail);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"cells_and_tail_are_the_window", cells_and_tail_are_the_window},
        {"an_entry_reads_as_it_was_written", an_entry_reads_as_it_was_written},
        {"what_is_cut_does_not_read_and_blocks_are_passed_over", what_is_cut_does_not_read_and_blocks_are_passed_over},
        {"what_is_not_ours_is_damage", what_is_not_ours_is_damage},
        CU_TEST_INFO_NULL,
    };

    struct reason why;
    if (compaction_open(&compaction, &why) != GO_ON)
        return EXIT_FAILURE;
    state = suite_seed();
    int status = suite_run(argc, argv, tests);
    compaction_close(compaction);
    return status;
}
