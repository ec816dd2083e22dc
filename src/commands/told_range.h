/* Which windows a topic has rows of, to say what there is where somebody asked for what there is not. */
#ifndef GENTALLY_TOLD_RANGE_H
#define GENTALLY_TOLD_RANGE_H

#include "gentally/core/window.h"

/* The windows of one kind that were seen. Zero before the first. */
struct told_range {
    bool is_there;
    int64_t first_ms, last_ms; /* starts */
};

void told_range_add(struct told_range *range, int64_t start_ms);

/* Prints, as one line of `command` on standard error, that no window of `kind` has rows of `rollup` where it was asked
 * for, and which windows have. */
void told_range_explain(const struct told_range ranges[WINDOW_KINDS], enum window_kind kind, const char *rollup,
                        const char *command);

#endif
