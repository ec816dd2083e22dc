/*
 * The rule that says whether a window is emitted now, and in which pane: facts go in, a decision comes out. The rule
 * asks nobody and remembers nothing, so a test enumerates all it can be asked.
 */
#ifndef GENTALLY_EMIT_RULE_H
#define GENTALLY_EMIT_RULE_H

#include <stdbool.h>
#include <stdint.h>

/* What is known of one window when its turn comes. */
struct window_facts {
    /* What the store holds of it. */
    int64_t records;          /* >= 0, of all partitions; 0: all of them were retracted */
    int64_t retention;        /* revision of a month's retention rows; as published_retention where none are counted */
    bool is_put_off;          /* it could not be read or written, or nobody knows what was published of it last */
    bool is_short;            /* a partition lost records of what was published of it, for good or for now */
    bool is_closed;           /* the watermark has passed its end */
    bool is_passed;           /* that of the partitions that have not stopped has; true where is_closed is */
    bool is_sealed;           /* in all partitions: `records` does not change any more */
    bool is_retention_sealed; /* in all shards: `retention` does not change any more */

    /* What was published of it last. */
    int64_t published_records; /* 0: nothing was */
    int64_t published_retention;
    bool was_closed;         /* published as ON_TIME or LATE; false: as EARLY, or never */
    bool is_rebuilt;         /* a partition's state began anew since: its records are counted from 0 again */
    bool is_under_way;       /* in transactions of which not all may have committed; was_closed is of what was before */
    bool has_changed_tables; /* catalog, countries or buckets are others now than in what was published */

    /* What is asked for on this turn. */
    bool is_final;     /* the last turn of a drain: open windows are published, whatever their interval */
    bool is_late_due;  /* the interval between two late revisions is over */
    bool is_early_due; /* the interval between two tellings of an open window of this kind is */
};

enum emit_decision {
    EMIT_SKIP,    /* Nothing of the window is left to be told, or can be. */
    EMIT_WAIT,    /* Something is, on a later turn. */
    EMIT_EARLY,   /* Emit the open window: it is its turn, a drain ends, or a stopped partition may keep it open. */
    EMIT_ON_TIME, /* Emit the closed window, which was never published as closed. */
    EMIT_LATE,    /* Emit what came since the window was published as closed. */
};

/* Whether a decision is one of the three to emit. */
static inline bool emit_rule_emits(enum emit_decision decision)
{
    return decision >= EMIT_EARLY;
}

/* Decides on one window. */
enum emit_decision emit_rule_decide(const struct window_facts *facts);

/* Whether all rows are emitted again, in the next generation, instead of a next revision of what was published. */
bool emit_rule_is_restated(const struct window_facts *facts);

/* Whether the rows that were published last hold all records of the closed window: then it may be sealed. */
bool emit_rule_is_complete(const struct window_facts *facts);

#endif
