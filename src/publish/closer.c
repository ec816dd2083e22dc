/*
 * The closing step: survey the store, publish what is due in the order in which windows close, then seal and collect
 * what is over.
 *
 * What was published stands in the ledger topic, written in the same transaction as the summaries, so neither a crash
 * nor a rolled-back store can make a revision appear twice or fall.
 */
#include "gentally/publish/closer.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "emitter.h"
#include "gentally/codec/avro_read.h"
#include "gentally/config/config.h"
#include "gentally/core/event.h"
#include "gentally/kafka/topic_read.h"
#include "gentally/kafka/topics.h"
#include "gentally/kafka/transaction.h"
#include "gentally/redis/store_retention.h"
#include "published.h"
#include "published_offsets.h"
#include "survey.h"

#define TRANSACTION_ROWS 20000u /* then commit: 20,000 x some 300 bytes stay well inside the producer's queue */
#define TRANSACTION_WINDOWS 256u
#define TURN_ROWS 60000u /* then give the loop a turn to read its records */
/* To read a window of one partition takes a round trip to the store, as long as so many rows. With many partitions it
 * is these that a transaction's minute, and the time between two polls, is spent on. */
#define SNAPSHOT_ROWS 10u

#define TORN_WINDOWS 64u /* then there is no more to be rescued by going on without them */

/* A window whose turn it is. */
struct due {
    struct emitter_order order;
    bool is_rebuilt; /* from states that begin anew: its revision may be any */
};

struct closer {
    const struct config *config;
    struct store *store;
    struct closer_logs logs;
    struct logger *logger;
    struct transaction *transaction;
    struct emitter *emitter;
    struct published *published;
    struct published_offsets
        *offsets; /* of all that was put, even if its transaction failed: the store has been there */
    struct survey survey;
    int64_t *retention;       /* revision of each month, as surveyed; NULL: without retention */
    uint32_t retention_floor; /* months below it are sealed in all shards */
    uint64_t tables;          /* see tables_version_hash() */
    uint64_t *states;         /* by how many partitions are added up, see published_states() */
    bool is_held;             /* a partition has no state, or stands behind what was published: that was said */
    int64_t due_ms;           /* of the next survey, monotonic */
    int64_t late_due_ms;
    struct published_window pending[TRANSACTION_WINDOWS]; /* published when the open transaction commits */
    uint32_t pending_count;
    int64_t *ends;                 /* of the input's logs, by partition */
    struct stored_window *scratch; /* windows being sealed or collected */
    uint32_t scratch_room;
    struct window torn[TORN_WINDOWS]; /* lost part of their keys: never published again */
    uint32_t torn_count;
    uint64_t window_count, summary_count;
};

/* ---- opening ---- */

struct ledger_reading {
    struct published *published;
    struct published_offsets *offsets;
    struct ledger_read read;
};

static enum verdict read_ledger_record(void *context, const struct record *record, struct reason *why)
{
    struct ledger_reading *reading = context;

    if (record->value.bytes == NULL) /* a tombstone */
        return GO_ON;
    enum verdict verdict = decode_ledger(record->value, &reading->read, why);
    if (verdict != GO_ON)
        return reason_set(why, HALT, LEDGER_UNREADABLE, 0, "offset %" PRId64 " of the ledger topic", record->offset);
    const struct ledger *ledger = &reading->read.ledger;
    struct published_window entry = {
        .window = ledger->window,
        .pane = ledger->pane,
        .generation = ledger->generation,
        .revision = ledger->revision,
        .retention = ledger->retention,
        .tables = tables_version_hash(ledger->tables_version),
        .partitions = ledger->partition_count,
    };
    for (uint32_t i = 0; i < ledger->partition_count; i++) {
        entry.states =
            published_states(entry.states, ledger->partitions[i].partition, ledger->partitions[i].incarnation);
        published_offsets_note(reading->offsets, &ledger->partitions[i]);
    }
    return published_put(reading->published, &entry, why);
}

static enum verdict read_ledger(struct closer *closer, struct reason *why)
{
    char topic[TOPIC_NAME_MAX + 1];
    struct ledger_reading *reading = calloc(1, sizeof(*reading));

    if (reading == NULL)
        return no_memory(why, "to read the ledger");
    reading->published = closer->published;
    reading->offsets = closer->offsets;
    topic_ledger(closer->config, topic);
    enum verdict verdict = topic_read(closer->config, topic, read_ledger_record, reading, why);
    free(reading);
    return verdict;
}

enum verdict closer_open(struct closer **closer, const struct config *config, struct store *store,
                         const struct closer_tables *tables, const struct closer_logs *logs, int32_t partitions,
                         struct logger *logger, struct reason *why)
{
    char name[256];
    struct closer *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for the closer");
    opened->config = config;
    opened->store = store;
    opened->logs = *logs;
    opened->logger = logger;
    opened->tables = tables_version_hash(span_of(tables->version));
    snprintf(name, sizeof(name), "%s.closer", config->namespace_);
    opened->ends = calloc((size_t)partitions, sizeof(*opened->ends));
    opened->states = calloc((size_t)partitions + 1, sizeof(*opened->states));
    if (config->has_retention)
        opened->retention = calloc(MONTHS_MAX, sizeof(*opened->retention));
    enum verdict verdict =
        opened->ends == NULL || opened->states == NULL || (config->has_retention && opened->retention == NULL)
            ? no_memory(why, "for the closer")
            : survey_open(&opened->survey, partitions, why);
    if (verdict == GO_ON)
        verdict = published_open(&opened->published, why);
    if (verdict == GO_ON)
        verdict = published_offsets_open(&opened->offsets, partitions, why);
    if (verdict == GO_ON)
        verdict = emitter_open(&opened->emitter, config, store, tables, partitions, why);
    if (verdict == GO_ON) /* First fence whoever was here, then read what they left: nothing is added after that. */
        verdict = transaction_open(&opened->transaction, config, name, logger, why);
    if (verdict == GO_ON)
        verdict = read_ledger(opened, why);
    if (verdict != GO_ON) {
        closer_close(opened);
        return verdict;
    }
    log_line(logger, LOG_LEVEL_INFO, "CLOSER-OPENED", "windows_published=%zu partitions=%" PRId32,
             published_count(opened->published), partitions);
    *closer = opened;
    return GO_ON;
}

void closer_close(struct closer *closer)
{
    if (closer == NULL)
        return;
    if (closer->transaction != NULL)
        transaction_close(closer->transaction);
    emitter_close(closer->emitter);
    published_close(closer->published);
    published_offsets_close(closer->offsets);
    survey_close(&closer->survey);
    free(closer->retention);
    free(closer->ends);
    free(closer->states);
    free(closer->scratch);
    free(closer);
}

/* ---- what is due ---- */

static bool is_sealed(const struct closer *closer, struct window window)
{
    return window.start_ms < survey_floor(&closer->survey, window.kind);
}

/* Was it published from the states that there are now? */
static bool is_of_these_states(const struct closer *closer, const struct published_window *entry)
{
    return entry->partitions > (uint32_t)closer->survey.partition_count ||
           entry->states == closer->states[entry->partitions];
}

static bool is_torn(const struct closer *closer, struct window window)
{
    for (uint32_t i = 0; i < closer->torn_count; i++)
        if (window_compare(closer->torn[i], window) == 0)
            return true;
    return false;
}

/* The revision of a window's retention rows; 0: it has none. */
static int64_t retention_of(const struct closer *closer, struct window window)
{
    if (closer->retention == NULL || window.kind != WINDOW_MONTH)
        return 0;
    uint32_t month = month_number(window.start_ms);
    return month < MONTHS_MAX ? closer->retention[month] : 0;
}

/* A window that is over has one thing left to be told: retention that was noted just before it was sealed, which is
 * final once the shards are sealed too. All its cells must still be there. */
static bool is_retention_due(const struct closer *closer, const struct stored_window *stored,
                             const struct published_window *entry, struct due *due)
{
    if (entry == NULL || entry->pane == PANE_EARLY || stored->records != entry->revision ||
        !is_of_these_states(closer, entry) || retention_of(closer, stored->window) <= entry->retention)
        return false;
    due->order = (struct emitter_order){stored->window, PANE_LATE, entry->generation, entry->revision, entry->pane};
    if (entry->tables != closer->tables) /* Then the other rows are told again, too: a version has one catalog. */
        due->order =
            (struct emitter_order){.window = stored->window, .pane = PANE_LATE, .generation = entry->generation + 1};
    return month_number(stored->window.start_ms) < closer->retention_floor;
}

/* Decides on one window; false if nothing is to be published of it now. */
static bool is_due(const struct closer *closer, const struct stored_window *stored, bool is_final, bool is_late_due,
                   struct due *due)
{
    const struct published_window *entry = published_find(closer->published, stored->window);
    bool is_closed =
        closer->survey.watermark_ms != NO_TIME && window_end(stored->window) <= closer->survey.watermark_ms;

    *due = (struct due){.order = {.window = stored->window, .pane = PANE_EARLY}};
    if (stored->records == 0 || is_torn(closer, stored->window))
        return false;
    if (is_sealed(closer, stored->window))
        return is_retention_due(closer, stored, entry, due);
    if (entry == NULL) {
        due->order.pane = is_closed ? PANE_ON_TIME : PANE_EARLY;
        return is_closed || is_final;
    }
    /* A store that rolled back reads its way forward again. What it holds until then would be an older revision, put
     * behind the newer one. States that were rebuilt are no rollback: what they hold counts, once it is complete. */
    due->is_rebuilt = !is_of_these_states(closer, entry);
    int64_t retention = retention_of(closer, stored->window);
    if (due->is_rebuilt
            ? !is_closed && !is_final
            : stored->records < entry->revision || (closer->retention != NULL && retention < entry->retention))
        return false;
    bool has_more = stored->records > entry->revision || retention > entry->retention;
    bool is_restated = entry->tables != closer->tables || due->is_rebuilt;
    if (!is_restated && (entry->pane != PANE_EARLY || !is_closed)) {
        due->order.unchanged_revision = entry->revision;
        due->order.unchanged_pane = entry->pane;
    }
    due->order.generation = entry->generation + (is_restated ? 1 : 0);
    if (entry->pane == PANE_EARLY) { /* It was open when last published. */
        due->order.pane = is_closed ? PANE_ON_TIME : PANE_EARLY;
        return is_closed || (is_final && (has_more || is_restated));
    }
    due->order.pane = PANE_LATE;
    return (has_more || is_restated) && (is_late_due || is_final);
}

/* ---- publishing ---- */

static enum verdict commit(struct closer *closer, struct reason *why)
{
    enum verdict verdict = transaction_commit(closer->transaction, why);

    for (uint32_t i = 0; i < closer->pending_count && verdict == GO_ON; i++)
        verdict = published_put(closer->published, &closer->pending[i], why);
    closer->pending_count = 0;
    return verdict;
}

/* A store may roll back between the survey and a window's snapshots. */
static enum verdict check_parts(const struct closer *closer, struct reason *why)
{
    const struct ledger_partition *parts = emitter_parts(closer->emitter);
    enum verdict verdict = GO_ON;

    for (int32_t i = 0; i < closer->survey.partition_count && verdict == GO_ON; i++)
        verdict = published_offsets_check(closer->offsets, i, parts[i].incarnation, parts[i].next, why);
    return verdict;
}

/* The store may have rolled back since it was surveyed. */
static enum verdict check_outcome(const struct closer *closer, const struct due *due,
                                  const struct emitter_outcome *outcome, struct reason *why)
{
    const struct published_window *entry = published_find(closer->published, due->order.window);

    if (entry == NULL || due->is_rebuilt)
        return GO_ON;
    if (outcome->revision < entry->revision)
        return reason_set(why, TRY_LATER, STORE_ROLLED_BACK, 0,
                          "a window has %" PRId64 " records, published were %" PRId64, outcome->revision,
                          entry->revision);
    if (closer->retention != NULL && outcome->retention < entry->retention)
        return reason_set(why, TRY_LATER, STORE_ROLLED_BACK, 0,
                          "a month's retention has revision %" PRId64 ", published was %" PRId64, outcome->retention,
                          entry->retention);
    return GO_ON;
}

static enum verdict publish_one(struct closer *closer, const struct due *due, uint32_t *rows, struct reason *why)
{
    struct emitter_outcome outcome;
    enum verdict verdict = emitter_put(closer->emitter, closer->transaction, &due->order, &outcome, why);

    if (verdict == GO_ON)
        verdict = check_parts(closer, why);
    if (verdict == GO_ON)
        verdict = check_outcome(closer, due, &outcome, why);
    if (verdict != GO_ON || outcome.revision == 0)
        return verdict;
    for (int32_t i = 0; i < closer->survey.partition_count; i++)
        published_offsets_note(closer->offsets, &emitter_parts(closer->emitter)[i]);
    uint32_t partitions = (uint32_t)closer->survey.partition_count;
    closer->pending[closer->pending_count++] = (struct published_window){.window = due->order.window,
                                                                         .pane = outcome.pane,
                                                                         .generation = due->order.generation,
                                                                         .revision = outcome.revision,
                                                                         .retention = outcome.retention,
                                                                         .tables = closer->tables,
                                                                         .states = closer->states[partitions],
                                                                         .partitions = partitions};
    closer->window_count++;
    closer->summary_count += outcome.summaries;
    *rows += outcome.summaries + SNAPSHOT_ROWS * (uint32_t)closer->survey.partition_count;
    return GO_ON;
}

/* Publishes due windows from `*at` on, in one transaction, as long as it is not too large. */
static enum verdict publish_some(struct closer *closer, uint32_t *at, bool is_final, bool is_late_due, bool *was_late,
                                 uint32_t *rows, struct reason *why)
{
    struct due due;
    uint32_t rows_before = *rows;
    bool is_open = false; /* the transaction */
    enum verdict verdict = GO_ON;

    for (; *at < closer->survey.count && verdict == GO_ON; ++*at) {
        if (!is_due(closer, &closer->survey.windows[*at], is_final, is_late_due, &due))
            continue;
        if (closer->pending_count == TRANSACTION_WINDOWS || *rows - rows_before >= TRANSACTION_ROWS)
            break;
        if (!is_open)
            verdict = transaction_begin(closer->transaction, why);
        is_open = true;
        if (verdict == GO_ON)
            verdict = publish_one(closer, &due, rows, why);
        *was_late = *was_late || due.order.pane == PANE_LATE;
    }
    if (verdict == GO_ON && is_open)
        return commit(closer, why);
    if (verdict == HALT && why->id == STORE_TORN && closer->torn_count < TORN_WINDOWS) {
        log_reason(closer->logger, LOG_LEVEL_ERROR, why);
        closer->torn[closer->torn_count++] = due.order.window;
        verdict = TRY_LATER; /* The others go on without it. */
    }
    if (verdict == TRY_LATER) { /* The store did not answer: nothing of this transaction shall be seen. */
        closer->pending_count = 0;
        struct reason other;
        if (transaction_abort(closer->transaction, &other) != GO_ON)
            return REWIND;
    }
    return verdict;
}

static enum verdict publish(struct closer *closer, int64_t now_ms, bool is_final, bool *has_more, struct reason *why)
{
    bool is_late_due = now_ms >= closer->late_due_ms, was_late = false;
    uint32_t at = 0, rows = 0;
    enum verdict verdict = GO_ON;

    while (at < closer->survey.count && rows < TURN_ROWS && verdict == GO_ON)
        verdict = publish_some(closer, &at, is_final, is_late_due, &was_late, &rows, why);
    if (was_late && at >= closer->survey.count) /* Not before the last of them had its turn. */
        closer->late_due_ms = now_ms + closer->config->late_emit_interval_ms;
    *has_more = verdict == GO_ON && at < closer->survey.count;
    return verdict;
}

/* ---- collecting ---- */

/* True if the last summary of every window of `kind` that starts before the floor holds all its records. */
static bool is_published(const struct closer *closer, enum window_kind kind, int64_t floor_ms, bool *has_any)
{
    *has_any = false;
    for (uint32_t i = 0; i < closer->survey.count; i++) {
        const struct stored_window *stored = &closer->survey.windows[i];
        if (stored->window.kind != kind || stored->window.start_ms >= floor_ms)
            continue;
        *has_any = true;
        const struct published_window *entry = published_find(closer->published, stored->window);
        if (!is_sealed(closer, stored->window) &&
            (entry == NULL || entry->pane == PANE_EARLY || entry->revision != stored->records ||
             !is_of_these_states(closer, entry)))
            return false;
    }
    return true;
}

/* The partition's windows of `kind` that start before the floor, into the scratch. */
static enum verdict select_windows(struct closer *closer, const struct survey_partition *partition,
                                   enum window_kind kind, int64_t floor_ms, uint32_t *count, struct reason *why)
{
    *count = 0;
    if (partition->count > closer->scratch_room) {
        struct stored_window *scratch = realloc(closer->scratch, partition->count * sizeof(*scratch));
        if (scratch == NULL)
            return no_memory(why, "to collect windows");
        closer->scratch = scratch;
        closer->scratch_room = partition->count;
    }
    for (uint32_t i = 0; i < partition->count; i++)
        if (partition->windows[i].window.kind == kind && partition->windows[i].window.start_ms < floor_ms)
            closer->scratch[(*count)++] = partition->windows[i];
    return GO_ON;
}

static enum verdict seal_all(struct closer *closer, enum window_kind kind, int64_t floor_ms, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (int32_t i = 0; i < closer->survey.partition_count && verdict == GO_ON; i++) {
        uint32_t count = 0;
        verdict = select_windows(closer, &closer->survey.partitions[i], kind, floor_ms, &count, why);
        if (verdict == GO_ON)
            verdict = store_seal(closer->store, &closer->survey.partitions[i].state, kind, floor_ms, closer->scratch,
                                 count, why);
    }
    return verdict;
}

static enum verdict collect_all(struct closer *closer, enum window_kind kind, int64_t floor_ms, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (int32_t i = 0; i < closer->survey.partition_count && verdict == GO_ON; i++) {
        uint32_t count = 0;
        verdict = select_windows(closer, &closer->survey.partitions[i], kind, floor_ms, &count, why);
        for (uint32_t first = 0; first < count && verdict == GO_ON; first += STORE_COLLECT_MAX) {
            uint32_t part = count - first < STORE_COLLECT_MAX ? count - first : STORE_COLLECT_MAX;
            verdict = store_collect(closer->store, i, closer->scratch + first, part, why);
        }
    }
    return verdict;
}

/* Sealing is for good, so it does not take an idle partition's word that it has nothing to add: whoever said so may be
 * gone, and its log may have grown for longer than windows are kept. Then it waits for the next owner to claim it. Nor
 * does it seal while the input has partitions that it does not know: they may hold records of these very windows. */
static bool may_seal(struct closer *closer, bool *is_asked)
{
    struct reason other;
    int32_t count = closer->survey.partition_count, count_now = 0;

    if (!*is_asked && (closer->logs.count(closer->logs.context, &count_now, &other) != GO_ON || count_now != count))
        return false;
    if (!*is_asked && closer->logs.ends(closer->logs.context, count, closer->ends, &other) != GO_ON)
        return false;
    *is_asked = true;
    return survey_is_read_out(&closer->survey, closer->ends);
}

/* Once all partitions have sealed these months, the shards do, and what was noted of them until then is published; then
 * the counts go. `*is_done` tells whether all of it is published. */
static enum verdict end_retention(struct closer *closer, int64_t floor_ms, bool *is_done, struct reason *why)
{
    uint32_t floor = month_number(floor_ms);
    enum verdict verdict = GO_ON;

    *is_done = true;
    if (closer->retention == NULL || floor_ms <= 0 || floor >= MONTHS_MAX)
        return GO_ON;
    if (closer->retention_floor < floor)
        verdict = store_retention_seal(closer->store, floor, why);
    if (verdict == GO_ON)
        verdict = store_retention_revisions(closer->store, closer->retention, &closer->retention_floor, why);
    for (uint32_t i = 0; verdict == GO_ON && i < closer->survey.count; i++) {
        const struct stored_window *stored = &closer->survey.windows[i];
        struct due due;
        if (stored->window.kind == WINDOW_MONTH && stored->window.start_ms < floor_ms &&
            !is_torn(closer, stored->window))
            *is_done =
                *is_done && !is_retention_due(closer, stored, published_find(closer->published, stored->window), &due);
    }
    return verdict == GO_ON && *is_done ? store_retention_collect(closer->store, closer->retention, floor, why)
                                        : verdict;
}

/* Ends the windows whose time is over: sealed in every partition first, so that none can grow once another lost its
 * part. `*has_more`: what a month's end brought to light is to be published before it goes. */
static enum verdict collect(struct closer *closer, bool *has_more, struct reason *why)
{
    enum verdict verdict = GO_ON;
    int64_t watermark_ms = closer->survey.watermark_ms;
    bool is_asked = false; /* where the logs end */

    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS && watermark_ms != NO_TIME; kind++) {
        bool has_any = false, is_done = true;
        int64_t floor_ms = window_of(kind, watermark_ms - closer->config->kept_ms[kind]).start_ms;
        if (!closer->config->windows[kind] || !is_published(closer, kind, floor_ms, &has_any) || !has_any)
            continue;
        if (!may_seal(closer, &is_asked))
            break;
        verdict = seal_all(closer, kind, floor_ms, why);
        if (verdict == GO_ON && kind == WINDOW_MONTH)
            verdict = end_retention(closer, floor_ms, &is_done, why);
        if (verdict == GO_ON && is_done)
            verdict = collect_all(closer, kind, floor_ms, why);
        *has_more = verdict == GO_ON && !is_done;
        if (verdict != GO_ON || !is_done)
            break;
        log_line(closer->logger, LOG_LEVEL_INFO, "CLOSER-COLLECTED", "window=%s floor_ms=%" PRId64,
                 window_kind_name(kind), floor_ms);
    }
    if (verdict == HALT && why->id == STORE_TAINTED) { /* Its windows stay as they are until somebody looks. */
        log_reason(closer->logger, LOG_LEVEL_WARN, why);
        return GO_ON;
    }
    return verdict == TRY_LATER ? GO_ON : verdict; /* There is no hurry: the next turn surveys anew. */
}

/* Looks where all partitions stand. Without the state of one of them no window is complete, and while one stands behind
 * what was published of it, a window would take that back: then all wait, and the worker, which may count others, goes
 * on. */
static enum verdict survey(struct closer *closer, bool is_final, struct reason *why)
{
    enum verdict verdict = survey_take(&closer->survey, closer->store, why);
    if (verdict == GO_ON && closer->retention != NULL)
        verdict = store_retention_revisions(closer->store, closer->retention, &closer->retention_floor, why);

    for (int32_t i = 0; i < closer->survey.partition_count && verdict == GO_ON; i++) {
        const struct partition_state *state = &closer->survey.partitions[i].state;
        closer->states[i + 1] = published_states(closer->states[i], i, state->incarnation);
        verdict = published_offsets_check(closer->offsets, i, state->incarnation, state->next, why);
    }
    bool is_missing = verdict == HALT && why->id == STORE_STATE_MISSING;
    bool is_behind = verdict == TRY_LATER && why->id == STORE_ROLLED_BACK;
    bool is_held = !is_final && (is_missing || is_behind);

    if (is_held && !closer->is_held)
        log_reason(closer->logger, is_missing ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, why);
    closer->is_held = is_held;
    return is_held ? GO_ON : verdict;
}

enum verdict closer_turn(struct closer *closer, int64_t now_ms, bool is_final, bool *has_more, struct reason *why)
{
    *has_more = false;
    if (!is_final && now_ms < closer->due_ms)
        return GO_ON;
    enum verdict verdict = survey(closer, is_final, why);
    if (verdict == GO_ON && closer->is_held) {
        closer->due_ms = now_ms + closer->config->emit_interval_ms;
        return GO_ON;
    }
    if (verdict == GO_ON)
        verdict = publish(closer, now_ms, is_final, has_more, why);
    if (verdict == GO_ON && !*has_more)
        verdict = collect(closer, has_more, why);
    if (verdict == GO_ON && is_final && !*has_more && closer->torn_count > 0)
        verdict = reason_set(why, HALT, STORE_TORN, 0,
                             "%" PRIu32 " windows lost part of their keys, and have no summary of their last records",
                             closer->torn_count);
    closer->due_ms = *has_more ? now_ms : now_ms + closer->config->emit_interval_ms;
    return verdict;
}

void closer_counts(const struct closer *closer, uint64_t *windows, uint64_t *summaries)
{
    *windows = closer->window_count;
    *summaries = closer->summary_count;
}
