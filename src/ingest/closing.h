/*
 * The worker's part as the one that closes windows: it is, while it holds the lease of its namespace. Any worker that
 * has joined the group may take the lease, renews it as long as it lives, and gives it back when it leaves, cannot
 * close windows, or has tried in vain for CLOSING_PATIENCE_MS. What is wrong with closing ends no counting: it is
 * logged again and again, another worker gets its turn, and what does not end by itself is told at the worker's end.
 */
#ifndef GENTALLY_CLOSING_H
#define GENTALLY_CLOSING_H

#include "closing_watch.h"
#include "gentally/base/log.h"
#include "gentally/publish/closer.h"
#include "gentally/redis/store_lease.h"
#include "pipeline.h"

struct exporter;
struct pulse;

enum closing_state {
    CLOSING_GOES_ON, /* or has failed for a short while */
    CLOSING_WAITS,   /* it has tried in vain for long; that may end by itself */
    CLOSING_STUCK    /* it cannot close windows before something is mended */
};

/* All zero before the first use, but for exporter and pulse; closing_end() after the last. */
struct closing {
    struct closer *closer;   /* NULL: not the one, or not begun */
    int32_t partition_count; /* that the closer was opened for */
    char holder[LEASE_TOKEN_SIZE];
    enum { LEASE_UNKNOWN, LEASE_OURS, LEASE_TAKEN } lease; /* TAKEN: by another, who lives */
    int64_t looks;       /* ours: what the holder knows of; otherwise: that of ours which it has not answered yet */
    struct store *store; /* of the pipeline, borrowed */
    struct exporter
        *exporter;       /* borrowed; NULL: none. A turn that publishes a large window is long, and no standstill */
    struct pulse *pulse; /* likewise */
    int64_t renew_ms;    /* of the next renewal, monotonic */
    int64_t due_ms;      /* monotonic: no attempt before */
    int64_t pause_ms;    /* that begins with the next turn: an attempt may take long, and time stands still in it */
    struct closing_watch watch;
    bool has_more; /* more is due at once */
    enum closing_state state;
    struct reason why;             /* where it does not go on */
    uint32_t attempts;             /* in a row that ended in this state */
    int64_t told_ms;               /* when that was logged last, monotonic */
    struct closer_progress before; /* of the closers that were closed */
};

/* What a turn of closing is given. */
struct closing_turn {
    struct pipeline *pipeline;
    int32_t partition_count; /* of the topic */
    bool may_take;           /* an assignment is in force; without one, only a lease that is ours is kept */
    bool is_drain;           /* of a drain, as long as it runs */
    bool is_final;           /* every window that is open yet is published, too */
    int64_t now_ms;          /* monotonic */
    struct logger *logger;
};

#define CLOSING_STUCK_MS 30000       /* between two attempts; then twice as long each time */
#define CLOSING_STUCK_LAST_MS 300000 /* but no longer than that */
#define CLOSING_TOLD_MS 60000        /* between two lines of the log, while it is stuck */

/* Does what is due: takes or renews the lease, and closes windows if it is ours. Trouble is logged. */
void closing_turn(struct closing *closing, const struct closing_turn *turn);

/* True if the last turn left nothing to do and no attempt is put off. */
bool closing_is_done(const struct closing *closing, int64_t now_ms);

/* True if the worker closes windows, and its last attempt did not fail. */
bool closing_is_active(const struct closing *closing);

/* Why windows are not closed, or not all: what closing is stuck at, or a partition that the closer found to be stopped,
 * as HALT; GO_ON: neither. */
MUST_CHECK enum verdict closing_check(const struct closing *closing, struct reason *why);

/* Closes the closer, which borrows from the pipeline; the next turn opens another. */
void closing_stop(struct closing *closing);

/* Closes the closer and gives the lease back, so that another worker goes on at once. */
void closing_end(struct closing *closing);

/* What this worker's closers did, all of them, and where the one that is open stands: see closer.h. */
void closing_progress(const struct closing *closing, struct closer_progress *progress);

/* Windows and summaries published by the closer that is open; 0 without one. */
void closing_counts(const struct closing *closing, uint64_t *windows, uint64_t *summaries);

#endif
