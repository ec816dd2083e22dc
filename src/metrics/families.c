/*
 * Every metric there is: name, unit, meaning, and how its samples are read from the struct. A new one needs a row here
 * and one in runbooks/metrics.md. Labels are of small closed sets (partitions, reasons, outcomes, kinds), and all
 * values that are known beforehand are written from the start, so that a rate sees the first of each.
 */
#include "families.h"

#include <inttypes.h>
#include <stdio.h>

#define COUNT(value) ((int64_t)(value))

/* Names of a number's values, for a label. */
static const char *const rebalance_names[REBALANCE_KINDS] = {"assigned", "revoked", "lost"};
static const char *const registry_names[REGISTRY_OUTCOMES] = {"told", "refused", "silent"};
static const char *const model_names[MODEL_KINDS] = {"known", "unknown"};
static const char *const flush_names[FLUSH_OUTCOMES] = {"stored", "fenced", "refused"};

/* ---- samples without labels ---- */

/* A function for each that reads one field. */
#define READ(name, printer, expression)                                                                                \
    static void name(FILE *file, const struct family *family, const struct metrics *metrics)                           \
    {                                                                                                                  \
        printer(file, family, NO_LABELS, expression);                                                                  \
    }

READ(snapshot_time, print_ms, metrics->now_ms)
READ(joined, print_number, metrics->has_joined)
READ(store_up, print_number, metrics->is_store_up)
READ(broker_up, print_number, metrics->is_broker_up)
READ(partitions_of_topic, print_number, metrics->partitions_of_topic)
READ(partitions_assigned, print_number, metrics->partition_count)
READ(record_bytes, print_number, COUNT(metrics->record_bytes))
READ(flush_repeats, print_number, COUNT(metrics->flush.repeated))
READ(flush_rows, print_number, COUNT(metrics->flush.rows))
READ(flush_entries, print_number, COUNT(metrics->flush.entries))
READ(flush_bytes, print_number, COUNT(metrics->flush.bytes))
READ(closer_active, print_number, metrics->closer.is_active)
READ(closer_windows, print_number, COUNT(metrics->closer.windows))
READ(closer_summaries, print_number, COUNT(metrics->closer.summaries))
READ(closer_transactions, print_number, COUNT(metrics->closer.transactions))
READ(closer_committed, print_ms, metrics->closer.committed_ms)
READ(closer_early, print_ms, metrics->closer.early_ms)
READ(store_connections, print_number, COUNT(metrics->store_connections))
READ(store_round_trip, print_us, metrics->store_round_trip_us)
READ(store_bytes, print_number, metrics->store_bytes)
READ(store_bytes_max, print_number, metrics->store_bytes_max)
READ(store_evicts, print_number, metrics->store_evicts)
READ(retention_pairs, print_number, metrics->retention_pairs)
READ(retention_pairs_max, print_number, metrics->retention_pairs_max)

static void flush_durations(FILE *file, const struct family *family, const struct metrics *metrics)
{
    print_durations(file, family, &metrics->flush.durations);
}

static void closer_durations(FILE *file, const struct family *family, const struct metrics *metrics)
{
    print_durations(file, family, &metrics->closer.durations);
}

/* ---- samples by a label ---- */

static void print_by(FILE *file, const struct family *family, const char *name, const char *value, int64_t number)
{
    print_number(file, family, (const struct metric_label[]){{name, value}, {NULL, NULL}}, number);
}

static void build(FILE *file, const struct family *family, const struct metrics *metrics)
{
    print_by(file, family, "version", metrics->version, 1);
}

static void tables(FILE *file, const struct family *family, const struct metrics *metrics)
{
    if (metrics->tables[0] != '\0')
        print_by(file, family, "version", metrics->tables, 1);
}

static void trouble(FILE *file, const struct family *family, const struct metrics *metrics)
{
    if (metrics->trouble != REASON_NONE)
        print_by(file, family, "reason", reason_name(metrics->trouble), 1);
}

static void rebalances(FILE *file, const struct family *family, const struct metrics *metrics)
{
    for (size_t kind = 0; kind < REBALANCE_KINDS; kind++)
        print_by(file, family, "event", rebalance_names[kind], COUNT(metrics->rebalances[kind]));
}

static void records(FILE *file, const struct family *family, const struct metrics *metrics)
{
    for (enum outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        print_by(file, family, "outcome", outcome_name(outcome), COUNT(metrics->records[outcome]));
}

/* Those that a letter can have, and whatever one has had. */
static void dead_letters(FILE *file, const struct family *family, const struct metrics *metrics)
{
    for (enum reason_id id = REASON_NONE + 1; id < REASON_COUNT; id++)
        if (reason_stops(id) == STOPS_RECORD || metrics->dead_letters[id] > 0)
            print_by(file, family, "reason", reason_name(id), COUNT(metrics->dead_letters[id]));
}

static void flushes(FILE *file, const struct family *family, const struct metrics *metrics)
{
    for (size_t outcome = 0; outcome < FLUSH_OUTCOMES; outcome++)
        print_by(file, family, "outcome", flush_names[outcome], COUNT(metrics->flush.outcomes[outcome]));
}

static void registry_requests(FILE *file, const struct family *family, const struct metrics *metrics)
{
    for (size_t outcome = 0; outcome < REGISTRY_OUTCOMES; outcome++)
        print_by(file, family, "outcome", registry_names[outcome], COUNT(metrics->registry[outcome]));
}

static void model_rows(FILE *file, const struct family *family, const struct metrics *metrics)
{
    for (size_t kind = 0; kind < MODEL_KINDS; kind++)
        print_by(file, family, "catalog", model_names[kind], COUNT(metrics->closer.models[kind]));
}

static void closer_stuck(FILE *file, const struct family *family, const struct metrics *metrics)
{
    if (metrics->closer.stuck != REASON_NONE)
        print_by(file, family, "reason", reason_name(metrics->closer.stuck), 1);
}

static void oldest_windows(FILE *file, const struct family *family, const struct metrics *metrics)
{
    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++)
        print_ms(file, family, (const struct metric_label[]){{"window", window_kind_name(kind)}, {NULL, NULL}},
                 metrics->closer.oldest_ms[kind]);
}

static void retention_stopped(FILE *file, const struct family *family, const struct metrics *metrics)
{
    if (metrics->retention_stopped != REASON_NONE)
        print_by(file, family, "reason", reason_name(metrics->retention_stopped), 1);
}

/* ---- samples by partition ---- */

/* Seconds that the last record is behind now, while there are more to read. Kafka's timestamps may lie ahead. */
static int64_t lag_ms(const struct metrics *metrics, const struct partition_metrics *partition)
{
    if (partition->lag_records == 0)
        return 0;
    if (partition->lag_records == METRIC_UNKNOWN || partition->last_record_ms == METRIC_UNKNOWN)
        return METRIC_UNKNOWN;
    return partition->last_record_ms > metrics->now_ms ? 0 : metrics->now_ms - partition->last_record_ms;
}

#define EACH_PARTITION(name, printer, expression)                                                                      \
    static void name(FILE *file, const struct family *family, const struct metrics *metrics)                           \
    {                                                                                                                  \
        for (uint32_t at = 0; at < metrics->partition_count; at++) {                                                   \
            const struct partition_metrics *partition = &metrics->partitions[at];                                      \
            char number[16];                                                                                           \
            snprintf(number, sizeof(number), "%" PRId32, partition->number);                                           \
            printer(file, family, (const struct metric_label[]){{"partition", number}, {NULL, NULL}}, expression);     \
        }                                                                                                              \
    }

EACH_PARTITION(lag_records, print_number, partition->lag_records)
EACH_PARTITION(lag_seconds, print_ms, lag_ms(metrics, partition))
EACH_PARTITION(last_record, print_ms, partition->last_record_ms)
EACH_PARTITION(watermark, print_ms, partition->watermark_ms)
EACH_PARTITION(next_offset, print_number, partition->next)
EACH_PARTITION(journal_entries, print_number, partition->journal_entries)
EACH_PARTITION(idle, print_number, partition->is_idle)
EACH_PARTITION(waiting, print_number, partition->is_waiting)

static void stopped(FILE *file, const struct family *family, const struct metrics *metrics)
{
    for (uint32_t at = 0; at < metrics->partition_count; at++) {
        const struct partition_metrics *partition = &metrics->partitions[at];
        char number[16];
        snprintf(number, sizeof(number), "%" PRId32, partition->number);
        if (partition->stopped != REASON_NONE)
            print_number(file, family,
                         (const struct metric_label[]){
                             {"partition", number}, {"reason", reason_name(partition->stopped)}, {NULL, NULL}},
                         1);
    }
}

/* ---- the table ---- */

#define GAUGE(name, unit, help, print)                                                                                 \
    {                                                                                                                  \
        "gentally_" name, unit, help, FAMILY_GAUGE, print                                                              \
    }
#define COUNTER(name, unit, help, print)                                                                               \
    {                                                                                                                  \
        "gentally_" name, unit, help, FAMILY_COUNTER, print                                                            \
    }
#define HISTOGRAM(name, unit, help, print)                                                                             \
    {                                                                                                                  \
        "gentally_" name, unit, help, FAMILY_HISTOGRAM, print                                                          \
    }
#define INFO(name, help, print)                                                                                        \
    {                                                                                                                  \
        "gentally_" name, "", help, FAMILY_INFO, print                                                                 \
    }

const struct family families[] = {
    INFO("build", "The version of gentally.", build),
    INFO("tables", "The versions of catalog, countries and taxonomy in use.", tables),
    GAUGE("snapshot_timestamp_seconds", "seconds", "When the worker last wrote down what is told here.", snapshot_time),
    GAUGE("joined", "", "1 if the consumer group has given this worker its share, perhaps of no partition.", joined),
    GAUGE("trouble", "", "1 while the worker's turns cannot go on, for this reason.", trouble),
    GAUGE("redis_up", "", "1 if the connection to Redis stands.", store_up),
    GAUGE("kafka_up", "", "1 if a connection to a broker stands.", broker_up),
    GAUGE("topic_partitions", "", "Partitions of the input topic.", partitions_of_topic),
    GAUGE("assigned_partitions", "", "Partitions that this worker has.", partitions_assigned),
    COUNTER("rebalances", "", "Answers to the consumer group: partitions assigned, revoked, lost.", rebalances),
    COUNTER("records", "", "Records read, by what became of them; those that are read again count again.", records),
    COUNTER("record_bytes", "bytes", "Bytes of the values of records read.", record_bytes),
    COUNTER("dead_letters", "", "Records that became dead letters, by reason.", dead_letters),
    GAUGE("partition_lag_records", "", "Offsets between the next record to read and the end of the log.", lag_records),
    GAUGE("partition_lag_seconds", "seconds",
          "Age of the last record read, by its Kafka timestamp; 0 at the end of the log.", lag_seconds),
    GAUGE("partition_last_record_timestamp_seconds", "seconds", "Kafka timestamp of the last record read.",
          last_record),
    GAUGE("partition_watermark_timestamp_seconds", "seconds", "Event time up to which windows may close.", watermark),
    GAUGE("partition_next_offset", "", "Offset of the next record to read.", next_offset),
    GAUGE("partition_journal_entries", "", "Entries of the journal that wait to be applied to cells.", journal_entries),
    GAUGE("partition_idle", "", "1 if the partition has been at its end for long, and holds no window open.", idle),
    GAUGE("partition_waiting", "", "1 while the partition waits for the schema of a record from the registry.",
          waiting),
    GAUGE("partition_stopped", "", "1 for a partition that stopped, with the reason; somebody has to look.", stopped),
    HISTOGRAM("flush_duration_seconds", "seconds",
              "How long flushes of new rows took, dead letters acknowledged first.", flush_durations),
    COUNTER("flushes", "", "Flushes of one partition each, by what Redis answered.", flushes),
    COUNTER("flush_repeats", "", "Flushes that were sent again, since no answer came.", flush_repeats),
    COUNTER("flush_rows", "", "Rows that flushes carried: each becomes a change of its cells.", flush_rows),
    COUNTER("flush_entries", "", "Entries of journals that flushes wrote.", flush_entries),
    COUNTER("flush_bytes", "bytes", "Bytes of those entries.", flush_bytes),
    GAUGE("closer_active", "", "1 if this worker is the one that closes windows, and its last attempt did not fail.",
          closer_active),
    GAUGE("closer_stuck", "", "1 while this worker cannot close windows, for this reason.", closer_stuck),
    COUNTER("closer_windows", "", "Editions of windows that this worker published.", closer_windows),
    COUNTER("closer_summaries", "", "Summaries in them.", closer_summaries),
    COUNTER("closer_model_rows", "", "Those of them that name a model, by whether the catalog has it.", model_rows),
    COUNTER("closer_transactions", "", "Transactions that this worker committed.", closer_transactions),
    HISTOGRAM("closer_transaction_duration_seconds", "seconds", "How long they took, from the first row to the commit.",
              closer_durations),
    GAUGE("closer_last_transaction_timestamp_seconds", "seconds", "When the last of them was committed.",
          closer_committed),
    GAUGE("closer_last_early_timestamp_seconds", "seconds", "When an open window was last published by this worker.",
          closer_early),
    GAUGE("closer_oldest_open_window_timestamp_seconds", "seconds",
          "Start of the oldest window that is not closed yet, by kind; told by the closer alone.", oldest_windows),
    COUNTER("registry_requests", "", "Requests for writers' schemas to the registry, by what it answered.",
            registry_requests),
    COUNTER("redis_connections", "", "Connections made to Redis.", store_connections),
    GAUGE("redis_round_trip_seconds", "seconds", "How long Redis took to answer INFO, looked at every ten seconds.",
          store_round_trip),
    GAUGE("redis_memory_used_bytes", "bytes", "Memory that Redis uses.", store_bytes),
    GAUGE("redis_memory_limit_bytes", "bytes", "Its maxmemory; 0: it has no limit.", store_bytes_max),
    GAUGE("redis_may_evict", "",
          "1 if its maxmemory-policy may drop counters unseen: it is neither noeviction nor a volatile one.",
          store_evicts),
    GAUGE("retention_pairs", "", "Pairs of model and account in the fullest shard of retention.", retention_pairs),
    GAUGE("retention_pairs_limit", "", "Pairs that one shard may have.", retention_pairs_max),
    GAUGE("retention_stopped", "", "1 if retention stopped, with the reason.", retention_stopped),
};

const size_t family_count = LENGTH_OF(families);
