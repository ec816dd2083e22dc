/*
 * Deltas into cells. A delta is bytes already, and named, however many windows it goes into.
 *
 *   tally's rows --derive.c--> deltas --spread--> cell deltas --group--> cells
 */
#include "flush_plan.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/config/config.h"

static void name_keys(struct flush_tools *tools)
{
    const struct span others[ROLLUP_DIMS_MAX] = {span_of(DIMENSION_OTHER), span_of(DIMENSION_OTHER),
                                                 span_of(DIMENSION_OTHER), span_of(DIMENSION_OTHER)};
    char text[ROW_KEY_MAX];

    static_assert(ROLLUP_DIMS_MAX == 4, "each dimension is named");
    for (uint32_t i = 0; i < tools->config->rollups.count; i++) {
        const struct rollup *rollup = &tools->config->rollups.items[i];
        struct group_keys *keys = &tools->keys[i];
        snprintf(keys->count_text, sizeof(keys->count_text), STORE_ROWS "%s", rollup->name);
        keys->count = span_of(keys->count_text);
        size_t size = row_key_write(rollup, others, text);
        assert(size <= sizeof(keys->other_text));
        memcpy(keys->other_text, text, size);
        keys->other = (struct span){keys->other_text, size};
    }
}

void flush_tools_open(struct flush_tools *tools, const struct config *config, const struct symbols *symbols)
{
    const struct rollup *total = rollups_find(&config->rollups, span_of("total"));

    assert(total != NULL);
    tools->config = config;
    tools->symbols = symbols;
    for (size_t i = 0; i < ROLLUPS_MAX; i++)
        tools->since_ms[i] = NO_TIME;
    tools->total = (uint32_t)(total - config->rollups.items);
    name_keys(tools);
    arena_open(&tools->arena, (size_t)1 << 20);
}

static int compare_windows(struct window left, struct window right)
{
    if (left.kind != right.kind)
        return left.kind < right.kind ? -1 : 1;
    return (left.start_ms > right.start_ms) - (left.start_ms < right.start_ms);
}

static int compare_cell_deltas(const void *left_delta, const void *right_delta)
{
    const struct cell_delta *left = left_delta, *right = right_delta;
    int order = compare_windows(left->window, right->window);

    return order == 0 ? rollup_row_compare(&left->delta->row, &right->delta->row) : order;
}

/* Spreads the deltas over the windows they count in, and puts those of one cell side by side. Nearly always all are of
 * one base window, and so in order already. */
static enum verdict spread(struct flush_tools *tools, struct flush_plan *plan, struct reason *why)
{
    const struct deltas *deltas = &plan->deltas;
    bool is_sorted = true;

    plan->cell_deltas = arena_take(&tools->arena, (deltas->count + 1) * WINDOW_KINDS * sizeof(struct cell_delta));
    if (plan->cell_deltas == NULL)
        return no_memory(why, "for a checkpoint");
    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        for (uint32_t i = 0; i < deltas->count; i++) {
            const struct delta *delta = &deltas->items[i];
            struct window window = window_of(kind, delta->row.base_ms);
            if ((delta->row.windows & 1u << kind) == 0 || window.start_ms < tools->since_ms[delta->row.rollup])
                continue;
            struct cell_delta *cell_delta = &plan->cell_deltas[plan->cell_delta_count++];
            *cell_delta = (struct cell_delta){window, delta};
            is_sorted =
                is_sorted && (plan->cell_delta_count == 1 || compare_cell_deltas(cell_delta - 1, cell_delta) <= 0);
        }
    }
    if (!is_sorted)
        qsort(plan->cell_deltas, plan->cell_delta_count, sizeof(struct cell_delta), compare_cell_deltas);
    return GO_ON;
}

/* A record that takes from a window and adds to the same raises its records once. */
static int64_t records_of(const struct cell_delta *cell_delta)
{
    const struct delta *delta = cell_delta->delta;
    bool is_alone = (delta->row.windows & 1u << (cell_delta->window.kind + TAKEN_ALONE_SHIFT)) != 0;

    return is_taken(delta) && !is_alone ? 0 : delta->records;
}

static void add_cell(struct flush_plan *plan, struct span key, uint32_t first)
{
    struct change *change = &plan->change;

    plan->cell_first[change->cell_count] = first;
    change->cells[change->cell_count++] = (struct change_cell){.key = key};
    change->windows[change->window_count - 1].cell_count++;
}

/* Begins the rows of a rollup in a window. A rollup without dimensions has one row, which needs no admission. */
static void begin_group(const struct flush_tools *tools, struct flush_plan *plan, uint32_t first)
{
    const struct cell_delta *cell_delta = &plan->cell_deltas[first];
    uint32_t rollup = cell_delta->delta->row.rollup;

    if (tools->config->rollups.items[rollup].dim_count == 0)
        return;
    add_cell(plan, tools->keys[rollup].count, first);
    add_cell(plan, tools->keys[rollup].other, first);
    uint32_t at = plan->change.cell_count;
    plan->groups[plan->group_count++] = (struct row_group){.window = cell_delta->window,
                                                           .rollup = rollup,
                                                           .count_cell = at - 2,
                                                           .other_cell = at - 1,
                                                           .first = at,
                                                           .end = at};
}

static enum verdict take_group_room(struct flush_tools *tools, struct flush_plan *plan, struct reason *why)
{
    struct arena *arena = &tools->arena;
    size_t room = plan->cell_delta_count + 1, cell_room = 3 * room; /* a group, and its two cells, for each at most */

    plan->change.cells = arena_take(arena, cell_room * sizeof(struct change_cell));
    plan->change.windows = arena_take(arena, room * sizeof(struct change_window));
    plan->cell_first = arena_take(arena, cell_room * sizeof(uint32_t));
    plan->is_refused = arena_take(arena, cell_room * sizeof(bool));
    plan->groups = arena_take(arena, room * sizeof(struct row_group));
    return plan->change.cells == NULL || plan->change.windows == NULL || plan->cell_first == NULL ||
                   plan->is_refused == NULL || plan->groups == NULL
               ? no_memory(why, "for a checkpoint")
               : GO_ON;
}

/* Groups the sorted cell deltas into cells, the cells into rollups, and these into windows. */
static enum verdict group(struct flush_tools *tools, struct flush_plan *plan, struct reason *why)
{
    struct change *change = &plan->change;
    enum verdict verdict = take_group_room(tools, plan, why);

    if (verdict != GO_ON)
        return verdict;
    for (uint32_t i = 0; i < plan->cell_delta_count; i++) {
        const struct cell_delta *cell_delta = &plan->cell_deltas[i];
        uint32_t rollup = cell_delta->delta->row.rollup;
        bool is_window = i == 0 || compare_windows(cell_delta[-1].window, cell_delta->window) != 0;
        if (is_window)
            change->windows[change->window_count++] =
                (struct change_window){.window = cell_delta->window, .cell_first = change->cell_count};
        if (rollup == tools->total)
            change->windows[change->window_count - 1].records_added += records_of(cell_delta);
        if (is_window || cell_delta[-1].delta->row.rollup != rollup)
            begin_group(tools, plan, i);
        else if (compare_cell_deltas(cell_delta - 1, cell_delta) == 0)
            continue;
        add_cell(plan, cell_delta->delta->key, i);
        if (tools->config->rollups.items[rollup].dim_count > 0)
            plan->groups[plan->group_count - 1].end = change->cell_count;
    }
    plan->cell_first[change->cell_count] = plan->cell_delta_count;
    return GO_ON;
}

enum verdict flush_plan_make(struct flush_tools *tools, const struct partition_flush *flush, struct flush_plan *plan,
                             struct reason *why)
{
    const struct derivation derivation = {.rollups = &tools->config->rollups,
                                          .grouping = &tools->config->grouping,
                                          .symbols = tools->symbols,
                                          .arena = &tools->arena,
                                          .accumulator = &tools->accumulator};

    *plan = (struct flush_plan){.change = {.state = flush->state,
                                           .next = flush->next,
                                           .anchor = flush->anchor,
                                           .watermark_ms = flush->watermark_ms,
                                           .is_idle = flush->is_idle,
                                           .ids = flush->ids}};
    memcpy(plan->change.outcomes, flush->outcomes, sizeof(plan->change.outcomes));
    enum verdict verdict = derive_deltas(&derivation, flush->tally, flush->taken, &plan->deltas, why);
    if (verdict == GO_ON)
        verdict = spread(tools, plan, why);
    if (verdict == GO_ON)
        verdict = group(tools, plan, why);
    return verdict;
}
