/*
 * Redis Sentinel: who is the master now. Asked at each connect, and never in between: whoever a failover demotes cuts
 * its clients off, or answers READONLY. Which writes survived it is not asked here: the functions look at that.
 */
#ifndef GENTALLY_SENTINEL_H
#define GENTALLY_SENTINEL_H

#include "gentally/base/verdict.h"
#include "gentally/config/redis_url.h"

struct config;
struct store_tls;

/* What a sentinel made of the question. */
enum sentinel_answer {
    SENTINEL_SILENT,  /* it cannot be reached, or says nothing in its time; `text` says why */
    SENTINEL_REFUSES, /* it answers with an error: `text` */
    SENTINEL_UNKNOWN, /* it does not know the name */
    SENTINEL_NAMES,   /* `place` */
};

struct sentinel_vote {
    enum sentinel_answer answer;
    struct redis_place place;
    char text[128];
};

/* True if the others cannot change the outcome: more than half of `count` sentinels name one place. */
bool sentinel_is_settled(const struct sentinel_vote votes[], uint32_t count);

/*
 * What follows from the votes of all of the URL's sentinels: the place that most of those name that name one.
 * TRY_LATER: STORE-UNREACHABLE, none answers, or as many name another place. HALT: STORE-SENTINEL, of those that answer
 * none knows the name, or all refuse. Pure.
 */
MUST_CHECK enum verdict sentinel_judge(const struct redis_url *url, const struct sentinel_vote votes[],
                                       struct redis_place *master, struct reason *why);

/* Asks the sentinels of the URL, one after the other, until it is settled; each has a second, or `redis_timeout_ms` if
 * that is less. `tls` NULL: in the clear. Verdicts of sentinel_judge(). */
MUST_CHECK enum verdict sentinel_ask(const struct redis_url *url, const struct config *config, struct store_tls *tls,
                                     struct redis_place *master, struct reason *why);

#endif
