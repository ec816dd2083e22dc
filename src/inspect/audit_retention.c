/*
 * The rows of retention held to the ledger and to each other. Their version has the revision of retention, which the
 * ledger record names, or an older one where a row did not change since; editions that differ only in records share
 * their rows of retention. A cohort has at most as many accounts in a later month as it began with.
 */
#include "audit_retention.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit_rows.h"
#include "audit_tell.h"

/* Reads "2025-11" as a month's number, see month_number(); false for any other text. */
static bool read_month(struct span text, int64_t *month)
{
    char day[16];
    int64_t ms = 0, year;
    unsigned of_year, of_month;

    if (text.size != 7)
        return false;
    snprintf(day, sizeof(day), "%.7s-01", text.bytes);
    if (!time_parse(span_of(day), &ms))
        return false;
    date_of_days(ms / DAY_MS, &year, &of_year, &of_month);
    *month = (year - 1970) * 12 + of_year - 1;
    return ms >= 0;
}

/* Holds a row against itself: its key, its window, its measures. */
static bool check_row(struct audit *audit, const struct audit_place *place, const struct summary_read *read,
                      uint32_t *cohort, uint32_t *age)
{
    const struct summary *summary = &read->summary;
    int64_t month = 0;
    const struct span *columns = summary->columns;

    if (summary->window.kind != WINDOW_MONTH || columns[COLUMN_MODEL].size > EVENT_TEXT_MAX ||
        !read_month(columns[COLUMN_COHORT], &month) || columns[COLUMN_AGE].size == 0) {
        audit_tell(audit, AUDIT_RETAINED, place, "window, model, cohort, age", "of a month, and all there",
                   "something else");
        return false;
    }
    *cohort = (uint32_t)month;
    *age = (uint32_t)strtoul(columns[COLUMN_AGE].bytes, NULL, 10); /* made a text by the reader, of a number */
    if (month + *age >= MONTHS_MAX || month_window(*cohort + *age).start_ms != summary->window.start_ms) {
        audit_tell(audit, AUDIT_RETAINED, place, "age", "months from the cohort to the window", "another number");
        return false;
    }
    struct span key = {audit->key, summary_retention_key_write(columns[COLUMN_MODEL], columns[COLUMN_COHORT],
                                                               columns[COLUMN_AGE], summary->window, audit->key)};
    if (!span_equal(key, place->key)) {
        audit_tell(audit, AUDIT_SUMMARY_KEY, place, "key", "of its columns", "another key");
        return false;
    }
    if (!summary->suppressed && read->accounts < 1) {
        audit_tell_number(audit, AUDIT_RETAINED, place, "accounts", "at least ", 1, read->accounts);
        return false;
    }
    for (enum measure measure = 0; measure < MEASURE_COUNT; measure++)
        if (read->cell.sums[measure] != 0)
            audit_tell_number(audit, AUDIT_MEASURES, place, measure_name(measure), "", 0, read->cell.sums[measure]);
    return true;
}

/* Counts a row in the editions of its version. */
static void count_row(struct audited_window *audited, struct row_version version)
{
    for (uint32_t i = 0; audited != NULL && i < audited->edition_count; i++) {
        struct edition *edition = &audited->editions[i];
        struct row_version of_rows = {edition->version.generation, edition->retention, edition->version.pane};
        if (edition->retention > 0 && row_version_compare(of_rows, version) == 0)
            edition->retained_rows++;
    }
}

enum verdict audit_retention_take(struct audit *audit, const struct audit_place *place, const struct summary_read *read,
                                  struct reason *why)
{
    const struct summary *summary = &read->summary;
    struct row_version version = {summary->generation, summary->revision, summary->pane};
    int64_t accounts = summary->suppressed ? 0 : read->accounts;
    uint32_t cohort = 0, age = 0;
    bool is_new = false;

    audit->counts.summaries++;
    snprintf(audit->topics[audit->options.rollups->count], sizeof(*audit->topics), "%s", place->topic);
    if (!check_row(audit, place, read, &cohort, &age))
        return GO_ON;
    struct audited_row *row = audit_rows_add(audit, place->key, &is_new);
    if (row == NULL)
        return no_memory(why, "to verify so many summaries");
    int order = is_new || row->is_dropped ? 1 : row_version_compare(version, row->version);
    if (order < 0)
        audit_tell_version(audit, AUDIT_SUMMARY_VERSION, place, "not older than ", row->version, version);
    if (order == 0 && row->accounts != accounts)
        audit_tell_number(audit, AUDIT_SUMMARY_VERSION, place, "accounts, of the same version", "", row->accounts,
                          accounts);
    if (order <= 0)
        return GO_ON;
    *row = (struct audited_row){.key = row->key,
                                .window = summary->window,
                                .version = version,
                                .rollup = AUDIT_RETENTION,
                                .partition = place->partition,
                                .offset = place->offset,
                                .accounts = accounts,
                                .cohort = cohort,
                                .age = age};
    count_row(audit_state_window(audit, summary->window), version);
    return GO_ON;
}

/*
 * A cohort can have no more accounts in a later month than it began with. But months are published one after the other,
 * and accounts noted in between show in the later publication only. So the rule is applied if the cohort's first month
 * was published last, and otherwise only in strict audits, which ask that nothing is under way.
 */
static void compare_with_first(struct audit *audit, const struct audited_row *row, const struct edition *edition)
{
    char key[SUMMARY_KEY_MAX];
    struct window window = month_window(row->cohort);
    struct audit_place place = audit_rows_place(audit, row);
    size_t name_size = strlen(ROLLUP_RETENTION) + 1, size = name_size;
    size_t age_size =
        row->key.size - (size_t)((const char *)memrchr(row->key.bytes, '|', row->key.size) - row->key.bytes);

    /* The key of age 0: the same but for the window's start, which has as many bytes, and the age. */
    memcpy(key, row->key.bytes, row->key.size);
    size += ledger_key_write(window, key + name_size);
    assert(size < row->key.size - age_size);
    key[size] = '|';
    size = row->key.size - age_size;
    memcpy(key + size, "|0", 2);
    const struct audited_row *first = audit_rows_find(audit, (struct span){key, size + 2});
    const struct audited_window *audited = audit_state_window(audit, window);
    if (first == NULL || first->is_dropped || audited == NULL || audited->has_moved || audited->edition_count == 0)
        return;
    if (row->accounts > first->accounts && first->accounts > 0 &&
        (audit->options.is_strict || audited->editions[audited->latest].offset > edition->offset))
        audit_tell_number(audit, AUDIT_RETAINED, &place, "accounts", "at most as many as began, ", first->accounts,
                          row->accounts);
}

/* Adds a row to what the edition's revision of retention must be. A suppressed row adds an unknown number. */
static void add_to_edition(struct edition *edition, const struct audited_row *row)
{
    int64_t part = 0;

    edition->has_suppressed = edition->has_suppressed || row->accounts == 0;
    if (__builtin_mul_overflow(row->accounts, (int64_t)row->age + 1, &part) ||
        __builtin_add_overflow(edition->retained_sum, part, &edition->retained_sum))
        edition->retained_sum = INT64_MAX;
}

static void finish_window(struct audit *audit, const struct audited_window *audited)
{
    const struct edition *edition = &audited->editions[audited->latest];
    char key[64];
    struct audit_place place = {audit->options.ledger_topic, 0, edition->offset, {key, 0}, 0};

    place.key.size = ledger_key_write(audited->window, key);
    if (edition->has_suppressed ? edition->retention <= edition->retained_sum
                                : edition->retention != edition->retained_sum)
        audit_tell_number(audit, AUDIT_RETAINED, &place, "retention", "accounts x (age + 1) of its rows, ",
                          edition->retained_sum, edition->retention);
}

void audit_retention_finish(struct audit *audit)
{
    for (size_t i = 0; i < audit->row_count; i++) {
        const struct audited_row *row = &audit->rows[i];
        const struct audited_window *audited = audit_state_window(audit, row->window);
        if (row->rollup != AUDIT_RETENTION || row->is_dropped || audited == NULL || audited->has_moved ||
            audited->edition_count == 0)
            continue;
        struct edition *edition = &audited->editions[audited->latest];
        if (edition->retention == 0) /* It was switched off. */
            continue;
        add_to_edition(edition, row);
        compare_with_first(audit, row, edition);
    }
    for (uint32_t i = 0; i < audit->window_count; i++) {
        const struct audited_window *audited = audit->windows[i];
        if (!audited->has_moved && audited->edition_count > 0 && audited->window.kind == WINDOW_MONTH &&
            !audit_state_is_forgotten(audit, audited))
            finish_window(audit, audited);
    }
}
