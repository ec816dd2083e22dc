/* Draws about means, in integers: see the rows of calibration.def. */
#include "event_draw.h"

#include "calibration.h"

struct span event_draw_ending(uint32_t lot)
{
    if (lot < END_UNTOLD)
        return (struct span){0};
    if (lot < END_UNTOLD + END_LENGTH)
        return span_of("length");
    return span_of(lot < END_UNTOLD + END_LENGTH + END_FILTER ? "content_filter" : "stop");
}

void event_draw_times(uint32_t speed, struct random_stream *stream, struct event *event)
{
    int64_t wait_ms = random_spread(stream, WAIT_MS + event->tokens_prompt / WAIT_PROMPT);
    int64_t per_mille = 1000 - SPEED_SPREAD + random_below(stream, 2 * SPEED_SPREAD);
    int64_t generation_ms = event->tokens_completion * 1000 / (1 + (int64_t)speed * per_mille / 1000);

    event->latency_ms = event->first_token_ms = event->generation_ms = EVENT_ABSENT;
    if (random_chance(stream, TIMES_UNTOLD))
        return;
    event->latency_ms = (int32_t)(wait_ms + generation_ms);
    if (event->tokens_completion == 0)
        return;
    event->generation_ms = (int32_t)generation_ms;
    if (event->streamed)
        event->first_token_ms = (int32_t)wait_ms;
}

/* What is found in a cache is not written again. */
void event_draw_cache_write(uint32_t cached, struct random_stream *stream, struct event *event)
{
    bool does_write = random_chance(stream, CACHE_WRITTEN);
    int64_t part = PART_MAX / 2 + random_below(stream, PART_MAX / 2);

    if (cached >= CACHED_SEEN && event->tokens_cached == 0 && does_write)
        event->tokens_cache_write = event->tokens_prompt * part / 1000;
}

struct label event_draw_label(struct span path, bool is_sure, struct random_stream *stream)
{
    uint32_t thousandths = is_sure ? SURE_MIN + random_below(stream, 1000 - SURE_MIN)
                                   : UNSURE_MIN + random_below(stream, SURE_MIN - UNSURE_MIN);

    return (struct label){path, (float)thousandths / 1000.0f};
}
