/*
 * The summaries held to the ledger: the latest version of every key must be its window's latest, a window must have as
 * many rows as the ledger says, and rollups that count each event once must add up to the total, measure by measure.
 *
 * A row that was superseded is not checked any more, since its ledger record may have been compacted away.
 */
#include "audit_rows.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

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

void audit_rows_drop(struct audit *audit, const struct audit_place *place)
{
    if (place->key.bytes == NULL || audit->slot_count == 0)
        return;
    size_t slot = slot_of(audit, place->key);
    if (audit->slots[slot] == 0)
        return;
    struct audited_row *row = &audit->rows[audit->slots[slot] - 1];
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
        audit_tell(audit, AUDIT_SUMMARY_KEY, place, "rollup", rollup->name, shown);
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

/* ---- measures ---- */

static void add_histograms(struct rollup_total *total, const struct cell *cell)
{
    for (uint32_t i = 0; i < cell->slot_count; i++) {
        uint32_t histogram = cell->slots[i].id / HISTOGRAM_BUCKETS;
        if (histogram >= HISTOGRAM_COUNT)
            continue;
        total->values[histogram] += cell->slots[i].value;
        /* An odd number with mixed bits for each bucket: equal histograms have equal prints, in whatever order. */
        uint64_t mixed = hash_fold(cell->slots[i].id + 1, UINT64_C(0x9e3779b97f4a7c15)) | 1;
        total->prints[histogram] += mixed * cell->slots[i].value;
    }
}

/* Tells measures that count a part of another measure and exceed it. */
static void check_parts(struct audit *audit, const struct audit_place *place, const int64_t sums[MEASURE_COUNT])
{
    static const struct {
        enum measure part, whole;
    } pairs[] = {
        {M_TOKENS_REASONING, M_TOKENS_COMPLETION},
        {M_TOKENS_CACHED, M_TOKENS_PROMPT},
        {M_BILLED_COST_NANO_USD, M_COST_NANO_USD},
        {M_TOOL_REQUESTS, M_REQUESTS},
        {M_TOOLS_OFFERED, M_REQUESTS},
        {M_STREAMED, M_REQUESTS},
        {M_CANCELLED, M_REQUESTS},
        {M_FAILED, M_REQUESTS},
        {M_CLASSIFIED, M_REQUESTS},
        {M_MAPPED, M_CLASSIFIED},
        {M_FREE_REQUESTS, M_REQUESTS},
        {M_MAPPED_TOKENS, M_CLASSIFIED_TOKENS},
        {M_SPLIT_TOKENS, M_CLASSIFIED_TOKENS},
        {M_ONE_LABEL, M_CLASSIFIED},
        {M_TWO_LABELS, M_CLASSIFIED},
        {M_MORE_LABELS, M_CLASSIFIED},
        {M_TOKENS_PROMPT_SQUARED, M_TOKENS_SQUARED},
    };
    static const enum measure of_tokens[] = {M_BILLED_TOKENS, M_FREE_TOKENS, M_TOOL_TOKENS, M_CLASSIFIED_TOKENS,
                                             M_TOOLS_OFFERED_TOKENS};
    int64_t tokens = sum_told(sums[M_TOKENS_PROMPT], sums[M_TOKENS_COMPLETION]);
    char word[64];

    for (size_t i = 0; i < LENGTH_OF(pairs); i++) {
        if (sums[pairs[i].part] <= sums[pairs[i].whole])
            continue;
        snprintf(word, sizeof(word), "at most %s, ", measure_name(pairs[i].whole));
        audit_tell_number(audit, AUDIT_MEASURES, place, measure_name(pairs[i].part), word, sums[pairs[i].whole],
                          sums[pairs[i].part]);
    }
    for (size_t i = 0; i < LENGTH_OF(of_tokens); i++)
        if (sums[of_tokens[i]] > tokens)
            audit_tell_number(audit, AUDIT_MEASURES, place, measure_name(of_tokens[i]), "at most all tokens, ", tokens,
                              sums[of_tokens[i]]);
}

/* Checks what holds of every event, and so of every row as long as nothing was amended. */
static void check_row(struct audit *audit, const struct audit_place *place, const struct cell *cell)
{
    struct rollup_total own = {0};

    check_parts(audit, place, cell->sums);
    add_histograms(&own, cell);
    for (enum histogram histogram = 0; histogram < HISTOGRAM_COUNT; histogram++) {
        int64_t values = (int64_t)own.values[histogram];
        bool is_whole = histogram == H_TOKENS_PROMPT || histogram == H_TOKENS_TOTAL;
        if (is_whole ? values != cell->sums[M_REQUESTS] : values > cell->sums[M_REQUESTS])
            audit_tell_number(audit, AUDIT_MEASURES, place, histogram_name(histogram),
                              is_whole ? "as many values as requests, " : "at most as many values as requests, ",
                              cell->sums[M_REQUESTS], values);
    }
}

static void add_row(struct audit *audit, const struct audit_place *place, struct audited_window *audited,
                    uint32_t rollup, const struct summary *summary)
{
    const struct cell *cell = summary->cell;
    struct rollup_total *total = &audited->totals[rollup];
    const struct rollup *whole = rollups_find(audit->options.rollups, span_of("total"));
    const struct rollup_total *all = &audited->totals[whole - audit->options.rollups->items];
    int64_t revision = audited->editions[audited->latest].version.revision;

    total->rows++;
    total->suppressed += summary->suppressed;
    if (summary->suppressed)
        return;
    add_histograms(total, cell);
    for (enum measure measure = 0; measure < MEASURE_COUNT; measure++) {
        if (cell->sums[measure] < 0)
            audit_tell_number(audit, AUDIT_MEASURES, place, measure_name(measure), "at least ", 0, cell->sums[measure]);
        else if (all != total && all->rows == 1 && all->suppressed == 0 && cell->sums[measure] > all->sums[measure])
            audit_tell_number(audit, AUDIT_SUMS, place, measure_name(measure), "at most the total's, ",
                              all->sums[measure], cell->sums[measure]);
        total->sums[measure] = sum_told(total->sums[measure], cell->sums[measure]);
    }
    if (all == total && cell->sums[M_REQUESTS] > revision)
        audit_tell_number(audit, AUDIT_SUMS, place, "requests", "at most the revision, ", revision,
                          cell->sums[M_REQUESTS]);
    else if (all == total && cell->sums[M_REQUESTS] < revision && audit->options.is_strict)
        audit_tell_number(audit, AUDIT_SUMS, place, "requests", "the revision, ", revision, cell->sums[M_REQUESTS]);
    if (all->sums[M_REQUESTS] == revision)
        check_row(audit, place, cell);
}

/* ---- one summary ---- */

/* Counts a row in the editions of its version, which is more than one where only retention rose from one edition to the
 * next. A row may name an older taxonomy than its edition, since a changed taxonomy tells no row again. */
static void take_edition(struct audit *audit, const struct audit_place *place, uint32_t rollup,
                         const struct summary *summary)
{
    struct row_version version = {summary->generation, summary->revision, summary->pane};
    struct audited_window *audited = audit_state_window(audit, summary->window);
    struct edition *edition = NULL;
    char expected[160], found[160];

    for (uint32_t i = 0; audited != NULL && i < audited->edition_count; i++) {
        if (row_version_compare(audited->editions[i].version, version) != 0)
            continue;
        edition = &audited->editions[i];
        edition->rows++;
    }
    if (edition == NULL)
        return;
    if (tables_version_hash(edition->tables_version) != tables_version_hash(summary->tables_version)) {
        snprintf(expected, sizeof(expected), "%.*s", (int)edition->tables_version.size, edition->tables_version.bytes);
        snprintf(found, sizeof(found), "%.*s", (int)summary->tables_version.size, summary->tables_version.bytes);
        audit_tell(audit, AUDIT_SUMMARY_LEDGER, place, "tables_version", expected, found);
    }
    if (row_version_compare(audited->editions[audited->latest].version, version) == 0)
        add_row(audit, place, audited, rollup, summary);
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
    take_edition(audit, place, index, summary);
    return GO_ON;
}

/* ---- the end ---- */

struct audit_place audit_rows_place(const struct audit *audit, const struct audited_row *row)
{
    uint32_t index = row->rollup == AUDIT_RETENTION ? audit->options.rollups->count : row->rollup;

    return (struct audit_place){audit->topics[index], row->partition, row->offset, row->key, 0};
}

/* The version that all rows of the window have which `row` is of. */
static struct row_version version_of(const struct edition *edition, const struct audited_row *row)
{
    struct row_version version = edition->version;

    if (row->rollup == AUDIT_RETENTION)
        version.revision = edition->retention;
    return version;
}

/* A tombstone that took a row of the latest version: not the closer's, which writes a row or its tombstone. */
static void finish_dropped(struct audit *audit, const struct audited_row *row)
{
    const struct audited_window *audited = audit_state_window(audit, row->window);
    struct audit_place place = audit_rows_place(audit, row);

    if (audited == NULL || audited->has_moved || audited->edition_count == 0)
        return;
    struct row_version latest = version_of(&audited->editions[audited->latest], row);
    if (row_version_compare(row->version, latest) >= 0)
        audit_tell(audit, AUDIT_REMOVED, &place, "value", "a row, as its window's latest edition has it",
                   "a tombstone");
}

/* Rows of a rollup that was counted once, and is not counted in their window any more, stay as they were. */
static bool is_ended(const struct audit *audit, const struct audited_row *row)
{
    return row->rollup != AUDIT_RETENTION && audit->options.since_ms != NULL &&
           row->window.start_ms < audit->options.since_ms[row->rollup];
}

static void finish_row(struct audit *audit, const struct audited_row *row)
{
    const struct audited_window *audited = audit_state_window(audit, row->window);
    struct audit_place place = audit_rows_place(audit, row);

    if (audited != NULL && audited->has_moved)
        return;
    if (audited == NULL || audited->edition_count == 0) {
        audit_tell(audit, AUDIT_SUMMARY_LEDGER, &place, "window", "a ledger record of it", "none");
        return;
    }
    const struct edition *edition = &audited->editions[audited->latest];
    if (row->rollup == AUDIT_RETENTION && edition->retention == 0)
        return; /* Retention was switched off; its rows stay published as they were. */
    struct row_version latest = version_of(edition, row);
    int order = row_version_compare(row->version, latest);
    if (order > 0)
        audit_tell_version(audit, AUDIT_SUMMARY_LEDGER, &place, "a ledger record; the newest of its window is ", latest,
                           row->version);
    else if (order < 0 && !is_ended(audit, row))
        audit_tell_version(audit, AUDIT_ROWS, &place, "as all of its window ", latest, row->version);
}

static bool has_labels(const struct rollup *rollup)
{
    for (uint32_t i = 0; i < rollup->dim_count; i++)
        if (rollup->dims[i] == DIM_CATEGORY || rollup->dims[i] == DIM_TAG)
            return true;
    return false;
}

/* Tells a measure in which a rollup's rows do not add up to the total, or, if some are suppressed, exceed it. */
static bool compare_sums(struct audit *audit, const struct audit_place *place, const char *rollup, enum measure measure,
                         const struct rollup_total *sum, const struct rollup_total *all)
{
    int64_t have = sum->sums[measure], want = all->sums[measure];
    char field[96];

    if (have == want || (sum->suppressed > 0 && have < want))
        return true;
    snprintf(field, sizeof(field), "%s over rollup %s", measure_name(measure), rollup);
    audit_tell_number(audit, AUDIT_SUMS, place, field, sum->suppressed > 0 ? "at most the total's, " : "the total's, ",
                      want, have);
    return false;
}

static void compare_histograms(struct audit *audit, const struct audit_place *place, const char *rollup,
                               const struct rollup_total *sum, const struct rollup_total *all)
{
    char field[96];

    for (enum histogram histogram = 0; histogram < HISTOGRAM_COUNT; histogram++) {
        if (sum->prints[histogram] == all->prints[histogram])
            continue;
        if (sum->suppressed > 0 && sum->values[histogram] < all->values[histogram])
            continue;
        snprintf(field, sizeof(field), "%s over rollup %.*s", histogram_name(histogram), ROLLUP_NAME_MAX, rollup);
        if (sum->values[histogram] == all->values[histogram])
            audit_tell(audit, AUDIT_SUMS, place, field, "the total's buckets", "as many values in other buckets");
        else
            audit_tell_number(audit, AUDIT_SUMS, place, field, "as many values as the total's, ",
                              (int64_t)all->values[histogram], (int64_t)sum->values[histogram]);
        return;
    }
}

/* Tells the first measure in which a rollup's rows do not add up to the total. An event is in as many rows by labels as
 * it has labels, but its tokens are split among them; so by labels only the split tokens add up. */
static void compare_totals(struct audit *audit, const struct audit_place *place, const struct rollup *rollup,
                           const struct rollup_total *sum, const struct rollup_total *all)
{
    if (has_labels(rollup)) {
        (void)compare_sums(audit, place, rollup->name, M_SPLIT_TOKENS, sum, all);
        return;
    }
    for (enum measure measure = 0; measure < MEASURE_COUNT; measure++)
        if (!compare_sums(audit, place, rollup->name, measure, sum, all))
            return;
    compare_histograms(audit, place, rollup->name, sum, all);
}

/* Of these windows nobody knows what rows there were: no ledger record is left, or their topics keep rows for a time.
 */
static bool is_forgotten(const struct audit *audit, const struct audited_window *audited)
{
    return audited->edition_count == 0 || audit_state_is_forgotten(audit, audited);
}

static void finish_window(struct audit *audit, const struct audited_window *audited)
{
    const struct rollups *rollups = audit->options.rollups;
    const struct rollup *whole = rollups_find(rollups, span_of("total"));
    const struct rollup_total *all = &audited->totals[whole - rollups->items];
    const struct edition *latest = &audited->editions[audited->latest];
    char key[64];
    struct audit_place place = {audit->options.ledger_topic, 0, latest->offset, {key, 0}, 0};

    place.key.size = ledger_key_write(audited->window, key);
    for (uint32_t i = 0; i < audited->edition_count; i++) {
        const struct edition *edition = &audited->editions[i];
        int64_t rows = edition->rows + edition->retained_rows;
        bool is_right = edition == latest ? rows == edition->summaries : rows <= edition->summaries;
        place.offset = edition->offset;
        if (!is_right)
            audit_tell_number(audit, AUDIT_ROWS, &place, "summaries", "as many as rows were found, ", rows,
                              edition->summaries);
    }
    place.offset = latest->offset;
    if (all->rows == 0 &&
        latest->summaries == latest->retained_rows) { /* Nothing is left of the window but tombstones. */
        audit->counts.amendments += latest->version.revision;
        return;
    }
    if (all->rows != 1) {
        audit_tell_number(audit, AUDIT_ROWS, &place, "rows of rollup total", "", 1, all->rows);
        return;
    }
    if (all->suppressed > 0) /* Nobody knows what the others should add up to. */
        return;
    audit->counts.amendments += latest->version.revision - all->sums[M_REQUESTS];
    for (uint32_t i = 0; i < rollups->count; i++) {
        /* No row at all: it was not configured then. If rows are lost, their number told it. */
        if (&audited->totals[i] != all && audited->totals[i].rows > 0)
            compare_totals(audit, &place, &rollups->items[i], &audited->totals[i], all);
    }
}

void audit_rows_finish(struct audit *audit)
{
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
