/*
 * How a worker is asked to end, and that it does. The loop may be held for a minute within a call of a library, while a
 * broker says nothing; a thread of its own hears the signals, tells the loop, and ends the process where the loop does
 * not get there in time, or where it is asked a second time. It ends one, too, whose loop does not go on at all, as no
 * signal would come where nobody looks. Nothing is lost by that: what Redis has not taken, the next owner counts again.
 */
#ifndef GENTALLY_LEAVING_H
#define GENTALLY_LEAVING_H

#include "gentally/base/log.h"
#include "gentally/base/pulse.h"

struct leaving;

/* How far the process is, which says what there is to wait for. */
enum leaving_step {
    LEAVING_OPENING,  /* it has nothing yet */
    LEAVING_COUNTING, /* its last flush is to come */
    LEAVING_CLOSING,  /* all is done, but for goodbyes */
    LEAVING_STEPS
};

struct leaving_options {
    int64_t wait_ms[LEAVING_STEPS]; /* from the first signal until the process ends, whatever holds it, by its step */
    int64_t hang_ms;                /* without a beat while it counts: LOOP-HANGS; 0: nobody watches */
    enum log_level level;           /* of the line that says so */
    enum log_format format;
    const char *program; /* static */
};

/*
 * Blocks SIGTERM, SIGINT and SIGHUP in this thread, and so in all that it makes from now on, and begins to listen. Call
 * it before any other thread is made. HALT: NO-MEMORY. Who opened it closes it.
 */
MUST_CHECK enum verdict leaving_open(struct leaving **leaving, const struct leaving_options *options,
                                     struct reason *why);

/* Ends the listening; NULL does nothing. */
void leaving_close(struct leaving *leaving);

/* Waits up to `ms` for a signal that came since the last wait, or comes. */
void leaving_wait(struct leaving *leaving, int ms);

/* The signal that asked to end, and when it came by the monotonic clock; 0 if none has. */
int leaving_signal(struct leaving *leaving, int64_t *asked_ms);

/* What the loop beats while it goes on. Borrowed until close. */
struct pulse *leaving_pulse(struct leaving *leaving);

/* True once for each time the tables are to be read again (SIGHUP), or for several. */
bool leaving_take_reload(struct leaving *leaving);

/* The process is at `step`; should it be ended there, its exit status is `status`. */
void leaving_reach(struct leaving *leaving, enum leaving_step step, int status);

#endif
