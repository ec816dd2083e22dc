/* A progress line that moves while a command works: on standard error, and only for a person at a terminal. */
#ifndef GENTALLY_PROGRESS_H
#define GENTALLY_PROGRESS_H

#include "gentally/base/base.h"

struct progress {
    const char *verb; /* "produced" */
    bool is_shown;    /* standard error is a terminal */
    bool is_dirty;    /* a line stands there */
    int64_t begin_ms, shown_ms;
};

/* Begins at a count of 0. `verb` ("produced") is borrowed until the end. */
void progress_begin(struct progress *progress, const char *verb);

/* Shows `count` and its rate, at most twice a second. Cheap enough to call for every few hundred items. */
void progress_step(struct progress *progress, int64_t count);

/* Clears the line, so that the next words stand alone. Returns the milliseconds since progress_begin(). */
int64_t progress_end(struct progress *progress);

#endif
