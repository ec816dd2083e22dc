/* One offset a partition. */
#include "published_offsets.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct reached {
    char incarnation[33]; /* empty: nothing was published yet */
    int64_t next;
};

struct reach {
    int32_t count;
    struct reached *partitions;
};

enum verdict reach_open(struct reach **reach, int32_t count, struct reason *why)
{
    struct reach *opened = calloc(1, sizeof(*opened));

    assert(count > 0);
    if (opened != NULL)
        opened->partitions = calloc((size_t)count, sizeof(*opened->partitions));
    if (opened == NULL || opened->partitions == NULL) {
        free(opened);
        return reason_set(why, HALT, "NO-MEMORY", errno, "no memory for the offsets that were published");
    }
    opened->count = count;
    *reach = opened;
    return GO_ON;
}

void reach_close(struct reach *reach)
{
    if (reach == NULL)
        return;
    free(reach->partitions);
    free(reach);
}

void reach_note(struct reach *reach, const struct ledger_partition *part)
{
    if (part->partition < 0 || part->partition >= reach->count)
        return;
    struct reached *reached = &reach->partitions[part->partition];
    if (strcmp(reached->incarnation, part->incarnation) == 0 && part->next <= reached->next)
        return;
    memcpy(reached->incarnation, part->incarnation, sizeof(reached->incarnation));
    reached->next = part->next;
}

bool reach_is_ahead(const struct reach *reach, int32_t partition, const char *incarnation, int64_t next)
{
    assert(partition >= 0);
    assert(partition < reach->count);
    const struct reached *reached = &reach->partitions[partition];
    return strcmp(reached->incarnation, incarnation) == 0 && next < reached->next;
}

enum verdict reach_check(const struct reach *reach, int32_t partition, const char *incarnation, int64_t next,
                         struct reason *why)
{
    if (!reach_is_ahead(reach, partition, incarnation, next))
        return GO_ON;
    return reason_set(why, TRY_LATER, "STORE-ROLLED-BACK", 0,
                      "partition %" PRId32 " stands at %" PRId64 ", and was published up to %" PRId64
                      ": windows wait until it is read again",
                      partition, next, reach->partitions[partition].next);
}
