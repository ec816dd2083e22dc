/* Rows are found by key, place and sign; their cells are a list until the end, and then added up one row at a time. The
 * rows of a window are a list, too, made at the end. */
#include "gentally/core/compact.h"

#include <stdlib.h>

#include "gentally/base/arena.h"
#include "gentally/base/grow.h"
#include "gentally/base/hash.h"
#include "gentally/core/cell.h"

#define NONE UINT32_MAX

struct compact_row {
    struct entry_row row; /* `packed` is that of the first */
    uint64_t hash;
    uint32_t more, last; /* of the parts; NONE: it has no others */
};

/* A further cell of a row. */
struct part {
    struct span packed;
    uint32_t next;
};

/* A row as one of a window's. */
struct mention {
    uint32_t row, next;
};

struct compact_window {
    struct window window;
    int64_t records;
    uint32_t first, last; /* mentions */
};

struct compaction {
    int64_t rows_max; /* 0: no entry was added yet */
    struct compact_row *rows;
    uint32_t count;
    size_t row_room;
    struct part *parts;
    uint32_t part_count;
    size_t part_room;
    struct compact_window *windows;
    uint32_t window_count;
    size_t window_room;
    uint32_t *slots, *window_slots; /* by hash: index + 1, or 0; powers of two */
    size_t slot_count, window_slot_count;
    struct mention *mentions;
    uint32_t mention_count;
    size_t mention_room;
    struct arena arena;             /* the sums */
    struct accumulator accumulator; /* empty between rows */
};

enum verdict compaction_open(struct compaction **compaction, struct reason *why)
{
    struct compaction *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "to compact a journal");
    arena_open(&opened->arena, (size_t)1 << 20);
    *compaction = opened;
    return GO_ON;
}

void compaction_close(struct compaction *compaction)
{
    if (compaction == NULL)
        return;
    arena_close(&compaction->arena);
    free(compaction->rows);
    free(compaction->parts);
    free(compaction->windows);
    free(compaction->mentions);
    free(compaction->slots);
    free(compaction->window_slots);
    free(compaction);
}

void compaction_begin(struct compaction *compaction)
{
    compaction->rows_max = 0;
    compaction->count = compaction->part_count = compaction->window_count = compaction->mention_count = 0;
    if (compaction->slot_count > 0)
        memset(compaction->slots, 0, compaction->slot_count * sizeof(*compaction->slots));
    if (compaction->window_slot_count > 0)
        memset(compaction->window_slots, 0, compaction->window_slot_count * sizeof(*compaction->window_slots));
    arena_clear(&compaction->arena);
}

static enum verdict damaged(struct reason *why, const char *what)
{
    return reason_set(why, HALT, STORE_DAMAGED, 0, "%s does not read as we wrote it", what);
}

/* ---- rows ---- */

static uint64_t hash_row(const struct entry_row *row)
{
    uint64_t place = (uint64_t)row->base_ms * 64 + row->kinds * 2 + row->is_taken;

    return hash_fold(hash_text(row->key) ^ place, UINT64_C(0x9e3779b97f4a7c15));
}

static bool is_same_row(const struct entry_row *left, const struct entry_row *right)
{
    return left->base_ms == right->base_ms && left->kinds == right->kinds && left->is_taken == right->is_taken &&
           span_equal(left->key, right->key);
}

static uint32_t *row_slot(const struct compaction *compaction, const struct entry_row *row, uint64_t hash)
{
    size_t mask = compaction->slot_count - 1, at = hash & mask;

    for (; compaction->slots[at] != 0; at = (at + 1) & mask) {
        const struct compact_row *other = &compaction->rows[compaction->slots[at] - 1];
        if (other->hash == hash && is_same_row(&other->row, row))
            break;
    }
    return &compaction->slots[at];
}

/* Room for one more row. */
static bool make_row_room(struct compaction *compaction)
{
    struct compact_row *rows = grow(compaction->rows, &compaction->row_room, compaction->count + 1, sizeof(*rows));

    if (rows == NULL)
        return false;
    compaction->rows = rows;
    if (compaction->count + 1 <= compaction->slot_count / 2)
        return true;
    size_t count = compaction->slot_count == 0 ? 1024 : 2 * compaction->slot_count;
    uint32_t *slots = calloc(count, sizeof(*slots));
    if (slots == NULL)
        return false;
    free(compaction->slots);
    compaction->slots = slots;
    compaction->slot_count = count;
    for (uint32_t i = 0; i < compaction->count; i++)
        *row_slot(compaction, &rows[i].row, rows[i].hash) = i + 1;
    return true;
}

static bool add_part(struct compaction *compaction, struct compact_row *row, struct span packed)
{
    struct part *parts = grow(compaction->parts, &compaction->part_room, compaction->part_count + 1, sizeof(*parts));

    if (parts == NULL)
        return false;
    compaction->parts = parts;
    parts[compaction->part_count] = (struct part){packed, NONE};
    if (row->more == NONE)
        row->more = compaction->part_count;
    else
        parts[row->last].next = compaction->part_count;
    row->last = compaction->part_count++;
    return true;
}

static bool add_row(struct compaction *compaction, const struct entry_row *row)
{
    uint64_t hash = hash_row(row);

    if (!make_row_room(compaction))
        return false;
    uint32_t *slot = row_slot(compaction, row, hash);
    if (*slot != 0)
        return add_part(compaction, &compaction->rows[*slot - 1], row->packed);
    compaction->rows[compaction->count] = (struct compact_row){*row, hash, NONE, NONE};
    *slot = ++compaction->count;
    return true;
}

/* ---- windows ---- */

static bool is_window(struct window left, struct window right)
{
    return left.kind == right.kind && left.start_ms == right.start_ms;
}

static uint32_t *window_slot(const struct compaction *compaction, struct window window)
{
    size_t mask = compaction->window_slot_count - 1;
    size_t at = hash_fold((uint64_t)window.start_ms * 4 + (uint64_t)window.kind, UINT64_C(0x9e3779b97f4a7c15)) & mask;

    while (compaction->window_slots[at] != 0 &&
           !is_window(compaction->windows[compaction->window_slots[at] - 1].window, window))
        at = (at + 1) & mask;
    return &compaction->window_slots[at];
}

static bool make_window_room(struct compaction *compaction)
{
    struct compact_window *windows =
        grow(compaction->windows, &compaction->window_room, compaction->window_count + 1, sizeof(*windows));

    if (windows == NULL)
        return false;
    compaction->windows = windows;
    if (compaction->window_count + 1 <= compaction->window_slot_count / 2)
        return true;
    size_t count = compaction->window_slot_count == 0 ? 64 : 2 * compaction->window_slot_count;
    uint32_t *slots = calloc(count, sizeof(*slots));
    if (slots == NULL)
        return false;
    free(compaction->window_slots);
    compaction->window_slots = slots;
    compaction->window_slot_count = count;
    for (uint32_t i = 0; i < compaction->window_count; i++)
        *window_slot(compaction, windows[i].window) = i + 1;
    return true;
}

/* The window, which is made if it is not there; NULL: no memory. */
static struct compact_window *window_at(struct compaction *compaction, struct window window)
{
    if (!make_window_room(compaction))
        return NULL;
    uint32_t *slot = window_slot(compaction, window);
    if (*slot == 0) {
        compaction->windows[compaction->window_count] = (struct compact_window){window, 0, NONE, NONE};
        *slot = ++compaction->window_count;
    }
    return &compaction->windows[*slot - 1];
}

static enum verdict add_windows(struct compaction *compaction, struct entry_reader *reader, struct reason *why)
{
    struct entry_window window;

    while (reader->windows > 0) {
        if (!entry_next_window(reader, &window))
            return damaged(why, "an entry of the journal");
        struct compact_window *sum = window_at(compaction, window.window);
        if (sum == NULL)
            return no_memory(why, "to compact a journal");
        if (window.records > INT64_MAX - sum->records)
            return damaged(why, "an entry of the journal");
        sum->records += window.records;
    }
    return GO_ON;
}

/* ---- entries ---- */

/* How many rows an entry has, which stands behind its windows. */
static bool count_rows(struct entry_reader reader, uint64_t *rows)
{
    struct entry_window window;

    while (reader.windows > 0)
        if (!entry_next_window(&reader, &window))
            return false;
    *rows = reader.rows;
    return true;
}

enum verdict compaction_add(struct compaction *compaction, struct span entry, uint64_t rows, bool *is_added,
                            struct reason *why)
{
    struct entry_reader reader;
    struct entry_row row;
    uint64_t more = 0;

    *is_added = false;
    if (!entry_open(&reader, entry) || !count_rows(reader, &more))
        return damaged(why, "an entry of the journal");
    bool is_first = compaction->rows_max == 0;
    if (!is_first && (reader.rows_max != compaction->rows_max || more > rows || compaction->count > rows - more))
        return GO_ON;
    compaction->rows_max = reader.rows_max;
    enum verdict verdict = add_windows(compaction, &reader, why);
    while (verdict == GO_ON && reader.rows > 0) {
        if (!entry_next_row(&reader, &row))
            return damaged(why, "an entry of the journal");
        if (!add_row(compaction, &row))
            return no_memory(why, "to compact a journal");
    }
    if (verdict == GO_ON && !entry_close(&reader))
        return damaged(why, "an entry of the journal");
    *is_added = true;
    return verdict;
}

/* ---- what the windows get ---- */

/* Adds up the cells of a row. */
static enum verdict add_up(struct compaction *compaction, struct compact_row *row, struct reason *why)
{
    if (row->more == NONE)
        return GO_ON;
    bool is_sound = accumulator_add(&compaction->accumulator, row->row.packed);
    for (uint32_t i = row->more; i != NONE && is_sound; i = compaction->parts[i].next)
        is_sound = accumulator_add(&compaction->accumulator, compaction->parts[i].packed);
    if (!is_sound) {
        accumulator_clear(&compaction->accumulator);
        return damaged(why, "a cell of the journal");
    }
    uint8_t *bytes = arena_take(&compaction->arena, CELL_PACKED_MAX);
    if (bytes == NULL)
        return no_memory(why, "to compact a journal");
    size_t size = accumulator_pack(&compaction->accumulator, bytes);
    arena_trim(&compaction->arena, bytes, CELL_PACKED_MAX, size);
    row->row.packed = (struct span){(const char *)bytes, size};
    return GO_ON;
}

/* Notes a row as one of a window's. */
static bool mention(struct compaction *compaction, uint32_t row, struct window window)
{
    struct compact_window *in = window_at(compaction, window);
    struct mention *mentions =
        grow(compaction->mentions, &compaction->mention_room, compaction->mention_count + 1, sizeof(*mentions));

    if (mentions != NULL)
        compaction->mentions = mentions;
    if (in == NULL || mentions == NULL)
        return false;
    mentions[compaction->mention_count] = (struct mention){row, NONE};
    if (in->first == NONE)
        in->first = compaction->mention_count;
    else
        mentions[in->last].next = compaction->mention_count;
    in->last = compaction->mention_count++;
    return true;
}

/* Notes a row in all its windows. */
static bool spread(struct compaction *compaction, uint32_t index)
{
    const struct entry_row *row = &compaction->rows[index].row;
    bool is_noted = true;

    for (int kind = 0; kind < WINDOW_KINDS && is_noted; kind++)
        if ((row->kinds & 1u << kind) != 0)
            is_noted = mention(compaction, index, window_of((enum window_kind)kind, row->base_ms));
    return is_noted;
}

enum verdict compaction_finish(struct compaction *compaction, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (uint32_t i = 0; i < compaction->count && verdict == GO_ON; i++)
        verdict = add_up(compaction, &compaction->rows[i], why);
    for (int is_taken = 0; is_taken < 2 && verdict == GO_ON; is_taken++)
        for (uint32_t i = 0; i < compaction->count && verdict == GO_ON; i++)
            if (compaction->rows[i].row.is_taken == (is_taken == 1) && !spread(compaction, i))
                verdict = no_memory(why, "to compact a journal");
    return verdict;
}

enum verdict compaction_fill(const struct compaction *compaction, struct tail *tail, struct reason *why)
{
    uint32_t slot = compaction->window_slot_count == 0 ? 0 : *window_slot(compaction, tail_window(tail));

    if (slot == 0)
        return GO_ON;
    const struct compact_window *window = &compaction->windows[slot - 1];
    enum verdict verdict = tail_add_records(tail, window->records, why);
    for (uint32_t i = window->first; i != NONE && verdict == GO_ON; i = compaction->mentions[i].next)
        verdict = tail_add_row(tail, &compaction->rows[compaction->mentions[i].row].row, compaction->rows_max, why);
    return verdict;
}
