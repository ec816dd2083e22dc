/* See place.h. */
#include "position.h"

struct place place_at(int64_t next, const struct anchor *anchor)
{
    struct place place = {.expected = next, .next = next, .jump = PLACE_NO_JUMP, .is_assigned = true};

    place.anchor = *anchor;
    if (anchor->offset >= next) /* No record we counted: nothing to look for. */
        place.anchor.offset = ANCHOR_NONE;
    if (place.anchor.offset != ANCHOR_NONE)
        place.expected = anchor->offset;
    return place;
}

void place_forget_anchor(struct place *place)
{
    place->anchor.offset = ANCHOR_NONE;
    place->expected = place->next;
    place->jump = PLACE_NO_JUMP;
    place->doubt = DOUBT_NONE;
}

static enum arrival doubt(struct place *place, enum doubt what)
{
    place->doubt = what;
    place->is_waiting = true;
    return ARRIVAL_DOUBT;
}

/* What arrives may pass if it is at the place, or if the log makes the same jump twice. */
static enum arrival arrive(struct place *place, int64_t offset)
{
    bool is_first_jump = false;

    if (place->is_waiting || offset < place->expected)
        return ARRIVAL_DROP;
    if (offset > place->expected && !(place->is_settled && place->is_sparse)) {
        if (place->jump != offset) {
            place->jump = offset;
            place->is_waiting = true;
            return ARRIVAL_AGAIN;
        }
        if (place->anchor.offset != ANCHOR_NONE)
            return ARRIVAL_ANCHOR_GONE;
        is_first_jump = !place->is_sparse;
        place->is_sparse = true;
    }
    place->jump = PLACE_NO_JUMP;
    place->is_settled = true;
    place->expected = offset;
    return is_first_jump ? ARRIVAL_FIRST_SPARSE : ARRIVAL_PASS;
}

/* The record at the anchor's offset: the one we counted last, or another's. */
static enum arrival compare(struct place *place, const struct record *record)
{
    place->found = anchor_of(record->offset, record->timestamp_ms, record->key, record->value);
    if (!anchor_equal(&place->found, &place->anchor))
        return doubt(place, DOUBT_FOREIGN);
    place_forget_anchor(place);
    return ARRIVAL_DROP;
}

enum arrival place_record(struct place *place, const struct record *record)
{
    enum arrival arrival = arrive(place, record->offset);

    if (arrival != ARRIVAL_PASS && arrival != ARRIVAL_FIRST_SPARSE)
        return arrival;
    if (place->anchor.offset != ANCHOR_NONE)
        return compare(place, record);
    place->expected = record->offset + 1;
    return arrival;
}

enum arrival place_end(struct place *place, int64_t offset)
{
    /* Even if nothing but markers is missing: the next record would get an offset that was passed already. */
    if (!place->is_waiting && offset < place->next)
        return doubt(place, DOUBT_SHORT);
    return arrive(place, offset);
}

void place_refuse(struct place *place)
{
    doubt(place, DOUBT_NO_OFFSET);
}
