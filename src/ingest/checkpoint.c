/*
 * One flush, in five steps: derive the deltas of every rollup from the counted rows; spread the deltas over their
 * windows; load the cells as the store has them; merge; write.
 *
 *   tally's rows --derive.c--> deltas --spread--> cell deltas --group--> cells --load--> stored --merge--> value
 *       --flush--> store
 *
 * A delta is bytes already, and named, however many windows it goes into; a cell that is new and has one delta is those
 * very bytes.
 */
#include "checkpoint.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "correction.h"
#include "derive.h"
#include "gentally/base/grow.h"
#include "gentally/config/config.h"
#include "gentally/redis/store_flush.h"

/* One delta in one of its windows. */
struct cell_delta {
    struct window window;
    const struct delta *delta;
};

/* What one partition's flush will change, worked out step by step. */
struct flush_plan {
    struct change change;
    struct deltas deltas;
    uint32_t cell_delta_count;
    struct cell_delta *cell_deltas; /* sorted: those of one cell stand together */
    uint32_t *cell_first;           /* by cell: its first cell delta; one more at the end */
};

struct checkpoint {
    const struct config *config;
    struct store *store;
    const struct symbols *symbols;
    int64_t since_ms[ROLLUPS_MAX]; /* windows that start before have no rows of the rollup */
    uint32_t total;                /* index of the rollup whose rows count each record once */
    struct arena arena;
    size_t plan_room, change_room;
    struct flush_plan *plans;
    struct change **changes;        /* those still to be sent */
    bool is_sent;                   /* the last flush may have happened: only the identical one may follow */
    struct accumulator accumulator; /* empty between cells */
};

enum verdict checkpoint_open(struct checkpoint **checkpoint, const struct config *config, struct store *store,
                             const struct symbols *symbols, struct reason *why)
{
    struct checkpoint *opened = calloc(1, sizeof(*opened));
    const struct rollup *total = rollups_find(&config->rollups, span_of("total"));

    assert(total != NULL);
    if (opened == NULL)
        return no_memory(why, "for checkpoints");
    opened->config = config;
    opened->store = store;
    opened->symbols = symbols;
    for (size_t i = 0; i < ROLLUPS_MAX; i++)
        opened->since_ms[i] = NO_TIME;
    opened->total = (uint32_t)(total - config->rollups.items);
    arena_open(&opened->arena, (size_t)1 << 20);
    *checkpoint = opened;
    return GO_ON;
}

void checkpoint_begin_rollups(struct checkpoint *checkpoint, const int64_t since_ms[])
{
    memcpy(checkpoint->since_ms, since_ms, checkpoint->config->rollups.count * sizeof(*since_ms));
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    if (checkpoint == NULL)
        return;
    arena_close(&checkpoint->arena);
    free(checkpoint->plans);
    free(checkpoint->changes);
    free(checkpoint);
}

static enum verdict reserve(struct checkpoint *checkpoint, uint32_t count, struct reason *why)
{
    if (count == 0)
        return GO_ON;
    struct flush_plan *plans = grow(checkpoint->plans, &checkpoint->plan_room, count, sizeof(*plans));
    if (plans != NULL)
        checkpoint->plans = plans;
    struct change **changes = grow(checkpoint->changes, &checkpoint->change_room, count, sizeof(struct change *));
    if (changes != NULL)
        checkpoint->changes = changes;
    return plans == NULL || changes == NULL ? no_memory(why, "for a checkpoint") : GO_ON;
}

/* ---- deltas into cells ---- */

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

static bool is_taken(const struct delta *delta)
{
    return (delta->row.windows & TAKEN_BIT) != 0;
}

/* Spreads the deltas over the windows they count in, and puts those of one cell side by side. Nearly always all are of
 * one base window, and so in order already. */
static enum verdict spread(struct checkpoint *checkpoint, struct flush_plan *plan, struct reason *why)
{
    const struct deltas *deltas = &plan->deltas;
    bool is_sorted = true;

    plan->cell_deltas = arena_take(&checkpoint->arena, (deltas->count + 1) * WINDOW_KINDS * sizeof(struct cell_delta));
    if (plan->cell_deltas == NULL)
        return no_memory(why, "for a checkpoint");
    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        for (uint32_t i = 0; i < deltas->count; i++) {
            const struct delta *delta = &deltas->items[i];
            struct window window = window_of(kind, delta->row.base_ms);
            if ((delta->row.windows & 1u << kind) == 0 || window.start_ms < checkpoint->since_ms[delta->row.rollup])
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

/* Groups the sorted cell deltas into cells, and the cells into windows. */
static enum verdict group(struct checkpoint *checkpoint, struct flush_plan *plan, struct reason *why)
{
    struct change *change = &plan->change;
    size_t room = plan->cell_delta_count + 1;

    change->cells = arena_take(&checkpoint->arena, room * sizeof(struct change_cell));
    change->windows = arena_take(&checkpoint->arena, room * sizeof(struct change_window));
    plan->cell_first = arena_take(&checkpoint->arena, room * sizeof(uint32_t));
    if (change->cells == NULL || change->windows == NULL || plan->cell_first == NULL)
        return no_memory(why, "for a checkpoint");
    for (uint32_t i = 0; i < plan->cell_delta_count; i++) {
        const struct cell_delta *cell_delta = &plan->cell_deltas[i];
        if (i == 0 || compare_windows(cell_delta[-1].window, cell_delta->window) != 0)
            change->windows[change->window_count++] =
                (struct change_window){.window = cell_delta->window, .cell_first = change->cell_count};
        struct change_window *window = &change->windows[change->window_count - 1];
        if (cell_delta->delta->row.rollup == checkpoint->total)
            window->records_added += records_of(cell_delta);
        if (i > 0 && compare_cell_deltas(cell_delta - 1, cell_delta) == 0)
            continue;
        plan->cell_first[change->cell_count] = i;
        change->cells[change->cell_count++] = (struct change_cell){.key = cell_delta->delta->key};
        window->cell_count++;
    }
    plan->cell_first[change->cell_count] = plan->cell_delta_count;
    return GO_ON;
}

static enum verdict plan_flush(struct checkpoint *checkpoint, const struct partition_flush *flush,
                               struct flush_plan *plan, struct reason *why)
{
    const struct derivation derivation = {.rollups = &checkpoint->config->rollups,
                                          .grouping = &checkpoint->config->grouping,
                                          .symbols = checkpoint->symbols,
                                          .arena = &checkpoint->arena,
                                          .accumulator = &checkpoint->accumulator};

    *plan = (struct flush_plan){.change = {.state = flush->state,
                                           .next = flush->next,
                                           .anchor = flush->anchor,
                                           .watermark_ms = flush->watermark_ms,
                                           .is_idle = flush->is_idle,
                                           .ids = flush->ids}};
    memcpy(plan->change.outcomes, flush->outcomes, sizeof(plan->change.outcomes));
    enum verdict verdict = derive_deltas(&derivation, flush->tally, flush->taken, &plan->deltas, why);
    if (verdict == GO_ON)
        verdict = spread(checkpoint, plan, why);
    if (verdict == GO_ON)
        verdict = group(checkpoint, plan, why);
    return verdict;
}

/* ---- cells into the store ---- */

static enum verdict merge_cell(struct checkpoint *checkpoint, struct flush_plan *plan, uint32_t index,
                               struct reason *why)
{
    struct change_cell *cell = &plan->change.cells[index];
    const struct cell_delta *first = &plan->cell_deltas[plan->cell_first[index]];
    const struct cell_delta *end = &plan->cell_deltas[plan->cell_first[index + 1]];
    int32_t partition = plan->change.state->partition;

    if (cell->stored.bytes == NULL && end - first == 1 && !is_taken(first->delta)) {
        cell->value = first->delta->packed;
        return GO_ON;
    }
    bool is_sound = cell->stored.bytes == NULL || accumulator_add(&checkpoint->accumulator, cell->stored);
    for (const struct cell_delta *at = first; at < end && is_sound; at++)
        if (!is_taken(at->delta))
            is_sound = accumulator_add(&checkpoint->accumulator, at->delta->packed);
    for (const struct cell_delta *at = first; at < end && is_sound; at++)
        if (is_taken(at->delta)) /* after what is added, so that no sum is below nothing on the way */
            is_sound = accumulator_subtract(&checkpoint->accumulator, at->delta->packed);
    if (!is_sound) { /* Not what we packed just now. */
        accumulator_clear(&checkpoint->accumulator);
        return reason_set(why, HALT, STORE_DAMAGED, 0, "partition %" PRId32 ": a cell does not read as we wrote it",
                          partition);
    }
    return derive_pack(&checkpoint->accumulator, &checkpoint->arena, &cell->value, why);
}

/* Tells each flush how its change fared. */
static void answer(struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        flushes[i].verdict = checkpoint->plans[i].change.verdict;
        flushes[i].why = checkpoint->plans[i].change.why;
    }
}

static enum verdict load_and_merge(struct checkpoint *checkpoint, uint32_t count, struct reason *why)
{
    for (uint32_t i = 0; i < count; i++)
        checkpoint->changes[i] = &checkpoint->plans[i].change;
    enum verdict verdict = store_load(checkpoint->store, checkpoint->changes, count, why);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++) {
        struct flush_plan *plan = &checkpoint->plans[i];
        for (uint32_t j = 0; j < plan->change.cell_count && plan->change.verdict == GO_ON; j++)
            plan->change.verdict = merge_cell(checkpoint, plan, j, &plan->change.why);
    }
    return verdict;
}

static enum verdict flush(struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count,
                          struct reason *why)
{
    uint32_t sendable = 0;
    enum verdict verdict = GO_ON;

    for (uint32_t i = 0; i < count; i++)
        if (checkpoint->plans[i].change.verdict == GO_ON)
            checkpoint->changes[sendable++] = &checkpoint->plans[i].change;
    checkpoint->is_sent = true;
    if (sendable > 0)
        verdict = store_flush(checkpoint->store, checkpoint->changes, sendable, why);
    if (verdict == GO_ON) {
        checkpoint->is_sent = false;
        answer(checkpoint, flushes, count);
    }
    return verdict;
}

enum verdict checkpoint_run(struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count,
                            struct reason *why)
{
    assert(!checkpoint->is_sent);
    arena_clear(&checkpoint->arena);
    enum verdict verdict = reserve(checkpoint, count, why);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++)
        verdict = plan_flush(checkpoint, &flushes[i], &checkpoint->plans[i], why);
    if (verdict == GO_ON)
        verdict = load_and_merge(checkpoint, count, why);
    if (verdict == GO_ON)
        verdict = flush(checkpoint, flushes, count, why);
    return verdict;
}

enum verdict checkpoint_again(struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count,
                              struct reason *why)
{
    enum verdict verdict = GO_ON;

    if (!checkpoint->is_sent) /* The load did not get through: nothing was written yet. */
        verdict = load_and_merge(checkpoint, count, why);
    if (verdict == GO_ON)
        verdict = flush(checkpoint, flushes, count, why);
    return verdict;
}

void checkpoint_forget(struct checkpoint *checkpoint)
{
    checkpoint->is_sent = false;
}
