/*
 * The watch on closing: how long its attempts have come to nothing, and what follows from that. Whoever has the lease
 * and gets nowhere gives it up, so that another worker, which may reach what this one does not, has its turn. And since
 * nothing is counted while an attempt waits for a server, the next one comes no sooner than that took. Pure; times are
 * monotonic, in ms.
 */
#ifndef GENTALLY_CLOSING_WATCH_H
#define GENTALLY_CLOSING_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define CLOSING_PATIENCE_MS 30000 /* with attempts that fail, before the lease is given up */
#define CLOSING_REST_MS 30000     /* the longest pause that an attempt asks for by its length */

/* All zero: nothing has failed. */
struct closing_watch {
    uint32_t failures; /* in a row; 0: the rest does not count */
    int64_t since_ms;  /* the first of them began */
    int64_t tried_ms;  /* the last of them began */
};

/* The attempt that began at `now_ms` came to nothing. */
void closing_watch_fail(struct closing_watch *watch, int64_t now_ms);

/* An attempt went through, or it is another's now. */
void closing_watch_clear(struct closing_watch *watch);

/* True if the attempt that began at `now_ms` failed, and those before it did for CLOSING_PATIENCE_MS. */
bool closing_watch_is_over(const struct closing_watch *watch, int64_t now_ms);

/* How long to wait, 0..CLOSING_REST_MS, asked at `now_ms`, as soon as the last attempt is over: as long as that took;
 * 0 behind the first of a row, as most trouble is over with it. */
int64_t closing_watch_rest_ms(const struct closing_watch *watch, int64_t now_ms);

#endif
