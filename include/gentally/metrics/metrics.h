/*
 * What a worker knows of itself, as plain numbers at one moment. The worker fills the struct at most once a second;
 * nothing in it points into the worker. Times are of the day, in ms since the Unix epoch. What is not known is
 * METRIC_UNKNOWN, and left out of the text. Everything counted begins at 0 with the process.
 */
#ifndef GENTALLY_METRICS_H
#define GENTALLY_METRICS_H

#include "gentally/base/calendar.h"
#include "gentally/base/durations.h"
#include "gentally/core/event.h"
#include "gentally/core/outcome.h"
#include "gentally/core/window.h"

#define METRIC_UNKNOWN NO_TIME /* so that a time that is none is not known */

/* One partition that this worker has. */
struct partition_metrics {
    int32_t number;
    int64_t lag_records;    /* records of the log that are not read, as the broker told last */
    int64_t last_record_ms; /* the Kafka timestamp of the last record that was read */
    int64_t watermark_ms;
    int64_t next; /* offset of the next record to read */
    int64_t journal_entries;
    bool is_idle;
    bool is_waiting;        /* for a writer's schema */
    enum reason_id stopped; /* REASON_NONE: it goes on */
};

enum rebalance_kind { REBALANCES_ASSIGNED, REBALANCES_REVOKED, REBALANCES_LOST, REBALANCE_KINDS };

/* What became of the part of a flush that one partition had. */
enum flush_outcome {
    FLUSH_STORED,
    FLUSH_FENCED,  /* another worker has the partition, or Redis was rolled back: its records are read again */
    FLUSH_REFUSED, /* the partition stopped */
    FLUSH_OUTCOMES
};

struct flush_metrics {
    uint64_t outcomes[FLUSH_OUTCOMES];
    uint64_t repeated; /* sent again, since no answer came; not by partition */
    uint64_t rows, entries, bytes;
    struct durations durations;
};

enum model_kind { MODELS_KNOWN, MODELS_UNKNOWN, MODEL_KINDS }; /* to the catalog */

struct closer_metrics {
    bool is_active; /* this worker has the lease of closing, and its last attempt did not fail */
    enum reason_id stuck;
    uint64_t windows, summaries, transactions;
    uint64_t models[MODEL_KINDS];    /* of the summaries: those that name a model */
    struct durations durations;      /* of transactions */
    int64_t committed_ms;            /* when the last transaction was committed */
    int64_t early_ms;                /* when the last early pane was */
    int64_t oldest_ms[WINDOW_KINDS]; /* the start of the oldest window that is open yet */
};

/* What came of asking the schema registry for a writer's schema. */
enum registry_outcome {
    REGISTRY_TOLD,
    REGISTRY_REFUSED_IT, /* it has no such schema, or refuses us */
    REGISTRY_SILENT,     /* no answer, or none that can be read: asked again */
    REGISTRY_OUTCOMES
};

struct metrics {
    const char *version; /* static */
    char tables[136];    /* the version of catalog, taxonomy and countries */

    int64_t now_ms; /* when all this was so */
    bool has_joined;
    enum reason_id trouble; /* why the last turn could not go on; REASON_NONE: it could */
    bool is_store_up;
    bool is_broker_up;
    int32_t partitions_of_topic;
    uint64_t rebalances[REBALANCE_KINDS];

    uint64_t records[OUTCOME_COUNT];
    uint64_t record_bytes;
    uint64_t dead_letters[REASON_COUNT];
    struct flush_metrics flush;
    struct closer_metrics closer;

    uint64_t registry[REGISTRY_OUTCOMES];
    uint64_t store_connections;
    int64_t store_round_trip_us;
    int64_t store_bytes, store_bytes_max; /* of Redis; the latter 0: it has no limit */
    int64_t store_evicts;                 /* 1: its policy lets it drop counters; 0: it does not */
    int64_t retention_pairs, retention_pairs_max;
    enum reason_id retention_stopped;

    uint32_t partition_count;
    struct partition_metrics partitions[PARTITIONS_MAX];
};

/* Sets everything to nothing, and what is not known to METRIC_UNKNOWN. */
void metrics_clear(struct metrics *metrics);

#endif
