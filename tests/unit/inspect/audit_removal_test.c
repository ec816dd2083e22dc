/* What the audit sees when something is taken away: rows, ledger records, windows that the store still has. */
#include "audited.h"

/* Gives the day's ledger record, with the numbers of an hour, and its total row. */
static void give_day(struct audit *audit, const struct rollups *rollups, const struct ledger_entry *entry,
                     int64_t start_ms, enum pane pane)
{
    static struct summary_read read;
    char key[SUMMARY_KEY_MAX];
    struct reason why;
    struct ledger_partition part = part_of(entry);
    struct window window = {WINDOW_DAY, start_ms};
    struct ledger ledger = {.window = window,
                            .pane = pane,
                            .revision = entry->revision,
                            .summaries = 1,
                            .tables_version = span_of("tables"),
                            .partition_count = 1,
                            .partitions = &part};
    struct audit_place place = {"ledger", 0, 9, {key, ledger_key_write(window, key)}, 1};

    CU_ASSERT_EQUAL(audit_ledger(audit, &place, &ledger, &why), GO_ON);
    memset(&read, 0, sizeof(read));
    read.summary = (struct summary){.rollup = span_of("total"),
                                    .window = window,
                                    .cell = &read.cell,
                                    .pane = pane,
                                    .revision = entry->revision,
                                    .tables_version = span_of("tables")};
    read.cell.sums[M_REQUESTS] = entry->revision;
    read.cell.slot_count = 2;
    read.cell.slots[0] = (struct slot){HISTOGRAM_BUCKETS * H_TOKENS_PROMPT, (uint32_t)entry->revision};
    read.cell.slots[1] = (struct slot){HISTOGRAM_BUCKETS * H_TOKENS_TOTAL, (uint32_t)entry->revision};
    place = (struct audit_place){"total", 0, 9, {key, summary_key_write(span_of("total"), window, key)}, 1};
    CU_ASSERT_EQUAL(audit_summary(audit, &place, &rollups->items[0], &read, &why), GO_ON);
}

/* Gives a tombstone under the key of the hour's total row, or of its ledger record. */
static void drop(struct audit *audit, int hour, int64_t offset, bool is_ledger)
{
    char key[SUMMARY_KEY_MAX];
    struct reason why;
    struct window window = {WINDOW_HOUR, HOUR_START + hour * HOUR_MS};
    size_t size = is_ledger ? ledger_key_write(window, key) : summary_key_write(span_of("total"), window, key);
    const struct audit_place place = {is_ledger ? "ledger" : "total", 0, offset, {key, size}, 1};

    if (!is_ledger) {
        audit_dropped(audit, &place);
        return;
    }
    CU_ASSERT_EQUAL(audit_ledger_dropped(audit, &place, &why), GO_ON);
}

/* What is done to two hours that were published well, and how often that is told. */
static const struct removal {
    const char *name;
    bool has_row, drops_row, drops_ledger, is_told_again, is_second, is_forgotten;
    uint32_t found;
    const char *check;
    bool is_begun; /* a later edition, in several transactions */
} removals[] = {
    {"nothing", true, false, false, false, false, false, 0, NULL, false},
    {"a row", true, true, false, false, false, false, 1, "removed", false},
    {"a row that was compacted since", false, true, false, false, false, false, 2, "rows", false},
    {"a row, and a later edition", true, true, false, true, false, false, 0, NULL, false},
    {"a ledger record", true, false, true, false, false, false, 1, "removed", false},
    {"a ledger record, and it is told again", true, false, true, true, false, false, 0, NULL, false},
    {"row and ledger record", true, true, true, false, false, false, 2, "removed", false},
    {"a ledger record while its window moves", true, false, true, false, true, false, 0, NULL, false},
    {"a row of a topic that forgets", false, false, false, false, false, true, 0, NULL, false},
    {"nothing while its window is under way", true, false, false, false, false, false, 0, NULL, true},
    {"a ledger record while its window is under way", true, false, true, false, false, false, 1, "removed", true},
};

static void what_is_taken_away_is_told(void)
{
    struct rollups rollups;
    struct reason why;
    const int64_t forgotten_ms = 2;

    CU_ASSERT_EQUAL_FATAL(rollups_parse("total=", &rollups, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(removals); i++) {
        const struct removal *removal = &removals[i];
        const struct ledger_entry first = {0, 0, 5, 10, 20, 10, 0, 7, 'a'}, other = {1, 0, 3, 10, 20, 10, 0, 7, 'a'};
        const struct ledger_entry again = {0, 0, 6, 10, 21, 11, 0, 7, 'a'};
        struct told told = {.count = 0};
        struct audit *audit = NULL;
        const struct audit_options options = {.rollups = &rollups,
                                              .ledger_topic = "ledger",
                                              .tell = note,
                                              .context = &told,
                                              .forgotten_ms = removal->is_forgotten ? &forgotten_ms : NULL};
        CU_ASSERT_EQUAL_FATAL(audit_open(&audit, &options, &why), GO_ON);
        give(audit, &first, 0, false);
        give(audit, &other, 1, false);
        if (removal->is_begun)
            give_with(audit, &again, 1, false, LEDGER_UNDER_WAY, "tables");
        if (removal->drops_ledger)
            drop(audit, 0, 2, true);
        if (removal->is_told_again)
            give(audit, &again, 3, false);
        if (removal->has_row)
            give_total(audit, &rollups, &first, 0);
        give_total(audit, &rollups, &other, 1);
        if (removal->drops_row)
            drop(audit, 0, 2, false);
        if (removal->is_told_again)
            give_total(audit, &rollups, &again, 3);
        if (removal->is_second)
            give(audit, &again, 4, true);
        audit_finish(audit);
        if (told.count != removal->found)
            printf("%s: %u found, the first %s: %s, %s\n", removal->name, told.count,
                   told.count > 0 ? audit_check_name(told.first.check) : "-", told.first.expected, told.first.found);
        CU_ASSERT_EQUAL(told.count, removal->found);
        if (removal->check != NULL && told.count > 0) {
            CU_ASSERT_STRING_EQUAL(audit_check_name(told.first.check), removal->check);
        }
        audit_close(audit);
    }
}

/* Gives the row of an account in hour 0, or a tombstone under its key. */
static void give_account(struct audit *audit, const struct rollups *rollups, const struct ledger_entry *entry,
                         const char *account, int64_t requests, bool is_gone)
{
    static struct summary_read read;
    char key[SUMMARY_KEY_MAX], row_key[ROW_KEY_MAX];
    struct reason why;
    const struct span values[] = {span_of(account)};

    memset(&read, 0, sizeof(read));
    read.summary = (struct summary){
        .rollup = span_of("account"),
        .window = {WINDOW_HOUR, HOUR_START + entry->hour * HOUR_MS},
        .cell = &read.cell,
        .pane = PANE_LATE,
        .generation = entry->generation,
        .revision = entry->revision,
        .tables_version = span_of("tables"),
    };
    read.summary.columns[COLUMN_ACCOUNT] = values[0];
    read.cell.sums[M_REQUESTS] = requests;
    read.cell.slot_count = 2;
    read.cell.slots[0] = (struct slot){HISTOGRAM_BUCKETS * H_TOKENS_PROMPT, (uint32_t)requests};
    read.cell.slots[1] = (struct slot){HISTOGRAM_BUCKETS * H_TOKENS_TOTAL, (uint32_t)requests};
    struct span row = {row_key, row_key_write(&rollups->items[1], values, row_key)};
    const struct audit_place place = {"account", 0, 5, {key, summary_key_write(row, read.summary.window, key)}, 1};
    if (is_gone)
        audit_dropped(audit, &place);
    else
        CU_ASSERT_EQUAL(audit_summary(audit, &place, &rollups->items[1], &read, &why), GO_ON);
}

/* What becomes of an hour of two accounts, of 3 and 2 requests: the last words of three keys. */
static const struct erasure {
    const char *name;
    int64_t erased_once, erased_twice; /* requests of the row of those that were erased; 0: it is not told so often */
    bool drops_second, has_ledger, is_earlier;
    uint32_t found;
} erasures[] = {
    {"one", 3, 0, false, false, false, 0},
    {"one, told by an edition before the latest", 3, 0, false, false, true, 0},
    {"one, and it is added to nothing", 0, 0, false, false, false, 2},
    {"one, and less than it is added", 2, 0, false, false, false, 1},
    {"both", 3, 5, true, true, false, 0},
    {"both, and the ledger knows of one", 3, 5, true, false, false, 1},
    {"both, and the second is added to nothing", 3, 0, true, true, false, 1},
    {"one, and the ledger knows of both", 3, 0, false, true, false, 1},
};

static void an_account_that_was_erased_is_not_missed(void)
{
    struct rollups rollups;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(rollups_parse("total=,account=account", &rollups, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(erasures); i++) {
        const struct erasure *erasure = &erasures[i];
        const struct ledger_entry entry = {0, 0, 5, 10, 20, 10, 0, 7, 'a'}, later = {0, 0, 6, 10, 21, 11, 0, 7, 'a'};
        struct told told = {.count = 0};
        struct audit *audit = NULL;
        const struct audit_options options = {
            .rollups = &rollups, .ledger_topic = "ledger", .tell = note, .context = &told};
        CU_ASSERT_EQUAL_FATAL(audit_open(&audit, &options, &why), GO_ON);
        give_with(audit, &entry, 0, false, 3, "tables");
        if (erasure->is_earlier)
            give_with(audit, &later, 1, false, 4, "tables");
        if (erasure->has_ledger) {
            drop(audit, 0, 2, true);
            give_with(audit, &entry, 3, false, 2, "tables");
        }
        give_total(audit, &rollups, &entry, 0);
        if (erasure->is_earlier)
            give_total(audit, &rollups, &later, 1);
        give_account(audit, &rollups, &entry, "x", 3, false);
        give_account(audit, &rollups, &entry, "y", 2, false);
        if (erasure->is_earlier)
            give_account(audit, &rollups, &later, "z", 1, false);
        if (erasure->erased_once > 0)
            give_account(audit, &rollups, &entry, DIMENSION_ERASED, erasure->erased_once, false);
        give_account(audit, &rollups, &entry, "x", 0, true);
        if (erasure->erased_twice > 0) {
            give_account(audit, &rollups, &entry, DIMENSION_ERASED, 0, true);
            give_account(audit, &rollups, &entry, DIMENSION_ERASED, erasure->erased_twice, false);
        }
        if (erasure->drops_second)
            give_account(audit, &rollups, &entry, "y", 0, true);
        audit_finish(audit);
        if (told.count != erasure->found)
            printf("%s: %u found, the first %s, %s: %s, %s\n", erasure->name, told.count,
                   told.count > 0 ? audit_check_name(told.first.check) : "-", told.first.field, told.first.expected,
                   told.first.found);
        CU_ASSERT_EQUAL(told.count, erasure->found);
        audit_close(audit);
    }
}

/* What the store has beside a ledger that names hour 1 and the day, and whether that is told. */
static const struct {
    const char *name;
    enum window_kind kind;
    int hour;
    int64_t records, records_of_day;
    bool is_over, is_closed, is_strict, is_day_early;
    uint32_t found;
} stores[] = {
    {"an hour that the ledger names", WINDOW_HOUR, 1, 5, 5, true, true, true, false, 0},
    {"an hour that is open", WINDOW_HOUR, 2, 5, 9, false, false, true, false, 0},
    {"an hour that is closed", WINDOW_HOUR, 2, 5, 9, false, true, false, false, 0},
    {"an hour that is closed, strictly", WINDOW_HOUR, 2, 5, 9, false, true, true, false, 1},
    {"an hour that is sealed", WINDOW_HOUR, 2, 5, 9, true, false, false, false, 1},
    {"an hour of a day that was told with it", WINDOW_HOUR, 2, 5, 5, false, false, false, false, 1},
    {"an hour of a day that was told early", WINDOW_HOUR, 2, 5, 5, false, false, false, true, 0},
    {"an hour of another day", WINDOW_HOUR, 30, 5, 5, false, false, false, false, 0},
    {"an hour whose records were all taken back", WINDOW_HOUR, 2, 0, 5, true, true, true, false, 0},
    {"a month", WINDOW_MONTH, 0, 5, 5, false, false, false, false, 0},
};

static void what_the_store_has_must_have_been_told(void)
{
    struct rollups rollups;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(rollups_parse("total=", &rollups, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(stores); i++) {
        struct told told = {.count = 0};
        struct audit *audit = NULL;
        const struct audit_options options = {.rollups = &rollups,
                                              .ledger_topic = "ledger",
                                              .is_strict = stores[i].is_strict,
                                              .tell = note,
                                              .context = &told};
        const struct ledger_entry hour = {1, 0, 5, 10, 20, 10, 0, 7, 'a'};
        int64_t day_ms = window_of(WINDOW_DAY, HOUR_START).start_ms;
        struct stored_total day = {{WINDOW_DAY, day_ms}, stores[i].records_of_day, false, false};
        struct stored_total part = {window_of(stores[i].kind, day_ms + stores[i].hour * HOUR_MS), stores[i].records,
                                    stores[i].is_over, stores[i].is_closed};
        CU_ASSERT_EQUAL_FATAL(audit_open(&audit, &options, &why), GO_ON);
        if (stores[i].hour == 1)
            part.window.start_ms = HOUR_START + HOUR_MS;
        CU_ASSERT_EQUAL(audit_stored(audit, &day, &why), GO_ON);
        CU_ASSERT_EQUAL(audit_stored(audit, &part, &why), GO_ON);
        give(audit, &hour, 0, false);
        give_total(audit, &rollups, &hour, 0);
        give_day(audit, &rollups, &hour, day_ms, stores[i].is_day_early ? PANE_EARLY : PANE_LATE);
        audit_finish(audit);
        if (told.count != stores[i].found)
            printf("%s: %u found, the first %s: %s, %s\n", stores[i].name, told.count, told.first.field,
                   told.first.expected, told.first.found);
        CU_ASSERT_EQUAL(told.count, stores[i].found);
        audit_close(audit);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what is taken away is told", what_is_taken_away_is_told},
        {"an account that was erased is not missed", an_account_that_was_erased_is_not_missed},
        {"what the store has must have been told", what_the_store_has_must_have_been_told},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
