/* A bucket is walked once, beside the activities, account by account. */
#include "gentally/core/bucket.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "gentally/core/window.h"

#define SHARD_BITS 3
#define VARINT_MAX 5

static_assert(1u << SHARD_BITS == RETENTION_SHARDS, "a shard has the accounts of its leading bits");

/* ---- names ---- */

/* The 32 bits behind those of the shard. */
static uint32_t leading(const uint8_t account[ACCOUNT_SIZE])
{
    uint64_t bits = 0;

    for (int i = 0; i < 5; i++)
        bits = bits << 8 | account[i];
    return (uint32_t)(bits >> (8 - SHARD_BITS));
}

/* How many bits all buckets have that are not split in this round. */
static uint32_t level_of(uint32_t buckets)
{
    return 31 - (uint32_t)__builtin_clz(buckets);
}

uint32_t bucket_of(const uint8_t account[ACCOUNT_SIZE], uint32_t buckets)
{
    uint32_t level = level_of(buckets), split = buckets - (1u << level);
    uint64_t bits = leading(account);
    uint32_t prefix = (uint32_t)(bits >> (32 - level));

    assert(buckets >= 1 && buckets <= BUCKETS_MAX);
    return prefix < split ? 2u << level | (uint32_t)(bits >> (31 - level)) : 1u << level | prefix;
}

uint32_t bucket_to_split(uint32_t buckets)
{
    return buckets; /* The first name of a level is its power of two, and those before it are split. */
}

/* ---- bytes ---- */

void bucket_bytes_free(struct bucket_bytes *out)
{
    free(out->bytes);
    free(out->part);
    *out = (struct bucket_bytes){0};
}

static bool append(uint8_t **bytes, size_t *size, size_t *room, const void *more, size_t more_size)
{
    uint8_t *grown = grow(*bytes, room, *size + more_size + 1, 1);

    if (grown == NULL)
        return false;
    *bytes = grown;
    if (more_size > 0)
        memcpy(grown + *size, more, more_size);
    *size += more_size;
    return true;
}

static size_t put_varint(uint8_t *at, uint32_t value)
{
    size_t size = 0;

    for (; value >= 0x80; value >>= 7)
        at[size++] = (uint8_t)(value | 0x80);
    at[size++] = (uint8_t)value;
    return size;
}

/* The account at hand goes out, with its pairs. */
static bool put_account(struct bucket_bytes *out, const uint8_t *account, uint32_t pairs)
{
    uint8_t head[ACCOUNT_SIZE + VARINT_MAX];

    memcpy(head, account, ACCOUNT_SIZE);
    return append(&out->bytes, &out->size, &out->room, head, ACCOUNT_SIZE + put_varint(head + ACCOUNT_SIZE, pairs)) &&
           append(&out->bytes, &out->size, &out->room, out->part, out->part_size);
}

static bool put_raw(struct bucket_bytes *out, const uint8_t *from, const uint8_t *to)
{
    return append(&out->part, &out->part_size, &out->part_room, from, (size_t)(to - from));
}

static bool put_pair(struct bucket_bytes *out, uint32_t number, const uint16_t months[], uint32_t count)
{
    uint8_t bytes[2 * VARINT_MAX + MONTHS_MAX / 7 + 1] = {0};
    uint32_t span = months[count - 1] - months[0];
    size_t size = put_varint(bytes, number);

    size += put_varint(bytes + size, months[0]);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)months[i] - months[0];
        bytes[size + at / 7] |= (uint8_t)(1u << at % 7);
    }
    for (uint32_t i = 0; i < span / 7; i++)
        bytes[size + i] |= 0x80;
    return append(&out->part, &out->part_size, &out->part_room, bytes, size + span / 7 + 1);
}

/* ---- reading ---- */

/* What is left of a bucket; and the pair that was read last. */
struct walk {
    const uint8_t *at, *end;
    const uint8_t *account; /* NULL at the end */
    uint32_t pairs;         /* of the account that are left */
    const uint8_t *pair;    /* where the pair began */
    uint32_t number;
    uint16_t months[MONTHS_MAX];
    uint32_t count;
};

static bool get_varint(struct walk *walk, uint32_t *value)
{
    *value = 0;
    for (unsigned shift = 0; walk->at < walk->end && shift < 28; shift += 7) {
        uint8_t byte = *walk->at++;
        *value |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

/* Steps to the next account, in order; account is NULL then if there is none. */
static bool next_account(struct walk *walk)
{
    const uint8_t *last = walk->account;

    walk->account = NULL;
    if (walk->at == walk->end)
        return true;
    if ((size_t)(walk->end - walk->at) < ACCOUNT_SIZE)
        return false;
    walk->account = walk->at;
    walk->at += ACCOUNT_SIZE;
    return (last == NULL || memcmp(last, walk->account, ACCOUNT_SIZE) < 0) && get_varint(walk, &walk->pairs) &&
           walk->pairs > 0;
}

static bool get_months(struct walk *walk, uint32_t first)
{
    bool has_more = true;

    walk->count = 0;
    for (uint32_t month = first; has_more; month += 7) {
        if (walk->at == walk->end || month >= MONTHS_MAX)
            return false;
        uint8_t byte = *walk->at++;
        for (uint32_t bit = 0; bit < 7; bit++)
            if ((byte & 1u << bit) != 0) {
                if (month + bit >= MONTHS_MAX)
                    return false;
                walk->months[walk->count++] = (uint16_t)(month + bit);
            }
        has_more = (byte & 0x80) != 0;
    }
    return walk->count > 0 && walk->months[0] == first;
}

static bool next_pair(struct walk *walk)
{
    uint32_t first;

    assert(walk->pairs > 0);
    walk->pairs--;
    walk->pair = walk->at;
    return get_varint(walk, &walk->number) && get_varint(walk, &first) && get_months(walk, first);
}

/* Steps over the pairs of the account that are left, without a look at their months. */
static bool skip_pairs(struct walk *walk)
{
    for (uint32_t number, first; walk->pairs > 0; walk->pairs--) {
        if (!get_varint(walk, &number) || !get_varint(walk, &first))
            return false;
        while (walk->at < walk->end && *walk->at >= 0x80)
            walk->at++;
        if (walk->at == walk->end)
            return false;
        walk->at++;
    }
    return true;
}

static enum verdict damaged(struct reason *why)
{
    return reason_set(why, HALT, STORE_RETENTION_DAMAGED, 0, "retention: a bucket does not read as we wrote it");
}

static struct walk begin(struct span stored)
{
    const uint8_t *bytes = (const uint8_t *)stored.bytes;

    return (struct walk){.at = bytes, .end = stored.size == 0 ? bytes : bytes + stored.size};
}

/* ---- merging ---- */

struct merging {
    struct walk walk;
    const struct bucket_activity *at, *end;
    struct bucket_bytes *out;
    bucket_counter *counter;
    void *context;
    int64_t added;
    bool is_changed, is_out_of_memory;
};

/* What can only fail for want of memory. */
static bool remember(struct merging *merging, bool is_done)
{
    merging->is_out_of_memory = merging->is_out_of_memory || !is_done;
    return is_done;
}

static bool count(struct merging *merging, const struct bucket_activity *activity, uint32_t cohort, uint32_t month,
                  int by)
{
    return remember(merging, merging->counter(merging->context, activity->model, cohort, month, by));
}

/* Puts a month among those of the pair at hand. An older month than all is the cohort from then on, and the accounts of
 * the later ones move. */
static bool note_month(struct merging *merging, const struct bucket_activity *activity)
{
    struct walk *walk = &merging->walk;
    uint32_t at = walk->count, month = activity->month;

    while (at > 0 && walk->months[at - 1] > month)
        at--;
    if (at > 0 && walk->months[at - 1] == month)
        return true;
    for (uint32_t i = 0; at == 0 && i < walk->count; i++)
        if (!count(merging, activity, walk->months[0], walk->months[i], -1) ||
            !count(merging, activity, month, walk->months[i], 1))
            return false;
    memmove(walk->months + at + 1, walk->months + at, (walk->count - at) * sizeof(*walk->months));
    walk->months[at] = (uint16_t)month;
    walk->count++;
    merging->is_changed = true;
    return count(merging, activity, walk->months[0], month, 1);
}

static bool is_of(const struct merging *merging, const uint8_t *account)
{
    return merging->at < merging->end && memcmp(merging->at->account, account, ACCOUNT_SIZE) == 0;
}

/* Adds the activities of one account and model to the pair at hand, and puts the pair. */
static bool merge_pair(struct merging *merging, const uint8_t *account, uint32_t number)
{
    for (; is_of(merging, account) && merging->at->number == number; merging->at++)
        if (!note_month(merging, merging->at))
            return false;
    return remember(merging, put_pair(merging->out, number, merging->walk.months, merging->walk.count));
}

/* Puts pairs that are new: those of the account whose model comes before `number`. */
static bool merge_new(struct merging *merging, const uint8_t *account, uint64_t before, uint32_t *pairs)
{
    while (is_of(merging, account) && merging->at->number < before) {
        merging->walk.count = 0;
        if (!merge_pair(merging, account, merging->at->number))
            return false;
        merging->added++;
        ++*pairs;
    }
    return true;
}

/* Puts the new pairs that come before the one at hand, which is kept meanwhile. */
static bool merge_before(struct merging *merging, uint32_t *pairs)
{
    struct walk *walk = &merging->walk;
    uint16_t months[MONTHS_MAX];
    uint32_t count = walk->count;

    memcpy(months, walk->months, count * sizeof(*months));
    if (!merge_new(merging, walk->account, walk->number, pairs))
        return false;
    memcpy(walk->months, months, count * sizeof(*months));
    walk->count = count;
    return true;
}

/* The account of the bucket that is at hand, with what comes to it. */
static bool merge_account(struct merging *merging)
{
    struct walk *walk = &merging->walk;
    uint32_t pairs = walk->pairs;
    uint64_t least = 0;

    merging->out->part_size = 0;
    while (walk->pairs > 0) {
        if (!next_pair(walk) || walk->number < least)
            return false;
        least = (uint64_t)walk->number + 1;
        bool is_touched = is_of(merging, walk->account) && merging->at->number <= walk->number;
        if (is_touched && merging->at->number < walk->number && !merge_before(merging, &pairs))
            return false;
        bool is_good = is_touched ? merge_pair(merging, walk->account, walk->number)
                                  : remember(merging, put_raw(merging->out, walk->pair, walk->at));
        if (!is_good)
            return false;
    }
    return merge_new(merging, walk->account, UINT64_MAX, &pairs) &&
           remember(merging, put_account(merging->out, walk->account, pairs));
}

/* An account that the bucket does not have. */
static bool add_account(struct merging *merging)
{
    const uint8_t *account = merging->at->account;
    uint32_t pairs = 0;

    merging->out->part_size = 0;
    return merge_new(merging, account, UINT64_MAX, &pairs) &&
           remember(merging, put_account(merging->out, account, pairs));
}

/* Copies the accounts of the bucket that come before the next activity's, in one piece. Most are such. */
static bool copy_before(struct merging *merging)
{
    struct walk *walk = &merging->walk;
    struct bucket_bytes *out = merging->out;
    const uint8_t *from = walk->account, *to = from;

    while (walk->account != NULL &&
           (merging->at == merging->end || memcmp(walk->account, merging->at->account, ACCOUNT_SIZE) < 0)) {
        if (!skip_pairs(walk))
            return false;
        to = walk->at;
        if (!next_account(walk))
            return false;
    }
    return to == from || remember(merging, append(&out->bytes, &out->size, &out->room, from, (size_t)(to - from)));
}

static bool merge_all(struct merging *merging)
{
    struct walk *walk = &merging->walk;

    if (!next_account(walk) || !copy_before(merging))
        return false;
    while (merging->at < merging->end) {
        bool is_there = walk->account != NULL && is_of(merging, walk->account);
        bool is_good = is_there ? merge_account(merging) && next_account(walk) : add_account(merging);
        if (!is_good || !copy_before(merging))
            return false;
    }
    return true;
}

enum verdict bucket_merge(struct span stored, const struct bucket_activity activities[], uint32_t count,
                          struct bucket_bytes *out, bucket_counter *counter, void *context, int64_t *added,
                          bool *is_changed, struct reason *why)
{
    struct merging merging = {.walk = begin(stored),
                              .at = activities,
                              .end = activities + count,
                              .out = out,
                              .counter = counter,
                              .context = context};

    out->size = 0;
    bool is_good = merge_all(&merging);
    *added = merging.added;
    *is_changed = merging.is_changed;
    if (is_good)
        return GO_ON;
    return merging.is_out_of_memory ? no_memory(why, "for a bucket of retention") : damaged(why);
}

/* ---- splitting ---- */

enum verdict bucket_split(struct span stored, uint32_t name, struct bucket_bytes halves[2], struct reason *why)
{
    struct walk walk = begin(stored);
    uint32_t level = level_of(name);

    halves[0].size = halves[1].size = 0;
    for (;;) {
        if (!next_account(&walk))
            return damaged(why);
        if (walk.account == NULL)
            return GO_ON;
        const uint8_t *from = walk.account;
        struct bucket_bytes *half = &halves[leading(walk.account) >> (31 - level) & 1];
        if (!skip_pairs(&walk))
            return damaged(why);
        if (!append(&half->bytes, &half->size, &half->room, from, (size_t)(walk.at - from)))
            return no_memory(why, "for a bucket of retention");
    }
}

/* ---- erasing ---- */

enum verdict bucket_erase(struct span stored, const uint8_t account[ACCOUNT_SIZE], struct bucket_bytes *out,
                          uint32_t *pairs, struct reason *why)
{
    struct walk walk = begin(stored);

    out->size = 0;
    *pairs = 0;
    for (;;) {
        if (!next_account(&walk))
            return damaged(why);
        if (walk.account == NULL)
            return GO_ON;
        const uint8_t *from = walk.account;
        uint32_t count = walk.pairs;
        if (!skip_pairs(&walk))
            return damaged(why);
        if (memcmp(from, account, ACCOUNT_SIZE) == 0)
            *pairs = count;
        else if (!append(&out->bytes, &out->size, &out->room, from, (size_t)(walk.at - from)))
            return no_memory(why, "for a bucket of retention");
    }
}
