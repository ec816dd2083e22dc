/*
 * What merging asks and writes of a shard. Buckets are asked for before the write that goes before is answered, and
 * that write is answered while what came is merged: at most one of each is on its way, and answers come in the order
 * of sending. Private to this room; only store_merge*.c open this header.
 */
#ifndef GENTALLY_STORE_MERGE_CALL_H
#define GENTALLY_STORE_MERGE_CALL_H

#include "gentally/core/activities.h"
#include "gentally/core/bucket.h"
#include "store_shard.h"

#define CALL_BUCKETS 256u

/* A count that changes. */
struct change_of_count {
    uint32_t month, cohort, model;
    int by;
};

/* Some buckets, and the version that the shard had when they were asked for. */
struct merge_call {
    uint32_t first, end; /* items that fall into them */
    uint32_t names[CALL_BUCKETS];
    uint32_t bucket_count;
    char version[33];
};

/* A write without an answer, and what the shard is if it passes. */
struct merge_write {
    bool is_sent;
    char version[33];
    uint32_t buckets, fresh;
    int64_t added;
};

struct merge {
    struct store *store;
    const struct activities *set;
    uint32_t shard;
    uint32_t *numbers; /* by the set's models: in this shard, or NO_NUMBER */
    uint32_t *models;  /* of this shard's activities: the numbers of the last `fresh` of them are new */
    uint32_t model_count, fresh;
    bool is_beyond; /* a number was higher than the state, of the version below, knows of */
    char beyond[33];
    uint64_t beyond_count; /* of connections, then */
    struct bucket_activity *items;
    uint32_t count;
    size_t room;
    struct merge_call call, ahead; /* the one at hand, and the next */
    uint32_t pending;              /* answers that are still to come */
    struct merge_write write;
    /* What becomes of the buckets at hand. */
    struct bucket_bytes buckets[CALL_BUCKETS];
    bool is_written[CALL_BUCKETS];
    struct change_of_count *changes;
    uint32_t change_count;
    size_t change_room;
    int64_t added; /* pairs */
};

static inline struct store_shard *merge_shard_of(const struct merge *merge)
{
    return &merge->store->shards[merge->shard];
}

/* Notes that a count changes: a bucket_counter, whose context is the merge. */
bool merge_note_change(void *context, uint32_t model, uint32_t cohort, uint32_t month, int by);

/* Asks for the buckets of a call. Verdicts of store_send(). */
MUST_CHECK enum verdict merge_ask(struct merge *merge, struct merge_call *call, struct reason *why);

/* Waits for them. GO_ON: the caller frees `*reply`, whose elements from 1 on are theirs. `*is_whole` false: they are of
 * another version than the call's; one that was written in between, or the shard is torn: which of the two, the
 * function tells. */
MUST_CHECK enum verdict merge_take(struct merge *merge, const struct merge_call *call, redisReply **reply,
                                   bool *is_whole, struct reason *why);

/* Sends what became of the buckets at hand; `buckets` = how many the shard has then. No write is on its way. */
MUST_CHECK enum verdict merge_send(struct merge *merge, uint32_t buckets, struct reason *why);

/* Waits for the answer to a write, if one is on its way. GO_ON: the shard is as written. */
MUST_CHECK enum verdict merge_finish(struct merge *merge, struct reason *why);

/* Takes the answers that are still to come, or they would be taken for those to the next questions. */
void merge_drain(struct merge *merge);

#endif
