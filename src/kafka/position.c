/* The guard of a partition's log; position.h says why. */
#include "position.h"

struct position position_at(int64_t next, const struct anchor *anchor)
{
    struct position position = {.expected = next, .next = next, .jump = POSITION_NO_JUMP, .is_assigned = true};

    position.anchor = *anchor;
    if (anchor->offset >= next) /* No record we counted: nothing to look for. */
        position.anchor.offset = ANCHOR_NONE;
    if (position.anchor.offset != ANCHOR_NONE)
        position.expected = anchor->offset;
    return position;
}

void position_forget_anchor(struct position *position)
{
    position->anchor.offset = ANCHOR_NONE;
    position->expected = position->next;
    position->jump = POSITION_NO_JUMP;
    position->suspicion = SUSPICION_NONE;
}

static enum arrival suspect(struct position *position, enum suspicion suspicion)
{
    position->suspicion = suspicion;
    position->is_waiting = true;
    return ARRIVAL_SUSPECT;
}

/* A record or an end may pass if it is at the position, or if the log makes the same jump twice. */
static enum arrival arrive(struct position *position, int64_t offset)
{
    bool is_first_jump = false;

    if (position->is_waiting || offset < position->expected)
        return ARRIVAL_DROP;
    if (offset > position->expected && !(position->is_settled && position->is_sparse)) {
        if (position->jump != offset) {
            position->jump = offset;
            position->is_waiting = true;
            return ARRIVAL_AGAIN;
        }
        if (position->anchor.offset != ANCHOR_NONE)
            return ARRIVAL_ANCHOR_GONE;
        is_first_jump = !position->is_sparse;
        position->is_sparse = true;
    }
    position->jump = POSITION_NO_JUMP;
    position->is_settled = true;
    position->expected = offset;
    return is_first_jump ? ARRIVAL_FIRST_SPARSE : ARRIVAL_PASS;
}

/* The record at the anchor's offset is the one that was counted last, or another one. */
static enum arrival compare(struct position *position, const struct record *record)
{
    position->found = anchor_of(record->offset, record->timestamp_ms, record->key, record->value);
    if (!anchor_equal(&position->found, &position->anchor))
        return suspect(position, SUSPICION_FOREIGN);
    position_forget_anchor(position);
    return ARRIVAL_DROP;
}

enum arrival position_record(struct position *position, const struct record *record)
{
    enum arrival arrival = arrive(position, record->offset);

    if (arrival != ARRIVAL_PASS && arrival != ARRIVAL_FIRST_SPARSE)
        return arrival;
    if (position->anchor.offset != ANCHOR_NONE)
        return compare(position, record);
    position->expected = record->offset + 1;
    position->broken_tries = 0;
    return arrival;
}

enum arrival position_end(struct position *position, int64_t offset)
{
    /* Even if nothing but markers is missing: the next record would get an offset that was passed already. */
    if (!position->is_waiting && offset < position->next)
        return suspect(position, SUSPICION_SHORT);
    return arrive(position, offset);
}

/* Hands out what is known to be lost. The fetcher stands before it, so the log is read again behind it. */
static enum arrival pass_lost(struct position *position, struct record *record)
{
    const struct lost_range *lost = &position->lost;
    int64_t first = position->expected > lost->first ? position->expected : lost->first;

    *record = (struct record){.offset = first, .timestamp_ms = -1, .unreadable = lost->end - first};
    position->expected = lost->end;
    position->jump = POSITION_NO_JUMP;
    position->broken_tries = 0;
    position->is_waiting = true;
    return ARRIVAL_PASS;
}

enum arrival position_broken(struct position *position, int64_t offset, struct record *record)
{
    const struct lost_range *lost = &position->lost;
    bool has_anchor = position->anchor.offset != ANCHOR_NONE;

    if (position->is_waiting)
        return ARRIVAL_DROP;
    if (!has_anchor && offset == lost->base && position->expected >= lost->from && position->expected < lost->end)
        return pass_lost(position, record);
    position->broken_tries = offset == position->broken ? position->broken_tries + 1 : 1;
    position->broken = offset;
    if (position->broken_tries >= BROKEN_TRIES)
        return has_anchor ? ARRIVAL_ANCHOR_GONE : suspect(position, SUSPICION_BROKEN);
    position->is_waiting = true;
    return ARRIVAL_AGAIN;
}

void position_lose(struct position *position, int64_t end)
{
    int64_t first = position->broken > position->expected ? position->broken : position->expected;

    position->lost = (struct lost_range){position->broken, position->expected, first, end};
}

void position_refuse(struct position *position)
{
    suspect(position, SUSPICION_NO_OFFSET);
}
