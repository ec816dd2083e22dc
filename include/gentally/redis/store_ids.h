/*
 * The ids of counted records in the store, and what was counted for each: by them duplicates are known again. Ids lie
 * in buckets, by the watermark at which they were counted; the partition's state names its buckets. A flush adds ids to
 * buckets and drops buckets whose time is over; a lookup asks which ids are known.
 */
#ifndef GENTALLY_STORE_IDS_H
#define GENTALLY_STORE_IDS_H

#include "gentally/base/verdict.h"
#include "gentally/redis/partition_state.h"

struct store;

#define ID_SIZE 14 /* bytes: with the one Redis keeps beside it and its end, 16, which is what Redis allocates */

struct id_pair {
    struct span id, value; /* the id is ID_SIZE bytes; the value is of the caller's making */
};

/* What one flush writes into one bucket. */
struct id_section {
    struct id_bucket bucket;
    uint32_t first, count; /* range in `pairs`; 0: the bucket is dropped */
};

/* What one flush writes about ids. */
struct id_change {
    uint32_t section_count, pair_count;
    struct id_section sections[2 * ID_BUCKETS_MAX];
    const struct id_pair *pairs;
};

/* Gets an id that the store knows: `bucket` and `id` are indexes into the lookup's own arrays; `value` is borrowed for
 * the call. */
typedef enum verdict store_id_reader(void *context, uint32_t bucket, uint32_t id, struct span value,
                                     struct reason *why);

/* A question about ids of one partition. */
struct id_lookup {
    const struct partition_state *state;
    uint32_t bucket_count, id_count;
    const struct id_bucket *buckets;
    const struct span *ids; /* ID_SIZE bytes each */
    store_id_reader *each;
    void *context;
    enum verdict verdict; /* the partition's own answer, as of store_flush(); HALT of `each` too */
    struct reason why;
};

/*
 * Asks which ids are known, all partitions in one round trip, at the offset where the change to come begins: if another
 * owner writes after that, the change is fenced. `each` may get an id more than once: for each bucket that has the id,
 * and again after a lost connection. Verdicts as of store_flush().
 */
MUST_CHECK enum verdict store_look_up_ids(struct store *store, struct id_lookup *lookups[], uint32_t count,
                                          struct reason *why);

#endif
