/*
 * What a pipeline is made of. Only pipeline*.c open this header: whoever counts uses the verbs of pipeline.h,
 * pipeline_read.h and pipeline_setup.h.
 */
#ifndef GENTALLY_PIPELINE_PARTS_H
#define GENTALLY_PIPELINE_PARTS_H

#include "assignment.h"
#include "fold.h"
#include "gentally/config/settings.h"
#include "retention.h"
#include "tables.h"

struct pipeline {
    const struct config *config; /* borrowed until close, like the logger */
    struct logger *logger;

    /* Local: needs no server. */
    struct tables tables;
    struct decoder *decoder;
    struct writer_schemas *schemas; /* NULL: no registry */
    struct letter_sealer *sealer;   /* NULL: dead letters are not sealed */
    struct symbols *symbols;
    struct tally_pool *pool;
    struct retention *retention;  /* NULL: off */
    int64_t retention_stopped_ms; /* monotonic: when that was seen */
    bool is_retention_told;       /* in the log */
    struct merger *merger;        /* NULL: off */
    struct fold fold;

    /* Connected: Redis and Kafka. */
    struct store *store;
    struct checkpoint *checkpoint;
    struct applier *applier;
    struct producer *producer;
    struct source *source;
    struct settings settings;      /* as they are kept; without a version: a replay's */
    int64_t since_ms[ROLLUPS_MAX]; /* by rollup: windows that start before have no rows of it */
    bool must_recheck_settings;

    /* At work. */
    struct assignment assignment;
    struct batch batch;
    struct present present;
    int64_t lag_told_ms;                                    /* by the other clock */
    uint32_t folded;                                        /* records of the batch that are done */
    enum { LOOKUP_OPEN, LOOKUP_NOTED, LOOKUP_DONE } lookup; /* of the batch's ids */
};

#endif
