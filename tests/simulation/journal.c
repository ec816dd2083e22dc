/*
 * What the journal of a partition has of a window beyond its cells, read in the plainest way: entry by entry, row by
 * row, each added to the row of its key, or to the row of others if it may not stand by itself.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "truth.h"

struct bytes {
    const char *at, *end;
    bool is_bad;
};

static uint64_t number(struct bytes *bytes)
{
    uint64_t value = 0;

    for (int shift = 0; bytes->at < bytes->end && shift < 64; shift += 7) {
        unsigned char byte = (unsigned char)*bytes->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    bytes->is_bad = true;
    return 0;
}

static int64_t signed_number(struct bytes *bytes)
{
    uint64_t value = number(bytes);

    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static unsigned char byte(struct bytes *bytes)
{
    if (bytes->at < bytes->end)
        return (unsigned char)*bytes->at++;
    bytes->is_bad = true;
    return 0;
}

static struct span text(struct bytes *bytes)
{
    struct span span = {NULL, number(bytes)};

    if (bytes->is_bad || span.size > (size_t)(bytes->end - bytes->at)) {
        bytes->is_bad = true;
        return (struct span){"", 0};
    }
    span.bytes = bytes->at;
    bytes->at += span.size;
    return span;
}

static enum oracle_rollup rollup_of(int row)
{
    enum oracle_rollup rollup = ROLLUP_TOTAL;

    while (rollup < ROLLUP_CATEGORY && row >= oracle_row(rollup + 1, 0, 0))
        rollup++;
    return rollup;
}

static void add_row(struct bytes *bytes, const struct sim *sim, struct truth_window *window, struct span key,
                    struct span packed, int64_t limit, int times)
{
    struct sums sums;
    int row = oracle_find_row(sim, key);

    if (row < 0 || !oracle_read_cell(packed, &sums) || limit != sim->config.rows_max) {
        bytes->is_bad = true;
        return;
    }
    enum oracle_rollup rollup = rollup_of(row);
    bool is_there = rollup == ROLLUP_TOTAL || (window->touched >> row & 1) != 0;
    if (!is_there && oracle_admitted(window, rollup) >= limit)
        row = oracle_other_row(rollup);
    oracle_add(&window->rows[row], &sums, times);
    window->touched |= 1u << row;
}

/* Version 1: see include/gentally/core/journal_entry.h. */
static void add_entry(struct bytes *bytes, const struct sim *sim, struct truth_window *window)
{
    int64_t base_ms = 0;
    unsigned kinds = 0;
    bool was_taken = false;

    bytes->is_bad = byte(bytes) != 1;
    int64_t limit = (int64_t)number(bytes);
    for (uint64_t left = number(bytes); left > 0 && !bytes->is_bad; left--) {
        int kind = byte(bytes);
        int64_t start_ms = signed_number(bytes), records = (int64_t)number(bytes);
        window->records += kind == window->kind && start_ms == window->start_ms ? records : 0;
    }
    for (uint64_t left = number(bytes); left > 0 && !bytes->is_bad; left--) {
        unsigned flags = byte(bytes);
        if (flags & 1) {
            base_ms = signed_number(bytes);
            kinds = byte(bytes);
        }
        struct span key = text(bytes), packed = text(bytes);
        bool is_taken = (flags & 2) != 0;
        bytes->is_bad = bytes->is_bad || (was_taken && !is_taken); /* what is taken stands behind all others */
        was_taken = is_taken;
        if (!bytes->is_bad && (kinds >> window->kind & 1) != 0 &&
            oracle_window_start(window->kind, base_ms) == window->start_ms)
            add_row(bytes, sim, window, key, packed, limit, is_taken ? -1 : 1);
    }
    bytes->is_bad = bytes->is_bad || bytes->at != bytes->end;
}

void journal_add(struct sim *sim, struct database *database, int32_t partition, const char *part,
                 struct truth_window *window)
{
    char windows[SIM_NAME], behind[SIM_NAME], journal[SIM_NAME], field[32];
    int64_t from = 0, held = 0, last = database_number(database, sim->redis->meta[partition], "journal_last", 0);

    oracle_key(sim, partition, "windows", windows, sizeof(windows));
    oracle_key(sim, partition, "behind", behind, sizeof(behind));
    oracle_key(sim, partition, "journal", journal, sizeof(journal));
    int64_t records = database_number(database, span_of(windows), part, 0);
    const struct span *value = database_get(database, span_of(behind), span_of(part));
    if (value == NULL) {
        from = last;
        held = records;
    } else if (sscanf(value->bytes, "%" SCNd64 " %" SCNd64, &from, &held) != 2 || from >= last) {
        sim_fail(sim, "partition %" PRId32 ": what is behind of %s is no number", partition, part);
    }
    if (held != window->records)
        sim_fail(sim, "partition %" PRId32 ": the cells of %s have %" PRId64 " records, and should have %" PRId64,
                 partition, part, window->records, held);
    for (int64_t i = from + 1; i <= last && !sim->has_failed; i++) {
        snprintf(field, sizeof(field), "%" PRId64, i);
        const struct span *entry = database_get(database, span_of(journal), span_of(field));
        struct bytes bytes = {.is_bad = true};
        if (entry != NULL) {
            bytes = (struct bytes){entry->bytes, entry->bytes + entry->size, false};
            add_entry(&bytes, sim, window);
        }
        if (bytes.is_bad)
            sim_fail(sim, "partition %" PRId32 ": entry %" PRId64 " of the journal, which %s lacks, does not read",
                     partition, i, part);
    }
    if (window->records != records)
        sim_fail(sim, "partition %" PRId32 ": %s has %" PRId64 " records of %" PRId64, partition, part, window->records,
                 records);
}
