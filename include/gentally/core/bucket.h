/*
 * Buckets of retention: for each account of a shard the display models it used, and in which months. A shard begins
 * with one bucket and splits them one by one as pairs come (linear hashing, Litwin 1980, by the leading bits of the
 * account), so it is laid out for nothing. As bytes, accounts in their order and models in theirs:
 *
 *   per account: account (12), count of models varint | per model: number varint, first month varint, months
 *
 * Months are a bit for each from the first on, seven in a byte whose eighth says that more follow. A model's number is
 * the shard's own. Pure.
 */
#ifndef GENTALLY_BUCKET_H
#define GENTALLY_BUCKET_H

#include "gentally/core/activities.h"

#define RETENTION_SHARDS 8u
#define BUCKETS_MAX (1u << 28) /* of one shard */

/* The shard of an account: its first three bits. */
static inline uint32_t retention_shard(const uint8_t account[ACCOUNT_SIZE])
{
    return account[0] >> 5;
}

/* The name of an account's bucket in a shard of `buckets` buckets, 1 to BUCKETS_MAX: a one, then the leading bits of
 * the account behind those of the shard. Accounts in their order have buckets in theirs. */
uint32_t bucket_of(const uint8_t account[ACCOUNT_SIZE], uint32_t buckets);

/* The bucket that is split when a shard of `buckets` gets one more; its halves are 2 x its name and that + 1. */
uint32_t bucket_to_split(uint32_t buckets);

/* Activities to be merged: by account, then number, then month. */
struct bucket_activity {
    uint8_t account[ACCOUNT_SIZE];
    uint16_t month;
    uint32_t number; /* of the model, in the shard */
    uint32_t model;  /* the same, for whoever counts */
};

/* Told of each change: accounts of a model and cohort in a month became `by` more. The revision of the month rises by
 * `by` x (month - cohort + 1). False: no memory. */
typedef bool bucket_counter(void *context, uint32_t model, uint32_t cohort, uint32_t month, int by);

/* Bytes that are written, which grow. Zero before the first use; freed by free(). */
struct bucket_bytes {
    uint8_t *bytes;
    size_t size, room;
    uint8_t *part; /* the account at hand */
    size_t part_size, part_room;
};
void bucket_bytes_free(struct bucket_bytes *out);

/* Adds `count` activities to the bucket `stored` (may be empty), in place of what `out` had. `*added` = pairs that are
 * new; `*is_changed` false: `out` is as `stored`. HALT: NO-MEMORY, STORE-RETENTION-DAMAGED (it does not read). */
MUST_CHECK enum verdict bucket_merge(struct span stored, const struct bucket_activity activities[], uint32_t count,
                                     struct bucket_bytes *out, bucket_counter *counter, void *context, int64_t *added,
                                     bool *is_changed, struct reason *why);

/* Divides bucket `name` into its halves. Same verdicts. */
MUST_CHECK enum verdict bucket_split(struct span stored, uint32_t name, struct bucket_bytes halves[2],
                                     struct reason *why);

/* Writes the bucket `stored` without an account; `*pairs` = how many the account had, 0: it is not there. Same
 * verdicts. */
MUST_CHECK enum verdict bucket_erase(struct span stored, const uint8_t account[ACCOUNT_SIZE], struct bucket_bytes *out,
                                     uint32_t *pairs, struct reason *why);

#endif
