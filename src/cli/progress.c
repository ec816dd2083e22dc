/*
 * The progress line is rewritten in place: a carriage return before it, and the rest of the old line erased after it.
 */
#include "gentally/cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "gentally/base/clock.h"

void progress_begin(struct progress *progress, const char *verb)
{
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);

    *progress = (struct progress){verb, isatty(STDERR_FILENO) == 1, false, now_ms, now_ms + 500};
}

void progress_step(struct progress *progress, int64_t count)
{
    if (!progress->is_shown)
        return;
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
    if (now_ms - progress->shown_ms < 500)
        return;
    progress->shown_ms = now_ms;
    progress->is_dirty = true;
    fprintf(stderr, "\r%s %" PRId64 " (%" PRId64 "/s)\x1b[K", progress->verb, count,
            count * 1000 / (now_ms - progress->begin_ms));
}

int64_t progress_end(struct progress *progress)
{
    if (progress->is_dirty)
        fprintf(stderr, "\r\x1b[K");
    progress->is_dirty = false;
    return clock_ms(CLOCK_MONOTONIC) - progress->begin_ms;
}
