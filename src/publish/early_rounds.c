/* Due times by kind, and how far the round has come. */
#include "early_rounds.h"

void early_rounds_begin(struct early_rounds *rounds, const int64_t interval_ms[WINDOW_KINDS], int64_t now_ms)
{
    for (int kind = 0; kind < WINDOW_KINDS && !rounds->has_begun; kind++) {
        int64_t first_ms = interval_ms[kind] < EARLY_FIRST_MS ? interval_ms[kind] : EARLY_FIRST_MS;
        rounds->due_ms[kind] = interval_ms[kind] == 0 ? INT64_MAX : now_ms + first_ms;
    }
    rounds->has_begun = true;
    if (rounds->is_open)
        return;
    rounds->has_passed = false;
    for (int kind = 0; kind < WINDOW_KINDS; kind++) {
        rounds->is_in[kind] = now_ms >= rounds->due_ms[kind];
        rounds->is_open = rounds->is_open || rounds->is_in[kind];
    }
}

bool early_rounds_is_due(const struct early_rounds *rounds, struct window window)
{
    if (!rounds->is_open || !rounds->is_in[window.kind])
        return false;
    return !rounds->has_passed || window_compare(window, rounds->passed) > 0;
}

void early_rounds_pass(struct early_rounds *rounds, struct window window)
{
    if (rounds->has_passed && window_compare(window, rounds->passed) <= 0)
        return;
    rounds->has_passed = true;
    rounds->passed = window;
}

void early_rounds_end(struct early_rounds *rounds, const int64_t interval_ms[WINDOW_KINDS], int64_t now_ms)
{
    for (int kind = 0; kind < WINDOW_KINDS && rounds->is_open; kind++)
        if (rounds->is_in[kind])
            rounds->due_ms[kind] = now_ms + interval_ms[kind];
    rounds->is_open = false;
}
