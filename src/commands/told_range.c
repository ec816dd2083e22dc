/* Deleted windows were seen as well as others: the ranges are of what is in the topic, tombstones aside. */
#include "told_range.h"

#include <stdio.h>

#include "leaderboard.h"

void told_range_add(struct told_range *range, int64_t start_ms)
{
    if (!range->is_there || start_ms < range->first_ms)
        range->first_ms = start_ms;
    if (!range->is_there || start_ms > range->last_ms)
        range->last_ms = start_ms;
    range->is_there = true;
}

static void print_range(const struct told_range *range, enum window_kind kind, const char *before)
{
    const char *name = window_kind_name(kind);
    char first[LEADERBOARD_START_SIZE], last[LEADERBOARD_START_SIZE];

    leaderboard_start(name, range->first_ms, first);
    leaderboard_start(name, range->last_ms, last);
    fprintf(stderr, "%s%ss from %s to %s", before, name, first, last);
}

void told_range_explain(const struct told_range ranges[WINDOW_KINDS], enum window_kind kind, const char *rollup,
                        const char *command)
{
    const char *name = window_kind_name(kind);
    bool is_any = false;

    if (ranges[kind].is_there) {
        fprintf(stderr, "%s: no %s of rollup %s starts in that range; there are ", command, name, rollup);
        print_range(&ranges[kind], kind, "");
        fprintf(stderr, ", UTC\n");
        return;
    }
    for (enum window_kind other = 0; other < WINDOW_KINDS; other++)
        is_any |= ranges[other].is_there;
    if (!is_any) {
        fprintf(stderr, "%s: no window of rollup %s has been published yet\n", command, rollup);
        return;
    }
    fprintf(stderr, "%s: no %s is kept of rollup %s; there are ", command, name, rollup);
    is_any = false;
    for (enum window_kind other = 0; other < WINDOW_KINDS; other++) {
        if (ranges[other].is_there)
            print_range(&ranges[other], other, is_any ? ", " : "");
        is_any |= ranges[other].is_there;
    }
    fprintf(stderr, ", UTC\n");
}
