/* A topic read whole, once, from its beginning to its end as of the call. Single-threaded use. */
#ifndef GENTALLY_TOPIC_READ_H
#define GENTALLY_TOPIC_READ_H

#include "gentally/core/event.h"

struct config;

/* Reads a whole topic, committed records only, from its beginning to the end as of the call; `each` gets them partition
 * by partition, in offset order (value absent for tombstones). */
typedef enum verdict topic_reader(void *context, const struct record *record, struct reason *why);
/* Blocks. What was committed before the call is given; a transaction that is open then is waited for, up to 5 s, and
 * else left out. Stops at the first verdict of `each` that is not GO_ON and returns it. HALT: SOURCE-TOPIC-MISSING,
 * SOURCE-DENIED; TRY_LATER: SOURCE-UNREACHABLE. */
MUST_CHECK enum verdict topic_read(const struct config *config, const char *topic, topic_reader *each, void *context,
                                   struct reason *why);

/*
 * The first offset of partitions [0, count) whose record's timestamp is `time_ms` or later: all before it are earlier.
 * INT64_MAX where there is none. With INT64_MIN the first offsets of the logs. Blocks up to 40 s. Verdicts as above.
 */
MUST_CHECK enum verdict topic_find(const struct config *config, const char *topic, int64_t time_ms, int32_t count,
                                   int64_t offsets[], struct reason *why);

/* A header of the record that topic_read() is giving just now, to that call of `each` alone: the last one of the name,
 * absent if there is none or it is null. Borrowed for the call. */
struct span topic_header(const struct record *record, const char *name);

#endif
