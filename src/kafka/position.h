/*
 * The position at which a partition is read. Records come out in offset order, from the assigned offset on, each once
 * or not at all. Pure: the source asks the position about everything that arrives.
 *
 * A record behind the position is dropped. A record ahead of the position may be a left-over of an earlier assignment:
 * it is dropped too, and the partition is read again at its position. Only if the log then makes the same jump, the
 * position believes that nothing is in between (compaction, the markers of transactions).
 *
 * A position with an anchor begins at the anchor: the log has to show that very record first, which is compared and not
 * handed out.
 *
 * A batch of records that cannot be read stands in the way: nothing behind it comes. It is read again, since a broken
 * transfer is not a broken log; then the position waits until source_check_log() has looked how far it reaches. After
 * that its offsets are handed out as one, and reading goes on behind them.
 */
#ifndef GENTALLY_POSITION_H
#define GENTALLY_POSITION_H

#include "gentally/core/anchor.h"
#include "gentally/core/event.h"

/* What seems wrong with the log at a position; the position waits until source_check_log() has looked. */
enum suspicion {
    SUSPICION_NONE,
    SUSPICION_NO_OFFSET, /* the log does not have the offset that is to be read */
    SUSPICION_SHORT,     /* the log says that it ends before a record that was counted */
    SUSPICION_FOREIGN,   /* another record stands at the anchor */
    SUSPICION_BROKEN,    /* a batch there could not be read, BROKEN_TRIES times */
};

#define BROKEN_TRIES 3u

/* Offsets that are known to be lost in a batch that cannot be read. */
struct lost_range {
    int64_t base;       /* where the batch begins */
    int64_t from;       /* the position at which the batch came next */
    int64_t first, end; /* what is lost: from `first` up to `end`; none if they are equal */
};

struct position {
    int64_t expected;     /* the next offset to take */
    int64_t next;         /* the first offset to hand out at all; > expected while the anchor is looked for */
    int64_t jump;         /* where the log went instead, seen once; POSITION_NO_JUMP */
    struct anchor anchor; /* none once it was seen */
    struct anchor found;  /* with SUSPICION_FOREIGN: what stands there */
    enum suspicion suspicion;
    int64_t broken;        /* where the batch begins that could not be read */
    uint32_t broken_tries; /* how often in a row */
    struct lost_range lost;
    bool is_assigned;
    bool is_waiting; /* everything is dropped until the partition is read again */
    bool is_settled; /* a record arrived at the position since the last assignment: no older one can follow */
    bool is_sparse;  /* the log has proved that it leaves offsets out */
};

#define POSITION_NO_JUMP INT64_C(-1)

/* Makes a position that hands out records from `next` on, after it has seen the anchor (ANCHOR_NONE: no anchor). */
struct position position_at(int64_t next, const struct anchor *anchor);

/* What becomes of something that arrived: a record, or the end of the log. */
enum arrival {
    ARRIVAL_PASS,         /* hand it out */
    ARRIVAL_DROP,         /* not at the position: drop it */
    ARRIVAL_AGAIN,        /* drop it, and read again at the position */
    ARRIVAL_SUSPECT,      /* drop it: see `suspicion` */
    ARRIVAL_FIRST_SPARSE, /* hand it out; the log is known to leave offsets out from now on */
    ARRIVAL_ANCHOR_GONE,  /* the log jumps over the anchor: position_forget_anchor(), then ask about it again */
};

/* Asks about a record of an assigned partition. */
enum arrival position_record(struct position *position, const struct record *record);

/* Asks about the end of the log, which the log says is at `offset`. */
enum arrival position_end(struct position *position, int64_t offset);

/*
 * Asks about a batch that cannot be read, which begins at `offset`, at or before the position, or behind a jump.
 * ARRIVAL_PASS: what is known to be lost may be handed out, `*record` tells it (its partition is the caller's to fill
 * in); the log is to be read again behind it. ARRIVAL_DROP, _AGAIN, _SUSPECT and _ANCHOR_GONE as above.
 */
enum arrival position_broken(struct position *position, int64_t offset, struct record *record);

/* Tells that the batch that was suspected reaches up to `end`, where the next one begins. */
void position_lose(struct position *position, int64_t end);

/* The first offset that was not handed out yet. */
static inline int64_t position_wanted(const struct position *position)
{
    return position->expected > position->next ? position->expected : position->next;
}

/* Suspects the log, since it does not have the offset that is to be read. */
void position_refuse(struct position *position);

/* Goes on without the anchor: the next record may be any from `next` on. */
void position_forget_anchor(struct position *position);

#endif
