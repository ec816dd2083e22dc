/*
 * Where a partition is read: records come out in offset order, from the assigned offset on, each once, or not at all.
 *
 * What is behind the position is dropped. What is ahead of it may be a left-over of an earlier assignment, so it is
 * dropped too, and the partition is read again at its position; only if the log then makes the same jump is it believed
 * that there is nothing in between (compaction, the markers of transactions).
 *
 * A position with an anchor begins there: the log has to show that very record first, which is compared and not handed
 * out. Pure; the source asks it about everything that arrives.
 */
#ifndef GENTALLY_POSITION_H
#define GENTALLY_POSITION_H

#include "gentally/core/anchor.h"
#include "gentally/core/event.h"

/* What is wrong with the log at a position; the position waits until somebody has looked. */
enum suspicion {
    SUSPICION_NONE,
    SUSPICION_NO_OFFSET, /* the log does not have the offset that is to be read */
    SUSPICION_SHORT,     /* the log says it ends before what was counted already */
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
    bool is_waiting; /* drops everything until it is read again */
    bool is_settled; /* something arrived at its position since the last assignment: nothing older can follow */
    bool is_sparse;  /* the log has proved that it leaves offsets out */
};

#define POSITION_NO_JUMP INT64_C(-1)

/* A position that hands out records from `next` on, after it has seen the anchor (ANCHOR_NONE: none to see). */
struct position position_at(int64_t next, const struct anchor *anchor);

enum arrival {
    ARRIVAL_PASS,         /* hand it out */
    ARRIVAL_DROP,         /* it is none of ours */
    ARRIVAL_AGAIN,        /* drop it, and read again at the position */
    ARRIVAL_SUSPECT,      /* drop it: see `suspicion` */
    ARRIVAL_FIRST_SPARSE, /* hand it out; the log is known to leave offsets out from now on */
    ARRIVAL_ANCHOR_GONE,  /* the log jumps over the anchor: nothing to compare; ask again about the same record */
};

/* A record of an assigned partition. */
enum arrival position_record(struct position *position, const struct record *record);

/* The log says it ends at `offset`. */
enum arrival position_end(struct position *position, int64_t offset);

/* The log does not have the offset that is to be read. */
void position_refuse(struct position *position);

/* Goes on without the anchor. */
void position_forget_anchor(struct position *position);

#endif
