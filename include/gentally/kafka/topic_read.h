/* Reading a topic whole, once, from its beginning to its end as of the call. */
#ifndef GENTALLY_TOPIC_READ_H
#define GENTALLY_TOPIC_READ_H

#include "gentally/core/event.h"

struct config;

/*
 * Gets a record, borrowed for the call; a tombstone has an absent value. SET_ASIDE: the record says nothing to who
 * asked, or nothing that can be read; it is passed over, and a warning (SOURCE-FOREIGN) or an error tells its place and
 * `why`. A batch that cannot be unpacked comes as one record without key and value, at its first offset.
 */
typedef enum verdict topic_reader(void *context, const struct record *record, struct reason *why);

/*
 * Gives `each` the committed records of a topic, partition by partition, in offset order. A transaction that is open at
 * the time of the call is waited for, up to 5 s, and left out if it is open then. Stops at the first verdict of `each`
 * that is neither GO_ON nor SET_ASIDE, and returns it. Logs for itself, under the name "reader". Blocks as long as
 * reading takes, and 30 s without an answer. HALT: SOURCE-TOPIC-MISSING, SOURCE-DENIED, SOURCE-CONFIG, NO-MEMORY;
 * TRY_LATER: SOURCE-UNREACHABLE.
 */
MUST_CHECK enum verdict topic_read(const struct config *config, const char *topic, topic_reader *each, void *context,
                                   struct reason *why);

/*
 * Checks that no transaction is open in a topic, behind which committed records would not be read. HALT:
 * SINK-TXN-HANGS. Else as topic_read(), but that it takes some round trips alone.
 */
MUST_CHECK enum verdict topic_check_whole(const struct config *config, const char *topic, struct reason *why);

/*
 * Finds, for each of the partitions [0, count), the first record whose timestamp is `time_ms` or later, and gives its
 * offset: all records before are earlier. INT64_MAX where there is no such record. With `time_ms` INT64_MIN: the first
 * offsets of the logs. Blocks up to 40 s. Verdicts as above.
 */
MUST_CHECK enum verdict topic_find(const struct config *config, const char *topic, int64_t time_ms, int32_t count,
                                   int64_t offsets[], struct reason *why);

/* Finds a header of the record that topic_read() is giving: the last header of that name; absent if there is none, or
 * its value is null. Only within that call of `each`, for which the value is borrowed. */
struct span topic_header(const struct record *record, const char *name);

/* Whether a dead letter has the header, and not the record that it is of: names of gentally's and Kafka Connect's. */
bool topic_header_is_ours(const char *name);

/* Gives the other headers of a record, in their order, at most TOPIC_HEADERS_MAX; returns how many. All borrow from it.
 */
#define TOPIC_HEADERS_MAX 60
struct topic_header {
    const char *name;
    struct span value; /* absent: null */
};
uint32_t topic_headers(const struct record *record, struct topic_header headers[TOPIC_HEADERS_MAX]);

/* The same of the headers that are ours. */
uint32_t topic_own_headers(const struct record *record, struct topic_header headers[TOPIC_HEADERS_MAX]);

#endif
