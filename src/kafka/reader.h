/*
 * A consumer without a group: it reads the partitions it is told to, from where it is told to, all into one queue. It
 * joins nothing, commits nothing, and asks for no coordinator, so that whoever reads needs rights on the topics alone.
 * Private to this room; topic_read() and topic_follow_*() are made of it.
 */
#ifndef GENTALLY_READER_H
#define GENTALLY_READER_H

#include "kafka_client.h"

/* Visible for its notes and its client; whoever opens it keeps it at one address until reader_close(). All zero before
 * reader_open(). */
struct reader {
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    struct kafka_notes notes;
    struct logger silent; /* librdkafka's own lines are for those who run it for long */
    struct logger logger;
    uint64_t passed_over;
    struct reader_partition *started;
    size_t started_count, started_room;
};

/* How a reader reads. */
struct reader_options {
    const char *offset_reset; /* "error", or "earliest" where records may be deleted under it */
    const char *wait_max_ms;  /* how long a broker keeps the answer to a fetch back that finds nothing */
};

/* Opens a reader of nothing. HALT: SOURCE-CONFIG, NO-MEMORY. Whatever the verdict, reader_close() is to follow. */
MUST_CHECK enum verdict reader_open(struct reader *reader, const struct config *config,
                                    const struct reader_options *options, struct reason *why);

/* Starts to read a partition at an offset, or at RD_KAFKA_OFFSET_BEGINNING. Does not block. HALT: NO-MEMORY, or as
 * kafka_verdict() says. */
MUST_CHECK enum verdict reader_start(struct reader *reader, const char *topic, int32_t partition, int64_t offset,
                                     struct reason *why);

/* Reads a partition that was started from another offset on. HALT as kafka_verdict() says. */
MUST_CHECK enum verdict reader_move(struct reader *reader, const char *topic, int32_t partition, int64_t offset,
                                    struct reason *why);

/* Ends what was started; what is queued of it is never seen. */
void reader_stop(struct reader *reader);

/* Waits up to `wait_ms` for a record or an error of a partition that was started, to be destroyed by the caller; NULL:
 * there is none. */
rd_kafka_message_t *reader_poll(struct reader *reader, int wait_ms);

/* Whether the message is an error that stands for a batch of the log whose bytes cannot be read: it is stepped over. */
bool reader_is_lost(const rd_kafka_message_t *message);

/*
 * Tells that a message says nothing to whoever reads, who passes it over: a warning with its place, how to clean the
 * topic of it, and `because`; an error if a key of ours lost its value by it. The first ones are told each, then ever
 * fewer, so that thousands of them fill no log.
 */
void reader_pass_over(struct reader *reader, const rd_kafka_message_t *message, const struct reason *because);

/* Frees what a reader holds, whether it opened or not. */
void reader_close(struct reader *reader);

#endif
