/*
 * What time it is, by clocks that know nothing of the producer's: ours, that of Redis, and the broker's, where it
 * stamps records on arrival (LogAppendTime). An event is too far in the future if it is so by every one of them, so one
 * wrong clock, and our own first of all, sets nothing aside. A record's CreateTime is its producer's word, as
 * created_at is, and no witness: some stamp in seconds, others when a long request began.
 */
#ifndef GENTALLY_PRESENT_H
#define GENTALLY_PRESENT_H

#include "gentally/core/event.h"

struct present {
    int64_t wall_ms;  /* our time of day */
    int64_t store_ms; /* that of Redis; NO_TIME: not asked since the batch came */
    bool (*was_future)(void *context, const struct record *record); /* in a replay: the live run's answer, or NULL */
    void *context;
};

/*
 * Decides whether an event lies, or lay in the run that is replayed, in the future, by more than `skew_ms`. GO_ON: not
 * by all clocks. TRY_LATER (FOLD-NO-CLOCK): by those that are known; ask Redis and repeat. SET_ASIDE: EVENT-FUTURE,
 * with how much the event is ahead of each clock, and what its time looks like.
 */
MUST_CHECK enum verdict present_check(const struct present *present, const struct record *record, int64_t created_ms,
                                      int64_t skew_ms, struct reason *why);

/* How far our clock is behind (or, negative, ahead of) the other two, of which the record's stamp counts only if it is
 * later than our clock: it may be old. 0 = by no more than a minute. */
int64_t present_lag_ms(const struct present *present, const struct record *record);

#endif
