/*
 * Activities: which account used which display model in which month. A flush writes those of its records down, in an
 * entry of its partition's; many entries together are merged into the buckets of retention (bucket.h). As bytes:
 *
 *   count of models varint | per model: size varint, text | per activity to the end: account (12), model varint, month
 *   varint
 *
 * An entry so explains itself, whoever reads it. An account's 12 bytes are the first of its pseudonym: among a billion
 * accounts the chance that two are taken for one is below 10^-10.
 */
#ifndef GENTALLY_ACTIVITIES_H
#define GENTALLY_ACTIVITIES_H

#include <endian.h>

#include "gentally/base/verdict.h"

#define ACCOUNT_SIZE 12u

struct activity {
    uint8_t account[ACCOUNT_SIZE];
    uint16_t month; /* < MONTHS_MAX */
    uint32_t model; /* an index, of whoever wrote the activity down */
};

/* As memcmp(). Accounts are as good as random: nearly always the first eight bytes decide, without a call. */
static inline int account_compare(const uint8_t left[ACCOUNT_SIZE], const uint8_t right[ACCOUNT_SIZE])
{
    uint64_t a, b;

    memcpy(&a, left, sizeof(a));
    memcpy(&b, right, sizeof(b));
    a = be64toh(a);
    b = be64toh(b);
    return a != b ? (a > b) - (a < b) : memcmp(left + sizeof(a), right + sizeof(b), ACCOUNT_SIZE - sizeof(a));
}

/* The room that an entry of so many activities needs at most, beside its models' texts and 5 bytes for each of them. */
#define ACTIVITIES_HEAD_MAX 5u
#define ACTIVITY_MAX (ACCOUNT_SIZE + 5u + 3u)

/* Writes an entry: `models` texts, then activities, whose `model` is below that. Returns its size; `bytes` has the
 * room. */
size_t activities_write(uint8_t *bytes, const struct span models[], uint32_t model_count,
                        const struct activity activities[], uint32_t count);

/* A set of activities from many entries: a model has one index in all of them. */
struct activities;

/* Opens an empty set. GO_ON gives it to the caller, to be closed once; NULL is fine there. HALT: NO-MEMORY. */
MUST_CHECK enum verdict activities_open(struct activities **activities, struct reason *why);
void activities_close(struct activities *activities);
void activities_clear(struct activities *activities);

/* Adds what an entry has; its bytes are copied. HALT: NO-MEMORY, STORE-DAMAGED (it does not read). */
MUST_CHECK enum verdict activities_add(struct activities *activities, struct span entry, struct reason *why);

/* Puts the activities into the order of their accounts. */
void activities_sort(struct activities *activities);

/* How many there are, repeated ones too; they are borrowed until the set changes. */
uint32_t activities_count(const struct activities *activities);
const struct activity *activities_items(const struct activities *activities);

uint32_t activities_models(const struct activities *activities);
struct span activities_model(const struct activities *activities, uint32_t model);

#endif
