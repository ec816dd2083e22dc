/* An array with one offset a partition. */
#include "published_offsets.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "gentally/core/incarnation.h"

#define TIME_TEXT 32 /* bytes of a time written out, with its NUL */

struct published_offset {
    char incarnation[INCARNATION_SIZE]; /* empty: nothing was published yet */
    int64_t next;
};

struct published_offsets {
    int32_t count;
    int32_t told_last; /* the highest partition that was published; -1: none was */
    struct published_offset *partitions;
};

enum verdict published_offsets_open(struct published_offsets **offsets, int32_t count, struct reason *why)
{
    struct published_offsets *opened = calloc(1, sizeof(*opened));

    assert(count > 0);
    if (opened != NULL)
        opened->partitions = calloc((size_t)count, sizeof(*opened->partitions));
    if (opened == NULL || opened->partitions == NULL) {
        free(opened);
        return no_memory(why, "for the offsets that were published");
    }
    opened->count = count;
    opened->told_last = -1;
    *offsets = opened;
    return GO_ON;
}

void published_offsets_close(struct published_offsets *offsets)
{
    if (offsets == NULL)
        return;
    free(offsets->partitions);
    free(offsets);
}

void published_offsets_note(struct published_offsets *offsets, const struct ledger_partition *part)
{
    if (part->partition < 0 || !ledger_partition_is_known(part))
        return;
    if (part->partition > offsets->told_last)
        offsets->told_last = part->partition;
    if (part->partition >= offsets->count)
        return;
    struct published_offset *offset = &offsets->partitions[part->partition];
    if (strcmp(offset->incarnation, part->incarnation) == 0 && part->next <= offset->next)
        return;
    if (incarnation_is_before(part->incarnation, offset->incarnation)) /* told by a store that was superseded */
        return;
    memcpy(offset->incarnation, part->incarnation, sizeof(offset->incarnation));
    offset->next = part->next;
}

enum verdict published_offsets_check_count(const struct published_offsets *offsets, struct reason *why)
{
    if (offsets->told_last < offsets->count)
        return GO_ON;
    return reason_set(why, TRY_LATER, SOURCE_METADATA_OLD, 0,
                      "the broker knows %" PRId32 " partitions of the topic, and partition %" PRId32
                      " was published: windows are told when it knows that, too",
                      offsets->count, offsets->told_last);
}

bool published_offsets_is_ahead(const struct published_offsets *offsets, int32_t partition, const char *incarnation,
                                int64_t next)
{
    assert(partition >= 0);
    assert(partition < offsets->count);
    const struct published_offset *offset = &offsets->partitions[partition];
    return strcmp(offset->incarnation, incarnation) == 0 && next < offset->next;
}

enum verdict published_offsets_check(const struct published_offsets *offsets, int32_t partition,
                                     const char *incarnation, int64_t next, struct reason *why)
{
    if (!published_offsets_is_ahead(offsets, partition, incarnation, next))
        return GO_ON;
    return reason_set(why, TRY_LATER, STORE_ROLLED_BACK, 0,
                      "partition %" PRId32 " stands at %" PRId64 ", and was published up to %" PRId64
                      ": windows that had more of it wait until it is read again",
                      partition, next, offsets->partitions[partition].next);
}

static void write_time(const char *incarnation, char text[TIME_TEXT])
{
    time_format(incarnation_made_ms(incarnation), text, TIME_TEXT);
}

enum verdict published_offsets_may_follow(const struct published_offsets *offsets, int32_t partition,
                                          const char *incarnation, struct reason *why)
{
    char ours[TIME_TEXT], told[TIME_TEXT];

    assert(partition >= 0);
    assert(partition < offsets->count);
    const struct published_offset *offset = &offsets->partitions[partition];
    if (!incarnation_is_before(incarnation, offset->incarnation))
        return GO_ON;
    write_time(incarnation, ours);
    write_time(offset->incarnation, told);
    return reason_set(why, HALT, STORE_SUPERSEDED, 0,
                      "partition %" PRId32
                      " has a state of %s in this Redis, and was published from one of %s, which "
                      "is in another: point this worker at that one",
                      partition, ours, told);
}
