/*
 * One flush, in six steps: make of the counted rows the rows of every rollup; spread those over their windows; name the
 * cells; load them as they are; merge; write.
 *
 *   rows --derive--> deltas (rollup's row of a base window) --spread--> cells --load--> stored --merge--> value -->
 * store
 *
 * A delta is counted into bytes and named once, however many windows it goes into; a cell that is new and has one delta
 * is those very bytes.
 */
#include "checkpoint.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "gentally/base/arena.h"
#include "gentally/config/config.h"
#include "gentally/redis/store_flush.h"

/* A counted row as one rollup sees it. */
struct part {
    int64_t base_ms;
    uint16_t windows, rollup;
    uint32_t dims[ROLLUP_DIMS_MAX]; /* the rollup's */
    uint32_t row;                   /* those that are taken back follow those that are added */
};

/* What a flush adds to one row of a rollup, or takes from it, in every window its base window belongs to. */
struct delta {
    const struct part *part; /* the first of those it is made of */
    struct span key, packed;
    int64_t records;
};

/* One delta in one window. */
struct entry {
    struct window window;
    const struct delta *delta;
};

/* What is being flushed for one flush. */
struct draft {
    struct change change;
    struct span *packed; /* per row: its cell in bytes */
    struct part *parts;  /* sorted: those of one delta stand together */
    uint32_t part_count;
    struct delta *deltas;
    uint32_t delta_count;
    struct entry *entries; /* sorted: those of one cell stand together */
    uint32_t entry_count;
    uint32_t *entry_first; /* per cell: its first entry; one more at the end */
};

struct checkpoint {
    const struct config *config;
    struct store *store;
    const struct symbols *symbols;
    uint32_t total; /* index of the rollup whose rows count each record once */
    struct arena arena;
    struct draft *drafts;
    struct change **changes;        /* those still to be sent */
    uint32_t room;                  /* of both */
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
    opened->total = (uint32_t)(total - config->rollups.items);
    arena_open(&opened->arena, (size_t)1 << 20);
    *checkpoint = opened;
    return GO_ON;
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    if (checkpoint == NULL)
        return;
    arena_close(&checkpoint->arena);
    free(checkpoint->drafts);
    free(checkpoint->changes);
    free(checkpoint);
}

static enum verdict reserve(struct checkpoint *checkpoint, uint32_t count, struct reason *why)
{
    if (count <= checkpoint->room)
        return GO_ON;
    struct draft *drafts = realloc(checkpoint->drafts, count * sizeof(*drafts));
    if (drafts != NULL)
        checkpoint->drafts = drafts;
    struct change **changes = realloc(checkpoint->changes, count * sizeof(struct change *));
    if (changes != NULL)
        checkpoint->changes = changes;
    if (drafts == NULL || changes == NULL)
        return no_memory(why, "for a checkpoint");
    checkpoint->room = count;
    return GO_ON;
}

static int compare_numbers(int64_t left, int64_t right)
{
    return (left > right) - (left < right);
}

static int compare_rows(const struct part *left, const struct part *right)
{
    int order = compare_numbers(left->rollup, right->rollup);

    for (size_t i = 0; i < ROLLUP_DIMS_MAX && order == 0; i++)
        order = compare_numbers(left->dims[i], right->dims[i]);
    return order;
}

static int compare_parts(const void *left_part, const void *right_part)
{
    const struct part *left = left_part, *right = right_part;
    int order = compare_numbers(left->base_ms, right->base_ms);

    if (order == 0)
        order = compare_numbers(left->windows, right->windows);
    return order == 0 ? compare_rows(left, right) : order;
}

static int compare_entries(const void *left_entry, const void *right_entry)
{
    const struct entry *left = left_entry, *right = right_entry;
    int order = compare_numbers((int64_t)left->window.kind, (int64_t)right->window.kind);

    if (order == 0)
        order = compare_numbers(left->window.start_ms, right->window.start_ms);
    return order == 0 ? compare_rows(left->delta->part, right->delta->part) : order;
}

static bool is_same_window(const struct entry *left, const struct entry *right)
{
    return left->window.kind == right->window.kind && left->window.start_ms == right->window.start_ms;
}

static uint32_t rows_of(const struct tally *tally)
{
    return tally == NULL ? 0 : tally_rows(tally);
}

static const struct row *row_at(const struct partition_flush *flush, uint32_t index)
{
    uint32_t added = rows_of(flush->tally);

    return index < added ? tally_row(flush->tally, index) : tally_row(flush->taken, index - added);
}

static bool is_taken(const struct delta *delta)
{
    return (delta->part->windows & TAKEN_BIT) != 0;
}

/* Counts each row into bytes, once. */
static enum verdict pack_tally(struct checkpoint *checkpoint, const struct tally *tally, struct span packed[],
                               struct reason *why)
{
    uint32_t rows = rows_of(tally);

    for (uint32_t i = 0; i < rows; i++) {
        uint8_t *bytes = arena_take(&checkpoint->arena, CELL_PACKED_MAX);
        if (bytes == NULL)
            return no_memory(why, "for a checkpoint");
        size_t size = tally_pack(tally, i, bytes);
        arena_trim(&checkpoint->arena, bytes, CELL_PACKED_MAX, size);
        packed[i] = (struct span){(const char *)bytes, size};
    }
    return GO_ON;
}

static enum verdict pack_rows(struct checkpoint *checkpoint, const struct partition_flush *flush, struct draft *draft,
                              struct reason *why)
{
    uint32_t added = rows_of(flush->tally);

    draft->packed = arena_take(&checkpoint->arena, (added + rows_of(flush->taken) + 1) * sizeof(struct span));
    if (draft->packed == NULL)
        return no_memory(why, "for a checkpoint");
    enum verdict verdict = pack_tally(checkpoint, flush->tally, draft->packed, why);
    return verdict == GO_ON ? pack_tally(checkpoint, flush->taken, draft->packed + added, why) : verdict;
}

/* Shows each row to the rollups that are made of it, and puts the parts of one delta side by side. */
static enum verdict part_rows(struct checkpoint *checkpoint, const struct partition_flush *flush, struct draft *draft,
                              struct reason *why)
{
    const struct grouping *grouping = &checkpoint->config->grouping;
    uint32_t rollups = checkpoint->config->rollups.count, rows = rows_of(flush->tally) + rows_of(flush->taken);
    size_t room = ((size_t)rows * rollups + 1) * sizeof(struct part);

    draft->parts = arena_take(&checkpoint->arena, room);
    if (draft->parts == NULL)
        return no_memory(why, "for a checkpoint");
    for (uint32_t i = 0; i < rows; i++) {
        const struct row *row = row_at(flush, i);
        for (uint32_t rollup = 0; rollup < rollups; rollup++) {
            if (grouping->base[rollup] != row->rollup)
                continue;
            struct part *part = &draft->parts[draft->part_count++];
            *part =
                (struct part){.base_ms = row->base_ms, .windows = row->windows, .rollup = (uint16_t)rollup, .row = i};
            for (uint32_t d = 0; d < checkpoint->config->rollups.items[rollup].dim_count; d++)
                part->dims[d] = row->dims[grouping->place[rollup][d]];
        }
    }
    arena_trim(&checkpoint->arena, draft->parts, room, (draft->part_count + 1) * sizeof(struct part));
    qsort(draft->parts, draft->part_count, sizeof(struct part), compare_parts);
    return GO_ON;
}

static enum verdict name_delta(struct checkpoint *checkpoint, struct delta *delta, struct reason *why)
{
    const struct rollup *rollup = &checkpoint->config->rollups.items[delta->part->rollup];
    struct span values[ROLLUP_DIMS_MAX];
    char *text = arena_take(&checkpoint->arena, ROW_KEY_MAX);

    if (text == NULL)
        return no_memory(why, "for a checkpoint");
    for (uint32_t i = 0; i < rollup->dim_count; i++)
        values[i] = symbols_text(checkpoint->symbols, delta->part->dims[i]);
    size_t size = row_key_write(rollup, values, text);
    arena_trim(&checkpoint->arena, text, ROW_KEY_MAX, size);
    delta->key = (struct span){text, size};
    return GO_ON;
}

/* Empties the accumulator into bytes of the arena. */
static enum verdict pack_board(struct checkpoint *checkpoint, struct span *packed, struct reason *why)
{
    uint8_t *bytes = arena_take(&checkpoint->arena, CELL_PACKED_MAX);

    if (bytes == NULL)
        return no_memory(why, "for a checkpoint");
    size_t size = accumulator_pack(&checkpoint->accumulator, bytes);
    arena_trim(&checkpoint->arena, bytes, CELL_PACKED_MAX, size);
    *packed = (struct span){(const char *)bytes, size};
    return GO_ON;
}

/* One delta of the `count` parts from `parts` on. */
static enum verdict add_up(struct checkpoint *checkpoint, const struct partition_flush *flush, struct draft *draft,
                           const struct part *parts, uint32_t count, struct reason *why)
{
    struct delta *delta = &draft->deltas[draft->delta_count++];
    enum accumulator_fault fault = ACCUMULATOR_SOUND;

    *delta = (struct delta){.part = parts, .packed = draft->packed[parts->row]};
    for (uint32_t i = 0; i < count; i++)
        delta->records += row_at(flush, parts[i].row)->records;
    enum verdict verdict = name_delta(checkpoint, delta, why);
    if (verdict != GO_ON || count == 1)
        return verdict;
    for (uint32_t i = 0; i < count && fault == ACCUMULATOR_SOUND; i++)
        fault = accumulator_add(&checkpoint->accumulator, draft->packed[parts[i].row]);
    assert(fault == ACCUMULATOR_SOUND); /* We packed it just now, and a tally watches over its sums. */
    return pack_board(checkpoint, &delta->packed, why);
}

static enum verdict derive(struct checkpoint *checkpoint, const struct partition_flush *flush, struct draft *draft,
                           struct reason *why)
{
    enum verdict verdict = pack_rows(checkpoint, flush, draft, why);

    if (verdict == GO_ON)
        verdict = part_rows(checkpoint, flush, draft, why);
    if (verdict != GO_ON)
        return verdict;
    draft->deltas = arena_take(&checkpoint->arena, (draft->part_count + 1) * sizeof(struct delta));
    if (draft->deltas == NULL)
        return no_memory(why, "for a checkpoint");
    for (uint32_t first = 0, end; first < draft->part_count && verdict == GO_ON; first = end) {
        for (end = first + 1; end < draft->part_count; end++)
            if (compare_parts(&draft->parts[first], &draft->parts[end]) != 0)
                break;
        verdict = add_up(checkpoint, flush, draft, &draft->parts[first], end - first, why);
    }
    return verdict;
}

/* Spreads the deltas over the windows they count in, and puts those of one cell side by side. Nearly always all are of
 * one base window, and so in order already. */
static enum verdict spread(struct checkpoint *checkpoint, struct draft *draft, struct reason *why)
{
    bool is_sorted = true;

    draft->entries = arena_take(&checkpoint->arena, (draft->delta_count + 1) * WINDOW_KINDS * sizeof(struct entry));
    if (draft->entries == NULL)
        return no_memory(why, "for a checkpoint");
    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        for (uint32_t i = 0; i < draft->delta_count; i++) {
            const struct delta *delta = &draft->deltas[i];
            if ((delta->part->windows & 1u << kind) == 0)
                continue;
            struct entry *entry = &draft->entries[draft->entry_count++];
            *entry = (struct entry){window_of(kind, delta->part->base_ms), delta};
            is_sorted = is_sorted && (draft->entry_count == 1 || compare_entries(entry - 1, entry) <= 0);
        }
    }
    if (!is_sorted)
        qsort(draft->entries, draft->entry_count, sizeof(struct entry), compare_entries);
    return GO_ON;
}

/* A record that takes from a window and adds to the same raises its records once. */
static int64_t records_of(const struct entry *entry)
{
    bool is_alone = (entry->delta->part->windows & 1u << (entry->window.kind + TAKEN_ALONE_SHIFT)) != 0;

    return is_taken(entry->delta) && !is_alone ? 0 : entry->delta->records;
}

/* Groups the sorted entries into cells and the cells into windows. */
static enum verdict group(struct checkpoint *checkpoint, struct draft *draft, struct reason *why)
{
    struct change *change = &draft->change;
    size_t room = draft->entry_count + 1;

    change->cells = arena_take(&checkpoint->arena, room * sizeof(struct change_cell));
    change->windows = arena_take(&checkpoint->arena, room * sizeof(struct change_window));
    draft->entry_first = arena_take(&checkpoint->arena, room * sizeof(uint32_t));
    if (change->cells == NULL || change->windows == NULL || draft->entry_first == NULL)
        return no_memory(why, "for a checkpoint");
    for (uint32_t i = 0; i < draft->entry_count; i++) {
        const struct entry *entry = &draft->entries[i];
        if (i == 0 || !is_same_window(entry - 1, entry))
            change->windows[change->window_count++] =
                (struct change_window){.window = entry->window, .cell_first = change->cell_count};
        struct change_window *window = &change->windows[change->window_count - 1];
        if (entry->delta->part->rollup == checkpoint->total)
            window->records_added += records_of(entry);
        if (i > 0 && compare_entries(entry - 1, entry) == 0)
            continue;
        draft->entry_first[change->cell_count] = i;
        change->cells[change->cell_count++] = (struct change_cell){.key = entry->delta->key};
        window->cell_count++;
    }
    draft->entry_first[change->cell_count] = draft->entry_count;
    return GO_ON;
}

static enum verdict draft_portion(struct checkpoint *checkpoint, const struct partition_flush *flush,
                                  struct draft *draft, struct reason *why)
{
    *draft = (struct draft){.change = {.state = flush->state,
                                       .next = flush->next,
                                       .anchor = flush->anchor,
                                       .watermark_ms = flush->watermark_ms,
                                       .is_idle = flush->is_idle,
                                       .ids = flush->ids}};
    memcpy(draft->change.outcomes, flush->outcomes, sizeof(draft->change.outcomes));
    enum verdict verdict = derive(checkpoint, flush, draft, why);
    if (verdict == GO_ON)
        verdict = spread(checkpoint, draft, why);
    if (verdict == GO_ON)
        verdict = group(checkpoint, draft, why);
    return verdict;
}

static enum verdict merge_cell(struct checkpoint *checkpoint, struct draft *draft, uint32_t index, struct reason *why)
{
    struct change_cell *cell = &draft->change.cells[index];
    uint32_t first = draft->entry_first[index], end = draft->entry_first[index + 1];
    int32_t partition = draft->change.state->partition;

    if (cell->stored.bytes == NULL && end - first == 1 && !is_taken(draft->entries[first].delta)) {
        cell->value = draft->entries[first].delta->packed;
        return GO_ON;
    }
    enum accumulator_fault fault =
        cell->stored.bytes == NULL ? ACCUMULATOR_SOUND : accumulator_add(&checkpoint->accumulator, cell->stored);
    for (uint32_t i = first; i < end && fault == ACCUMULATOR_SOUND; i++)
        if (!is_taken(draft->entries[i].delta))
            fault = accumulator_add(&checkpoint->accumulator, draft->entries[i].delta->packed);
    for (uint32_t i = first; i < end && fault == ACCUMULATOR_SOUND; i++) /* Never below nothing on the way. */
        if (is_taken(draft->entries[i].delta))
            fault = accumulator_subtract(&checkpoint->accumulator, draft->entries[i].delta->packed);
    if (fault != ACCUMULATOR_SOUND)
        accumulator_clear(&checkpoint->accumulator);
    if (fault == ACCUMULATOR_DAMAGED) /* Not what we packed just now. */
        return reason_set(why, HALT, STORE_DAMAGED, 0, "partition %" PRId32 ": a cell does not read as we wrote it",
                          partition);
    if (fault == ACCUMULATOR_OVERFLOW)
        return reason_set(why, HALT, CHECKPOINT_OVERFLOW, 0, "partition %" PRId32 ": a sum or a count passed 2^63",
                          partition);
    return pack_board(checkpoint, &cell->value, why);
}

/* Tells each flush how its change fared. */
static void answer(struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        flushes[i].verdict = checkpoint->drafts[i].change.verdict;
        flushes[i].why = checkpoint->drafts[i].change.why;
    }
}

static enum verdict load_and_merge(struct checkpoint *checkpoint, uint32_t count, struct reason *why)
{
    for (uint32_t i = 0; i < count; i++)
        checkpoint->changes[i] = &checkpoint->drafts[i].change;
    enum verdict verdict = store_load(checkpoint->store, checkpoint->changes, count, why);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++) {
        struct draft *draft = &checkpoint->drafts[i];
        for (uint32_t j = 0; j < draft->change.cell_count && draft->change.verdict == GO_ON; j++)
            draft->change.verdict = merge_cell(checkpoint, draft, j, &draft->change.why);
    }
    return verdict;
}

static enum verdict flush(struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count,
                          struct reason *why)
{
    uint32_t sendable = 0;
    enum verdict verdict = GO_ON;

    for (uint32_t i = 0; i < count; i++)
        if (checkpoint->drafts[i].change.verdict == GO_ON)
            checkpoint->changes[sendable++] = &checkpoint->drafts[i].change;
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
        verdict = draft_portion(checkpoint, &flushes[i], &checkpoint->drafts[i], why);
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
