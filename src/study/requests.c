/*
 * The requests of an item are spread over its time as people work (study_hour). Those of a stretch are what is due at
 * its end less what was due at its beginning; tokens go along with requests. So stretches need not know of each other,
 * and sums hold however a week is cut.
 */
#include "requests.h"

#include <assert.h>
#include <stdlib.h>

#include "calibration.h"
#include "gentally/base/grow.h"
#include "gentally/core/window.h"
#include "random.h"

__extension__ typedef unsigned __int128 wide;

uint64_t requests_week_weight(int64_t week_ms)
{
    uint64_t weight = 0;
    uint32_t hour = 0;

    assert(week_ms >= 0);
    assert(week_ms <= 7 * DAY_MS);
    for (; hour < (uint32_t)(week_ms / HOUR_MS); hour++)
        weight += (uint64_t)study_hour(hour) * HOUR_MS;
    return hour == 168 ? weight : weight + (uint64_t)study_hour(hour) * (uint64_t)(week_ms % HOUR_MS);
}

/* The moment of a week before which `weight` comes. */
static int64_t moment_of(uint64_t weight)
{
    for (uint32_t hour = 0; hour < 168; hour++) {
        uint64_t of_hour = (uint64_t)study_hour(hour) * HOUR_MS;
        if (weight < of_hour)
            return hour * HOUR_MS + (int64_t)(weight / study_hour(hour));
        weight -= of_hour;
    }
    return 7 * DAY_MS - 1;
}

static int64_t week_start(const struct demand_item *item)
{
    return series_day(item->week) * DAY_MS;
}

/* The requests of an item before a moment. `phase`, below 2^16: at which fraction of a request a whole one is due. */
static int64_t due(const struct demand_item *item, int64_t moment_ms, uint32_t phase)
{
    int64_t start = week_start(item);
    int64_t until = moment_ms < item->from_ms ? item->from_ms : moment_ms > item->until_ms ? item->until_ms : moment_ms;
    uint64_t from = requests_week_weight(item->from_ms - start);
    uint64_t all = requests_week_weight(item->until_ms - start) - from,
             part = requests_week_weight(until - start) - from;

    return (int64_t)((((wide)item->requests * part << 16) / all + phase) >> 16);
}

static int64_t part_of(int64_t whole, int64_t part, int64_t all)
{
    return all == 0 ? 0 : (int64_t)((wide)(uint64_t)whole * (uint64_t)part / (uint64_t)all);
}

static enum verdict make_room(struct requests *requests, size_t more, struct reason *why)
{
    struct study_request *items = grow(requests->items, &requests->room, requests->count + more, sizeof(*items));

    if (items == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %zu requests under way", requests->count + more);
    requests->items = items;
    return GO_ON;
}

/* Sizes about the mean; with `is_exact` their sums are those given. On entry the requests' `tokens` hold weights. */
static void size_requests(struct study_request *items, size_t count, int64_t tokens, int64_t cost, bool is_exact)
{
    int64_t weights = 0, least = tokens >= (int64_t)(2 * SIZE_MIN * count) ? SIZE_MIN : 0;
    int64_t spread = tokens - least * (int64_t)count, before = 0, given = 0, paid = 0;

    for (size_t index = 0; index < count; index++)
        weights += items[index].tokens;
    if (!is_exact) /* as if all had the mean weight */
        weights = 4096 * (int64_t)count;
    for (size_t index = 0; index < count; index++) {
        int64_t own = items[index].tokens;
        if (is_exact) {
            before += own;
            int64_t upto = part_of(spread, before, weights) + least * (int64_t)(index + 1);
            items[index].tokens = upto - given;
            given = upto;
            int64_t bill = part_of(cost, upto, tokens);
            items[index].cost_nano_usd = bill - paid;
            paid = bill;
        } else {
            items[index].tokens = part_of(spread, own, weights) + SIZE_MIN;
            items[index].cost_nano_usd = part_of(cost, items[index].tokens, tokens);
        }
    }
}

enum verdict requests_add(struct requests *requests, const struct demand *demand, uint32_t item,
                          const struct requests_stretch *stretch, uint64_t *number, struct reason *why)
{
    const struct demand_item *of = &demand->items[item];
    struct random_stream phases = random_stream(stretch->seed ^ UINT64_C(0x9b5ad4ce), item);
    uint32_t phase = random_below(&phases, 1 << 16);
    int64_t before = due(of, stretch->from_ms, phase), after = due(of, stretch->until_ms, phase),
            start = week_start(of);

    assert(after >= before);
    if (after == before)
        return GO_ON;
    size_t count = (size_t)(after - before), first = requests->count;
    enum verdict verdict = make_room(requests, count, why);
    if (verdict != GO_ON)
        return verdict;
    int64_t from = stretch->from_ms > of->from_ms ? stretch->from_ms : of->from_ms;
    int64_t until = stretch->until_ms < of->until_ms ? stretch->until_ms : of->until_ms;
    uint64_t low = requests_week_weight(from - start), high = requests_week_weight(until - start);
    for (size_t index = 0; index < count; index++) {
        struct random_stream stream =
            random_stream(stretch->seed ^ UINT64_C(0x51ce), (uint64_t)of->week << 48 | *number);
        int64_t weight = random_spread(&stream, 4096);
        uint64_t lot = random_bits(&stream);
        requests->items[requests->count++] = (struct study_request){
            .event_ms = start + moment_of(low + (uint64_t)((wide)lot * (high - low) >> 64)),
            .tokens = weight > SIZE_FACTOR_MAX * 4096 ? SIZE_FACTOR_MAX * 4096 : weight,
            .number = (*number)++,
            .item = item,
            .country = -1,
        };
    }
    int64_t tokens = part_of(of->tokens, after, of->requests) - part_of(of->tokens, before, of->requests);
    int64_t cost = part_of(of->cost_nano_usd, after, of->requests) - part_of(of->cost_nano_usd, before, of->requests);
    size_requests(requests->items + first, count, tokens, cost, stretch->is_exact);
    return GO_ON;
}
