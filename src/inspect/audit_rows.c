/*
 * The summaries held to the ledger: the last versions of a window's keys are the window as its latest edition has it.
 * An edition that is early or late tells the rows that it changed, so others keep the version of one before; one that
 * is on time, or the first of a generation, tells all. A window must have as many rows as the ledger says.
 *
 * A row that was superseded is not checked any more, since its ledger record may have been compacted away.
 */
#include "audit_rows.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit_sums.h"
#include "audit_tell.h"
#include "gentally/base/grow.h"
#include "gentally/base/hash.h"
#include "gentally/base/text.h"

/* ---- keys ---- */

/* The slot of a key, or the free slot where the key would go. */
static size_t slot_of(const struct audit *audit, struct span key)
{
    size_t slot = (size_t)hash_text(key) & (audit->slot_count - 1);

    while (audit->slots[slot] != 0 && !span_equal(audit->rows[audit->slots[slot] - 1].key, key))
        slot = (slot + 1) & (audit->slot_count - 1);
    return slot;
}

/* Makes room for one more row, in a table of at least twice as many slots. */
static bool make_room(struct audit *audit)
{
    struct audited_row *rows = grow(audit->rows, &audit->row_room, audit->row_count + 1, sizeof(*rows));
    size_t slot_count = audit->slot_count == 0 ? 1 : audit->slot_count;

    if (rows == NULL || audit->row_room > UINT32_MAX / 2)
        return false;
    audit->rows = rows;
    while (slot_count < 2 * audit->row_room)
        slot_count *= 2;
    if (slot_count == audit->slot_count)
        return true;
    uint32_t *slots = calloc(slot_count, sizeof(*slots));
    if (slots == NULL)
        return false;
    free(audit->slots);
    audit->slots = slots;
    audit->slot_count = slot_count;
    for (size_t i = 0; i < audit->row_count; i++)
        audit->slots[slot_of(audit, audit->rows[i].key)] = (uint32_t)i + 1;
    return true;
}

struct audited_row *audit_rows_add(struct audit *audit, struct span key, bool *is_new)
{
    if (!make_room(audit))
        return NULL;
    size_t slot = slot_of(audit, key);
    *is_new = audit->slots[slot] == 0;
    if (!*is_new)
        return &audit->rows[audit->slots[slot] - 1];
    char *copy = arena_take(&audit->arena, key.size + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, key.bytes, key.size);
    struct audited_row *row = &audit->rows[audit->row_count++];
    *row = (struct audited_row){.key = {copy, key.size}};
    audit->slots[slot] = (uint32_t)audit->row_count;
    return row;
}

const struct audited_row *audit_rows_find(const struct audit *audit, struct span key)
{
    size_t slot = audit->slot_count == 0 ? 0 : slot_of(audit, key);

    return audit->slot_count == 0 || audit->slots[slot] == 0 ? NULL : &audit->rows[audit->slots[slot] - 1];
}

/* ---- erased accounts ---- */

/* The place of the account among a rollup's dimensions; -1: it has none. */
static int account_place(const struct audit *audit, uint32_t rollup)
{
    const struct rollup *counted = rollup == AUDIT_RETENTION ? NULL : &audit->options.rollups->items[rollup];

    for (uint32_t i = 0; counted != NULL && i < counted->dim_count; i++)
        if (counted->dims[i] == DIM_ACCOUNT)
            return (int)i;
    return -1;
}

/* Whether a row that is gone was added to that of the accounts that were erased: it is there, and rows add up. */
static bool is_erased(struct audit *audit, const struct audited_row *row)
{
    int place = account_place(audit, row->rollup);
    struct span rest = row->key;
    size_t size = 0;

    if (place < 0 || !row->is_dropped)
        return false;
    for (int bars = 0; bars < 3 + place; bars++) { /* Rollup, kind and start come first; values hold no bar. */
        const char *bar = memchr(rest.bytes, '|', rest.size);
        if (bar == NULL)
            return false;
        size += (size_t)(bar + 1 - rest.bytes);
        rest = (struct span){bar + 1, row->key.size - size};
    }
    const char *end = rest.size == 0 ? NULL : memchr(rest.bytes, '|', rest.size);
    struct span behind = end == NULL ? span_of(NULL) : (struct span){end, rest.size - (size_t)(end - rest.bytes)};
    if (size + sizeof(DIMENSION_ERASED) + behind.size > sizeof(audit->key))
        return false;
    memcpy(audit->key, row->key.bytes, size);
    memcpy(audit->key + size, DIMENSION_ERASED, sizeof(DIMENSION_ERASED) - 1);
    size += sizeof(DIMENSION_ERASED) - 1;
    if (behind.size > 0)
        memcpy(audit->key + size, behind.bytes, behind.size);
    const struct audited_row *heir = audit_rows_find(audit, (struct span){audit->key, size + behind.size});
    return heir != NULL && !heir->is_dropped;
}

/* A row of an account goes out of the editions that had it: one that is erased is told again under another key. */
static void uncount(struct audit *audit, const struct audited_row *row)
{
    struct audited_window *audited = audit_state_window(audit, row->window);

    for (uint32_t i = 0; audited != NULL && i < audited->edition_count; i++)
        if (row_version_compare(audited->editions[i].version, row->version) == 0 && audited->editions[i].rows > 0)
            audited->editions[i].rows--;
}

void audit_rows_drop(struct audit *audit, const struct audit_place *place)
{
    if (place->key.bytes == NULL || audit->slot_count == 0)
        return;
    size_t slot = slot_of(audit, place->key);
    if (audit->slots[slot] == 0)
        return;
    struct audited_row *row = &audit->rows[audit->slots[slot] - 1];
    if (!row->is_dropped && account_place(audit, row->rollup) >= 0)
        uncount(audit, row);
    row->is_dropped = true;
    row->partition = place->partition;
    row->offset = place->offset;
}

/* The key that a summary must have by its contents; absent if no key can be made of them. */
static struct span key_of(struct audit *audit, const struct rollup *rollup, const struct summary *summary)
{
    struct span values[ROLLUP_DIMS_MAX];
    char row_key[ROW_KEY_MAX];

    for (uint32_t i = 0; i < rollup->dim_count; i++) {
        values[i] = summary->columns[column_of(rollup->dims[i])];
        if (values[i].size > EVENT_TEXT_MAX)
            return (struct span){NULL, 0};
    }
    size_t size = row_key_write(rollup, values, row_key);
    return (struct span){audit->key, summary_key_write((struct span){row_key, size}, summary->window, audit->key)};
}

static bool check_key(struct audit *audit, const struct audit_place *place, const struct rollup *rollup,
                      const struct summary *summary)
{
    char shown[160];

    if (!span_equal(summary->rollup, span_of(rollup->name))) {
        struct span name = text_cut(summary->rollup, 64);
        snprintf(shown, sizeof(shown), "%.*s", (int)name.size, name.size == 0 ? "" : name.bytes);
        audit_tell(audit, AUDIT_SUMMARY_KEY, place, "breakdown", rollup->name, shown);
        return false;
    }
    struct span key = key_of(audit, rollup, summary);
    if (key.bytes != NULL && span_equal(key, place->key))
        return true;
    key = text_cut(key, 150);
    snprintf(shown, sizeof(shown), "%.*s", (int)key.size, key.bytes == NULL ? "" : key.bytes);
    audit_tell(audit, AUDIT_SUMMARY_KEY, place, "key", shown, "another key");
    return false;
}

/* ---- versions ---- */

/* Whether a version before the latest may still be there: told by an edition that told what had changed, and by none
 * since. The editions of one generation before the end of the window are followed by one that tells all. */
static bool may_stay(const struct audited_window *audited, bool is_retained, struct row_version version)
{
    struct row_version latest = edition_version(&audited->editions[audited->latest], is_retained);
    struct row_version whole = is_retained ? audited->whole_retained : audited->whole;

    return version.generation == latest.generation && (version.pane == PANE_EARLY) == (latest.pane == PANE_EARLY) &&
           row_version_compare(version, whole) >= 0;
}

/* Whether an edition has the version, or may have had it: compaction leaves the last records of a window, so all that
 * were told after the first that is left are there. */
static bool is_told(const struct audited_window *audited, bool is_retained, struct row_version version)
{
    bool is_first = true;

    for (uint32_t i = 0; i < audited->edition_count; i++) {
        const struct edition *edition = &audited->editions[i];
        if (is_retained && edition->retention == 0)
            continue;
        int order = row_version_compare(version, edition_version(edition, is_retained));
        if (order == 0 || (is_first && order < 0))
            return true;
        is_first = false;
    }
    return false;
}

/* ---- one summary ---- */

/* Keeps what a row adds to its window until it is known whether another version of it follows. */
static enum verdict keep_amounts(struct audit *audit, struct audited_row *row, const struct row_amounts *amounts,
                                 struct reason *why)
{
    if (row->amounts == NULL)
        row->amounts = arena_take(&audit->arena, sizeof(*row->amounts));
    if (row->amounts == NULL)
        return no_memory(why, "to verify so many summaries");
    *row->amounts = *amounts;
    return GO_ON;
}

/* Counts a row in the editions of its version, which is more than one where only retention rose from one edition to the
 * next. A row may name an older taxonomy than its edition, since a changed taxonomy tells no row again. */
static void count_in_editions(struct audit *audit, const struct audit_place *place, struct audited_window *audited,
                              const struct summary *summary, struct row_version version)
{
    struct edition *edition = NULL;
    char expected[160], found[160];

    for (uint32_t i = 0; i < audited->edition_count; i++) {
        if (row_version_compare(audited->editions[i].version, version) != 0)
            continue;
        edition = &audited->editions[i];
        edition->rows++;
    }
    if (edition == NULL || tables_version_hash(edition->tables_version) == tables_version_hash(summary->tables_version))
        return;
    snprintf(expected, sizeof(expected), "%.*s", (int)edition->tables_version.size, edition->tables_version.bytes);
    snprintf(found, sizeof(found), "%.*s", (int)summary->tables_version.size, summary->tables_version.bytes);
    audit_tell(audit, AUDIT_SUMMARY_LEDGER, place, "tables_version", expected, found);
}

/* A row of the latest version is the last of its key, and is added at once; but for one of an account. */
static enum verdict take_amounts(struct audit *audit, const struct audit_place *place, struct audited_window *audited,
                                 struct audited_row *row, const struct summary *summary, struct reason *why)
{
    int order = row_version_compare(row->version, audited->editions[audited->latest].version);
    struct row_amounts amounts;

    if (order <= 0 && row->version.pane == PANE_ON_TIME && row_version_compare(row->version, audited->whole) > 0)
        audited->whole = row->version; /* That edition told all rows, even if its ledger record was compacted away. */
    audit_sums_of(summary, &audit->options.rollups->items[row->rollup], &amounts);
    bool is_of_account = account_place(audit, row->rollup) >= 0; /* It may be taken back without another edition. */
    if ((order < 0 && may_stay(audited, false, row->version)) || (order == 0 && is_of_account))
        return keep_amounts(audit, row, &amounts, why);
    row->amounts = NULL;
    if (order == 0)
        audit_sums_add(audit, place, audited, row->rollup, &amounts);
    return GO_ON;
}

enum verdict audit_rows_take(struct audit *audit, const struct audit_place *place, const struct rollup *rollup,
                             const struct summary_read *read, struct reason *why)
{
    const struct summary *summary = &read->summary;
    struct row_version version = {summary->generation, summary->revision, summary->pane};
    uint32_t index = (uint32_t)(rollup - audit->options.rollups->items);
    bool is_new = false;

    assert(index < audit->options.rollups->count);
    audit->counts.summaries++;
    snprintf(audit->topics[index], sizeof(audit->topics[index]), "%s", place->topic);
    if (!check_key(audit, place, rollup, summary))
        return GO_ON;
    struct audited_row *row = audit_rows_add(audit, place->key, &is_new);
    if (row == NULL)
        return no_memory(why, "to verify so many summaries");
    if (!is_new && !row->is_dropped && row_version_compare(version, row->version) <= 0) {
        audit_tell_version(audit, AUDIT_SUMMARY_VERSION, place, "newer than ", row->version, version);
        return GO_ON;
    }
    row->window = summary->window;
    row->version = version;
    row->rollup = index;
    row->partition = place->partition;
    row->offset = place->offset;
    row->is_dropped = false;
    struct audited_window *audited = audit_state_window(audit, summary->window);
    if (audited == NULL || audited->edition_count == 0)
        return GO_ON;
    count_in_editions(audit, place, audited, summary, version);
    return take_amounts(audit, place, audited, row, summary, why);
}

/* ---- the end ---- */

struct audit_place audit_rows_place(const struct audit *audit, const struct audited_row *row)
{
    uint32_t index = row->rollup == AUDIT_RETENTION ? audit->options.rollups->count : row->rollup;

    return (struct audit_place){audit->topics[index], row->partition, row->offset, row->key, 0};
}

/* Rows of a rollup that was counted once, and is not counted in their window any more, stay as they were. */
static bool is_ended(const struct audit *audit, const struct audited_row *row)
{
    return row->rollup != AUDIT_RETENTION && audit->options.since_ms != NULL &&
           row->window.start_ms < audit->options.since_ms[row->rollup];
}

/* The window of a row, if the row is to be judged by it. */
static struct audited_window *judge_of(const struct audit *audit, const struct audited_row *row)
{
    struct audited_window *audited = audit_state_window(audit, row->window);
    bool is_retained = row->rollup == AUDIT_RETENTION;

    if (audited == NULL || audited->has_moved || audited->edition_count == 0)
        return NULL;
    if (is_retained && audited->editions[audited->latest].retention == 0)
        return NULL; /* Retention was switched off; its rows stay published as they were. */
    return audited;
}

/* Counts a row for its window, and adds it up if that was not done as it was read. */
static void count_row(struct audit *audit, const struct audited_row *row)
{
    struct audited_window *audited = judge_of(audit, row);
    struct audit_place place = audit_rows_place(audit, row);
    bool is_retained = row->rollup == AUDIT_RETENTION;

    if (audited == NULL || is_erased(audit, row))
        return;
    int order = row_version_compare(row->version, edition_version(&audited->editions[audited->latest], is_retained));
    struct row_counts *counts = &audited->counts;
    if (row->is_dropped && order != 0) {
        counts->dropped += order < 0 && may_stay(audited, is_retained, row->version) ? 1 : 0;
    } else if (order < 0 && is_ended(audit, row)) {
        counts->unsure++;
        audited->totals[row->rollup].is_unsure = true;
    } else {
        *(is_retained ? &counts->retained : &counts->rows) += 1;
        if (row->amounts != NULL && !row->is_dropped)
            audit_sums_add(audit, &place, audited, row->rollup, row->amounts);
    }
}

/* Whether the tombstones on rows of a window are just as many as the rows that it lacks. Of one row the closer writes a
 * version or a tombstone, and counts no row that it takes away. */
static bool is_taken_away(const struct audited_window *audited)
{
    const struct row_counts *counts = &audited->counts;
    int64_t missing = audited->editions[audited->latest].summaries - counts->rows - counts->retained;

    return counts->dropped > 0 && missing == counts->dropped;
}

/* A tombstone that is not the closer's: on a row of the latest version, or of one before that its window counts. */
static void finish_dropped(struct audit *audit, const struct audited_row *row)
{
    const struct audited_window *audited = judge_of(audit, row);
    struct audit_place place = audit_rows_place(audit, row);
    bool is_retained = row->rollup == AUDIT_RETENTION;

    if (audited == NULL || is_erased(audit, row))
        return;
    int order = row_version_compare(row->version, edition_version(&audited->editions[audited->latest], is_retained));
    if (order >= 0 || (may_stay(audited, is_retained, row->version) && is_taken_away(audited)))
        audit_tell(audit, AUDIT_REMOVED, &place, "value", "a row, as its window's latest edition has it",
                   "a tombstone");
}

static void finish_row(struct audit *audit, const struct audited_row *row)
{
    const struct audited_window *audited = audit_state_window(audit, row->window);
    struct audit_place place = audit_rows_place(audit, row);
    bool is_retained = row->rollup == AUDIT_RETENTION;

    if (audited != NULL && audited->has_moved)
        return;
    if (audited == NULL || audited->edition_count == 0) {
        audit_tell(audit, AUDIT_SUMMARY_LEDGER, &place, "window", "a ledger record of it", "none");
        return;
    }
    if (judge_of(audit, row) == NULL)
        return;
    struct row_version latest = edition_version(&audited->editions[audited->latest], is_retained);
    int order = row_version_compare(row->version, latest);
    if (order > 0)
        audit_tell_version(audit, AUDIT_SUMMARY_LEDGER, &place, "a ledger record; the newest of its window is ", latest,
                           row->version);
    else if (order < 0 && !is_ended(audit, row) && !may_stay(audited, is_retained, row->version))
        audit_tell_version(audit, AUDIT_ROWS, &place, "as its window, whose rows were all told since, ", latest,
                           row->version);
    else if (order < 0 && !is_ended(audit, row) && !is_told(audited, is_retained, row->version))
        audit_tell_version(audit, AUDIT_SUMMARY_LEDGER, &place, "a ledger record, as before and behind it; the newest ",
                           latest, row->version);
}

/* Of these windows nobody knows what rows there were: no ledger record is left, or their topics keep rows for a time.
 */
static bool is_forgotten(const struct audit *audit, const struct audited_window *audited)
{
    return audited->edition_count == 0 || audit_state_is_forgotten(audit, audited);
}

/* An edition has as many rows as it says. Of one before the latest, rows that did not change by it are of an older
 * version, and others of a newer one: no more than it says are of its own. */
static void check_counts(struct audit *audit, struct audit_place *place, const struct audited_window *audited)
{
    const struct edition *latest = &audited->editions[audited->latest];
    const struct row_counts *counts = &audited->counts;

    for (uint32_t i = 0; i < audited->edition_count; i++) {
        const struct edition *edition = &audited->editions[i];
        int64_t rows = edition->rows + edition->retained_rows, most = edition->summaries;
        bool is_right = rows <= most;
        if (edition == latest) {
            rows = counts->rows + counts->retained + (is_taken_away(audited) ? counts->dropped : 0);
            is_right = rows <= most && most <= rows + counts->unsure;
        }
        place->offset = edition->offset;
        if (!is_right)
            audit_tell_number(audit, AUDIT_ROWS, place, "summaries", "as many as rows were found, ", rows,
                              edition->summaries);
    }
    place->offset = latest->offset;
}

static void finish_window(struct audit *audit, const struct audited_window *audited)
{
    const struct rollup_total *all = audit_sums_total(audit, audited);
    const struct edition *latest = &audited->editions[audited->latest];
    char key[64];
    struct audit_place place = {audit->options.ledger_topic, 0, latest->offset, {key, 0}, 0};

    place.key.size = ledger_key_write(audited->window, key);
    check_counts(audit, &place, audited);
    if (all->rows == 0 && latest->summaries == audited->counts.retained) { /* Nothing is left of it but tombstones. */
        audit->counts.amendments += latest->version.revision;
        return;
    }
    if (all->rows != 1) {
        audit_tell_number(audit, AUDIT_ROWS, &place, "rows of rollup total", "", 1, all->rows);
        return;
    }
    if (all->suppressed > 0) /* Nobody knows what the others should add up to. */
        return;
    audit->counts.amendments += latest->version.revision - all->amounts.sums[M_REQUESTS];
    audit_sums_finish(audit, &place, audited);
}

void audit_rows_finish(struct audit *audit)
{
    for (size_t i = 0; i < audit->row_count; i++)
        count_row(audit, &audit->rows[i]);
    for (size_t i = 0; i < audit->row_count; i++) {
        if (audit->rows[i].is_dropped) {
            finish_dropped(audit, &audit->rows[i]);
            continue;
        }
        audit->counts.rows++;
        finish_row(audit, &audit->rows[i]);
    }
    for (uint32_t i = 0; i < audit->window_count; i++)
        if (!audit->windows[i]->has_moved && !is_forgotten(audit, audit->windows[i]))
            finish_window(audit, audit->windows[i]);
}
