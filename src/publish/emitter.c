/*
 * Summaries are a pure function of the cells and the tables: rows sorted by key, no clock, no host. A window that is
 * put twice gives the same bytes. Which of its rows are put follows from what was told of them before.
 */
#include "emitter.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "combination.h"
#include "gentally/codec/avro_write.h"
#include "gentally/config/config.h"
#include "gentally/core/event.h"
#include "gentally/kafka/topics.h"
#include "gentally/kafka/transaction.h"
#include "gentally/publish/merger.h"
#include "gentally/publish/retention_rows.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_view.h"
#include "gentally/redis/store_windows.h"
#include "standing.h"
#include "told_rows.h"

struct emitter {
    const struct config *config;
    struct store *store;
    struct merger *merger; /* NULL: without retention */
    struct join_tables tables;
    struct span tables_version;
    struct encoder *encoder;
    struct combination *combination;
    struct told_rows *told;
    struct standing *standing; /* NULL: without retention */
    emitter_turn_over *turn_over;
    void *context;
    char (*topics)[TOPIC_NAME_MAX + 1]; /* by rollup */
    char ledger_topic[TOPIC_NAME_MAX + 1], retention_topic[TOPIC_NAME_MAX + 1];
    struct retention_rows *retention; /* of a month; NULL: without retention */
    bool has_retention;               /* that of the window that was gathered was read */
    struct ledger_partition *partitions;
    struct store_view **views; /* by partition */
    bool has_views;            /* they are of this turn */
    uint32_t partition_count;
    const int64_t *since_ms;  /* by rollup */
    char values[ROW_KEY_MAX]; /* of the row being joined */
};

enum verdict emitter_open(struct emitter **emitter, const struct emitter_options *options, struct reason *why)
{
    const struct config *config = options->config;
    struct emitter *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for emissions");
    opened->config = config;
    opened->store = options->store;
    opened->merger = options->merger;
    opened->told = options->told;
    opened->standing = options->standing;
    opened->turn_over = options->turn_over;
    opened->context = options->context;
    opened->since_ms = options->since_ms;
    opened->tables = options->tables;
    opened->tables_version = span_of(options->tables_version);
    opened->partition_count = (uint32_t)options->partitions;
    opened->partitions = calloc((size_t)options->partitions, sizeof(*opened->partitions));
    opened->views = calloc((size_t)options->partitions, sizeof(*opened->views));
    opened->topics = calloc(config->rollups.count, sizeof(*opened->topics));
    bool is_full = opened->partitions == NULL || opened->views == NULL || opened->topics == NULL;
    enum verdict verdict = is_full ? no_memory(why, "for emissions") : encoder_open(&opened->encoder, why);
    if (verdict == GO_ON)
        encoder_use(opened->encoder, &options->ids);
    if (verdict == GO_ON && config->summary_format == SUMMARIES_JSON)
        encoder_use_json(opened->encoder);
    for (uint32_t i = 0; i < opened->partition_count && verdict == GO_ON; i++)
        verdict = store_view_open(&opened->views[i], why);
    if (verdict == GO_ON)
        verdict = combination_open(&opened->combination, why);
    if (verdict == GO_ON && config->has_retention)
        verdict = retention_rows_open(&opened->retention, why);
    if (verdict != GO_ON) {
        emitter_close(opened);
        return verdict;
    }
    topic_ledger(config, opened->ledger_topic);
    topic_summaries(config, ROLLUP_RETENTION, opened->retention_topic);
    for (uint32_t i = 0; i < config->rollups.count; i++)
        topic_summaries(config, config->rollups.items[i].name, opened->topics[i]);
    *emitter = opened;
    return GO_ON;
}

void emitter_close(struct emitter *emitter)
{
    if (emitter == NULL)
        return;
    for (uint32_t i = 0; emitter->views != NULL && i < emitter->partition_count; i++)
        store_view_close(emitter->views[i]);
    free(emitter->views);
    combination_close(emitter->combination);
    retention_rows_close(emitter->retention);
    encoder_close(emitter->encoder);
    free(emitter->partitions);
    free(emitter->topics);
    free(emitter);
}

/* What a partition contributed, by the state that its window was read with. Its log was at `end` a moment before. */
static void fill_part(struct ledger_partition *part, const struct partition_state *state, int64_t end)
{
    memcpy(part->incarnation, state->incarnation, sizeof(part->incarnation));
    part->first = state->first;
    part->next = state->next;
    part->watermark_ms = state->watermark_ms;
    memcpy(part->outcomes, state->outcomes, sizeof(part->outcomes));
    snprintf(part->stopped, sizeof(part->stopped), "%s", state->stopped);
    part->stopped_at = state->stopped_at;
    part->is_given_up = state->is_given_up;
    part->end = end >= 0 && end < state->next ? state->next : end;
}

/* A window being gathered. */
struct gathering {
    struct emitter *emitter;
    const struct emitter_order *order;
    int64_t revision;
};

static enum verdict gather_cell(void *context, struct span key, struct span packed, struct reason *why)
{
    const struct gathering *gathering = context;

    return combination_add(gathering->emitter->combination, key, packed, why);
}

/* A state that is gone has nothing of the window; whether it may be told without is known from what was told before. */
static void gather_part(void *context, int32_t partition, const struct partition_state *state, int64_t records)
{
    struct gathering *gathering = context;
    struct ledger_partition *part = &gathering->emitter->partitions[partition];
    struct partition_state gone = {.watermark_ms = NO_TIME};

    snprintf(gone.stopped, sizeof(gone.stopped), "%s", reason_name(STORE_STATE_MISSING));
    part->partition = partition;
    part->records = records;
    fill_part(part, state != NULL ? state : &gone, gathering->order->ends[partition]);
    gathering->revision += records;
}

void emitter_begin_turn(struct emitter *emitter)
{
    emitter->has_views = false;
}

/* Looks at all partitions, once a turn: what is in their journals alone is not asked for window by window. */
static enum verdict take_views(struct emitter *emitter, struct reason *why)
{
    size_t bytes = STORE_VIEWS_BYTES;
    enum verdict verdict = GO_ON;

    for (uint32_t i = 0; i < emitter->partition_count && verdict == GO_ON && !emitter->has_views; i++)
        verdict = store_view_take(emitter->views[i], emitter->store, (int32_t)i, &bytes, why);
    emitter->has_views = verdict == GO_ON;
    return verdict;
}

/* Combines the window's cells of all partitions and notes what each contributed. */
static enum verdict gather_cells(struct emitter *emitter, const struct emitter_order *order, int64_t *revision,
                                 struct reason *why)
{
    struct gathering gathering = {.emitter = emitter, .order = order};

    combination_clear(emitter->combination);
    enum verdict verdict = take_views(emitter, why);
    if (verdict == GO_ON)
        verdict = store_snapshots(emitter->store, (int32_t)emitter->partition_count, order->window, emitter->views,
                                  gather_cell, gather_part, &gathering, why);
    *revision = gathering.revision;
    if (verdict == GO_ON)
        verdict = combination_finish(emitter->combination, why);
    return verdict;
}

/* Reads the month's rows of retention: those of the records that were gathered, and perhaps of a few more. All of it
 * comes over one connection, or the records could be of a history that lost none yet, and the rows of one that did. */
static enum verdict gather_retention(struct emitter *emitter, const struct emitter_order *order, uint64_t connections,
                                     struct emitter_outcome *outcome, struct reason *why)
{
    uint32_t month = month_number(order->window.start_ms);
    enum verdict verdict =
        emitter->merger == NULL ? GO_ON : merger_run(emitter->merger, (int32_t)emitter->partition_count, why);

    if (verdict == GO_ON)
        verdict = retention_rows_read(emitter->retention, emitter->store, month, &outcome->retention, why);
    if (verdict == GO_ON && connections != store_connections(emitter->store))
        verdict = reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "Redis was connected to anew");
    emitter->has_retention = verdict == GO_ON;
    if (verdict != HALT || reason_stops(why->id) != STOPS_RETENTION)
        return verdict;
    struct reason because = *why; /* Nothing of it is put, and what was published stays. */
    outcome->retention = 0;
    return store_retention_stop(emitter->store, &because, why);
}

enum verdict emitter_gather(struct emitter *emitter, const struct emitter_order *order, struct emitter_outcome *outcome,
                            struct reason *why)
{
    uint64_t connections = store_connections(emitter->store);

    *outcome = (struct emitter_outcome){.pane = order->pane};
    emitter->has_retention = false;
    enum verdict verdict = gather_cells(emitter, order, &outcome->revision, why);
    if (verdict != GO_ON || outcome->revision == 0)
        return verdict;
    if (outcome->revision == order->unchanged_revision)
        outcome->pane = order->unchanged_pane;
    if (emitter->retention != NULL && order->window.kind == WINDOW_MONTH)
        verdict = gather_retention(emitter, order, connections, outcome, why);
    return verdict;
}

/* A window on its way out. */
struct putting {
    struct transaction *transaction;
    const struct emitter_order *order;
    struct emitter_outcome *outcome;
    struct summary summary; /* what all rows have in common, and the row that is being put */
    int64_t room;           /* rows that the open transaction still takes */
};

/* Notes the row, and says whether it is put: one that is gone is, as a tombstone, where it may stand in the topics. */
static bool note_row(struct emitter *emitter, struct putting *putting, struct span key, struct span content)
{
    bool is_gone = content.bytes == NULL;
    enum told told = told_rows_note(emitter->told, key, content);

    putting->outcome->summaries += is_gone ? 0 : 1;
    if (is_gone)
        return told == TOLD_OTHERWISE || (told == TOLD_UNKNOWN && putting->order->was_told);
    bool is_put = putting->order->is_whole || told != TOLD_AS_IS;
    putting->outcome->sent += is_put ? 1 : 0;
    return is_put;
}

/* Puts the ledger record of what was gathered; `summaries` as in one. */
static enum verdict put_ledger(struct emitter *emitter, const struct putting *putting, int64_t summaries,
                               struct reason *why)
{
    char key[64];
    struct span bytes;
    const struct emitter_order *order = putting->order;
    const struct emitter_outcome *outcome = putting->outcome;
    struct ledger ledger = {
        .window = order->window,
        .pane = outcome->pane,
        .generation = order->generation,
        .revision = outcome->revision,
        .summaries = summaries,
        .tables_version = emitter->tables_version,
        .partition_count = emitter->partition_count,
        .partitions = emitter->partitions,
        .retention = outcome->retention,
    };
    enum verdict verdict = encode_ledger(emitter->encoder, &ledger, &bytes, why);

    if (verdict != GO_ON)
        return verdict;
    size_t size = ledger_key_write(order->window, key);
    return transaction_put(putting->transaction, emitter->ledger_topic, (struct span){key, size}, bytes, why);
}

/* Turns the transaction over if it takes no more. No row is seen before the ledger says that there may be such. */
static enum verdict make_room(struct emitter *emitter, struct putting *putting, struct reason *why)
{
    enum verdict verdict = GO_ON;

    if (putting->room > 0)
        return GO_ON;
    if (!putting->outcome->is_under_way)
        verdict = put_ledger(emitter, putting, LEDGER_UNDER_WAY, why);
    putting->outcome->is_under_way = true;
    if (verdict == GO_ON)
        verdict = emitter->turn_over(emitter->context, putting->order, putting->outcome, why);
    putting->room = emitter->config->transaction_rows_max;
    return verdict;
}

/* Puts the row of the summary, or a tombstone. */
static enum verdict put_row(struct emitter *emitter, struct putting *putting, const char *topic, struct span key,
                            bool is_gone, struct reason *why)
{
    struct span bytes = span_of(NULL);
    enum verdict verdict = make_room(emitter, putting, why);

    putting->room--;
    if (verdict == GO_ON && !is_gone)
        verdict = encode_summary(emitter->encoder, &putting->summary, &bytes, why);
    return verdict == GO_ON ? transaction_put(putting->transaction, topic, key, bytes, why) : verdict;
}

/* The rollup of the row at `index`, with the values of its key; NULL: it is not among the window's summaries. */
static const struct rollup *read_row(struct emitter *emitter, struct window window, struct span key,
                                     struct span values[ROLLUP_DIMS_MAX])
{
    const struct rollup *rollup = NULL;

    if (!row_key_read(key, &emitter->config->rollups, &rollup, values, emitter->values))
        return NULL; /* A rollup that was configured once and is no more: its cells wait to be collected. */
    if (window.start_ms < emitter->since_ms[rollup - emitter->config->rollups.items])
        return NULL; /* Of a time when it was counted before: not the whole window. */
    return rollup;
}

/* Models that the catalog does not know are in no figure of authors, and an operator wants to hear of them. */
static void note_model(const struct emitter *emitter, struct span name, bool is_gone, struct emitter_outcome *outcome)
{
    if (is_gone || name.size == 0 || dimension_is_other(name))
        return;
    outcome->models++;
    outcome->unknown_models += catalog_find(emitter->tables.catalog, name).is_known ? 0 : 1;
}

/* The row at `index`, where it is to be put. */
static enum verdict put_summary(struct emitter *emitter, struct putting *putting, uint32_t index, struct reason *why)
{
    struct summary *summary = &putting->summary;
    struct span key, values[ROLLUP_DIMS_MAX];
    char text[SUMMARY_KEY_MAX];

    combination_at(emitter->combination, index, &key, &summary->cell);
    const struct rollup *rollup = read_row(emitter, summary->window, key, values);
    if (rollup == NULL)
        return GO_ON;
    bool is_gone = summary->cell->sums[M_REQUESTS] == 0; /* All of it was amended away or retracted. */
    if (!note_row(emitter, putting, key, is_gone ? span_of(NULL) : combination_packed(emitter->combination, index)))
        return GO_ON;
    summary_fill(summary, rollup, values, &emitter->tables);
    note_model(emitter, summary->columns[COLUMN_MODEL], is_gone, putting->outcome);
    int64_t below = emitter->config->suppress_below_accounts;
    summary_suppress(summary, below > 0 ? cell_accounts(summary->cell) : 0, below);
    struct span written = {text, summary_key_write(key, summary->window, text)};
    return put_row(emitter, putting, emitter->topics[rollup - emitter->config->rollups.items], written, is_gone, why);
}

/* Counts the rows that stand in the topics as they are. */
static void count_summaries(struct emitter *emitter, struct putting *putting)
{
    struct span key, values[ROLLUP_DIMS_MAX];

    for (uint32_t i = 0; i < combination_count(emitter->combination); i++) {
        const struct cell *cell = NULL;
        combination_at(emitter->combination, i, &key, &cell);
        bool is_there = cell->sums[M_REQUESTS] > 0;
        if (is_there && read_row(emitter, putting->summary.window, key, values) != NULL)
            putting->outcome->summaries++;
    }
}

static enum verdict put_summaries(struct emitter *emitter, struct putting *putting, struct reason *why)
{
    enum verdict verdict = GO_ON;

    told_rows_begin(emitter->told, putting->order->window, TOLD_ROWS);
    for (uint32_t i = 0; verdict == GO_ON && i < combination_count(emitter->combination); i++)
        verdict = put_summary(emitter, putting, i, why);
    if (verdict == GO_ON)
        told_rows_end(emitter->told);
    return verdict;
}

static enum verdict put_retention_row(struct emitter *emitter, struct putting *putting, uint32_t month, uint32_t index,
                                      struct reason *why)
{
    struct summary *summary = &putting->summary;
    const struct retention_row *row = retention_rows_at(emitter->retention, index);
    struct span content = {(const char *)&row->accounts, sizeof(row->accounts)};
    char text[SUMMARY_KEY_MAX], cohort[8], age[16];

    month_write(row->cohort, cohort, sizeof(cohort));
    snprintf(age, sizeof(age), "%" PRIu32, month - row->cohort);
    struct span key = {text,
                       summary_retention_key_write(row->model, span_of(cohort), span_of(age), summary->window, text)};
    enum verdict verdict = standing_tell(emitter->standing, key, why);
    if (verdict != GO_ON || !note_row(emitter, putting, key, content))
        return verdict;
    summary->retained = row->accounts;
    summary_suppress(summary, row->accounts, emitter->config->suppress_below_accounts);
    summary_fill_retention(summary, row->model, span_of(cohort), span_of(age), emitter->tables.catalog);
    return put_row(emitter, putting, emitter->retention_topic, key, false, why);
}

/* Takes back the rows that stand in the topic and are none now: their accounts are of an older cohort, or will be told
 * again when a Redis that lost its last writes has them back. */
static enum verdict take_back_gone(struct emitter *emitter, struct putting *putting, struct reason *why)
{
    struct span key;
    enum verdict verdict = GO_ON;

    while (verdict == GO_ON && standing_next_gone(emitter->standing, &key))
        verdict = put_row(emitter, putting, emitter->retention_topic, key, true, why);
    return verdict == GO_ON ? standing_end(emitter->standing, why) : verdict;
}

/* The month's rows of retention, if there are any. */
static enum verdict put_retention(struct emitter *emitter, struct putting *putting, struct reason *why)
{
    static const struct cell nothing = {.slot_count = 0};
    uint32_t month = month_number(putting->order->window.start_ms);
    enum verdict verdict = standing_begin(emitter->standing, putting->order->window, why);

    putting->summary.cell = &nothing;
    putting->summary.revision = putting->outcome->retention;
    told_rows_begin(emitter->told, putting->order->window, TOLD_RETENTION);
    for (uint32_t i = 0; verdict == GO_ON && i < retention_rows_count(emitter->retention); i++)
        if (retention_rows_at(emitter->retention, i)->accounts > 0) /* else they are in an older cohort now */
            verdict = put_retention_row(emitter, putting, month, i, why);
    if (verdict != GO_ON)
        return verdict;
    told_rows_end(emitter->told);
    return take_back_gone(emitter, putting, why);
}

enum verdict emitter_put(struct emitter *emitter, struct transaction *transaction, const struct emitter_order *order,
                         struct emitter_outcome *outcome, struct reason *why)
{
    enum verdict verdict = GO_ON;
    const struct summary summary = {
        .window = order->window,
        .pane = outcome->pane,
        .generation = order->generation,
        .revision = outcome->revision,
        .tables_version = emitter->tables_version,
    };
    struct putting putting = {.transaction = transaction,
                              .order = order,
                              .outcome = outcome,
                              .summary = summary,
                              .room = emitter->config->transaction_rows_max};
    bool is_unchanged = outcome->revision == order->unchanged_revision;

    assert(outcome->revision > 0);
    outcome->has_put = true;
    if (is_unchanged)
        count_summaries(emitter, &putting);
    else
        verdict = put_summaries(emitter, &putting, why);
    putting.summary = summary;
    if (verdict == GO_ON && emitter->has_retention)
        verdict = put_retention(emitter, &putting, why);
    if (verdict == GO_ON) /* Even if there are only tombstones. */
        verdict = put_ledger(emitter, &putting, outcome->summaries, why);
    return verdict;
}

const struct ledger_partition *emitter_parts(const struct emitter *emitter)
{
    return emitter->partitions;
}
