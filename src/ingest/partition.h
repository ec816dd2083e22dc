/*
 * One assigned partition: where it stands in the store, what was folded since, and its watermark. The watermark and the
 * verdict on lateness are functions of the partition's log alone, so that a replay decides as the first run did.
 */
#ifndef GENTALLY_PARTITION_H
#define GENTALLY_PARTITION_H

#include "checkpoint.h"
#include "gentally/config/config.h"
#include "gentally/core/event.h"
#include "ids.h"

struct partition {
    const struct config *config;
    struct partition_state state; /* as the store last said */
    struct tally *tally;          /* rows since then; owned */
    struct tally *taken;          /* what amendments and retractions took back since then; NULL unless ids = amend */
    struct tally_pool *taken_pool;
    struct ids *ids;
    int64_t next;              /* offset of the next record to fold; >= state.next */
    struct anchor anchor;      /* the last record folded before it, unless `last` is newer */
    const struct record *last; /* folded, and not yet made the anchor: in the batch; NULL if none */
    int64_t watermark_ms;      /* highest event time - allowed out-of-orderness; never falls */
    int64_t outcomes[OUTCOME_COUNT];
    int64_t lateness_ms; /* events at or after it are late for no window */
    int64_t flushed_ms;  /* monotonic time of the last successful flush */
    int64_t end_ms;      /* monotonic time at which the log's end was reached first since an event; valid if is_quiet */
    bool is_quiet;       /* no event came since then: other records may have */
    int64_t caught_up_ms; /* monotonic time at which the log's end was last heard of; 0 before */
    bool is_at_end;
    bool is_idle;     /* at the end for long enough: holds no watermark back */
    bool is_stale;    /* repositioned: what is left of the current batch is of the old position */
    bool is_stopped;  /* an operator must look: see `why` */
    bool must_claim;  /* rewound, and the store has not said yet from where to read on */
    uint32_t rewinds; /* in a row */
    struct reason why;
};

/* Opens a partition at a claimed state. HALT: NO-MEMORY. */
MUST_CHECK enum verdict partition_open(struct partition **partition, const struct config *config,
                                       const struct partition_state *state, struct tally_pool *pool, int64_t now_ms,
                                       struct reason *why);
void partition_close(struct partition *partition);

/* Forgets the rows; what follows is a rewind or a stop. */
void partition_drop(struct partition *partition);

/* Forgets what was folded and goes back to a (newly) claimed state. */
void partition_rewind(struct partition *partition, const struct partition_state *state);

/* The windows an event still counts in, a bit per window_kind; 0 = too late. A window is over when its end + the time
 * it is kept <= watermark, or when it is sealed. */
uint32_t partition_windows(const struct partition *partition, int64_t event_ms);

/* A record was folded or set aside. It is borrowed until partition_anchor(), which reads its bytes: before the batch is
 * released and before each flush. */
static inline void partition_fold(struct partition *partition, const struct record *record)
{
    partition->last = record;
}
void partition_anchor(struct partition *partition);

/* An event at `event_ms` was folded: moves the watermark. */
void partition_see(struct partition *partition, int64_t event_ms);

/* Records, or the log's end (then `end_next` is where the log goes on), came in at `now_ms`. An end that records were
 * folded behind since is none. */
void partition_moved(struct partition *partition);
void partition_ended(struct partition *partition, int64_t end_next, int64_t now_ms);

/* Sets is_idle at the log's end, once `idle_ms` have passed without an event: what is only set aside says nothing about
 * time, and holds no window open. */
void partition_rest(struct partition *partition, int64_t idle_ms, int64_t now_ms);

/* True if there are rows that were not flushed. */
bool partition_has_rows(const struct partition *partition);

/* True if the store does not know all of it yet. */
bool partition_is_dirty(const struct partition *partition);

/* True if its last flush is long enough ago: the configured interval, and four seconds more for a partition that is
 * behind.
 */
bool partition_is_due(const struct partition *partition, int64_t now_ms);

/* The partition's part of a checkpoint; and what its success means. */
struct partition_flush partition_flush_of(const struct partition *partition);
void partition_flushed(struct partition *partition, const struct partition_flush *flush, int64_t now_ms);

#endif
