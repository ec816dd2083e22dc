/*
 * Deriving, in three steps: each row of a tally is counted into bytes, once, however many rollups and windows it goes
 * into; each rollup that is made of it sees it; equal rows of one rollup are added up, and named.
 *
 *   tally's row --> rollup rows, sorted --> delta
 *
 * A delta of a single row is that row's very bytes.
 */
#include "derive.h"

#include <assert.h>
#include <stdlib.h>

/* What is at hand while one pair of tallies is derived from. */
struct work {
    const struct derivation *given;
    const struct tally *added, *taken;
    uint32_t added_count, row_count;
    struct span *packed; /* by source */
    struct rollup_row *rows;
    uint32_t rollup_row_count;
};

static int compare_numbers(int64_t left, int64_t right)
{
    return (left > right) - (left < right);
}

int rollup_row_compare(const struct rollup_row *left, const struct rollup_row *right)
{
    int order = compare_numbers(left->rollup, right->rollup);

    for (size_t i = 0; i < ROLLUP_DIMS_MAX && order == 0; i++)
        order = compare_numbers(left->dims[i], right->dims[i]);
    return order;
}

/* Rows that are equal make one delta. */
static int compare_rows(const void *left_row, const void *right_row)
{
    const struct rollup_row *left = left_row, *right = right_row;
    int order = compare_numbers(left->base_ms, right->base_ms);

    if (order == 0)
        order = compare_numbers(left->windows, right->windows);
    return order == 0 ? rollup_row_compare(left, right) : order;
}

static const struct tally_row *source_row(const struct work *work, uint32_t source)
{
    return source < work->added_count ? tally_row(work->added, source)
                                      : tally_row(work->taken, source - work->added_count);
}

/* Counts each row of a tally into bytes. */
static enum verdict pack_tally(const struct tally *tally, uint32_t count, struct arena *arena, struct span packed[],
                               struct reason *why)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *bytes = arena_take(arena, CELL_PACKED_MAX);
        if (bytes == NULL)
            return no_memory(why, "for a checkpoint");
        size_t size = tally_pack(tally, i, bytes);
        arena_trim(arena, bytes, CELL_PACKED_MAX, size);
        packed[i] = (struct span){(const char *)bytes, size};
    }
    return GO_ON;
}

static enum verdict pack_rows(struct work *work, struct reason *why)
{
    struct arena *arena = work->given->arena;

    work->packed = arena_take(arena, (work->row_count + 1) * sizeof(*work->packed));
    if (work->packed == NULL)
        return no_memory(why, "for a checkpoint");
    enum verdict verdict = pack_tally(work->added, work->added_count, arena, work->packed, why);
    if (verdict == GO_ON)
        verdict =
            pack_tally(work->taken, work->row_count - work->added_count, arena, work->packed + work->added_count, why);
    return verdict;
}

/* Shows each row to the rollups that are made of it, and puts those of one delta side by side. */
static enum verdict show_rows(struct work *work, struct reason *why)
{
    const struct rollups *rollups = work->given->rollups;
    const struct grouping *grouping = work->given->grouping;
    size_t room = ((size_t)work->row_count * rollups->count + 1) * sizeof(*work->rows);

    work->rows = arena_take(work->given->arena, room);
    if (work->rows == NULL)
        return no_memory(why, "for a checkpoint");
    for (uint32_t source = 0; source < work->row_count; source++) {
        const struct tally_row *row = source_row(work, source);
        for (uint32_t rollup = 0; rollup < rollups->count; rollup++) {
            if (grouping->base[rollup] != row->rollup)
                continue;
            struct rollup_row *shown = &work->rows[work->rollup_row_count++];
            *shown = (struct rollup_row){
                .base_ms = row->base_ms, .windows = row->windows, .rollup = (uint16_t)rollup, .source = source};
            for (uint32_t d = 0; d < rollups->items[rollup].dim_count; d++)
                shown->dims[d] = row->dims[grouping->place[rollup][d]];
        }
    }
    arena_trim(work->given->arena, work->rows, room, (work->rollup_row_count + 1) * sizeof(*work->rows));
    qsort(work->rows, work->rollup_row_count, sizeof(*work->rows), compare_rows);
    return GO_ON;
}

static enum verdict name_delta(const struct derivation *given, struct delta *delta, struct reason *why)
{
    const struct rollup *rollup = &given->rollups->items[delta->row.rollup];
    struct span values[ROLLUP_DIMS_MAX];
    char *text = arena_take(given->arena, ROW_KEY_MAX);

    if (text == NULL)
        return no_memory(why, "for a checkpoint");
    for (uint32_t i = 0; i < rollup->dim_count; i++)
        values[i] = symbols_text(given->symbols, delta->row.dims[i]);
    size_t size = row_key_write(rollup, values, text);
    arena_trim(given->arena, text, ROW_KEY_MAX, size);
    delta->key = (struct span){text, size};
    return GO_ON;
}

/* Moves the accumulator's sum into bytes of the arena: a packed cell. */
static enum verdict pack(struct accumulator *accumulator, struct arena *arena, struct span *packed, struct reason *why)
{
    uint8_t *bytes = arena_take(arena, CELL_PACKED_MAX);

    if (bytes == NULL)
        return no_memory(why, "for a checkpoint");
    size_t size = accumulator_pack(accumulator, bytes);
    arena_trim(arena, bytes, CELL_PACKED_MAX, size);
    *packed = (struct span){(const char *)bytes, size};
    return GO_ON;
}

/* Makes one delta of `count` equal rows. */
static enum verdict add_up(const struct work *work, const struct rollup_row *rows, uint32_t count, struct delta *delta,
                           struct reason *why)
{
    bool is_sound = true;

    *delta = (struct delta){.row = rows[0], .packed = work->packed[rows[0].source], .first = rows[0].source};
    for (uint32_t i = 0; i < count; i++) {
        delta->records += source_row(work, rows[i].source)->records;
        delta->first = rows[i].source < delta->first ? rows[i].source : delta->first;
    }
    enum verdict verdict = name_delta(work->given, delta, why);
    if (verdict != GO_ON || count == 1)
        return verdict;
    for (uint32_t i = 0; i < count && is_sound; i++)
        is_sound = accumulator_add(work->given->accumulator, work->packed[rows[i].source]);
    assert(is_sound); /* We packed it just now. */
    return pack(work->given->accumulator, work->given->arena, &delta->packed, why);
}

enum verdict derive_deltas(const struct derivation *derivation, const struct tally *added, const struct tally *taken,
                           struct deltas *deltas, struct reason *why)
{
    struct work work = {.given = derivation, .added = added, .taken = taken, .added_count = tally_rows(added)};

    *deltas = (struct deltas){0};
    work.row_count = work.added_count + (taken == NULL ? 0 : tally_rows(taken));
    enum verdict verdict = pack_rows(&work, why);
    if (verdict == GO_ON)
        verdict = show_rows(&work, why);
    if (verdict != GO_ON)
        return verdict;
    deltas->items = arena_take(derivation->arena, (work.rollup_row_count + 1) * sizeof(*deltas->items));
    if (deltas->items == NULL)
        return no_memory(why, "for a checkpoint");
    for (uint32_t first = 0, end; first < work.rollup_row_count && verdict == GO_ON; first = end) {
        for (end = first + 1; end < work.rollup_row_count; end++)
            if (compare_rows(&work.rows[first], &work.rows[end]) != 0)
                break;
        verdict = add_up(&work, &work.rows[first], end - first, &deltas->items[deltas->count++], why);
    }
    return verdict;
}
