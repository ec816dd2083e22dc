/*
 * The progress line is rewritten in place: a carriage return before it, and the rest of the old line erased after it.
 */
#include "gentally/cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int64_t progress_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_begin(struct progress *progress, const char *verb)
{
    int64_t now_ms = progress_now_ms();

    *progress = (struct progress){verb, isatty(STDERR_FILENO) == 1, false, now_ms, now_ms + 500};
}

void progress_step(struct progress *progress, int64_t count)
{
    if (!progress->is_shown)
        return;
    int64_t now_ms = progress_now_ms();
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
    return progress_now_ms() - progress->begin_ms;
}
