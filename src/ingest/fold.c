/* Decides for each record between its ends, counted, left out or dead-lettered, and says why. */
#include "fold.h"

#include <inttypes.h>

#include "fold_ids.h"
#include "gentally/codec/wire_look.h"
#include "gentally/core/decider.h"
#include "gentally/kafka/producer.h"
#include "retention.h"
#include "writer_schemas.h"

static enum verdict set_aside(struct fold *fold, struct partition *partition, const struct record *record,
                              enum outcome outcome, const struct reason *because, struct reason *why)
{
    int64_t offsets = record->unreadable > 0 ? record->unreadable : 1;
    char decided_by[DECIDER_SIZE];

    decider_write(partition->state.incarnation, partition->state.token, decided_by);
    enum verdict verdict =
        producer_dead_letter(fold->producer, fold->dead_letters, fold->config->topic, record, decided_by, because, why);
    if (verdict != GO_ON)
        return verdict;
    log_line(fold->logger, LOG_LEVEL_DEBUG, reason_name(because->id), "partition=%" PRId32 " offset=%" PRId64,
             record->partition, record->offset);
    fold->records++;
    fold->letters++;
    fold->letters_total++;
    fold->letters_by[because->id]++;
    fold->bytes += record->value.size;
    fold->outcomes[outcome] += (uint64_t)offsets;
    if (because->id == EVENT_FUTURE) {
        fold->futures_total++;
        fold->last_future = *because;
    }
    fold->conflicts += outcome == OUTCOME_CONFLICTING ? 1 : 0;
    partition->outcomes[outcome] += offsets;
    partition->next = record->offset + offsets;
    return GO_ON;
}

/* Its bytes are nowhere to be had but in the log: the letter says where. */
static enum verdict set_aside_unreadable(struct fold *fold, struct partition *partition, const struct record *record,
                                         struct reason *why)
{
    reason_set(&fold->because, SET_ASIDE, SOURCE_UNREADABLE, 0,
               "partition %" PRId32 ", offsets %" PRId64 " to %" PRId64
               ": the batch there cannot be unpacked; its bytes lie in the log as long as the topic keeps them",
               record->partition, record->offset, record->offset + record->unreadable - 1);
    return set_aside(fold, partition, record, OUTCOME_DEAD_LETTERED, &fold->because, why);
}

static enum verdict check_op(const struct fold *fold, struct reason *why)
{
    if (fold->event.op == OP_CREATE || fold->config->ids == IDS_AMEND)
        return GO_ON;
    return reason_set(why, SET_ASIDE, EVENT_OP_UNSUPPORTED, 0,
                      "op is not create, and what events counted is not kept; ids = amend keeps it from then on");
}

/* A schema that is not known is asked for. */
static enum verdict decode(struct fold *fold, const struct record *record, struct reason *why)
{
    enum verdict verdict = decode_event(fold->decoder, record->value, &fold->event, why);

    if (verdict != SET_ASIDE || why->id != DECODE_SCHEMA_UNKNOWN || fold->schemas == NULL)
        return verdict;
    verdict = writer_schemas_ask(fold->schemas, record->value, fold->turned_ms, why);
    return verdict == SET_ASIDE ? wire_tell(record->value, verdict, why) : verdict;
}

/* Without ids. */
static enum verdict fold_alone(struct fold *fold, struct partition *partition, enum outcome *outcome,
                               struct reason *why)
{
    if (!fold_event_is_left_out(fold))
        return fold_event(fold, partition, outcome, why);
    *outcome = fold_event_leave_out(fold, partition);
    return GO_ON;
}

enum verdict fold_record(struct fold *fold, struct partition *partition, const struct record *record,
                         const struct present *present, struct reason *why)
{
    enum outcome outcome = OUTCOME_DEAD_LETTERED;
    struct reason *because = &fold->because;
    bool has_ids = fold->config->ids != IDS_OFF;

    if (!tally_has_room(partition->tally) || !enrich_has_room(fold->enrich) ||
        (has_ids && !fold_ids_have_room(fold, partition)) ||
        (fold->retention != NULL && !retention_has_room(fold->retention, &partition->pairs)))
        return reason_set(why, TRY_LATER, FOLD_NO_ROOM, 0, "flush first");
    if (fold->retention != NULL && !pair_log_reserve(&partition->pairs))
        return no_memory(why, "for retention");
    fold->offset = record->offset;
    if (record->unreadable > 0)
        return set_aside_unreadable(fold, partition, record, why);
    enum verdict verdict = decode(fold, record, because);
    if (verdict == GO_ON)
        verdict = event_check(&fold->event, because);
    if (verdict == GO_ON) {
        event_canonicalise(&fold->event, &fold->texts);
        verdict = check_op(fold, because);
    }
    if (verdict == GO_ON)
        verdict = present_check(present, record, fold->event.created_ms, fold->config->future_skew_ms, because);
    if (verdict == GO_ON)
        verdict =
            has_ids ? fold_by_id(fold, partition, &outcome, because) : fold_alone(fold, partition, &outcome, because);
    if (verdict == SET_ASIDE)
        return set_aside(fold, partition, record, outcome, because, why);
    if (verdict != GO_ON) {
        *why = *because;
        return verdict;
    }
    fold->records++;
    fold->bytes += record->value.size;
    fold->outcomes[outcome]++;
    partition->outcomes[outcome]++;
    partition->next = record->offset + 1;
    return GO_ON;
}
