/*
 * Groups: sums of rows by (x, series), where x is mostly the start of a week in ms, and a series a name (names.h). Rows
 * are added, then groups are found by key or walked: `items` stand in the order in which their keys first came.
 */
#ifndef GENTALLY_GROUPS_H
#define GENTALLY_GROUPS_H

#include "names.h"
#include "quantity.h"
#include "rows.h"

struct group_sums {
    int64_t x;
    uint32_t series;
    uint32_t rows; /* how many were added */
    const struct summary_row
        *latest; /* borrowed: its attributes are the latest known; NULL if sums came without rows */
    int64_t sums[MEASURE_COUNT];
};

/* All zero but `has_failed` is an empty table. */
struct groups {
    bool *has_failed; /* borrowed: set if memory runs out */
    size_t count, room;
    struct group_sums *items; /* owned */
    uint32_t *slots;          /* indexes + 1 by hash; 0 = free */
};

/* Adds `sums` to the group, which is made if need be. `row`, where they come from, may be NULL. */
void groups_add(struct groups *groups, int64_t x, uint32_t series, const struct summary_row *row,
                const int64_t sums[MEASURE_COUNT]);

/* The group, borrowed until the next add or sort; NULL if there is none. */
const struct group_sums *groups_find(const struct groups *groups, int64_t x, uint32_t series);

/* Orders `items` by x, then series. No group can be added or found afterwards. */
void groups_sort(struct groups *groups);

/* The groups' series, `*count` of them: most of the quantity over all x first, then by text. The caller frees the
 * array. Without memory it is NULL or short, and `has_failed` is set. */
uint32_t *groups_rank(const struct groups *groups, const struct names *names, enum quantity quantity, uint32_t *count);

void groups_close(struct groups *groups);

#endif
