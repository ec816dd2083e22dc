/* A line that moves while a command works: on standard error, and only for a person at a terminal. */
#ifndef GENTALLY_PROGRESS_H
#define GENTALLY_PROGRESS_H

#include "gentally/base/base.h"

struct progress {
    const char *verb; /* "produced" */
    bool is_shown;    /* standard error is a terminal */
    bool is_dirty;    /* a line stands there */
    int64_t begin_ms, shown_ms;
};

/* Milliseconds of the monotonic clock. */
int64_t progress_now_ms(void);

void progress_begin(struct progress *progress, const char *verb);

/* Shows `count` twice a second, from the first second on. Cheap enough to call for every few hundred items. */
void progress_step(struct progress *progress, int64_t count);

/* Clears the line, so that the next words stand alone. Returns the milliseconds since the beginning. */
int64_t progress_end(struct progress *progress);

#endif
