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
};

struct position {
    int64_t expected;     /* the next offset to take */
    int64_t next;         /* the first offset to hand out; > expected while the anchor is looked for */
    int64_t jump;         /* where the log went instead, seen once; POSITION_NO_JUMP */
    struct anchor anchor; /* none once it was seen */
    struct anchor found;  /* with SUSPICION_FOREIGN: what stands there */
    enum suspicion suspicion;
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

/* Suspects the log, since it does not have the offset that is to be read. */
void position_refuse(struct position *position);

/* Goes on without the anchor: the next record may be any from `next` on. */
void position_forget_anchor(struct position *position);

#endif
