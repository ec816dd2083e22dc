/* Blocks are taken from a list of those given back, or for the first time: memory is touched when it is used. */
#include "tally_pool.h"

#include <stdlib.h>

#define CACHE_LINE 64

static_assert(sizeof(struct sample_block) % CACHE_LINE == 0, "blocks begin at cache lines");
static_assert(FACT_ROWS_MAX <= BLOCK_SAMPLES_MAX, "a free block has room for any fact");

enum verdict tally_pool_open(struct tally_pool **pool, uint32_t samples_max, struct reason *why)
{
    uint32_t block_count = samples_max / BLOCK_SAMPLES_MAX + 1;
    struct tally_pool *opened = calloc(1, sizeof(*opened));

    if (opened != NULL) {
        opened->blocks = aligned_alloc(CACHE_LINE, block_count * sizeof(*opened->blocks));
        opened->grouped = malloc(block_count * sizeof(opened->blocks->samples));
        opened->block_count = opened->free_count = block_count;
    }
    if (opened == NULL || opened->blocks == NULL || opened->grouped == NULL) {
        tally_pool_close(opened);
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for a pool of %u samples", samples_max);
    }
    *pool = opened;
    return GO_ON;
}

void tally_pool_close(struct tally_pool *pool)
{
    if (pool == NULL)
        return;
    assert(pool->free_count == pool->block_count);
    free(pool->blocks);
    free(pool->grouped);
    free(pool);
}

void sample_log_extend(struct sample_log *log, struct tally_pool *pool)
{
    assert(pool->free_count > 0);
    uint32_t taken = pool->freed;

    if (taken != 0)
        pool->freed = pool->blocks[taken - 1].next;
    else
        taken = ++pool->fresh;
    assert(taken <= pool->block_count);
    pool->free_count--;
    pool->blocks[taken - 1].next = pool->blocks[taken - 1].used = 0;
    if (log->last == 0)
        log->first = taken;
    else
        pool->blocks[log->last - 1].next = taken;
    log->last = taken;
}

void sample_log_clear(struct sample_log *log, struct tally_pool *pool)
{
    for (uint32_t at = log->first, next; at != 0; at = next) {
        next = pool->blocks[at - 1].next;
        pool->blocks[at - 1].next = pool->freed;
        pool->freed = at;
        pool->free_count++;
    }
    assert(pool->free_count <= pool->block_count);
    *log = (struct sample_log){0};
    if (pool->grouped_of == log)
        pool->grouped_of = NULL;
}

/* Of the numbers of samples the places where each row's begin; a row that fills its places ends where the next one
 * begins. */
static uint64_t begin_rows(uint32_t *ends, uint32_t row_count)
{
    uint64_t begin = 0;

    for (uint32_t i = 0; i < row_count; i++) {
        uint32_t count = ends[i];
        ends[i] = (uint32_t)begin;
        begin += count;
    }
    return begin;
}

void tally_pool_group(struct tally_pool *pool, const struct sample_log *log, uint32_t row_count)
{
    assert(row_count <= TALLY_ROWS_MAX);
    uint64_t count = begin_rows(pool->ends, row_count);
    assert(count == log->count); /* what is written stays within `grouped` */
    for (uint32_t at = log->first; at != 0; at = pool->blocks[at - 1].next) {
        const struct sample_block *block = &pool->blocks[at - 1];
        for (uint32_t i = 0; i < block->used; i++)
            pool->grouped[pool->ends[block->rows[i]]++] = block->samples[i];
    }
    pool->grouped_of = log;
    pool->grouped_count = count;
}
