/*
 * Where all partitions stand: their watermarks and the windows they hold, read from the store. Each partition is read
 * atomically; together they are a cut that only the ledger names.
 */
#ifndef GENTALLY_SURVEY_H
#define GENTALLY_SURVEY_H

#include "gentally/redis/store_windows.h"

struct survey_partition {
    struct partition_state state;
    struct stored_window *windows; /* in no order */
    uint32_t count, room;
};

struct survey {
    int32_t partition_count;
    struct survey_partition *partitions;
    struct stored_window *windows; /* all partitions' windows, records summed, by window_compare() */
    uint32_t count, room;
    int64_t watermark_ms; /* of all: see survey_watermark() */
};

/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict survey_open(struct survey *survey, int32_t partitions, struct reason *why);
void survey_close(struct survey *survey);

/* Reads everything anew. Two round trips a partition. Verdicts of store_state() and store_windows(). */
MUST_CHECK enum verdict survey_take(struct survey *survey, struct store *store, struct reason *why);

/*
 * The watermark of all partitions: the lowest of those that are not idle; NO_TIME while one of them has not seen
 * an event. If all are idle, nothing holds it back: the highest.
 */
int64_t survey_watermark(const struct survey_partition partitions[], int32_t count);

/* True if no partition that says it is idle has unread records in its log, which goes on at `ends`. Idle is what the
 * last owner saw, and there may be none any more. */
bool survey_is_read_out(const struct survey *survey, const int64_t ends[]);

/* The floor below which every partition has sealed the windows of `kind`; NO_TIME if one has none. */
int64_t survey_floor(const struct survey *survey, enum window_kind kind);

#endif
