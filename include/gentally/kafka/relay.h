/*
 * A relay reads a topic in a consumer group and writes what becomes of its records into other topics, exactly once: the
 * messages and the offsets behind the records they were made of are one transaction of that partition. Each partition
 * has a transactional id of its own, so that whoever gets it fences whoever had it, and ends what that had begun,
 * before it asks where to read on. So it can be killed at any time, and scaled by partitions. One thread.
 */
#ifndef GENTALLY_RELAY_H
#define GENTALLY_RELAY_H

#include "gentally/core/event.h"
#include "gentally/kafka/transaction.h"

struct relay;

struct relay_options {
    const struct config *config;
    const char *topic;  /* to be read */
    const char *prefix; /* the group's name; and, with "." and a partition behind it, its transactional ids */
    struct logger *logger;
};

/* Joins the group. All options are borrowed until relay_close(). GO_ON gives `*relay` to the caller, to be closed once.
 * HALT: SOURCE-CONFIG, SOURCE-TOPIC-MISSING, SOURCE-DENIED, NO-MEMORY; TRY_LATER: SOURCE-UNREACHABLE. */
MUST_CHECK enum verdict relay_open(struct relay **relay, const struct relay_options *options, struct reason *why);

/* Aborts what is not committed, leaves the group, and frees the relay; NULL is fine. Blocks for seconds. */
void relay_close(struct relay *relay);

/*
 * Waits up to `wait_ms` for the next records, at most `record_max`, in offset order within a partition, borrowed until
 * the next call; takes and gives back partitions, too, which needs all that was read to be committed: asserts that.
 * A partition that has never been read begins with its first record. HALT: SOURCE-TRUNCATED (the records behind the
 * group's offset were deleted), SOURCE-* and SINK-*; others but GO_ON: close the relay and open another.
 */
MUST_CHECK enum verdict relay_read(struct relay *relay, struct record records[], uint32_t record_max, int wait_ms,
                                   uint32_t *count, struct reason *why);

/* Puts a message of a partition's records into its transaction; without `headers` (0) into whichever partition its key
 * is in, with them into partition 0. Asserts that records of it were read and not committed. Verdicts of
 * transaction_put(). */
MUST_CHECK enum verdict relay_put(struct relay *relay, int32_t partition, const char *topic, struct span key,
                                  struct span value, const struct transaction_header headers[], uint32_t header_count,
                                  struct reason *why);

/* Commits, partition by partition, the messages and the offsets behind all records that were read; at the end of a log
 * behind the marks of transactions, too. Anything but GO_ON:
 * close the relay; the next one reads on behind what was committed. Verdicts of transaction_commit(). */
MUST_CHECK enum verdict relay_commit(struct relay *relay, struct reason *why);

/* True if this relay has its partitions and has read each to its end. */
bool relay_is_at_end(const struct relay *relay);

#endif
