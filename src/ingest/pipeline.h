/*
 * The pipeline a record walks through, from Kafka to Redis, as a worker and a replay share it: opened in that order and
 * closed in reverse, and the one order in which a flush may happen. When a verb is due is the caller's to decide.
 * Reading and folding are in pipeline_read.h, what `setup` makes in pipeline_setup.h. Monotonic times are the caller's,
 * in ms; for one thread.
 */
#ifndef GENTALLY_PIPELINE_H
#define GENTALLY_PIPELINE_H

#include "assignment.h"

struct closer;
struct closer_hold;
struct pipeline;
struct tables;

/*
 * Opens what needs no server: tables, decoder, enrichment, memory. `config` and `logger` are borrowed until close.
 * GO_ON gives `*pipeline` to the caller; HALT: nothing is open, and the reason is the one of the part that failed
 * (config.h, tables.h, decode.h, enrich.h, retention.h; NO-MEMORY).
 */
MUST_CHECK enum verdict pipeline_open_local(struct pipeline **pipeline, const struct config *config,
                                            struct logger *logger, struct reason *why);

/* Connects to Redis and Kafka; joins no group yet. Verdicts of store_open(), producer_open() and source_open(); on any
 * failure pipeline_close() is what is left to do. */
MUST_CHECK enum verdict pipeline_connect(struct pipeline *pipeline, struct reason *why);

/* Leaves the group and frees everything, as far as it was opened. NULL does nothing. Blocks like source_close(). */
void pipeline_close(struct pipeline *pipeline);

/* The assigned partitions, to be looked at; borrowed, and as the last verb left them. */
const struct assignment *pipeline_assignment(const struct pipeline *pipeline);

/* The version of the tables in use (tables.h); borrowed until pipeline_renew_tables(). */
const char *pipeline_tables_version(const struct pipeline *pipeline);

/* The store; borrowed until close. */
struct store *pipeline_store(const struct pipeline *pipeline);

struct pipeline_counts {
    uint64_t records;      /* counted or set aside since open */
    uint64_t dead_letters; /* put since open */
    uint64_t id_conflicts; /* records since open whose id had said something else before */
    uint64_t futures;      /* of them: EVENT-FUTURE */
    const char *future;    /* what the last of these says; borrowed until the next record is folded */
};

struct pipeline_counts pipeline_counts(const struct pipeline *pipeline);

/*
 * Flushes the partitions that are due, or all of them, and claims anew what was fenced. Dead letters first: no offset
 * passes a dead letter that is not acknowledged. Symbols are forgotten once no row refers to them and they are many.
 * TRY_LATER: the store or the broker did not answer; pipeline_resume() before anything else.
 */
MUST_CHECK enum verdict pipeline_flush(struct pipeline *pipeline, bool is_forced, int64_t now_ms, struct reason *why);

/* Applies the journal of one partition whose time has come, or with `is_all` of one that has any, as
 * assignment_apply(); and merges the pairs of all, as assignment_merge(). Not while a flush is unanswered. Verdicts of
 * both. */
MUST_CHECK enum verdict pipeline_apply(struct pipeline *pipeline, bool is_all, int64_t wide_bytes, int64_t now_ms,
                                       struct reason *why);

/* Sends an unanswered flush again, if there is one. Verdicts of pipeline_flush(). */
MUST_CHECK enum verdict pipeline_resume(struct pipeline *pipeline, int64_t now_ms, struct reason *why);

/* Claims the rewound partitions anew. Verdicts of assignment_reclaim(). */
MUST_CHECK enum verdict pipeline_reclaim(struct pipeline *pipeline, int64_t now_ms, struct reason *why);

/* Tells the group how far the store is, for lag tools. */
void pipeline_commit(struct pipeline *pipeline);

/* Closes the tables and takes `fresh` instead, which is left empty. No row may refer to the old ones, and no closer may
 * borrow them. HALT: as enrich_open(). */
MUST_CHECK enum verdict pipeline_renew_tables(struct pipeline *pipeline, struct tables *fresh, struct reason *why);

/* Opens a closer over the pipeline's store, tables and logs, which it borrows until closer_close(). `partition_count`
 * is that of the topic; `hold` is copied. Verdicts of closer_open(). */
MUST_CHECK enum verdict pipeline_open_closer(const struct pipeline *pipeline, struct closer **closer,
                                             int32_t partition_count, bool is_drain, const struct closer_hold *hold,
                                             struct reason *why);

#endif
