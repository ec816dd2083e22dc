/*
 * Where a partition is read: records come out in offset order, from the assigned offset on, each once, or not at all.
 *
 * What is behind the place is dropped. What is ahead of it may be a left-over of an earlier assignment, so it is
 * dropped too, and the partition is read again at its place; only if the log then makes the same jump is it believed
 * that there is nothing in between (compaction, the markers of transactions).
 *
 * A place with an anchor begins there: the log has to show that very record first, which is compared and not handed
 * out. Pure; the source asks it about everything that arrives.
 */
#ifndef GENTALLY_POSITION_H
#define GENTALLY_POSITION_H

#include "gentally/core/anchor.h"
#include "gentally/core/event.h"

/* What is wrong with the log at a place; the place waits until somebody has looked. */
enum doubt {
    DOUBT_NONE,
    DOUBT_NO_OFFSET, /* the log does not have the offset that is to be read */
    DOUBT_SHORT,     /* the log says it ends before what was counted already */
    DOUBT_FOREIGN,   /* another record stands at the anchor */
};

struct place {
    int64_t expected;     /* the next offset to take */
    int64_t next;         /* the first offset to hand out; > expected while the anchor is looked for */
    int64_t jump;         /* where the log went instead, seen once; PLACE_NO_JUMP */
    struct anchor anchor; /* none once it was seen */
    struct anchor found;  /* with DOUBT_FOREIGN: what stands there */
    enum doubt doubt;
    bool is_assigned;
    bool is_waiting; /* drops everything until it is read again */
    bool is_settled; /* something arrived at its place since the last assignment: nothing older can follow */
    bool is_sparse;  /* the log has proved that it leaves offsets out */
};

#define PLACE_NO_JUMP INT64_C(-1)

/* A place that hands out records from `next` on, after it has seen the anchor (ANCHOR_NONE: none to see). */
struct place place_at(int64_t next, const struct anchor *anchor);

enum arrival {
    ARRIVAL_PASS,         /* hand it out */
    ARRIVAL_DROP,         /* it is none of ours */
    ARRIVAL_AGAIN,        /* drop it, and read again at the place */
    ARRIVAL_DOUBT,        /* drop it: see `doubt` */
    ARRIVAL_FIRST_SPARSE, /* hand it out; the log is known to leave offsets out from now on */
    ARRIVAL_ANCHOR_GONE,  /* the log jumps over the anchor: nothing to compare; ask again about the same record */
};

/* A record of an assigned partition. */
enum arrival place_record(struct place *place, const struct record *record);

/* The log says it ends at `offset`. */
enum arrival place_end(struct place *place, int64_t offset);

/* The log does not have the offset that is to be read. */
void place_refuse(struct place *place);

/* Goes on without the anchor. */
void place_forget_anchor(struct place *place);

#endif
