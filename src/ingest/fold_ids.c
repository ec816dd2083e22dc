/* Decides by id, and remembers what it decided. */
#include "fold_ids.h"

#include <assert.h>
#include <inttypes.h>

#include "correction.h"
#include "retention.h"

#define SYMBOLS_OF_AN_EVENT (DIM_COUNT + 2u * EVENT_LABELS_MAX)

bool fold_ids_have_room(const struct fold *fold, const struct partition *partition)
{
    uint32_t symbols = 2 * SYMBOLS_OF_AN_EVENT; /* those of the old contribution, and of the new one */

    return ids_has_room(partition->ids) && (partition->taken == NULL || tally_has_room(partition->taken)) &&
           symbols_has_room(fold->symbols, symbols, (size_t)symbols * EVENT_TEXT_MAX);
}

/* One record and what its id has to say about it. */
struct question {
    struct id_key key;
    struct id_known known;
    struct digest digest; /* of the record's event */
    bool is_left_out;     /* the record's event; never a retraction, which says nothing of its own */
};

static enum verdict remember(struct fold *fold, struct partition *partition, const struct question *question,
                             enum id_state state, struct placement placement, struct reason *why)
{
    struct id_known now = {.state = state, .digest = question->digest};

    if (state == ID_RETRACTED) /* A retraction says nothing of its own. */
        now.digest = question->known.digest;
    if (state == ID_LEFT_OUT)
        fold->fact = (struct fact){.event_ms = fold->event.created_ms};
    if (state == ID_COUNTED || state == ID_LEFT_OUT)
        now.contribution = (struct span){(const char *)fold->contribution,
                                         contribution_write(&fold->fact, placement, fold->symbols, fold->contribution)};
    return ids_put(partition->ids, question->key, partition->watermark_ms, &question->known, &now, why);
}

/* With `ids` = amend what is left out is remembered, too, so that it can be amended to what counts; with dedup it is
 * not: it blocks no record that counts. */
static enum verdict create(struct fold *fold, struct partition *partition, const struct question *question,
                           enum outcome *outcome, struct reason *why)
{
    const struct placement nowhere = {.rollups = fold->config->rollups_mark};
    bool is_kept = fold->config->ids == IDS_AMEND;

    if (question->is_left_out) {
        *outcome = fold_event_leave_out(fold, partition);
        return is_kept ? remember(fold, partition, question, ID_LEFT_OUT, nowhere, why) : GO_ON;
    }
    enum verdict verdict = fold_event(fold, partition, outcome, why);
    if (verdict != GO_ON)
        return verdict;
    struct placement placement = {.placed = fold->fact.windows, .rollups = fold->config->rollups_mark};
    return remember(fold, partition, question, is_kept ? ID_COUNTED : ID_SEEN, placement, why);
}

static enum verdict too_late(const struct partition *partition, int64_t event_ms, enum outcome *outcome,
                             struct reason *why)
{
    *outcome = OUTCOME_TOO_LATE;
    return reason_set(why, SET_ASIDE, EVENT_TOO_LATE, 0,
                      "all windows it would change are closed for good: %" PRId64 " ms before the watermark",
                      partition->watermark_ms - event_ms);
}

/* Reads what is to be taken back into fold->old. */
static enum verdict recollect(struct fold *fold, const struct partition *partition, const struct id_known *known,
                              struct placement *placement, struct reason *why)
{
    if (known->state == ID_UNKNOWN)
        return reason_set(why, SET_ASIDE, EVENT_AMEND_UNKNOWN, 0,
                          "no event of this id is known: it is older than ids_kept_hours, was never counted, or is in "
                          "another partition: records must be keyed by id");
    if (known->state == ID_RETRACTED)
        return reason_set(why, SET_ASIDE, EVENT_AMEND_RETRACTED, 0, "the event of this id was retracted");
    if (known->state == ID_SEEN)
        return reason_set(why, SET_ASIDE, EVENT_AMEND_UNKNOWN, 0,
                          "the event of this id was counted while ids was `dedup`: what it added was not kept");
    if (!contribution_read(known->contribution, fold->symbols, &fold->old, placement))
        return reason_set(why, HALT, STORE_DAMAGED, 0,
                          "partition %" PRId32 ": what an id contributed does not read as we wrote it",
                          partition->state.partition);
    if (known->state == ID_LEFT_OUT) /* No row has it, be it of these rollups or of others. */
        *placement = (struct placement){.stuck = placement->stuck, .rollups = fold->config->rollups_mark};
    if (placement->rollups != fold->config->rollups_mark)
        return reason_set(why, SET_ASIDE, EVENT_AMEND_UNKNOWN, 0,
                          "the event of this id was counted under other rollups than are configured now");
    return GO_ON;
}

/* What the id of a record is after it. */
static enum id_state state_after(const struct question *question, enum event_op op)
{
    if (op == OP_RETRACT)
        return ID_RETRACTED;
    return question->is_left_out ? ID_LEFT_OUT : ID_COUNTED;
}

/* Puts fold->event in the place of what its id counted, fold->old at `placement`; or nothing, if that is to be taken
 * back or left out. */
static enum verdict replace(struct fold *fold, struct partition *partition, const struct question *question,
                            struct placement placement, enum outcome *outcome, struct reason *why)
{
    const struct event *event = &fold->event;
    enum id_state state = state_after(question, event->op);
    bool is_put = state == ID_COUNTED;
    uint32_t open = is_put ? partition_windows(partition, event->created_ms) : 0;
    struct correction correction = correction_of(
        placement, fold->old.event_ms, partition_windows(partition, fold->old.event_ms), event->created_ms, open);

    if (is_put && open == 0)
        return too_late(partition, event->created_ms, outcome, why);
    bool is_changed = (correction.taken | correction.added) != 0;
    if (!is_changed && (is_put || question->known.state != ID_LEFT_OUT))
        return too_late(partition, fold->old.event_ms, outcome, why);
    fold->old.windows = TAKEN_BIT | correction.taken | correction.alone << TAKEN_ALONE_SHIFT;
    if (correction.taken != 0)
        tally_add(partition->taken, &fold->old);
    if (is_put) {
        fold_event_enrich(fold, partition);
        fold->fact.windows = correction.added;
        if (correction.added != 0)
            tally_add(partition->tally, &fold->fact);
        if (fold->retention != NULL) /* A union: what the event was before stays noted, like its account. */
            retention_note(fold->retention, &partition->pairs, &fold->fact);
    }
    if (state != ID_RETRACTED)
        partition_move_watermark(partition, event->created_ms);
    *outcome = is_changed ? OUTCOME_COUNTED : OUTCOME_FILTERED;
    return remember(fold, partition, question, state, correction.placement, why);
}

static enum verdict change(struct fold *fold, struct partition *partition, const struct question *question,
                           enum outcome *outcome, struct reason *why)
{
    struct placement placement;

    *outcome = OUTCOME_DEAD_LETTERED;
    enum verdict verdict = recollect(fold, partition, &question->known, &placement, why);
    if (verdict != GO_ON)
        return verdict;
    return replace(fold, partition, question, placement, outcome, why);
}

/* ---- a create whose id is known, and said something else ---- */

static enum verdict conflict(const struct question *question, enum outcome *outcome, const char *because,
                             struct reason *why)
{
    char fields[DIGEST_NAMES_MAX];

    digest_difference(&question->known.digest, &question->digest, fields);
    *outcome = OUTCOME_CONFLICTING;
    return reason_set(why, SET_ASIDE, EVENT_ID_CONFLICT, 0, "its id was counted with another %s; %s", fields, because);
}

static enum verdict meet_other(struct fold *fold, struct partition *partition, const struct question *question,
                               enum outcome *outcome, struct reason *why)
{
    bool is_other = question->known.state != ID_LEFT_OUT; /* What counts nothing is in nobody's way. */
    struct placement placement;

    if (question->known.state == ID_RETRACTED)
        return conflict(question, outcome, "that event was retracted", why);
    if (is_other && fold->config->ids_keep == KEEP_FIRST)
        return conflict(question, outcome, "the first one counts", why);
    if (question->known.state == ID_SEEN)
        return conflict(question, outcome, "what that added was not kept: `ids` was `dedup`", why);
    enum verdict verdict = recollect(fold, partition, &question->known, &placement, why);
    if (verdict == SET_ASIDE)
        return conflict(question, outcome, "it was counted under other rollups than are configured now", why);
    if (verdict != GO_ON)
        return verdict;
    bool is_older = is_other && fold->event.created_ms < fold->old.event_ms;
    if (is_older && question->is_left_out) {
        *outcome = fold_event_leave_out(fold, partition);
        return GO_ON;
    }
    if (is_older)
        return conflict(question, outcome, "that one is newer by created_at", why);
    verdict = replace(fold, partition, question, placement, outcome, why);
    fold->conflicts += verdict == GO_ON && is_other ? 1 : 0;
    return verdict;
}

/* True if a record that is left out changes nothing: its id was retracted, or the record is a create that would not
 * stand for the id if it counted. */
static bool is_idle(const struct fold *fold, const struct question *question)
{
    bool is_create = fold->event.op == OP_CREATE;

    return question->known.state == ID_RETRACTED ||
           (is_create && (fold->config->ids_keep == KEEP_FIRST || id_known_said(&question->known, &question->digest)));
}

enum verdict fold_by_id(struct fold *fold, struct partition *partition, enum outcome *outcome, struct reason *why)
{
    const struct event *event = &fold->event;
    struct question question = {
        .key = ids_key(partition->ids, event->id),
        .digest = ids_digest(partition->ids, event, enrich_account(fold->enrich, event->account)),
        .is_left_out = event->op != OP_RETRACT && fold_event_is_left_out(fold),
    };

    if (question.is_left_out)
        digest_leave_out(&question.digest);
    question.known = ids_find(partition->ids, question.key, partition->watermark_ms);
    assert(event->op == OP_CREATE || partition->taken != NULL);
    if (event->op == OP_CREATE && question.known.state == ID_UNKNOWN)
        return create(fold, partition, &question, outcome, why);
    if (question.is_left_out && is_idle(fold, &question)) {
        *outcome = fold_event_leave_out(fold, partition);
        return GO_ON;
    }
    bool is_repeated = event->op == OP_CREATE ? id_known_said(&question.known, &question.digest)
                                              : event->op == OP_RETRACT && question.known.state == ID_RETRACTED;
    if (is_repeated) {
        *outcome = OUTCOME_DUPLICATE;
        return GO_ON;
    }
    return event->op == OP_CREATE ? meet_other(fold, partition, &question, outcome, why)
                                  : change(fold, partition, &question, outcome, why);
}
