/* Ledger records and total rows of hours, given to an audit; and what it tells of them. For the tests of the audit. */
#ifndef GENTALLY_TEST_AUDITED_H
#define GENTALLY_TEST_AUDITED_H

#include <stdio.h>

#include "gentally/codec/avro_read.h"
#include "gentally/inspect/audit.h"
#include "suite.h"

#define HOUR_START (INT64_C(1763000000000) / HOUR_MS * HOUR_MS)

struct told {
    uint32_t count;
    struct finding first;
};

static inline void note(void *context, const struct finding *finding)
{
    struct told *told = context;

    if (told->count++ == 0)
        told->first = *finding;
}

/* One partition's numbers in a ledger record of one hour. */
struct ledger_entry {
    int hour; /* which window */
    int64_t generation, revision;
    int64_t first, next, counted, dead, watermark_ms;
    char incarnation; /* its letter; '-': the state was gone */
};

static inline struct ledger_partition part_of(const struct ledger_entry *entry)
{
    struct ledger_partition part = {
        .partition = 0,
        .incarnation = {entry->incarnation == '-' ? '\0' : entry->incarnation, '\0'},
        .stopped = {entry->incarnation == '-' ? 'X' : '\0', '\0'},
        .first = entry->first,
        .next = entry->next,
        .watermark_ms = entry->watermark_ms,
        .records = entry->revision,
        .outcomes = {[OUTCOME_COUNTED] = entry->counted, [OUTCOME_DEAD_LETTERED] = entry->dead},
    };

    return part;
}

/* Gives a ledger record, or with `is_again` shows it in the second reading. */
static inline void give_with(struct audit *audit, const struct ledger_entry *entry, int64_t offset, bool is_again,
                             int64_t summaries, const char *tables)
{
    char key[64];
    struct reason why;
    struct ledger_partition part = part_of(entry);
    struct ledger ledger = {
        .window = {WINDOW_HOUR, HOUR_START + entry->hour * HOUR_MS},
        .pane = PANE_LATE,
        .generation = entry->generation,
        .revision = entry->revision,
        .summaries = summaries,
        .tables_version = span_of(tables),
        .partition_count = 1,
        .partitions = &part,
    };
    struct audit_place place = {"ledger", 0, offset, {key, ledger_key_write(ledger.window, key)}, 1};

    CU_ASSERT_EQUAL(is_again ? audit_again(audit, &ledger, &why) : audit_ledger(audit, &place, &ledger, &why), GO_ON);
}

/* The same, of a window that has the total alone. */
static inline void give(struct audit *audit, const struct ledger_entry *entry, int64_t offset, bool is_again)
{
    give_with(audit, entry, offset, is_again, 1, "tables");
}

/* Gives the total row of a window as the entry has it. */
static inline void give_total_with(struct audit *audit, const struct rollups *rollups, const struct ledger_entry *entry,
                                   int64_t offset, const char *tables)
{
    static struct summary_read read;
    char key[SUMMARY_KEY_MAX];
    struct reason why;

    memset(&read, 0, sizeof(read));
    read.summary = (struct summary){
        .rollup = span_of("total"),
        .window = {WINDOW_HOUR, HOUR_START + entry->hour * HOUR_MS},
        .cell = &read.cell,
        .pane = PANE_LATE,
        .generation = entry->generation,
        .revision = entry->revision,
        .tables_version = span_of(tables),
    };
    read.cell.sums[M_REQUESTS] = entry->revision;
    read.cell.slot_count = 2;
    read.cell.slots[0] = (struct slot){HISTOGRAM_BUCKETS * H_TOKENS_PROMPT, (uint32_t)entry->revision};
    read.cell.slots[1] = (struct slot){HISTOGRAM_BUCKETS * H_TOKENS_TOTAL, (uint32_t)entry->revision};
    struct audit_place place = {
        "total", 0, offset, {key, summary_key_write(span_of("total"), read.summary.window, key)}, 1};
    CU_ASSERT_EQUAL(audit_summary(audit, &place, &rollups->items[0], &read, &why), GO_ON);
}

static inline void give_total(struct audit *audit, const struct rollups *rollups, const struct ledger_entry *entry,
                              int64_t offset)
{
    give_total_with(audit, rollups, entry, offset, "tables");
}

#endif
