/*
 * One assigned partition: where the store stands, what was folded since, and the watermark. Watermark and lateness are
 * functions of the partition's log alone, so that a replay decides as the first run did. All monotonic times are the
 * caller's, in ms.
 */
#ifndef GENTALLY_PARTITION_H
#define GENTALLY_PARTITION_H

#include "checkpoint.h"
#include "gentally/config/config.h"
#include "gentally/core/event.h"
#include "ids.h"
#include "retention.h"

struct partition {
    const struct config *config;
    struct partition_state state; /* as the store last said */
    struct tally *tally;          /* rows since then; owned */
    struct tally *taken;          /* what amendments and retractions took back since then; NULL unless ids = amend */
    struct tally_pool *taken_pool;
    struct ids *ids;
    struct pair_log pairs;     /* what the rows say of retention; empty where it is off */
    int64_t next;              /* offset of the next record to fold; >= state.next */
    struct anchor anchor;      /* the last record folded before `next`, unless `last` is newer */
    const struct record *last; /* folded, and not yet made the anchor: in the batch; NULL if none */
    int64_t watermark_ms;      /* highest event time - allowed out-of-orderness; never falls */
    int64_t outcomes[OUTCOME_COUNT];
    int64_t lateness_ms;  /* events at or after it are late for no window */
    int64_t flushed_ms;   /* monotonic time of the last successful flush */
    int64_t entries;      /* of the journal that are not applied */
    int64_t entry_bytes;  /* of those that were written here */
    bool is_wide;         /* a flush among them was of many windows, whose rows will hardly come again */
    int64_t entries_ms;   /* monotonic time from which on they are there */
    int64_t apply_ms;     /* monotonic time before which applying is not tried again */
    int64_t pair_entries; /* entries of pairs that are not merged */
    int64_t pair_count;   /* activities of those that were written here */
    int64_t pairs_ms;     /* monotonic time from which on they are there */
    int64_t merge_ms;     /* monotonic time before which merging is not tried again */
    int64_t drop_ms;      /* monotonic time from which on entries that are merged may go; 0: there are none */
    int64_t end_ms; /* monotonic time at which the log's end was reached first since an event; valid if is_quiet */
    bool is_quiet;  /* no event came since then: other records may have */
    int64_t caught_up_ms; /* monotonic time at which the log's end was last heard of; 0 before */
    bool is_at_end;
    bool is_idle;         /* at the end for long enough: holds no watermark back */
    bool is_stale;        /* repositioned: what is left of the current batch is of the old position */
    bool is_waiting;      /* for a writer's schema: not read until then */
    bool must_claim;      /* rewound, and the store has not said yet from where to read on */
    uint32_t rewinds;     /* in a row */
    uint32_t paused_at;   /* the number of rewinds that the last pause was for */
    int64_t claim_due_ms; /* monotonic time at which that pause ends */
    bool is_stopped;      /* an operator must look: see `why` */
    bool is_stop_told;    /* to the store */
    int64_t stopped_ms;   /* monotonic */
    int64_t look_ms;      /* monotonic time from which on a state that lacks is looked for again */
    struct reason why;
};

/* Opens a partition at a claimed state (copied). `config` and `pool` are borrowed until close. GO_ON gives `*partition`
 * to the caller; HALT: NO-MEMORY. */
MUST_CHECK enum verdict partition_open(struct partition **partition, const struct config *config,
                                       const struct partition_state *state, struct tally_pool *pool, int64_t now_ms,
                                       struct reason *why);

/* Opens a partition that is not to be counted, at a state of which perhaps no more is known than the number: it has no
 * rows, and takes nearly no memory. HALT: NO-MEMORY. */
MUST_CHECK enum verdict partition_open_stopped(struct partition **partition, const struct config *config,
                                               const struct partition_state *state, struct reason *why);

/* Frees the partition and its rows. NULL does nothing. */
void partition_close(struct partition *partition);

/* Drops all rows, and what they say of retention; a rewind follows. */
void partition_drop_rows(struct partition *partition);

/* Forgets what was folded since the store's state; a stop follows. */
void partition_forget(struct partition *partition);

/* True if the partition stopped, and the store does not know yet how far it got before. */
bool partition_has_rest(const struct partition *partition);

/* Drops all rows and goes back to a (newly) claimed state, which is copied. */
void partition_rewind(struct partition *partition, const struct partition_state *state);

/* True if a record at `offset` is to be folded: the partition is ours (not NULL), neither stopped nor repositioned
 * behind the batch, and has not passed the offset yet. */
bool partition_wants(const struct partition *partition, int64_t offset);

/* The windows an event still counts in, a bit per window_kind; 0 = too late. A window is over when its end + the time
 * it is kept <= watermark, or when it is sealed. */
uint32_t partition_windows(const struct partition *partition, int64_t event_ms);

/* Moves the watermark to what an event at `event_ms` makes it; a lower one leaves it. */
void partition_move_watermark(struct partition *partition, int64_t event_ms);

/* Notes the record folded or set aside last. The record is borrowed until partition_move_anchor(). */
static inline void partition_folded(struct partition *partition, const struct record *record)
{
    partition->last = record;
}

/* Makes the record folded last the anchor. Reads its bytes: call it before a flush, and before the batch is freed. */
void partition_move_anchor(struct partition *partition);

/* A record came in: the partition is neither at its log's end nor idle. */
void partition_left_end(struct partition *partition);

/* The log's end came in at `now_ms`; the log goes on at `end_next`. Ignored if newer records were folded meanwhile. */
void partition_reached_end(struct partition *partition, int64_t end_next, int64_t now_ms);

/* Sets is_idle at the log's end, once `idle_ms` have passed without an event: a record that is set aside says nothing
 * about time, and holds no window open. */
void partition_mark_idle(struct partition *partition, int64_t idle_ms, int64_t now_ms);

/* True if there are rows that were not flushed, or something of retention. */
bool partition_has_rows(const struct partition *partition);

/* True if the store does not know yet how far the partition is, or that it is idle. */
bool partition_is_dirty(const struct partition *partition);

/* True if the last flush is long enough ago: the configured interval, and four seconds more for a partition that is
 * behind. */
bool partition_is_due(const struct partition *partition, int64_t now_ms);

/* True if the journal has something that this owner is to apply, be it now or after a moment. */
bool partition_has_journal(const struct partition *partition);

/*
 * True if the journal is to be applied: the oldest entry has waited for the configured interval, or it is large, or
 * `is_all`. What is wide waits in any case until it is old or large, since most of its windows will be over by then:
 * large is what has `wide_bytes` (store_view.h), if that is less than of others. Not for a moment after it could not
 * be.
 */
bool partition_must_apply(const struct partition *partition, bool is_all, int64_t wide_bytes, int64_t now_ms);

/* The journal was applied at `now_ms`; or it could not be, for now. */
void partition_applied(struct partition *partition, bool is_done, int64_t now_ms);

/* True if the store has pairs that this owner is to merge, be it now or after a moment. */
bool partition_has_pairs(const struct partition *partition);

/* True if that was not tried a moment ago; or if what was merged may be dropped by now. */
bool partition_may_merge(const struct partition *partition, int64_t now_ms);

/* True if pairs are to be merged: the oldest have waited for the configured interval, or `is_all`; or to be dropped.
 * Not for a moment after it could not be. */
bool partition_must_merge(const struct partition *partition, bool is_all, int64_t now_ms);

/* The pairs were merged at `now_ms`; or they could not be, for now. */
void partition_merged(struct partition *partition, bool is_done, int64_t now_ms);

/* What is merged is to be dropped from `drop_ms` on (monotonic; 0: nothing is). */
void partition_keeps_merged(struct partition *partition, int64_t drop_ms);

/* The partition's part of a checkpoint. Borrows rows and ids of the partition, which must not change before
 * partition_flushed(). */
struct partition_flush partition_flush_of(const struct partition *partition);

/* The flush is in the store: drops the rows, and takes the flush for the store's state. */
void partition_flushed(struct partition *partition, const struct partition_flush *flush, int64_t now_ms);

#endif
