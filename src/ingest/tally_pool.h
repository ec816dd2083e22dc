/*
 * Samples of tallies between two flushes. A tally appends each sample with the number of its row to a log, so that the
 * fold writes where it wrote last; at the flush they are grouped by row, by counting (Knuth, The Art of Computer
 * Programming 3, 5.2, algorithm D), and each row's lie side by side.
 *
 * A log is a list of blocks of a pool that all tallies of a worker share. One owner, no allocation after open.
 */
#ifndef GENTALLY_TALLY_POOL_H
#define GENTALLY_TALLY_POOL_H

#include <assert.h>

#include "gentally/core/cell.h"
#include "gentally/core/event.h"
#include "gentally/core/rollup.h"

#define TALLY_ROWS_MAX 65536                           /* of one tally: a row's number has 16 bits */
#define FACT_ROWS_MAX (ROLLUPS_MAX * EVENT_LABELS_MAX) /* rows, and so samples, of one fact at the very most */
#define BLOCK_SAMPLES_MAX 1004                         /* so that a block is 157 cache lines */

struct sample_block {
    uint64_t samples[BLOCK_SAMPLES_MAX];
    uint16_t rows[BLOCK_SAMPLES_MAX];
    uint32_t next; /* of the same log, or free; + 1, 0 = none */
    uint32_t used; /* samples */
};

/* Zero while it has no samples. */
struct sample_log {
    uint32_t first, last; /* blocks; + 1, 0 = none */
    uint64_t count;
};

struct tally_pool {
    struct sample_block *blocks;
    uint32_t block_count;
    uint32_t fresh; /* blocks from here on were never used, and their memory never touched */
    uint32_t freed; /* list of blocks given back; + 1, 0 = none */
    uint32_t free_count;
    uint64_t *grouped;                   /* all samples of the log that was grouped last, row by row */
    const struct sample_log *grouped_of; /* which one that is; NULL: none, or one that was cleared */
    uint64_t grouped_count;              /* samples it had */
    uint32_t ends[TALLY_ROWS_MAX];       /* of each of its rows, in `grouped` */
    struct accumulator accumulator;      /* where tally_pack() counts: empty between calls */
};

/* Opens a pool with room for at least `samples_max` samples (one for each row a fact touches), and never less than a
 * single fact can need. HALT: NO-MEMORY. */
MUST_CHECK enum verdict tally_pool_open(struct tally_pool **pool, uint32_t samples_max, struct reason *why);

/* Closes a pool, all of whose tallies are closed (asserted). NULL does nothing. */
void tally_pool_close(struct tally_pool *pool);

/* Samples for which there surely is room: in the last block, and in those that are free. */
static inline uint64_t sample_log_room(const struct sample_log *log, const struct tally_pool *pool)
{
    uint64_t rest = log->last == 0 ? 0 : BLOCK_SAMPLES_MAX - pool->blocks[log->last - 1].used;

    return rest + (uint64_t)pool->free_count * BLOCK_SAMPLES_MAX;
}

/* Appends a block; one is free (asserted). */
void sample_log_extend(struct sample_log *log, struct tally_pool *pool);

/* Appends a sample of a row below TALLY_ROWS_MAX. There is room. */
static inline void sample_log_add(struct sample_log *log, struct tally_pool *pool, uint32_t row, uint64_t sample)
{
    if (log->last == 0 || pool->blocks[log->last - 1].used == BLOCK_SAMPLES_MAX)
        sample_log_extend(log, pool);
    struct sample_block *block = &pool->blocks[log->last - 1];
    block->samples[block->used] = sample;
    block->rows[block->used++] = (uint16_t)row;
    log->count++;
}

/* Gives all blocks back. */
void sample_log_clear(struct sample_log *log, struct tally_pool *pool);

/* True if `grouped` and `ends` are this log's, as it is now. */
static inline bool tally_pool_is_grouped(const struct tally_pool *pool, const struct sample_log *log)
{
    return pool->grouped_of == log && pool->grouped_count == log->count;
}

/* Groups the log's samples by row. `ends` has the number of samples of each of the `row_count` rows, and after it where
 * those end in `grouped`. */
void tally_pool_group(struct tally_pool *pool, const struct sample_log *log, uint32_t row_count);

#endif
