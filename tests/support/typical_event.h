/* What the benches of decoding share: their clock, the order of figures, and a typical event. */
#ifndef TYPICAL_EVENT_H
#define TYPICAL_EVENT_H

#include "gentally/core/event.h"
#include "suite.h"

/* Monotonic. */
static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Of doubles, for qsort(). */
static int compare(const void *left, const void *right)
{
    double a, b;

    memcpy(&a, left, sizeof(a));
    memcpy(&b, right, sizeof(b));
    return (a > b) - (a < b);
}

/* All texts but one there, tokens of two or three bytes, up to two labels. `id` holds its id's text. */
static void typical_event(uint64_t *seed, uint64_t number, char id[32], struct event *event)
{
    static const char *const models[] = {"openai/gpt-4o-mini", "anthropic/claude-sonnet-4", "deepseek/deepseek-r1:free",
                                         "google/gemini-2.5-flash"};
    static const char *const paths[] = {"/Computers & Electronics/Programming", "/Arts & Entertainment/Roleplay"};

    snprintf(id, 32, "gen-1732446333-%012" PRIx64, number);
    memset(event, 0, sizeof(*event));
    event->id = span_of(id);
    event->model = span_of(models[suite_below(seed, LENGTH_OF(models))]);
    event->provider = span_of("DeepInfra");
    event->account = span_of("acct_9f8e7d6c5b4a3921");
    event->country = span_of("US");
    event->language = span_of("en");
    event->finish_reason = span_of(suite_below(seed, 3) == 0 ? "tool_calls" : "stop");
    event->created_ms = 1732446333000 + (int64_t)number;
    event->tokens_prompt = (int64_t)suite_below(seed, 20000);
    event->tokens_completion = 200 + (int64_t)suite_below(seed, 2000);
    event->tokens_reasoning = (int64_t)suite_below(seed, 200);
    event->cost_nano_usd = (int64_t)suite_below(seed, 100000000);
    event->latency_ms = (int32_t)suite_below(seed, 5000);
    event->first_token_ms = (int32_t)suite_below(seed, 1000);
    event->generation_ms = (int32_t)suite_below(seed, 30000);
    event->streamed = suite_below(seed, 2) == 1;
    event->classified = suite_below(seed, 4) == 0;
    event->label_count = event->classified ? 1 + (uint32_t)suite_below(seed, 2) : 0;
    for (uint32_t i = 0; i < event->label_count; i++)
        event->labels[i] = (struct label){span_of(paths[i]), 0.75f};
}

#endif
