/*
 * The closer: stored windows become summaries in topics. One worker of a namespace runs it, the one that has the lease
 * (store_lease.h). A window is published when the watermark passes its end (ON_TIME), again when more records arrive
 * (LATE), and before, while it is open, as EARLY: at intervals that the configuration sets, at the end of a drain, and
 * if nothing but partitions that stopped keeps it open. What is told again sends the rows that changed, but for ON_TIME
 * and a next generation, which send all; windows whose time is over are deleted. What is wrong with one window or one
 * partition holds up no other. Single-threaded use.
 */
#ifndef GENTALLY_CLOSER_H
#define GENTALLY_CLOSER_H

#include "gentally/base/durations.h"
#include "gentally/base/log.h"
#include "gentally/core/schema_ids.h"
#include "gentally/core/summary.h"
#include "gentally/core/window.h"
#include "gentally/publish/closer_hold.h"
#include "gentally/publish/input_logs.h"

struct closer;
struct config;
struct merger;
struct store;

/* All pointers are borrowed until closer_close(). */
struct closer_options {
    const struct config *config;
    struct store *store;
    struct merger *merger;      /* over the same store; NULL: without retention */
    struct join_tables tables;  /* joined to summaries */
    const char *tables_version; /* stamped on every summary */
    struct input_logs logs;
    struct closer_hold hold;
    bool is_drain;           /* of a drain: open windows are told by its last turns alone, not at their intervals */
    int32_t partitions;      /* of the input, >= 1 */
    const int64_t *since_ms; /* by rollup: windows that start before have no rows of it; borrowed until close */
    struct schema_ids ids;   /* what is published is framed with */
    struct logger *logger;
};

/*
 * Opens a closer: fences every earlier closer of the namespace, then reads the ledger to its end. Blocks as
 * transaction_open() and topic_read(), whose verdicts these are; TRY_LATER, SOURCE-METADATA-OLD: the ledger tells of
 * more partitions; HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict closer_open(struct closer **closer, const struct closer_options *options, struct reason *why);

/* Frees a closer, and aborts the transaction that is open. NULL is passed over. */
void closer_close(struct closer *closer);

/*
 * Does what is due at `now_ms` (monotonic): publishes closed windows, late revisions and open windows, deletes what is
 * over. Rows and round trips of a call are bounded; `*has_more` tells whether more is due at once. With `is_final`, the
 * end of a drain, every window that has records and is still open is published too, once all partitions are found at
 * rest. Blocks for the store's answers and for a commit. GO_ON; TRY_LATER: the store is silent, or rolled back; REWIND:
 * close the closer and open a new one; STEP_DOWN: a newer closer exists; HALT: it cannot close windows; with `is_final`
 * also for a window that could not be published, when all others are.
 */
MUST_CHECK enum verdict closer_turn(struct closer *closer, int64_t now_ms, bool is_final, bool *has_more,
                                    struct reason *why);

/* The partition that the last turn found to be stopped, and not given up, as HALT and its reason; GO_ON: none was. */
MUST_CHECK enum verdict closer_check_stopped(const struct closer *closer, struct reason *why);

/* What a closer did since closer_open(), and where it stands. Times are monotonic but for those of windows; NO_TIME:
 * there is none yet. */
struct closer_progress {
    uint64_t windows, summaries, transactions;
    uint64_t models, unknown_models; /* of the summaries: that name a model, and one that the catalog does not have */
    struct durations durations;      /* of the transactions */
    int64_t committed_ms;            /* when the last was committed */
    int64_t early_ms;                /* when the last open window was published */
    int64_t oldest_ms[WINDOW_KINDS]; /* the start of the oldest window that is not closed yet, by the last survey */
};
void closer_progress(const struct closer *closer, struct closer_progress *progress);

/* The numbers of windows and of summaries that were published since closer_open(), for the log. */
void closer_counts(const struct closer *closer, uint64_t *windows, uint64_t *summaries);

#endif
