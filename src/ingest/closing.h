/*
 * The worker's part as the one that closes windows: it is, while it owns input partition 0. Opens a closer when the
 * first window may be due, closes it when the ledger has to be read anew, and pauses after trouble.
 */
#ifndef GENTALLY_CLOSING_H
#define GENTALLY_CLOSING_H

#include "gentally/base/log.h"
#include "pipeline.h"

/* All zero before the first use. */
struct closing {
    struct closer *closer; /* NULL: not the one, or not begun */
    int64_t due_ms;        /* monotonic: no attempt before */
    bool has_more;         /* more is due at once */
};

/* Does what is due at `now_ms`; with `is_final`, every window that is open yet. Trouble that a new attempt can end is
 * logged to `logger`. HALT: as closer_open() and closer_turn(). */
MUST_CHECK enum verdict closing_turn(struct closing *closing, struct pipeline *pipeline, int32_t partition_count,
                                     bool is_final, int64_t now_ms, struct logger *logger, struct reason *why);

/* True if the last turn left nothing to do and no attempt is put off. */
bool closing_is_done(const struct closing *closing, int64_t now_ms);

/* Closes the closer, which borrows from the pipeline; the next turn opens another. */
void closing_stop(struct closing *closing);

/* Windows and summaries published by the closer that is open; 0 without one. */
void closing_counts(const struct closing *closing, uint64_t *windows, uint64_t *summaries);

#endif
