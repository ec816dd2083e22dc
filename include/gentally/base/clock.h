/* The clocks of this machine, in ms: for programs' outermost loops, the log, and deadlines. Decisions take time as an
 * argument. */
#ifndef GENTALLY_CLOCK_H
#define GENTALLY_CLOCK_H

#include <stdint.h>
#include <time.h>

/* The reading of CLOCK_MONOTONIC, CLOCK_REALTIME, ... */
int64_t clock_ms(clockid_t clock);

/* The same in microseconds: for what is measured, and never decided by. */
int64_t clock_us(clockid_t clock);

/* A point in the life of the process, to be subtracted from a later one. */
struct stamp {
    int64_t ms;     /* monotonic */
    int64_t cpu_ms; /* processor time of all threads */
};

struct stamp stamp_now(void);

#endif
