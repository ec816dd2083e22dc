/*
 * The audit's judgement, record by record: what is one history, what is a step back, what moved. The whole of it, with
 * topics and a foreign writer, is tests/integration/verify.py.
 */
#include "audited.h"

#define ENTRIES_MAX 4

struct judgement {
    const char *name;
    struct ledger_entry entries[ENTRIES_MAX];
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
     "partitions[0].watermark_time",
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
    {"records of a state that was gone",
     {{0, 0, 5, 0, 0, 0, 0, NO_TIME, '-'}},
     1,
     "records",
     "partitions[0].records",
     false},
    {"told again without a state that is gone",
     {{0, 0, 5, 10, 20, 9, 1, 7, 'a'}, {0, 1, 6, 0, 0, 0, 0, NO_TIME, '-'}},
     2,
     "records",
     "partitions[0].records",
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
    struct audit_options options = {
        .rollups = rollups,
        .ledger_topic = "ledger",
        .is_strict = judgement->is_strict,
        .tell = note,
        .context = &told,
        .may_amend = may_amend,
    };
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

#define ROWS_MAX 4

struct published_row {
    const char *rollup, *value; /* of its one dimension */
    int64_t requests, split_tokens;
    bool suppressed;
};

struct adding_up {
    const char *name;
    struct published_row rows[ROWS_MAX];
    const char *field, *expected; /* of the violation; NULL = none */
};

/* A window of five requests. */
static const struct adding_up addings[] = {
    {"all told", {{"total", "", 5, 90, false}, {"model", "a", 3, 60, false}, {"model", "b", 2, 30, false}}, NULL, NULL},
    {"a row less",
     {{"total", "", 5, 90, false}, {"model", "a", 3, 60, false}},
     "requests over rollup model",
     "the total's, 5"},
    {"a suppressed row",
     {{"total", "", 5, 90, false}, {"model", "a", 3, 60, false}, {"model", "b", 0, 0, true}},
     NULL,
     NULL},
    {"all suppressed but the total",
     {{"total", "", 5, 90, false}, {"model", "a", 0, 0, true}, {"model", "b", 0, 0, true}},
     NULL,
     NULL},
    {"the total suppressed", {{"total", "", 0, 0, true}, {"model", "a", 0, 0, true}}, NULL, NULL},
    {"the total suppressed and a part not", {{"total", "", 0, 0, true}, {"model", "a", 5, 90, false}}, NULL, NULL},
    {"more than all, with a suppressed row",
     {{"total", "", 5, 90, false},
      {"model", "a", 4, 60, false},
      {"model", "b", 4, 30, false},
      {"model", "c", 0, 0, true}},
     "requests over rollup model",
     "at most the total's, 5"},
    {"labels repeat requests and not tokens",
     {{"total", "", 5, 90, false}, {"category", "x", 5, 50, false}, {"category", "y", 5, 40, false}},
     NULL,
     NULL},
    {"a split token lost",
     {{"total", "", 5, 90, false}, {"category", "x", 5, 50, false}, {"category", "y", 5, 39, false}},
     "split_tokens over rollup category",
     "the total's, 90"},
    {"a category suppressed",
     {{"total", "", 5, 90, false}, {"category", "x", 5, 50, false}, {"category", "y", 0, 0, true}},
     NULL,
     NULL},
};

static void give_row(struct audit *audit, const struct rollups *rollups, const struct published_row *row,
                     int64_t offset)
{
    static struct summary_read read;
    const struct rollup *rollup = rollups_find(rollups, span_of(row->rollup));
    struct span value = span_of(row->value);
    char row_key[ROW_KEY_MAX], key[SUMMARY_KEY_MAX];
    struct reason why;
    uint32_t requests = (uint32_t)row->requests;

    memset(&read, 0, sizeof(read));
    read.accounts = row->suppressed ? -1 : 3;
    read.summary = (struct summary){
        .rollup = span_of(row->rollup),
        .window = {WINDOW_HOUR, HOUR_START},
        .cell = &read.cell,
        .suppressed = row->suppressed,
        .pane = PANE_LATE,
        .revision = 5,
        .tables_version = span_of("tables"),
    };
    if (rollup->dim_count > 0)
        read.summary.columns[column_of(rollup->dims[0])] = value;
    read.cell.sums[M_REQUESTS] = read.cell.sums[M_CLASSIFIED] = row->requests;
    read.cell.sums[M_TOKENS_PROMPT] = read.cell.sums[M_CLASSIFIED_TOKENS] = 100 * row->requests;
    read.cell.sums[M_SPLIT_TOKENS] = row->split_tokens;
    read.cell.slots[0] = (struct slot){HISTOGRAM_BUCKETS * H_TOKENS_PROMPT, requests};
    read.cell.slots[1] = (struct slot){HISTOGRAM_BUCKETS * H_TOKENS_TOTAL, requests};
    read.cell.slot_count = requests == 0 ? 0 : 2;
    size_t size = row_key_write(rollup, &value, row_key);
    struct audit_place place = {
        row->rollup, 0, offset, {key, summary_key_write((struct span){row_key, size}, read.summary.window, key)}, 1};
    CU_ASSERT_EQUAL(audit_summary(audit, &place, rollup, &read, &why), GO_ON);
}

static void test_what_adds_up(void)
{
    static struct rollups rollups;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(rollups_parse("total=,model=model,category=category", &rollups, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(addings); i++) {
        const struct adding_up *adding = &addings[i];
        struct ledger_entry entry = {0, 0, 5, 10, 20, 9, 1, 7, 'a'};
        struct told told = {0};
        struct audit_options options = {
            .rollups = &rollups,
            .ledger_topic = "ledger",
            .is_strict = false,
            .tell = note,
            .context = &told,
            .may_amend = false,
        };
        struct audit *audit = NULL;
        uint32_t count = 0;
        while (count < ROWS_MAX && adding->rows[count].rollup != NULL)
            count++;
        CU_ASSERT_EQUAL_FATAL(audit_open(&audit, &options, &why), GO_ON);
        give_with(audit, &entry, 0, false, count, "tables");
        for (uint32_t row = 0; row < count; row++)
            give_row(audit, &rollups, &adding->rows[row], row);
        audit_finish(audit);
        bool is_right = adding->field == NULL ? told.count == 0
                                              : told.count == 1 && strcmp(told.first.field, adding->field) == 0 &&
                                                    strcmp(told.first.expected, adding->expected) == 0;
        if (!is_right)
            printf("%s: %u violations: %s: expected %s, found %s\n", adding->name, told.count, told.first.field,
                   told.first.expected, told.first.found);
        CU_ASSERT(is_right);
        audit_close(audit);
    }
}

/* A window that is published anew while its rows are read: the rows prove nothing, and are no violation. */
static void test_what_moves_is_not_judged(void)
{
    static struct rollups rollups;
    static const struct ledger_entry before = {0, 0, 5, 10, 20, 9, 1, 7, 'a'}, after = {0, 0, 6, 10, 21, 10, 1, 7, 'a'},
                                     other = {1, 0, 1, 10, 21, 10, 1, 7, 'a'};
    struct told told = {0};
    struct audit_options options = {
        .rollups = &rollups,
        .ledger_topic = "ledger",
        .is_strict = false,
        .tell = note,
        .context = &told,
        .may_amend = false,
    };
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

/* A window in several transactions: its rows are judged by the record that ends it, and until then by none. */
static void test_what_is_under_way_is_not_judged(void)
{
    static struct rollups rollups;
    static const struct ledger_entry before = {0, 0, 5, 10, 20, 9, 1, 7, 'a'}, begun = {0, 0, 6, 10, 21, 10, 1, 7, 'a'},
                                     again = {0, 1, 6, 10, 21, 10, 1, 7, 'a'};
    static const struct {
        const struct ledger_entry *records[3]; /* the first of them ends, as those of `ends` do */
        bool ends[3];
        const struct ledger_entry *row; /* the total's last */
        uint32_t found;
        uint64_t under_way;
    } rows[] = {
        {{&before, &begun}, {true, false}, &begun, 0, 1},                /* some rows are there */
        {{&before, &begun}, {true, false}, &before, 0, 1},               /* or not this one */
        {{&before, &begun, &begun}, {true, false, true}, &begun, 0, 0},  /* to its end */
        {{&before, &begun, &again}, {true, false, true}, &again, 0, 0},  /* broken off, and told again */
        {{&before, &begun, &again}, {true, false, true}, &begun, 2, 0},  /* a row of what was broken off stayed */
        {{&before, &begun, &begun}, {true, false, false}, &begun, 1, 1}, /* begun again under the same version */
        {{&before, &again, &begun}, {true, false, true}, &again, 3, 0},  /* ended below what was begun */
    };

    CU_ASSERT_EQUAL_FATAL(rollups_parse("total=", &rollups, &(struct reason){0}), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct told told = {0};
        struct audit_options options = {.rollups = &rollups, .ledger_topic = "ledger", .tell = note, .context = &told};
        struct audit *audit = NULL;
        struct reason why;
        CU_ASSERT_EQUAL_FATAL(audit_open(&audit, &options, &why), GO_ON);
        for (int at = 0; at < 3 && rows[i].records[at] != NULL; at++)
            give_with(audit, rows[i].records[at], at, false, rows[i].ends[at] ? 1 : LEDGER_UNDER_WAY, "tables");
        give_total(audit, &rollups, &before, 0);
        if (rows[i].row != &before)
            give_total(audit, &rollups, rows[i].row, 1);
        audit_finish(audit);
        if (told.count != rows[i].found)
            printf("row %zu: %u\n", i, told.count);
        CU_ASSERT_EQUAL(told.count, rows[i].found);
        CU_ASSERT_EQUAL(audit_counts(audit)->windows_under_way, rows[i].under_way);
        audit_close(audit);
    }
}

/* Where only retention rose, a ledger record names the tables of now, and the rows were told with those of then. Labels
 * are mapped when they are counted, so another taxonomy tells nothing again; another catalog would have. */
static void test_rows_outlive_a_taxonomy(void)
{
    static const struct {
        const char *now;
        bool is_right;
    } rows[] = {
        {"catalog=1 countries=2 taxonomy=3", true},
        {"catalog=1 countries=2 taxonomy=4", true},
        {"catalog=9 countries=2 taxonomy=3", false},
    };
    static struct rollups rollups;
    static const struct ledger_entry entry = {0, 0, 5, 10, 20, 9, 1, 7, 'a'};
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(rollups_parse("total=", &rollups, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct told told = {0};
        struct audit_options options = {
            .rollups = &rollups,
            .ledger_topic = "ledger",
            .is_strict = false,
            .tell = note,
            .context = &told,
            .may_amend = false,
        };
        struct audit *audit = NULL;
        CU_ASSERT_EQUAL_FATAL(audit_open(&audit, &options, &why), GO_ON);
        give_with(audit, &entry, 0, false, 1, rows[i].now);
        give_total_with(audit, &rollups, &entry, 0, rows[0].now);
        audit_finish(audit);
        CU_ASSERT_EQUAL(told.count, rows[i].is_right ? 0 : 1);
        if (!rows[i].is_right)
            CU_ASSERT_STRING_EQUAL(told.first.field, "tables_version");
        audit_close(audit);
    }
}

static void test_counts_are_those_of_the_highest_point(void)
{
    static struct rollups rollups;
    static const struct ledger_entry entries[] = {{0, 0, 5, 10, 30, 17, 2, 8, 'a'}, {1, 0, 3, 10, 20, 9, 1, 7, 'a'}};
    struct told told = {0};
    struct audit_options options = {
        .rollups = &rollups,
        .ledger_topic = "ledger",
        .is_strict = false,
        .tell = note,
        .context = &told,
        .may_amend = false,
    };
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

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"judgements", test_judgements},
        {"what adds up", test_what_adds_up},
        {"what moves is not judged", test_what_moves_is_not_judged},
        {"what is under way is not judged", test_what_is_under_way_is_not_judged},
        {"rows outlive a taxonomy", test_rows_outlive_a_taxonomy},
        {"counts are those of the highest point", test_counts_are_those_of_the_highest_point},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
