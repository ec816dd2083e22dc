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

struct timed_event {
    int64_t arrival_ms;
    int64_t event_ms;
    uint64_t number;
};

struct arrivals {
    struct arrivals_options options;
    uint64_t total;             /* weight of all hours */
    uint64_t carry;             /* of events * weight, not yet handed to an hour; < total */
    int64_t hour_ms, hour_size; /* the hour at hand, cut short at the ends of the range; ms */
    uint64_t hour_events;       /* events of this hour */
    uint64_t hour_at;           /* how many of them are out */
    uint64_t number;
    bool has_ahead;
    struct timed_event ahead; /* the next event in order of time, not yet under way */
    size_t heap_count, heap_room;
    struct timed_event *heap; /* under way */
};

__extension__ typedef unsigned __int128 wide; /* events * weight passes 64 bits */

static int64_t hour_size(const struct arrivals *arrivals, int64_t hour_ms)
{
    int64_t left = arrivals->options.to_ms - hour_ms;

    return left < HOUR_MS ? left : HOUR_MS;
}

/* Relative number of events a millisecond: the week's volume times the hour's. */
static uint64_t rate_of(int64_t hour_ms)
{
    struct window day = window_of(WINDOW_DAY, hour_ms), week = window_of(WINDOW_WEEK, hour_ms);

    return (uint64_t)study_week(day.start_ms / DAY_MS)->billion_tokens *
           study_hour((uint32_t)((hour_ms - week.start_ms) / HOUR_MS));
}

static void begin_hour(struct arrivals *arrivals, int64_t hour_ms)
{
    arrivals->hour_ms = hour_ms;
    arrivals->hour_size = hour_size(arrivals, hour_ms);
    arrivals->hour_at = 0;
    wide due = (wide)arrivals->options.events * (rate_of(hour_ms) * (uint64_t)arrivals->hour_size) + arrivals->carry;
    arrivals->hour_events = (uint64_t)(due / arrivals->total);
    arrivals->carry = (uint64_t)(due % arrivals->total);
}

static bool next_in_order(struct arrivals *arrivals, struct timed_event *arrival)
{
    const struct arrivals_options *options = &arrivals->options;

    while (arrivals->hour_at == arrivals->hour_events) {
        if (arrivals->hour_ms + arrivals->hour_size >= options->to_ms)
            return false;
        begin_hour(arrivals, arrivals->hour_ms + arrivals->hour_size);
    }
    struct random_stream stream =
        random_stream(options->seed, ~arrivals->number); /* Not the stream the event's contents are of. */
    uint64_t size = (uint64_t)arrivals->hour_size;
    uint64_t within = (arrivals->hour_at * size + random_below(&stream, (uint32_t)size)) / arrivals->hour_events;
    arrival->event_ms = arrivals->hour_ms + (int64_t)within;
    arrival->arrival_ms = arrival->event_ms + random_below(&stream, (uint32_t)options->disorder_ms + 1);
    arrival->number = arrivals->number++;
    arrivals->hour_at++;
    return true;
}

enum verdict arrivals_open(struct arrivals **out, const struct arrivals_options *options, struct reason *why)
{
    struct arrivals *arrivals = calloc(1, sizeof(*arrivals));
    uint64_t fastest = 0;

    assert(options->events >= 1);
    assert(options->from_ms < options->to_ms);
    assert(options->to_ms - options->from_ms <= ARRIVALS_MS_MAX);
    assert(options->disorder_ms >= 0);
    *out = NULL;
    if (arrivals == NULL)
        return no_memory(why, "for a timetable");
    arrivals->options = *options;
    for (int64_t hour_ms = options->from_ms; hour_ms < options->to_ms; hour_ms += HOUR_MS) {
        uint64_t rate = rate_of(hour_ms);
        arrivals->total += rate * (uint64_t)hour_size(arrivals, hour_ms);
        fastest = rate > fastest ? rate : fastest;
    }
    /* Those under way are of the last `disorder_ms`; each hour rounds up by at most two. */
    wide under_way = (wide)options->events * fastest * (uint64_t)(options->disorder_ms + 1) / arrivals->total;
    arrivals->heap_room = (size_t)under_way + 2 * (size_t)(options->disorder_ms / HOUR_MS + 2);
    arrivals->heap = calloc(arrivals->heap_room, sizeof(*arrivals->heap));
    if (arrivals->heap == NULL) {
        arrivals_close(arrivals);
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %zu events out of order", (size_t)under_way);
    }
    begin_hour(arrivals, options->from_ms);
    arrivals->has_ahead = next_in_order(arrivals, &arrivals->ahead);
    *out = arrivals;
    return GO_ON;
}

void arrivals_close(struct arrivals *arrivals)
{
    if (arrivals == NULL)
        return;
    free(arrivals->heap);
    free(arrivals);
}

static bool is_before(const struct timed_event *left, const struct timed_event *right)
{
    if (left->arrival_ms != right->arrival_ms)
        return left->arrival_ms < right->arrival_ms;
    return left->number < right->number;
}

static void heap_put(struct arrivals *arrivals, struct timed_event arrival)
{
    size_t at = arrivals->heap_count++;

    assert(arrivals->heap_count <= arrivals->heap_room);
    for (; at > 0 && is_before(&arrival, &arrivals->heap[(at - 1) / 2]); at = (at - 1) / 2)
        arrivals->heap[at] = arrivals->heap[(at - 1) / 2];
    arrivals->heap[at] = arrival;
}

static struct timed_event heap_take(struct arrivals *arrivals)
{
    struct timed_event first = arrivals->heap[0], last = arrivals->heap[--arrivals->heap_count];
    size_t at = 0;

    for (size_t child = 1; child < arrivals->heap_count; child = 2 * at + 1) {
        if (child + 1 < arrivals->heap_count && is_before(&arrivals->heap[child + 1], &arrivals->heap[child]))
            child++;
        if (!is_before(&arrivals->heap[child], &last))
            break;
        arrivals->heap[at] = arrivals->heap[child];
        at = child;
    }
    arrivals->heap[at] = last;
    return first;
}

bool arrivals_next(struct arrivals *arrivals, uint64_t *number, int64_t *event_ms)
{
    /* What happens at or after the top's arrival arrives after it: then the top is next. */
    while (arrivals->has_ahead &&
           (arrivals->heap_count == 0 || arrivals->ahead.event_ms < arrivals->heap[0].arrival_ms)) {
        heap_put(arrivals, arrivals->ahead);
        arrivals->has_ahead = next_in_order(arrivals, &arrivals->ahead);
    }
    if (arrivals->heap_count == 0)
        return false;
    struct timed_event arrival = heap_take(arrivals);
    *number = arrival.number;
    *event_ms = arrival.event_ms;
    return true;
}
