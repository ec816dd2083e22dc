/*
 * The closer's own state, for the files that do its steps: closer_due.c decides on a window, closer_publish.c puts what
 * is due into transactions, closer_collect.c seals and deletes what is over; closer.c opens it and calls them in order.
 */
#ifndef GENTALLY_CLOSER_STATE_H
#define GENTALLY_CLOSER_STATE_H

#include "early_rounds.h"
#include "emitter.h"
#include "gentally/base/durations.h"
#include "gentally/publish/closer_hold.h"
#include "gentally/publish/input_logs.h"
#include "published.h"
#include "published_offsets.h"
#include "standing.h"
#include "survey.h"
#include "told_rows.h"
#include "troubles.h"

struct logger;

#define TRANSACTION_WINDOWS 256u

/* Windows that all partitions have sealed, and that are not deleted yet: see closer_collect.c. */
struct aging {
    bool is_there;
    int64_t floor_ms;  /* they start before it */
    int64_t sealed_ms; /* when they were sealed, monotonic */
};

struct closer {
    const struct config *config;
    struct store *store;
    struct merger *merger; /* NULL: without retention */
    struct input_logs logs;
    struct logger *logger;
    struct transaction *transaction;
    struct emitter *emitter;
    struct told_rows *told;
    struct standing *standing; /* NULL: without retention */
    struct published *published;
    struct published_offsets *offsets; /* also of what a failed transaction put: the store has been there */
    struct survey survey;              /* taken at the turn's begin */
    uint64_t tables;                   /* see tables_version_hash() */
    struct closer_hold hold;
    bool is_ending;      /* the last turn was one of a drain's end */
    bool is_behind;      /* a partition stands behind what was published of it; it was logged */
    int64_t now_ms;      /* of the turn, monotonic */
    int64_t due_ms;      /* of the next survey, monotonic */
    int64_t late_due_ms; /* of the next late revisions, monotonic */
    bool is_drain;
    struct early_rounds early;
    int64_t stops_told_ms; /* when the log last said which partitions have stopped; valid if has_told_stops */
    bool has_told_stops;
    struct troubles troubles;
    struct published_window pending[TRANSACTION_WINDOWS]; /* published when the open transaction commits */
    uint32_t pending_count;
    struct published_part *parts;  /* of those pending, a row of partitions for each */
    int64_t *ends;                 /* of the input's logs, by partition; -1: not known */
    int64_t ends_due_ms;           /* when they may be asked for again after they could not be, monotonic */
    struct stored_window *scratch; /* windows being sealed or collected */
    size_t scratch_room;
    struct aging aging[WINDOW_KINDS];          /* over a cluster */
    uint64_t window_count, summary_count;      /* published since open */
    uint64_t model_count, unknown_model_count; /* of the summaries: see emitter.h */
    uint64_t transaction_count;                /* committed since open */
    int64_t begun_us;                          /* when the open transaction began, by the clock */
    struct durations durations;                /* of those committed */
    int64_t committed_ms, early_ms;            /* of the last, and of the last with an open window; NO_TIME: none yet */
};

#endif
