/*
 * The audit's judgement, record by record: what is one history, what is a step back, what moved. The whole of it, with
 * topics and a foreign writer, is tests/integration/verify.py.
 */
#include "gentally/audit.h"

#include <stdio.h>

#include "suite.h"

#define HOUR_START (INT64_C(1763000000000) / HOUR_MS * HOUR_MS)

struct told {
    uint32_t count;
    struct finding first;
};

static void note(void *context, const struct finding *finding)
{
    struct told *told = context;

    if (told->count++ == 0)
        told->first = *finding;
}

/* One partition's numbers in a ledger record of one hour. */
struct entry {
    int hour; /* which window */
    int64_t generation, revision;
    int64_t first, next, counted, dead, watermark_ms;
    char incarnation; /* its letter */
};

static struct ledger_partition part_of(const struct entry *entry)
{
    struct ledger_partition part = {
        .partition = 0,
        .incarnation = {entry->incarnation, '\0'},
        .first = entry->first,
        .next = entry->next,
        .watermark_ms = entry->watermark_ms,
        .records = entry->revision,
        .outcomes = {[OUTCOME_COUNTED] = entry->counted, [OUTCOME_DEAD_LETTERED] = entry->dead},
    };

    return part;
}

/* Gives a ledger record, or with `is_again` shows it in the second reading. */
static void give(struct audit *audit, const struct entry *entry, int64_t offset, bool is_again)
{
    char key[64];
    struct reason why;
    struct ledger_partition part = part_of(entry);
    struct ledger ledger = {
        .window = {WINDOW_HOUR, HOUR_START + entry->hour * HOUR_MS},
        .pane = PANE_LATE,
        .generation = entry->generation,
        .revision = entry->revision,
        .summaries = 1,
        .tables_version = span_of("tables"),
        .partition_count = 1,
        .partitions = &part,
    };
    struct audit_place place = {"ledger", 0, offset, {key, ledger_key_write(ledger.window, key)}};

    CU_ASSERT_EQUAL(is_again ? audit_again(audit, &ledger, &why) : audit_ledger(audit, &place, &ledger, &why), GO_ON);
}

/* Gives the total row of a window as the entry has it. */
static void give_total(struct audit *audit, const struct rollups *rollups, const struct entry *entry, int64_t offset)
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
        .tables_version = span_of("tables"),
    };
    read.cell.sums[M_REQUESTS] = entry->revision;
    read.cell.slot_count = 2;
    read.cell.slots[0] = (struct slot){HISTOGRAM_BUCKETS * H_TOKENS_PROMPT, (uint32_t)entry->revision};
    read.cell.slots[1] = (struct slot){HISTOGRAM_BUCKETS * H_TOKENS_TOTAL, (uint32_t)entry->revision};
    struct audit_place place = {
        "total", 0, offset, {key, summary_key_write(span_of("total"), read.summary.window, key)}};
    CU_ASSERT_EQUAL(audit_summary(audit, &place, &rollups->items[0], &read, &why), GO_ON);
}

#define ENTRIES_MAX 4

struct judgement {
    const char *name;
    struct entry entries[ENTRIES_MAX];
    uint32_t count;
    const char *check, *field; /* of the first violation; NULL = none */
    bool is_strict;
};

/*                  hour gen rev first next counted dead watermark incarnation */
static const struct judgement judgements[] = {
    {"one record", {{0, 0, 5, 10, 20, 9, 1, 7, 'a'}}, 1, NULL, NULL, true},
    {"a later point", {{0, 0, 5, 10, 20, 9, 1, 7, 'a'}, {1, 0, 3, 10, 30, 18, 2, 8, 'a'}}, 2, NULL, NULL, true},
    {"the same point", {{0, 0, 5, 10, 20, 9, 1, 7, 'a'}, {1, 0, 3, 10, 20, 9, 1, 7, 'a'}}, 2, NULL, NULL, true},
    {"a hole", {{0, 0, 5, 10, 20, 8, 1, 7, 'a'}}, 1, NULL, NULL, false},
    {"a hole, strictly", {{0, 0, 5, 10, 20, 8, 1, 7, 'a'}}, 1, "offsets", "partitions[0].consumed", true},
    {"more than passed", {{0, 0, 5, 10, 20, 10, 1, 7, 'a'}}, 1, "offsets", "partitions[0].consumed", false},
    {"more than passed in between",
     {{0, 0, 5, 10, 20, 5, 0, 7, 'a'}, {1, 0, 3, 10, 22, 8, 0, 7, 'a'}},
     2,
     "history",
     "partitions[0].consumed",
     false},
    {"fewer counted later",
     {{0, 0, 5, 10, 20, 9, 1, 7, 'a'}, {1, 0, 3, 10, 30, 8, 12, 7, 'a'}},
     2,
     "history",
     "partitions[0].counted",
     false},
    {"an earlier point", {{0, 0, 5, 10, 30, 18, 2, 8, 'a'}, {1, 0, 3, 10, 20, 9, 1, 7, 'a'}}, 2, NULL, NULL, false},
    {"an earlier point, strictly",
     {{0, 0, 5, 10, 30, 18, 2, 8, 'a'}, {1, 0, 3, 10, 20, 9, 1, 7, 'a'}},
     2,
     "offsets",
     "partitions[0].next_offset",
     true},
    {"an earlier point of another history",
     {{0, 0, 5, 10, 30, 18, 2, 8, 'a'}, {1, 0, 3, 10, 20, 7, 3, 7, 'a'}},
     2,
     "history",
     "partitions[0].dead_lettered",
     false},
    {"an earlier point in one window",
     {{0, 0, 5, 10, 30, 18, 2, 8, 'a'}, {0, 0, 6, 10, 20, 9, 1, 7, 'a'}},
     2,
     "offsets",
     "partitions[0].next_offset",
     false},
    {"another beginning",
     {{0, 0, 5, 10, 20, 9, 1, 7, 'a'}, {1, 0, 3, 11, 30, 18, 1, 8, 'a'}},
     2,
     "offsets",
     "partitions[0].first_offset",
     false},
    {"a watermark that falls",
     {{0, 0, 5, 10, 20, 9, 1, 7, 'a'}, {1, 0, 3, 10, 30, 18, 2, 6, 'a'}},
     2,
     "history",
     "partitions[0].watermark",
     false},
    {"rebuilt", {{0, 0, 5, 10, 20, 9, 1, 7, 'a'}, {0, 1, 4, 0, 20, 19, 1, 7, 'b'}}, 2, NULL, NULL, true},
    {"rebuilt, without a generation",
     {{0, 0, 5, 10, 20, 9, 1, 7, 'a'}, {0, 0, 6, 0, 20, 19, 1, 7, 'b'}},
     2,
     "incarnation",
     "generation",
     false},
    {"an old incarnation",
     {{0, 0, 5, 10, 20, 9, 1, 7, 'a'}, {0, 1, 5, 10, 20, 9, 1, 7, 'b'}, {0, 2, 5, 10, 20, 9, 1, 7, 'a'}},
     3,
     "incarnation",
     "partitions[0].incarnation",
     false},
    {"more in hours than counted",
     {{0, 0, 5, 10, 20, 9, 1, 7, 'a'}, {1, 0, 5, 10, 20, 9, 1, 7, 'a'}},
     2,
     "records",
     "partitions[0].records over all windows of kind hour",
     false},
    {"an older version",
     {{0, 0, 5, 10, 20, 9, 1, 7, 'a'}, {0, 0, 5, 10, 20, 9, 1, 7, 'a'}},
     2,
     "ledger-version",
     "(generation, revision, pane)",
     false},
    {"negative", {{0, 0, 5, 10, 20, 9, -1, 7, 'a'}}, 1, "identity", "partitions[0].dead_lettered", false},
};

/* With ids = amend. */
static const struct judgement amended[] = {
    {"moved from one hour to another",
     {{0, 0, 5, 10, 20, 9, 1, 7, 'a'}, {1, 0, 5, 10, 20, 9, 1, 7, 'a'}},
     2,
     NULL,
     NULL,
     true},
    {"more in hours than two of each record",
     {{0, 0, 5, 10, 20, 5, 1, 7, 'a'}, {1, 0, 5, 10, 20, 5, 1, 7, 'a'}, {2, 0, 1, 10, 20, 5, 1, 7, 'a'}},
     3,
     "records",
     "partitions[0].records over all windows of kind hour",
     false},
};

static void judge(const struct judgement *judgement, const struct rollups *rollups, bool may_amend)
{
    struct told told = {0};
    struct audit_options options = {rollups, "ledger", judgement->is_strict, note, &told, may_amend};
    struct audit *audit = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(audit_open(&audit, &options, &why), GO_ON);
    for (uint32_t i = 0; i < judgement->count; i++)
        give(audit, &judgement->entries[i], i, false);
    for (uint32_t i = 0; i < judgement->count; i++)
        if (told.count == 0)
            give_total(audit, rollups, &judgement->entries[i], i);
    audit_finish(audit);
    const char *check = told.count == 0 ? "" : audit_check_name(told.first.check);
    if (judgement->check == NULL
            ? told.count != 0
            : strcmp(check, judgement->check) != 0 || strcmp(told.first.field, judgement->field) != 0) {
        printf("%s: %s %s: expected %s, found %s\n", judgement->name, check, told.first.field, told.first.expected,
               told.first.found);
        CU_FAIL("another judgement");
    }
    CU_ASSERT_EQUAL(audit_counts(audit)->violations, told.count);
    audit_close(audit);
}

static void test_judgements(void)
{
    static struct rollups rollups;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(rollups_parse("total=", &rollups, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(judgements); i++)
        judge(&judgements[i], &rollups, false);
    for (size_t i = 0; i < LENGTH_OF(amended); i++)
        judge(&amended[i], &rollups, true);
}

/* A window that is published anew while its rows are read: the rows prove nothing, and are no violation. */
static void test_what_moves_is_not_judged(void)
{
    static struct rollups rollups;
    static const struct entry before = {0, 0, 5, 10, 20, 9, 1, 7, 'a'}, after = {0, 0, 6, 10, 21, 10, 1, 7, 'a'},
                              other = {1, 0, 1, 10, 21, 10, 1, 7, 'a'};
    struct told told = {0};
    struct audit_options options = {&rollups, "ledger", false, note, &told, false};
    struct audit *audit = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(rollups_parse("total=", &rollups, &why), GO_ON);
    for (int is_told = 0; is_told < 2; is_told++) {
        told.count = 0;
        CU_ASSERT_EQUAL_FATAL(audit_open(&audit, &options, &why), GO_ON);
        give(audit, &before, 0, false);
        give_total(audit, &rollups, &before, 0);
        give_total(audit, &rollups, &after, 1);
        give_total(audit, &rollups, &other, 2);
        give(audit, &before, 0, true);
        if (is_told) {
            give(audit, &after, 1, true);
            give(audit, &other, 2, true);
        }
        audit_finish(audit);
        CU_ASSERT_EQUAL(told.count, is_told ? 0 : 2);
        CU_ASSERT_EQUAL(audit_counts(audit)->windows_moved, is_told ? 2 : 0);
        audit_close(audit);
    }
}

static void test_counts_are_those_of_the_highest_point(void)
{
    static struct rollups rollups;
    static const struct entry entries[] = {{0, 0, 5, 10, 30, 17, 2, 8, 'a'}, {1, 0, 3, 10, 20, 9, 1, 7, 'a'}};
    struct told told = {0};
    struct audit_options options = {&rollups, "ledger", false, note, &told, false};
    struct audit *audit = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(rollups_parse("total=", &rollups, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(audit_open(&audit, &options, &why), GO_ON);
    for (uint32_t i = 0; i < LENGTH_OF(entries); i++)
        give(audit, &entries[i], i, false);
    for (uint32_t i = 0; i < LENGTH_OF(entries); i++)
        give_total(audit, &rollups, &entries[i], i);
    audit_finish(audit);
    const struct audit_counts *counts = audit_counts(audit);
    CU_ASSERT_EQUAL(counts->violations, 0);
    CU_ASSERT_EQUAL(counts->consumed, 19);
    CU_ASSERT_EQUAL(counts->outcomes[OUTCOME_DEAD_LETTERED], 2);
    CU_ASSERT_EQUAL(counts->holes, 1);
    CU_ASSERT_EQUAL(counts->steps_back, 1);
    CU_ASSERT_EQUAL(counts->rows, 2);
    audit_close(audit);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"judgements", test_judgements},
        {"what moves is not judged", test_what_moves_is_not_judged},
        {"counts are those of the highest point", test_counts_are_those_of_the_highest_point},
        CU_TEST_INFO_NULL,
    };

    return suite_run("audit", tests);
}
