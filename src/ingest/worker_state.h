/* What a worker remembers from turn to turn. Only worker*.c open this header. */
#ifndef GENTALLY_WORKER_STATE_H
#define GENTALLY_WORKER_STATE_H

#include "capacity.h"
#include "closing.h"
#include "gentally/base/clock.h"
#include "gentally/metrics/metrics.h"
#include "pipeline.h"
#include "tables.h"

struct worker {
    const struct config *config; /* borrowed until close, like the logger */
    struct logger *logger;
    struct exporter *exporter; /* borrowed likewise; NULL: nothing is told */
    struct pulse *pulse;       /* borrowed likewise; NULL: nobody watches */
    bool is_drain;
    struct pipeline *pipeline;
    struct closing closing;
    struct capacity capacity;   /* of Redis */
    struct tables fresh_tables; /* they wait for a flush */
    bool has_fresh_tables;
    int32_t partition_count; /* of the topic */
    bool has_batch;          /* polled, and not folded to its end */
    bool has_joined;         /* an assignment is in force, even an empty one */
    int64_t turned_ms;       /* when the last turn began that got as far as reading */
    bool must_fetch;         /* logs are read anew, and nothing was polled since */
    bool was_cut_off;        /* no broker answered since the logs were last looked at */
    int64_t stays_ms;        /* of a drain that is done: when it leaves, even if others are not */
    int64_t flush_due_ms, report_due_ms;
    int64_t standstill_due_ms; /* when what stands still is told again */
    int64_t clocks_due_ms;
    uint64_t reported_records, reported_conflicts, told_records, told_futures;
    enum reason_id trouble; /* why the last turn could not go on; REASON_NONE: it could */
    uint64_t rebalances[REBALANCE_KINDS];
    struct durations flushes;       /* how long those took that had rows */
    struct stamp counting, counted; /* when the first record was folded, and when the last row was stored */
};

#endif
