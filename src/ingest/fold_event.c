/* Counts one event into the windows that are still open for it. */
#include "fold_event.h"

#include <inttypes.h>

#include "erased.h"
#include "retention.h"

static enum verdict check_late(const struct partition *partition, int64_t event_ms, uint32_t *windows,
                               struct reason *why)
{
    *windows = partition_windows(partition, event_ms);
    if (*windows != 0)
        return GO_ON;
    return reason_set(why, SET_ASIDE, EVENT_TOO_LATE, 0,
                      "all its windows are closed for good: %" PRId64 " ms before the watermark",
                      partition->watermark_ms - event_ms);
}

void fold_event_enrich(struct fold *fold, const struct partition *partition)
{
    enrich_event(fold->enrich, &fold->event, &fold->fact);
    struct pseudonym account = fold->fact.account;
    if (fold->erased == NULL || !erased_take(fold->erased, partition->state.partition, fold->offset, &account))
        return;
    enrich_erase(fold->enrich, fold->notes_erased ? account : (struct pseudonym){0}, &fold->fact);
}

enum outcome fold_event_leave_out(const struct fold *fold, struct partition *partition)
{
    partition_move_watermark(partition, fold->event.created_ms);
    return OUTCOME_FILTERED;
}

enum verdict fold_event(struct fold *fold, struct partition *partition, enum outcome *outcome, struct reason *why)
{
    uint32_t windows = 0;
    enum verdict verdict = check_late(partition, fold->event.created_ms, &windows, why);

    *outcome = verdict == GO_ON ? OUTCOME_COUNTED : OUTCOME_TOO_LATE;
    if (verdict != GO_ON)
        return verdict;
    fold_event_enrich(fold, partition);
    fold->fact.windows = windows;
    if (fold->retention != NULL)
        retention_expect(fold->retention, &partition->pairs, &fold->fact);
    tally_add(partition->tally, &fold->fact);
    if (fold->retention != NULL)
        retention_note(fold->retention, &partition->pairs, &fold->fact);
    partition_move_watermark(partition, fold->event.created_ms);
    return GO_ON;
}
