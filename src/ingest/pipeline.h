/*
 * The pipeline a record walks through, from Kafka to Redis, opened in that order and closed in reverse: what whoever
 * counts has, be it a worker or a replay. Who is asked for what, and when, is theirs.
 */
#ifndef GENTALLY_PIPELINE_H
#define GENTALLY_PIPELINE_H

#include "assignment.h"
#include "fold.h"
#include "retention.h"
#include "tables.h"

struct pipeline {
    const struct config *config; /* borrowed until close, like the logger */
    struct logger *logger;
    struct tables tables;
    struct source *source;
    struct batch batch;
    struct decoder *decoder;
    struct symbols *symbols;
    struct tally_pool *pool;
    struct retention *retention; /* NULL: off */
    struct fold fold;
    struct assignment assignment;
    struct checkpoint *checkpoint;
    struct store *store;
    struct producer *producer;
};

/* What needs no server: tables, decoder, enrichment, memory. `pipeline` is all zero before; pipeline_close() follows
 * whatever the verdict. HALT as the pipeline' headers say. */
MUST_CHECK enum verdict pipeline_open_local(struct pipeline *pipeline, const struct config *config,
                                            struct logger *logger, struct reason *why);

/* A new enrichment of the tables as they are now; the old one was closed. Part of the above. HALT as enrich_open(). */
MUST_CHECK enum verdict pipeline_open_enrich(struct pipeline *pipeline, struct reason *why);

/* Redis and Kafka; joins nothing yet. Verdicts of store_open(), producer_open() and source_open(). */
MUST_CHECK enum verdict pipeline_connect(struct pipeline *pipeline, struct reason *why);

void pipeline_close(struct pipeline *pipeline);

/* assignment_reclaim(); a partition that has to be claimed anew may stand on a store that forgot something. */
MUST_CHECK enum verdict pipeline_reclaim(struct pipeline *pipeline, struct reason *why);

/* Closes the tables, once no row refers to them, and takes `fresh` instead, which is left empty. HALT: as
 * enrich_open(). */
MUST_CHECK enum verdict pipeline_renew_tables(struct pipeline *pipeline, struct tables *fresh, struct reason *why);

/*
 * Flushes the partitions that are due, or all of them, and claims anew what was fenced. Dead letters first: no offset
 * passes one that is not acknowledged. Symbols are forgotten once no row refers to them and they are many. TRY_LATER:
 * the store or the broker did not answer; assignment_resume() before anything else.
 */
MUST_CHECK enum verdict pipeline_flush(struct pipeline *pipeline, bool is_forced, int64_t now_ms, struct reason *why);

#endif
