/* The state of one partition between two flushes. */
#include "partition.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define BEHIND_AFTER_MS 2000 /* who keeps up sees the end of the log far more often */
#define BEHIND_MS 4000 /* freshness is worth nothing then, and cells repeat: the fewer flushes, the fewer merges */

#define TAKEN_SAMPLES_MAX (1u << 16) /* x 8.5 bytes, touched only if used: thousands of amendments between flushes */

/* A record may fill both tallies: from one pool, either would have to know what the other needs. */
static enum verdict open_taken(struct lane *lane, struct tally_options options, struct reason *why)
{
    enum verdict verdict = tally_pool_open(&lane->taken_pool, TAKEN_SAMPLES_MAX, why);

    options.pool = lane->taken_pool;
    return verdict == GO_ON ? tally_open(&lane->taken, &options, why) : verdict;
}

enum verdict lane_open(struct lane **lane, const struct config *config, const struct standing *standing,
                       struct tally_pool *pool, int64_t now_ms, struct reason *why)
{
    struct lane *opened = calloc(1, sizeof(*opened));
    struct tally_options options = {
        .rollups = &config->grouping.bases,
        .base = config->base,
        .rows_max = (uint32_t)config->flush_rows_max,
        .pool = pool,
    };

    if (opened == NULL)
        return reason_set(why, HALT, "NO-MEMORY", errno, "no memory for a partition");
    opened->config = config;
    opened->flushed_ms = now_ms;
    enum verdict verdict = tally_open(&opened->tally, &options, why);
    if (verdict == GO_ON)
        verdict = ids_open(&opened->ids, config->ids_kept_ms, why);
    if (verdict == GO_ON && config->ids == IDS_AMEND)
        verdict = open_taken(opened, options, why);
    if (verdict != GO_ON) {
        lane_close(opened);
        return verdict;
    }
    lane_rewind(opened, standing);
    opened->is_stale = false;
    *lane = opened;
    return GO_ON;
}

void lane_close(struct lane *lane)
{
    if (lane == NULL)
        return;
    tally_close(lane->tally);
    tally_close(lane->taken);
    tally_pool_close(lane->taken_pool);
    ids_close(lane->ids);
    free(lane);
}

void lane_drop(struct lane *lane)
{
    tally_clear(lane->tally);
    if (lane->taken != NULL)
        tally_clear(lane->taken);
}

/* The earliest time from which on an event is in time for every window: a window that holds it ends later than it
 * happened. */
static int64_t lateness_of(const struct lane *lane)
{
    int64_t lateness_ms = NO_TIME;

    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        int64_t over_ms =
            lane->watermark_ms == NO_TIME ? NO_TIME : lane->watermark_ms - lane->config->kept_ms[kind];
        if (!lane->config->windows[kind])
            continue;
        if (over_ms > lateness_ms)
            lateness_ms = over_ms;
        if (lane->standing.floor_ms[kind] > lateness_ms)
            lateness_ms = lane->standing.floor_ms[kind];
    }
    return lateness_ms;
}

void lane_rewind(struct lane *lane, const struct standing *standing)
{
    lane_drop(lane);
    lane->standing = *standing;
    ids_reset(lane->ids, standing);
    lane->next = standing->next;
    lane->anchor = standing->anchor;
    lane->last = NULL;
    lane->watermark_ms = standing->watermark_ms;
    memcpy(lane->outcomes, standing->outcomes, sizeof(lane->outcomes));
    lane->lateness_ms = lateness_of(lane);
    lane->is_at_end = false;
    lane->is_quiet = false;
    lane->is_idle = standing->is_idle;
    lane->is_stale = true;
    lane->must_claim = false;
}

uint32_t lane_windows(const struct lane *lane, int64_t event_ms)
{
    uint32_t windows = 0;

    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        if (!lane->config->windows[kind])
            continue;
        if (event_ms < lane->lateness_ms) {
            struct window window = window_of(kind, event_ms);
            if (window.start_ms < lane->standing.floor_ms[kind] ||
                (lane->watermark_ms != NO_TIME &&
                 window_end(window) + lane->config->kept_ms[kind] <= lane->watermark_ms))
                continue;
        }
        windows |= 1u << kind;
    }
    return windows;
}

void lane_anchor(struct lane *lane)
{
    const struct record *last = lane->last;

    if (last != NULL)
        lane->anchor = anchor_of(last->offset, last->timestamp_ms, last->key, last->value);
    lane->last = NULL;
}

void lane_see(struct lane *lane, int64_t event_ms)
{
    int64_t watermark_ms = event_ms - lane->config->out_of_orderness_ms;

    lane->is_quiet = false;
    if (watermark_ms <= lane->watermark_ms)
        return;
    lane->watermark_ms = watermark_ms;
    lane->lateness_ms = lateness_of(lane);
}

void lane_moved(struct lane *lane)
{
    lane->is_at_end = false;
    lane->is_idle = false;
}

void lane_ended(struct lane *lane, int64_t end_next, int64_t now_ms)
{
    if (end_next < lane->next) /* The end came before records of the same batch: it is no more. */
        return;
    if (end_next > lane->next) /* Only what is no record lies between: the markers of transactions. */
        lane->next = end_next;
    if (!lane->is_quiet)
        lane->end_ms = now_ms;
    lane->is_quiet = true;
    lane->is_at_end = true;
    lane->caught_up_ms = now_ms;
}

void lane_rest(struct lane *lane, int64_t idle_ms, int64_t now_ms)
{
    if (lane->is_at_end && now_ms - lane->end_ms >= idle_ms)
        lane->is_idle = true;
}

bool lane_has_rows(const struct lane *lane)
{
    return tally_rows(lane->tally) > 0 || (lane->taken != NULL && tally_rows(lane->taken) > 0);
}

bool lane_is_dirty(const struct lane *lane)
{
    return lane->next != lane->standing.next || lane->is_idle != lane->standing.is_idle;
}

bool lane_is_due(const struct lane *lane, int64_t now_ms)
{
    bool is_behind = !lane->is_at_end && now_ms - lane->caught_up_ms >= BEHIND_AFTER_MS;

    return now_ms - lane->flushed_ms >= lane->config->flush_interval_ms + (is_behind ? BEHIND_MS : 0);
}

struct portion lane_portion(const struct lane *lane)
{
    assert(lane->last == NULL);
    struct portion portion = {
        .tally = lane->tally,
        .taken = lane->taken,
        .ids = ids_change(lane->ids, lane->watermark_ms),
        .standing = &lane->standing,
        .next = lane->next,
        .anchor = lane->anchor,
        .watermark_ms = lane->watermark_ms,
        .is_idle = lane->is_idle,
    };

    memcpy(portion.outcomes, lane->outcomes, sizeof(portion.outcomes));
    return portion;
}

void lane_flushed(struct lane *lane, const struct portion *portion, int64_t now_ms)
{
    assert(portion->standing == &lane->standing);
    lane_drop(lane);
    ids_flushed(lane->ids);
    lane->standing.next = portion->next;
    lane->standing.anchor = portion->anchor;
    lane->standing.watermark_ms = portion->watermark_ms;
    lane->standing.is_idle = portion->is_idle;
    memcpy(lane->standing.outcomes, portion->outcomes, sizeof(lane->standing.outcomes));
    lane->flushed_ms = now_ms;
    lane->rewinds = 0;
}
