/*
 * The rounds in which open windows are told. When a kind of window is due, a round begins in which each open window of
 * it has its turn once, in the order of the survey and over as many turns as it takes; then the kind's interval begins.
 * So a window with news each time keeps none that stand behind it from their turn, and none has two in an interval.
 */
#ifndef GENTALLY_EARLY_ROUNDS_H
#define GENTALLY_EARLY_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

#include "gentally/core/window.h"

/* The first round is no later than so long after the first turn: a worker shows its first events within seconds. */
#define EARLY_FIRST_MS 5000

/* Zero before the first use. */
struct early_rounds {
    bool has_begun;               /* the due times are set */
    int64_t due_ms[WINDOW_KINDS]; /* of each kind's next round, monotonic; INT64_MAX: it has none */
    bool is_open;                 /* a round is under way */
    bool is_in[WINDOW_KINDS];     /* the kinds that were due when it began */
    bool has_passed;              /* windows had their turn in it, up to `passed` */
    struct window passed;
};

/* Begins a turn at `now_ms` (monotonic): opens a round if none is under way and a kind is due. `interval_ms` is by
 * kind; 0: never. */
void early_rounds_begin(struct early_rounds *rounds, const int64_t interval_ms[WINDOW_KINDS], int64_t now_ms);

/* Whether a window is to be told in the round that is under way. */
bool early_rounds_is_due(const struct early_rounds *rounds, struct window window);

/* Notes that a window and all before it, by window_compare(), had their turn. */
void early_rounds_pass(struct early_rounds *rounds, struct window window);

/* Ends the round, if one is under way, when all windows had their turn. */
void early_rounds_end(struct early_rounds *rounds, const int64_t interval_ms[WINDOW_KINDS], int64_t now_ms);

#endif
