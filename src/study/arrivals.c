/*
 * Every hour gets its part of the events by carrying the remainder from hour to hour, so that the parts sum to exactly
 * the number asked for. Within an hour, event k of n falls somewhere in the k-th n-th of it: in order without a sort.
 *
 * Disorder: an event is handed out at its time plus a random delay below `disorder_ms`. Those under way wait in a
 * binary heap, the earliest arrival on top.
 */
#include "arrivals.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/core/window.h"
#include "random.h"
#include "study.h"

struct arrival {
    int64_t arrival_ms;
    int64_t event_ms;
    uint64_t number;
};

struct timetable {
    struct timetable_options options;
    uint64_t total;             /* weight of all hours */
    uint64_t carry;             /* of events * weight, not yet handed to an hour; < total */
    int64_t hour_ms, hour_size; /* the hour at hand, cut short at the ends of the range; ms */
    uint64_t hour_events;       /* events of this hour */
    uint64_t hour_at;           /* how many of them are out */
    uint64_t number;
    bool has_ahead;
    struct arrival ahead; /* the next event in order of time, not yet under way */
    size_t heap_count, heap_room;
    struct arrival *heap; /* under way */
};

__extension__ typedef unsigned __int128 wide; /* events * weight passes 64 bits */

static int64_t hour_size(const struct timetable *timetable, int64_t hour_ms)
{
    int64_t left = timetable->options.to_ms - hour_ms;

    return left < HOUR_MS ? left : HOUR_MS;
}

/* Relative number of events a millisecond: the week's volume times the hour's. */
static uint64_t rate_of(int64_t hour_ms)
{
    struct window day = window_of(WINDOW_DAY, hour_ms), week = window_of(WINDOW_WEEK, hour_ms);

    return (uint64_t)study_week(day.start_ms / DAY_MS)->billion_tokens *
           study_hour((uint32_t)((hour_ms - week.start_ms) / HOUR_MS));
}

static void begin_hour(struct timetable *timetable, int64_t hour_ms)
{
    timetable->hour_ms = hour_ms;
    timetable->hour_size = hour_size(timetable, hour_ms);
    timetable->hour_at = 0;
    wide due = (wide)timetable->options.events * (rate_of(hour_ms) * (uint64_t)timetable->hour_size) + timetable->carry;
    timetable->hour_events = (uint64_t)(due / timetable->total);
    timetable->carry = (uint64_t)(due % timetable->total);
}

static bool next_in_order(struct timetable *timetable, struct arrival *arrival)
{
    const struct timetable_options *options = &timetable->options;

    while (timetable->hour_at == timetable->hour_events) {
        if (timetable->hour_ms + timetable->hour_size >= options->to_ms)
            return false;
        begin_hour(timetable, timetable->hour_ms + timetable->hour_size);
    }
    struct draw draw = draw_stream(options->seed, ~timetable->number); /* Not the stream the event's contents are of. */
    uint64_t size = (uint64_t)timetable->hour_size;
    uint64_t within = (timetable->hour_at * size + draw_below(&draw, (uint32_t)size)) / timetable->hour_events;
    arrival->event_ms = timetable->hour_ms + (int64_t)within;
    arrival->arrival_ms = arrival->event_ms + draw_below(&draw, (uint32_t)options->disorder_ms + 1);
    arrival->number = timetable->number++;
    timetable->hour_at++;
    return true;
}

enum verdict timetable_open(struct timetable **out, const struct timetable_options *options, struct reason *why)
{
    struct timetable *timetable = calloc(1, sizeof *timetable);
    uint64_t fastest = 0;

    assert(options->events >= 1);
    assert(options->from_ms < options->to_ms);
    assert(options->to_ms - options->from_ms <= TIMETABLE_MS_MAX);
    assert(options->disorder_ms >= 0);
    *out = NULL;
    if (timetable == NULL)
        return no_memory(why, "for a timetable");
    timetable->options = *options;
    for (int64_t hour_ms = options->from_ms; hour_ms < options->to_ms; hour_ms += HOUR_MS) {
        uint64_t rate = rate_of(hour_ms);
        timetable->total += rate * (uint64_t)hour_size(timetable, hour_ms);
        fastest = rate > fastest ? rate : fastest;
    }
    /* Those under way are of the last `disorder_ms`; each hour rounds up by at most two. */
    wide under_way = (wide)options->events * fastest * (uint64_t)(options->disorder_ms + 1) / timetable->total;
    timetable->heap_room = (size_t)under_way + 2 * (size_t)(options->disorder_ms / HOUR_MS + 2);
    timetable->heap = calloc(timetable->heap_room, sizeof *timetable->heap);
    if (timetable->heap == NULL) {
        timetable_close(timetable);
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %zu events out of order", (size_t)under_way);
    }
    begin_hour(timetable, options->from_ms);
    timetable->has_ahead = next_in_order(timetable, &timetable->ahead);
    *out = timetable;
    return GO_ON;
}

void timetable_close(struct timetable *timetable)
{
    if (timetable == NULL)
        return;
    free(timetable->heap);
    free(timetable);
}

static bool is_before(const struct arrival *left, const struct arrival *right)
{
    if (left->arrival_ms != right->arrival_ms)
        return left->arrival_ms < right->arrival_ms;
    return left->number < right->number;
}

static void heap_put(struct timetable *timetable, struct arrival arrival)
{
    size_t at = timetable->heap_count++;

    assert(timetable->heap_count <= timetable->heap_room);
    for (; at > 0 && is_before(&arrival, &timetable->heap[(at - 1) / 2]); at = (at - 1) / 2)
        timetable->heap[at] = timetable->heap[(at - 1) / 2];
    timetable->heap[at] = arrival;
}

static struct arrival heap_take(struct timetable *timetable)
{
    struct arrival first = timetable->heap[0], last = timetable->heap[--timetable->heap_count];
    size_t at = 0;

    for (size_t child = 1; child < timetable->heap_count; child = 2 * at + 1) {
        if (child + 1 < timetable->heap_count && is_before(&timetable->heap[child + 1], &timetable->heap[child]))
            child++;
        if (!is_before(&timetable->heap[child], &last))
            break;
        timetable->heap[at] = timetable->heap[child];
        at = child;
    }
    timetable->heap[at] = last;
    return first;
}

bool timetable_next(struct timetable *timetable, uint64_t *number, int64_t *event_ms)
{
    /* What happens at or after the top's arrival arrives after it: then the top is next. */
    while (timetable->has_ahead &&
           (timetable->heap_count == 0 || timetable->ahead.event_ms < timetable->heap[0].arrival_ms)) {
        heap_put(timetable, timetable->ahead);
        timetable->has_ahead = next_in_order(timetable, &timetable->ahead);
    }
    if (timetable->heap_count == 0)
        return false;
    struct arrival arrival = heap_take(timetable);
    *number = arrival.number;
    *event_ms = arrival.event_ms;
    return true;
}
