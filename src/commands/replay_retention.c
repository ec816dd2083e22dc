/*
 * Retention of two namespaces compared. Month by month, the rows of both sides, sorted by model and cohort, are walked
 * together.
 */
#include "replay_retention.h"

#include <stdlib.h>

#include "gentally/core/window.h"
#include "gentally/publish/merger.h"
#include "gentally/redis/store_retention.h"

struct sides {
    struct store *stores[2];
    struct retention_rows *rows[2];
    int64_t *months[2]; /* revisions */
};

/* A row on either side or on both. A row of 0 accounts equals a row that is absent. */
static void compare_row(struct replay_retention *comparison, uint32_t month, const struct retention_row *live,
                        const struct retention_row *replay)
{
    const struct retention_row *row = live != NULL ? live : replay;
    int64_t counts[2] = {live != NULL ? live->accounts : 0, replay != NULL ? replay->accounts : 0};

    comparison->rows += counts[0] > 0 || counts[1] > 0 ? 1 : 0;
    if (counts[0] == counts[1])
        return;
    if (comparison->differing < REPLAY_RETENTION_SHOWN) {
        struct replay_retention_difference *shown = &comparison->shown[comparison->differing];
        *shown = (struct replay_retention_difference){
            .month = month, .cohort = row->cohort, .live = counts[0], .replay = counts[1]};
        memcpy(shown->model, row->model.bytes, row->model.size);
    }
    comparison->differing++;
}

static enum verdict compare_month(const struct sides *sides, uint32_t month, struct replay_retention *comparison,
                                  struct reason *why)
{
    uint32_t at[2] = {0}, counts[2];
    enum verdict verdict = GO_ON;

    for (int side = 0; side < 2 && verdict == GO_ON; side++) {
        int64_t revision = 0;
        verdict = retention_rows_read(sides->rows[side], sides->stores[side], month, &revision, why);
        counts[side] = retention_rows_count(sides->rows[side]);
    }
    while (verdict == GO_ON && (at[0] < counts[0] || at[1] < counts[1])) {
        const struct retention_row *live = at[0] < counts[0] ? retention_rows_at(sides->rows[0], at[0]) : NULL;
        const struct retention_row *replay = at[1] < counts[1] ? retention_rows_at(sides->rows[1], at[1]) : NULL;
        int order = live == NULL ? 1 : replay == NULL ? -1 : retention_row_compare(live, replay);
        compare_row(comparison, month, order <= 0 ? live : NULL, order >= 0 ? replay : NULL);
        at[0] += order <= 0;
        at[1] += order >= 0;
    }
    return verdict;
}

static enum verdict compare_sides(const struct sides *sides, struct replay_retention *comparison, struct reason *why)
{
    uint32_t floors[2] = {0};
    enum verdict verdict = GO_ON;

    for (int side = 0; side < 2 && verdict == GO_ON; side++)
        verdict = store_retention_revisions(sides->stores[side], sides->months[side], &floors[side], why);
    if (verdict != GO_ON || floors[0] > 0 || store_retention_is_late(sides->stores[0]))
        return verdict;
    for (uint32_t month = 0; month < MONTHS_MAX && verdict == GO_ON; month++)
        if (sides->months[0][month] > 0 || sides->months[1][month] > 0)
            verdict = compare_month(sides, month, comparison, why);
    comparison->is_compared = verdict == GO_ON;
    return verdict;
}

/* A union, so that it may be done beside the owners; but what is wrong with retention is theirs to tell. */
static enum verdict bring_up(struct store *store, int32_t partitions, struct reason *why)
{
    struct merger *merger = NULL;
    enum verdict verdict = merger_open(&merger, store, false, why);

    if (verdict != GO_ON)
        return verdict;
    verdict = TRY_LATER;
    for (int attempt = 0; attempt < 2 && verdict == TRY_LATER; attempt++)
        verdict = merger_run(merger, partitions, why);
    merger_close(merger);
    return verdict;
}

enum verdict replay_retention_compare(struct store *live, struct store *replay, int32_t partitions,
                                      struct replay_retention *comparison, struct reason *why)
{
    struct sides sides = {.stores = {live, replay}};
    enum verdict verdict = GO_ON;

    *comparison = (struct replay_retention){0};
    for (int side = 0; side < 2 && verdict == GO_ON; side++) {
        verdict = bring_up(sides.stores[side], partitions, why);
        if (verdict != GO_ON)
            break;
        sides.months[side] = calloc(MONTHS_MAX, sizeof(*sides.months[side]));
        if (sides.months[side] == NULL)
            verdict = no_memory(why, "to compare retention");
        if (verdict == GO_ON)
            verdict = retention_rows_open(&sides.rows[side], why);
    }
    if (verdict == GO_ON)
        verdict = compare_sides(&sides, comparison, why);
    for (int side = 0; side < 2; side++) {
        retention_rows_close(sides.rows[side]);
        free(sides.months[side]);
    }
    return verdict;
}
