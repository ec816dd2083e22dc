/*
 * What one partition knows between two flushes. The watermark follows the highest event time and never falls. Lateness
 * is worked out once a move: an event at or after it is in time for every window, and only earlier events are held
 * against each window kind by itself.
 */
#include "partition.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define BEHIND_AFTER_MS 2000 /* a partition that keeps up sees the end of the log far more often */
/* Added to the flush interval of a partition that is behind: freshness is worth nothing then, and rows repeat, so that
 * fewer flushes write fewer. */
#define BEHIND_MS 4000
#define ENTRIES_MAX 64 /* and bytes, of a journal that waits to be applied: every reader of a window reads them */
#define ENTRY_BYTES_MAX (INT64_C(8) << 20)
/* A flush of more windows is of a log that is caught up with: waiting would save nothing, and each reader of each of
 * its windows would read all entries. One that keeps up has four or eight. */
#define NARROW_WINDOWS_MAX 32
#define PAIR_ENTRIES_MAX 4096        /* that wait to be merged */
#define APPLY_PAUSE_MS 1000          /* after what is no answer */
#define TAKEN_SAMPLES_MAX (1u << 16) /* x 18 bytes, touched only if used: thousands of amendments between flushes */

/* A pool of its own: a record may fill both tallies, and either would have to know what the other needs. */
static enum verdict open_taken(struct partition *partition, struct tally_options options, struct reason *why)
{
    enum verdict verdict = tally_pool_open(&partition->taken_pool, TAKEN_SAMPLES_MAX, why);

    options.pool = partition->taken_pool;
    return verdict == GO_ON ? tally_open(&partition->taken, &options, why) : verdict;
}

enum verdict partition_open(struct partition **partition, const struct config *config,
                            const struct partition_state *state, struct tally_pool *pool, int64_t now_ms,
                            struct reason *why)
{
    struct partition *opened = calloc(1, sizeof(*opened));
    struct tally_options options = {
        .rollups = &config->grouping.bases,
        .base = config->base,
        .rows_max = (uint32_t)config->flush_rows_max,
        .pool = pool,
    };

    if (opened == NULL)
        return no_memory(why, "for a partition");
    opened->config = config;
    opened->flushed_ms = now_ms;
    enum verdict verdict = tally_open(&opened->tally, &options, why);
    if (verdict == GO_ON)
        verdict = ids_open(&opened->ids, config->ids_kept_ms, why);
    if (verdict == GO_ON && config->ids == IDS_AMEND)
        verdict = open_taken(opened, options, why);
    if (verdict != GO_ON) {
        partition_close(opened);
        return verdict;
    }
    partition_rewind(opened, state);
    opened->is_stale = false;
    *partition = opened;
    return GO_ON;
}

enum verdict partition_open_stopped(struct partition **partition, const struct config *config,
                                    const struct partition_state *state, struct reason *why)
{
    struct partition *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for a partition");
    opened->config = config;
    opened->state = *state;
    opened->next = state->next;
    opened->anchor = state->anchor;
    opened->watermark_ms = NO_TIME;
    opened->is_idle = state->is_idle;
    opened->is_stopped = true;
    *partition = opened;
    return GO_ON;
}

void partition_close(struct partition *partition)
{
    if (partition == NULL)
        return;
    tally_close(partition->tally);
    tally_close(partition->taken);
    tally_pool_close(partition->taken_pool);
    ids_close(partition->ids);
    pair_log_free(&partition->pairs);
    free(partition);
}

static void clear_rows(struct partition *partition)
{
    if (partition->tally != NULL)
        tally_clear(partition->tally);
    if (partition->taken != NULL)
        tally_clear(partition->taken);
}

void partition_drop_rows(struct partition *partition)
{
    clear_rows(partition);
    pair_log_begin(&partition->pairs);
}

void partition_forget(struct partition *partition)
{
    partition_drop_rows(partition);
    partition->next = partition->state.next;
    partition->is_idle = partition->state.is_idle;
    partition->last = NULL;
}

bool partition_has_rest(const struct partition *partition)
{
    return partition->is_stopped && !partition->must_claim && partition_is_dirty(partition);
}

/* The earliest time from which on an event is in time for every window: a window that holds it ends later than it
 * happened. */
static int64_t lateness_of(const struct partition *partition)
{
    int64_t lateness_ms = NO_TIME;

    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        int64_t over_ms =
            partition->watermark_ms == NO_TIME ? NO_TIME : partition->watermark_ms - partition->config->kept_ms[kind];
        if (!partition->config->windows[kind])
            continue;
        if (over_ms > lateness_ms)
            lateness_ms = over_ms;
        if (partition->state.floor_ms[kind] > lateness_ms)
            lateness_ms = partition->state.floor_ms[kind];
    }
    return lateness_ms;
}

void partition_rewind(struct partition *partition, const struct partition_state *state)
{
    partition_drop_rows(partition);
    partition->state = *state;
    ids_reset(partition->ids, state);
    partition->next = state->next;
    partition->anchor = state->anchor;
    partition->last = NULL;
    partition->watermark_ms = state->watermark_ms;
    memcpy(partition->outcomes, state->outcomes, sizeof(partition->outcomes));
    partition->lateness_ms = lateness_of(partition);
    partition->is_at_end = false;
    partition->is_quiet = false;
    partition->is_idle = state->is_idle;
    partition->entries = state->journal_first < 1 ? 0 : state->journal_last - state->journal_first + 1;
    partition->entry_bytes = 0;
    partition->entries_ms = partition->flushed_ms;
    partition->pair_entries = state->pairs_first < 1 ? 0 : state->pairs_last - state->pairs_first + 1;
    partition->pair_count = 0;
    partition->pairs_ms = partition->flushed_ms;
    partition->drop_ms = 0;
    partition->is_stale = true;
    partition->is_waiting = false;
    partition->must_claim = false;
}

bool partition_wants(const struct partition *partition, int64_t offset)
{
    return partition != NULL && !partition->is_stopped && !partition->is_stale && offset >= partition->next;
}

uint32_t partition_windows(const struct partition *partition, int64_t event_ms)
{
    uint32_t windows = 0;

    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        if (!partition->config->windows[kind])
            continue;
        if (event_ms < partition->lateness_ms) {
            struct window window = window_of(kind, event_ms);
            if (window.start_ms < partition->state.floor_ms[kind] ||
                (partition->watermark_ms != NO_TIME &&
                 window_end(window) + partition->config->kept_ms[kind] <= partition->watermark_ms))
                continue;
        }
        windows |= 1u << kind;
    }
    return windows;
}

void partition_move_watermark(struct partition *partition, int64_t event_ms)
{
    int64_t watermark_ms = event_ms - partition->config->out_of_orderness_ms;

    partition->is_quiet = false;
    if (watermark_ms <= partition->watermark_ms)
        return;
    partition->watermark_ms = watermark_ms;
    partition->lateness_ms = lateness_of(partition);
}

void partition_move_anchor(struct partition *partition)
{
    const struct record *last = partition->last;

    if (last != NULL)
        partition->anchor = anchor_of(last->offset, last->timestamp_ms, last->key, last->value);
    partition->last = NULL;
}

void partition_left_end(struct partition *partition)
{
    partition->is_at_end = false;
    partition->is_idle = false;
}

void partition_reached_end(struct partition *partition, int64_t end_next, int64_t now_ms)
{
    if (end_next < partition->next) /* The end came before records of the same batch. */
        return;
    if (end_next > partition->next) /* Only what is no record lies between: the markers of transactions. */
        partition->next = end_next;
    if (!partition->is_quiet)
        partition->end_ms = now_ms;
    partition->is_quiet = true;
    partition->is_at_end = true;
    partition->caught_up_ms = now_ms;
}

void partition_mark_idle(struct partition *partition, int64_t idle_ms, int64_t now_ms)
{
    if (partition->is_at_end && now_ms - partition->end_ms >= idle_ms)
        partition->is_idle = true;
}

bool partition_has_rows(const struct partition *partition)
{
    return (partition->tally != NULL && tally_rows(partition->tally) > 0) ||
           (partition->taken != NULL && tally_rows(partition->taken) > 0) || partition->pairs.count > 0;
}

bool partition_is_dirty(const struct partition *partition)
{
    return partition->next != partition->state.next || partition->is_idle != partition->state.is_idle;
}

bool partition_is_due(const struct partition *partition, int64_t now_ms)
{
    bool is_behind = !partition->is_at_end && now_ms - partition->caught_up_ms >= BEHIND_AFTER_MS;

    return now_ms - partition->flushed_ms >= partition->config->flush_interval_ms + (is_behind ? BEHIND_MS : 0);
}

bool partition_has_journal(const struct partition *partition)
{
    return partition->entries > 0 && !partition->is_stopped && !partition->must_claim;
}

bool partition_must_apply(const struct partition *partition, bool is_all, int64_t wide_bytes, int64_t now_ms)
{
    bool is_narrow = !partition->is_wide || wide_bytes > ENTRY_BYTES_MAX;
    int64_t bytes_max = is_narrow ? ENTRY_BYTES_MAX : wide_bytes;
    bool is_large = partition->entries >= ENTRIES_MAX || partition->entry_bytes >= bytes_max;
    bool is_old = now_ms - partition->entries_ms >= partition->config->apply_interval_ms;

    return partition_has_journal(partition) && now_ms >= partition->apply_ms &&
           ((is_all && !partition->is_wide) || is_large || is_old);
}

void partition_applied(struct partition *partition, bool is_done, int64_t now_ms)
{
    if (!is_done) {
        partition->apply_ms = now_ms + APPLY_PAUSE_MS;
        return;
    }
    partition->entries = partition->entry_bytes = 0;
    partition->is_wide = false;
}

bool partition_has_pairs(const struct partition *partition)
{
    return partition->pair_entries > 0 && !partition->is_stopped && !partition->must_claim;
}

static bool may_drop(const struct partition *partition, int64_t now_ms)
{
    bool is_due = partition->drop_ms > 0 && now_ms >= partition->drop_ms;

    return is_due && !partition->is_stopped && !partition->must_claim;
}

bool partition_may_merge(const struct partition *partition, int64_t now_ms)
{
    return (partition_has_pairs(partition) || may_drop(partition, now_ms)) && now_ms >= partition->merge_ms;
}

bool partition_must_merge(const struct partition *partition, bool is_all, int64_t now_ms)
{
    bool is_old = now_ms - partition->pairs_ms >= partition->config->apply_interval_ms;
    bool is_large = partition->pair_entries >= PAIR_ENTRIES_MAX;

    return partition_may_merge(partition, now_ms) && (is_all || is_old || is_large || may_drop(partition, now_ms));
}

void partition_merged(struct partition *partition, bool is_done, int64_t now_ms)
{
    if (!is_done) {
        partition->merge_ms = now_ms + APPLY_PAUSE_MS;
        return;
    }
    partition->pair_entries = partition->pair_count = 0;
}

void partition_keeps_merged(struct partition *partition, int64_t drop_ms)
{
    partition->drop_ms = drop_ms;
}

struct partition_flush partition_flush_of(const struct partition *partition)
{
    assert(partition->last == NULL);
    struct partition_flush flush = {
        .tally = partition->tally,
        .taken = partition->taken,
        .ids = ids_change(partition->ids, partition->watermark_ms),
        .pairs = &partition->pairs,
        .state = &partition->state,
        .next = partition->next,
        .anchor = partition->anchor,
        .watermark_ms = partition->watermark_ms,
        .is_idle = partition->is_idle,
    };

    memcpy(flush.outcomes, partition->outcomes, sizeof(flush.outcomes));
    return flush;
}

void partition_flushed(struct partition *partition, const struct partition_flush *flush, int64_t now_ms)
{
    assert(flush->state == &partition->state);
    clear_rows(partition);
    ids_flushed(partition->ids);
    partition->state.next = flush->next;
    partition->state.anchor = flush->anchor;
    partition->state.watermark_ms = flush->watermark_ms;
    partition->state.is_idle = flush->is_idle;
    memcpy(partition->state.outcomes, flush->outcomes, sizeof(partition->state.outcomes));
    partition->flushed_ms = now_ms;
    if (partition->entries == 0)
        partition->entries_ms = now_ms;
    partition->entries += flush->entries;
    partition->entry_bytes += flush->entry_bytes;
    if (partition->pair_entries == 0)
        partition->pairs_ms = now_ms;
    partition->pair_entries += partition->pairs.count > 0;
    partition->pair_count += partition->pairs.count;
    pair_log_flushed(&partition->pairs);
    partition->is_wide = partition->is_wide || flush->windows > NARROW_WINDOWS_MAX;
    partition->rewinds = 0;
    partition->paused_at = 0;
}
