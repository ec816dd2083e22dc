#include "usage.h"

#define COUNT_MAX (INT64_C(1) << 53) /* so that five of them can be added; what is beyond is out of range anyhow */

static int64_t or_zero(int64_t count)
{
    return count == EVENT_UNKNOWN ? 0 : count;
}

static bool is_sane(int64_t count)
{
    return or_zero(count) <= COUNT_MAX;
}

/* Whether the parts can be inside the whole where this reading says that they are. */
static bool is_possible(const struct usage *usage, struct usage_reading reading)
{
    int64_t cache = or_zero(usage->cached) + or_zero(usage->cache_write);
    bool cache_fits = usage->prompt == EVENT_UNKNOWN || cache <= usage->prompt;
    bool reasoning_fits = usage->completion == EVENT_UNKNOWN || or_zero(usage->reasoning) <= usage->completion;

    return (reading.is_cache_beside || cache_fits) && (reading.is_reasoning_beside || reasoning_fits);
}

static int64_t total_by(const struct usage *usage, struct usage_reading reading)
{
    return or_zero(usage->prompt) + or_zero(usage->completion) +
           (reading.is_cache_beside ? or_zero(usage->cached) + or_zero(usage->cache_write) : 0) +
           (reading.is_reasoning_beside ? or_zero(usage->reasoning) : 0);
}

/* The table's reading first, then those that differ from it by one thing, then by both. */
static struct usage_reading reading_nth(struct usage_reading table, unsigned nth)
{
    return (struct usage_reading){table.is_cache_beside != ((nth & 1) != 0),
                                  table.is_reasoning_beside != ((nth & 2) != 0)};
}

static struct usage_reading reading_of(const struct usage *usage, struct usage_reading table, struct remarks *remarks)
{
    bool has_total =
        usage->total != EVENT_UNKNOWN && usage->prompt != EVENT_UNKNOWN && usage->completion != EVENT_UNKNOWN;

    for (unsigned nth = 0; nth < 4 && has_total; nth++) {
        struct usage_reading reading = reading_nth(table, nth);
        if (is_possible(usage, reading) && total_by(usage, reading) == usage->total)
            return reading;
    }
    if (has_total)
        remark_count(remarks, REMARK_TOTAL, (struct span){NULL, 0});
    for (unsigned nth = 0; nth < 4; nth++)
        if (is_possible(usage, reading_nth(table, nth)))
            return reading_nth(table, nth);
    return table;
}

void usage_resolve(const struct usage *usage, struct usage_reading table, struct event *event, struct remarks *remarks)
{
    bool are_sane = is_sane(usage->prompt) && is_sane(usage->completion) && is_sane(usage->reasoning) &&
                    is_sane(usage->cached) && is_sane(usage->cache_write) && is_sane(usage->total);
    struct usage_reading reading = are_sane ? reading_of(usage, table, remarks) : (struct usage_reading){false, false};

    event->tokens_prompt = usage->prompt;
    event->tokens_completion = usage->completion;
    event->tokens_reasoning = or_zero(usage->reasoning);
    event->tokens_cached = or_zero(usage->cached);
    event->tokens_cache_write = or_zero(usage->cache_write);
    if (reading.is_cache_beside && usage->prompt != EVENT_UNKNOWN)
        event->tokens_prompt += event->tokens_cached + event->tokens_cache_write;
    if (reading.is_reasoning_beside && usage->completion != EVENT_UNKNOWN)
        event->tokens_completion += event->tokens_reasoning;
}
