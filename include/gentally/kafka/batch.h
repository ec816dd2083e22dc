/*
 * A batch: what one poll of a source gives (source.h). Records borrow the bytes that librdkafka holds for them, and a
 * partition stands among the ends, and among the suspects, once.
 */
#ifndef GENTALLY_BATCH_H
#define GENTALLY_BATCH_H

#include "gentally/core/event.h"

#define BATCH_RECORDS_MAX 4096u

/* What the group did, at most one step a poll; the caller answers before the next poll. */
enum rebalance {
    REBALANCE_NONE,
    REBALANCE_ASSIGNED, /* answer: source_assign(), with an offset for each */
    REBALANCE_REVOKED,  /* answer: flush, then source_release_all() */
    REBALANCE_LOST,     /* ownership is gone already: drop the work, then source_release_all() */
};

/* What one poll gives. */
struct batch {
    enum rebalance rebalance;
    uint32_t partition_count; /* of the rebalance */
    int32_t partitions[PARTITIONS_MAX];
    uint32_t record_count; /* in offset order within a partition; borrowed until source_release() or the next poll */
    struct record records[BATCH_RECORDS_MAX];
    uint32_t end_count; /* partitions read to their end since the last poll */
    struct {
        int32_t partition;
        int64_t next;
    } ends[PARTITIONS_MAX]; /* next offset the log will give */
    uint32_t suspect_count; /* partitions that wait for source_check_log(): their logs are not as they were left */
    int32_t suspects[PARTITIONS_MAX];
};

#endif
