/*
 * The end of windows that are kept long enough: sealed in all partitions, then deleted, kind by kind. Sealing waits
 * until they are published, until no partition is stopped or rolled back, and until no log holds records that might
 * still belong into them.
 */
#include "closer_collect.h"

#include <inttypes.h>

#include "closer_due.h"
#include "gentally/base/grow.h"
#include "gentally/base/log.h"
#include "gentally/config/config.h"
#include "gentally/publish/merger.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_retention.h"

static bool is_over(const struct stored_window *stored, enum window_kind kind, int64_t floor_ms)
{
    return stored->window.kind == kind && stored->window.start_ms < floor_ms;
}

static bool has_windows(const struct closer *closer, enum window_kind kind, int64_t floor_ms)
{
    for (uint32_t i = 0; i < closer->survey.count; i++)
        if (is_over(&closer->survey.windows[i], kind, floor_ms))
            return true;
    return false;
}

/* The floor, or the start of the first window below it whose last summary lacks records: what is complete before that
 * is ended, and a window that waits, or is in trouble, holds up none that is older. */
static int64_t complete_until(const struct closer *closer, enum window_kind kind, int64_t floor_ms)
{
    for (uint32_t i = 0; i < closer->survey.count; i++) {
        if (!is_over(&closer->survey.windows[i], kind, floor_ms))
            continue;
        struct window_facts facts = closer_facts(closer, &closer->survey.windows[i], false, false);
        if (!facts.is_sealed && (facts.is_short || !emit_rule_is_complete(&facts)))
            return closer->survey.windows[i].window.start_ms;
    }
    return floor_ms;
}

/* The partition's windows of `kind` that start before the floor, into the scratch. */
static enum verdict select_windows(struct closer *closer, const struct survey_partition *partition,
                                   enum window_kind kind, int64_t floor_ms, uint32_t *count, struct reason *why)
{
    *count = 0;
    if (partition->count > closer->scratch_room) {
        struct stored_window *scratch =
            grow(closer->scratch, &closer->scratch_room, partition->count, sizeof(*scratch));
        if (scratch == NULL)
            return no_memory(why, "to collect windows");
        closer->scratch = scratch;
    }
    for (uint32_t i = 0; i < partition->count; i++)
        if (is_over(&partition->windows[i], kind, floor_ms))
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

/* Past a partition that stopped nothing is sealed: mended, it counts on. Nor while one is on its way back to where it
 * was, since its floors were rolled back as well. */
static bool are_all_there(const struct closer *closer)
{
    struct reason behind;

    return survey_find_stopped(&closer->survey) == NULL && closer_check_offsets(closer, &behind) == GO_ON;
}

/* Sealing is for good, so the closer does not take an idle partition's word that it has nothing to add: the owner that
 * said so may be gone, and the log may have grown for longer than windows are kept. Then sealing waits until the next
 * owner claims the partition. Nor is sealed while the input has partitions that the closer does not know: they may hold
 * records of these very windows. */
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

/* Once all partitions have sealed these months, what their records say of retention is merged, the shards seal them,
 * and what is not told of it is published; then the counts go. */
static enum verdict end_retention(struct closer *closer, int64_t floor_ms, uint64_t connections,
                                  struct sealed_rest *rest, struct reason *why)
{
    struct survey *survey = &closer->survey;
    uint32_t floor = month_number(floor_ms);
    enum verdict verdict = GO_ON;

    if (floor_ms <= 0 || floor >= MONTHS_MAX)
        return GO_ON;
    bool is_due = survey_has_retention(survey) && survey->retention_floor < floor;
    if (is_due && closer->merger != NULL)
        verdict = merger_run(closer->merger, survey->partition_count, why);
    if (verdict == GO_ON && is_due)
        verdict = store_retention_seal(closer->store, floor, connections, why);
    if (verdict == GO_ON && survey_has_retention(survey))
        verdict = survey_take_retention(survey, closer->store, why);
    for (uint32_t i = 0; verdict == GO_ON && i < survey->count; i++)
        if (is_over(&survey->windows[i], WINDOW_MONTH, floor_ms))
            closer_add_rest(closer, &survey->windows[i], rest);
    if (verdict != GO_ON || rest->is_there || !survey_has_retention(survey))
        return verdict;
    return store_retention_collect(closer->store, survey->retention, floor, why);
}

/* Primaries of a cluster fail one by one, and the successor of one may have forgotten that it sealed a window: if
 * others had deleted it by then, it could never be told again, nor sealed. So there it is deleted when all have been
 * sealed for so long that none forgets it any more. False: not yet; else `*floor_ms` is how far they have been. */
static bool has_aged(struct closer *closer, enum window_kind kind, int64_t *floor_ms)
{
    struct aging *aging = &closer->aging[kind];
    const struct aging before = *aging;

    if (!store_is_cluster(closer->store))
        return true;
    bool is_kept = before.is_there && survey_floor(&closer->survey, kind) >= before.floor_ms;
    bool is_old = is_kept && closer->now_ms - before.sealed_ms >= store_forgotten_ms();
    if (is_old)
        *floor_ms = before.floor_ms;
    if (is_old || !is_kept)
        *aging = (struct aging){.is_there = !is_old, .floor_ms = *floor_ms, .sealed_ms = closer->now_ms};
    return is_old;
}

/* Whether windows that were sealed wait to be old enough; until then no others are sealed. */
static bool is_aging(const struct closer *closer, enum window_kind kind)
{
    const struct aging *aging = &closer->aging[kind];

    return aging->is_there && closer->now_ms - aging->sealed_ms < store_forgotten_ms();
}

/* Ends the windows of one kind that start before the floor. Nothing is sealed, nor deleted, but with the lease in hand:
 * who took it meanwhile may be telling one of these windows anew, in several transactions, and could not end that. */
static enum verdict end_windows(struct closer *closer, enum window_kind kind, int64_t floor_ms, bool *has_more,
                                struct reason *why)
{
    struct sealed_rest rest = {.is_there = false};
    uint64_t connections = store_connections(closer->store); /* Another one may lead to a Redis that rolled back. */
    enum verdict verdict = closer_hold_for(&closer->hold, CLOSER_HOLD_MS, why);

    if (verdict == GO_ON)
        verdict = seal_all(closer, kind, floor_ms, why);
    if (verdict == GO_ON)
        verdict = closer_hold_for(&closer->hold, CLOSER_HOLD_MS, why);
    if (verdict == GO_ON && !has_aged(closer, kind, &floor_ms))
        return GO_ON;
    if (verdict == GO_ON && kind == WINDOW_MONTH)
        verdict = end_retention(closer, floor_ms, connections, &rest, why);
    *has_more = verdict == GO_ON && rest.is_due;
    if (verdict == GO_ON && !rest.is_there)
        verdict = collect_all(closer, kind, floor_ms, why);
    if (verdict == GO_ON && !rest.is_there)
        log_line(closer->logger, LOG_LEVEL_INFO, "CLOSER-COLLECTED", "window=%s floor_ms=%" PRId64,
                 window_kind_name(kind), floor_ms);
    return verdict;
}

enum verdict closer_collect(struct closer *closer, bool *has_more, struct reason *why)
{
    enum verdict verdict = GO_ON;
    int64_t watermark_ms = closer->survey.watermark_ms;
    bool is_asked = false; /* where the logs end */

    if (!are_all_there(closer))
        return GO_ON;
    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS && watermark_ms != NO_TIME; kind++) {
        int64_t floor_ms = window_of(kind, watermark_ms - closer->config->kept_ms[kind]).start_ms;
        floor_ms = complete_until(closer, kind, floor_ms);
        if (!closer->config->windows[kind] || is_aging(closer, kind) || !has_windows(closer, kind, floor_ms))
            continue;
        if (!may_seal(closer, &is_asked))
            break;
        verdict = end_windows(closer, kind, floor_ms, has_more, why);
        if (verdict != GO_ON || *has_more)
            break;
    }
    if (verdict == HALT && (why->id == STORE_TAINTED || why->id == STORE_STATE_MISSING)) {
        log_reason(closer->logger, LOG_LEVEL_WARN, why); /* since the survey, which goes without it from now on */
        return GO_ON;
    }
    return verdict == TRY_LATER ? GO_ON : verdict;
}
