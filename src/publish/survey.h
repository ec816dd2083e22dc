/*
 * The survey: where all partitions stand, as read from the store: their watermarks, the windows they hold, which of
 * them have stopped, and the revisions of the months' retention. Each partition is read atomically; together they are a
 * cut that only the ledger names.
 */
#ifndef GENTALLY_SURVEY_H
#define GENTALLY_SURVEY_H

#include "gentally/redis/store_windows.h"
#include "published.h"

struct survey_partition {
    struct partition_state state;  /* where it is not known, `stopped` says why */
    bool is_unknown;               /* the state is gone or cannot be read; it has no windows */
    struct stored_window *windows; /* in no order */
    uint32_t count;
    size_t room;
};

struct survey {
    int32_t partition_count;
    struct survey_partition *partitions;
    struct published_part *parts;  /* how far each has been read */
    struct stored_window *windows; /* all partitions' windows, records summed, by window_compare() */
    uint32_t count;
    size_t room;
    int64_t watermark_ms;     /* of all but those that were given up: see survey_watermark() */
    int64_t going_ms;         /* the watermark of those that have not stopped */
    int64_t *retention;       /* revision of each month, of MONTHS_MAX; NULL: without retention */
    uint32_t retention_floor; /* the months below it are sealed in all shards */
    bool is_retention_over;   /* it is damaged, full, or stopped: what was published of it stays as it is */
};

/* Opens an empty survey of partitions 0 .. partitions - 1. HALT: NO-MEMORY; survey_close() then, too. */
MUST_CHECK enum verdict survey_open(struct survey *survey, int32_t partitions, bool has_retention, struct reason *why);
void survey_close(struct survey *survey);

/* Reads everything anew. A round trip for STORE_SURVEY_MAX partitions. What is wrong with one partition is noted, and
 * not the survey's failure unless it is wrong with all. Verdicts of store_state(), store_windows() and
 * store_retention_revisions(); HALT: NO-MEMORY. */
MUST_CHECK enum verdict survey_take(struct survey *survey, struct store *store, struct reason *why);

/* Whether partitions' parts of a window (by partition) come from where the survey found them or beyond, and none has
 * stopped since: GO_ON; TRY_LATER: STORE-ROLLED-BACK, STORE-WINDOW-GREW. */
MUST_CHECK enum verdict survey_check_parts(const struct survey *survey, const struct ledger_partition parts[],
                                           struct reason *why);

/* Whether a partition is one that windows wait for, and that does not count: stopped, and not given up. */
static inline bool survey_is_stopped(const struct survey_partition *partition)
{
    return partition->state.stopped[0] != '\0' && !partition->state.is_given_up;
}

/* True if each partition rests at its log's end, has stopped or was given up. */
bool survey_is_at_rest(const struct survey *survey);

/* The first partition that is stopped; NULL if there is none. */
const struct survey_partition *survey_find_stopped(const struct survey *survey);

/* True if there is retention, and it goes on. */
bool survey_has_retention(const struct survey *survey);

/* Reads the revisions of retention anew, if there is retention. Verdicts of store_retention_revisions(), but GO_ON for
 * STORE-RETENTION-DAMAGED and RETENTION-FULL, and TRY_LATER for STORE-RETENTION-MISSING. */
MUST_CHECK enum verdict survey_take_retention(struct survey *survey, struct store *store, struct reason *why);

/* The revision of a month's retention rows; 0: the window has none. */
int64_t survey_retention(const struct survey *survey, struct window window);

/* True if the window is a month that all shards of retention have sealed. */
bool survey_is_retention_sealed(const struct survey *survey, struct window window);

/*
 * The watermark of all partitions, or (`is_going`) of those that have not stopped: the lowest of those that hold it
 * back; NO_TIME while one of them has not seen an event. An idle partition holds nothing back, unless it stopped: its
 * last owner does not read it any more; nor does one that was given up. If none does, it is the highest.
 */
int64_t survey_watermark(const struct survey_partition partitions[], int32_t count, bool is_going);

/* True if no partition that says it is idle has unread records in its log, which goes on at `ends` (by partition). Idle
 * is what the last owner saw, and the partition may have no owner any more. One that was given up is not asked. */
bool survey_is_read_out(const struct survey *survey, const int64_t ends[]);

/* The floor below which every partition has sealed the windows of `kind`; NO_TIME if one has none. */
int64_t survey_floor(const struct survey *survey, enum window_kind kind);

#endif
