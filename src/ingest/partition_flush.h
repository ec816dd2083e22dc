/* What a partition asks of a checkpoint, and what it is answered. */
#ifndef GENTALLY_PARTITION_FLUSH_H
#define GENTALLY_PARTITION_FLUSH_H

#include "gentally/redis/partition_state.h"
#include "tally.h"

struct id_change;
struct pair_log;

/* One partition's part of a checkpoint. What it points to is borrowed until checkpoint_run(), or the last
 * checkpoint_again() after a TRY_LATER, has answered. */
struct partition_flush {
    const struct tally *tally;           /* rows that are added: those since the last flush */
    const struct tally *taken;           /* rows that are taken away, see TAKEN_BIT in correction.h; NULL: none */
    const struct id_change *ids;         /* NULL: nothing about ids */
    const struct pair_log *pairs;        /* what the rows say of retention; NULL: nothing */
    const struct partition_state *state; /* the store, when those rows began */
    int64_t next;                        /* offset of the first record that is not in the rows */
    struct anchor anchor;                /* the last record before `next` */
    int64_t watermark_ms;
    bool is_idle;
    int64_t outcomes[OUTCOME_COUNT]; /* cumulative */
    uint32_t entries;                /* answer: how many entries of the journal it made, and their bytes */
    int64_t entry_bytes;
    uint32_t windows;     /* answer: how many windows got records */
    enum verdict verdict; /* answer: GO_ON; REWIND or HALT, of this partition only */
    struct reason why;
};

#endif
