/*
 * Cells stand in the order in which the log had them first, which is the order of the entries and of the rows in them;
 * so new rows ask for their place as they stand. The changes of a cell are a list, and are added up at the end: first
 * all that is added, then what is taken, so that no sum is below nothing on the way. A cell that is new and has one
 * change is those very bytes.
 */
#include "gentally/core/tail.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/arena.h"
#include "gentally/base/grow.h"
#include "gentally/base/hash.h"
#include "gentally/core/admission.h"
#include "gentally/core/cell.h"
#include "gentally/core/event.h"
#include "gentally/core/rollup.h"

#define NONE UINT32_MAX

enum role { ROLE_ROW, ROLE_COUNT, ROLE_OTHER }; /* of a cell */

/* Beside each cell. */
struct part {
    uint64_t hash;
    uint32_t group;       /* NONE: its rollup has no dimensions, and so one row, which needs no admission */
    uint32_t first, last; /* its changes */
    int64_t rows_max;     /* the limit of the entry that has it first */
    enum role role;
    bool is_refused; /* it has no row of its own */
};

struct row_change {
    struct span packed;
    uint32_t next; /* of the same cell; NONE at the end */
    bool is_taken;
};

struct group {
    struct tail_group told;
    uint32_t count_cell, other_cell;
    bool has_row; /* stored */
};

struct tail {
    struct window window;
    int64_t records;
    struct tail_cell *cells;
    struct part *parts; /* as many */
    uint32_t count;
    size_t cell_room, part_room;
    uint32_t *slots; /* by hash: index of a cell + 1, or 0; a power of two */
    size_t slot_count;
    struct row_change *changes;
    uint32_t change_count;
    size_t change_room;
    struct group *groups;
    uint32_t group_count;
    size_t group_room;
    struct arena arena;             /* the values, and keys that no row has */
    struct accumulator accumulator; /* empty between cells */
};

enum verdict tail_open(struct tail **tail, struct reason *why)
{
    struct tail *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for a window's tail");
    arena_open(&opened->arena, (size_t)1 << 18);
    *tail = opened;
    return GO_ON;
}

void tail_close(struct tail *tail)
{
    if (tail == NULL)
        return;
    arena_close(&tail->arena);
    free(tail->cells);
    free(tail->parts);
    free(tail->slots);
    free(tail->changes);
    free(tail->groups);
    free(tail);
}

void tail_begin(struct tail *tail, struct window window)
{
    tail->window = window;
    tail->records = 0;
    tail->count = tail->change_count = tail->group_count = 0;
    if (tail->slot_count > 0)
        memset(tail->slots, 0, tail->slot_count * sizeof(*tail->slots));
    arena_clear(&tail->arena);
}

static enum verdict damaged(struct reason *why, const char *what)
{
    return reason_set(why, HALT, STORE_DAMAGED, 0, "%s does not read as we wrote it", what);
}

/* ---- cells by their keys ---- */

static uint32_t *slot_of(struct tail *tail, struct span key, uint64_t hash)
{
    size_t at = hash & (tail->slot_count - 1);

    while (tail->slots[at] != 0) {
        uint32_t index = tail->slots[at] - 1;
        if (tail->parts[index].hash == hash && span_equal(tail->cells[index].key, key))
            break;
        at = (at + 1) & (tail->slot_count - 1);
    }
    return &tail->slots[at];
}

static bool make_slots(struct tail *tail)
{
    size_t count = tail->slot_count == 0 ? 256 : 2 * tail->slot_count;
    uint32_t *slots = calloc(count, sizeof(*slots));

    if (slots == NULL)
        return false;
    free(tail->slots);
    tail->slots = slots;
    tail->slot_count = count;
    for (uint32_t i = 0; i < tail->count; i++)
        *slot_of(tail, tail->cells[i].key, tail->parts[i].hash) = i + 1;
    return true;
}

/* Room for one more cell. */
static bool make_room(struct tail *tail)
{
    struct tail_cell *cells = grow(tail->cells, &tail->cell_room, tail->count + 1, sizeof(*cells));
    if (cells == NULL)
        return false;
    tail->cells = cells;
    struct part *parts = grow(tail->parts, &tail->part_room, tail->count + 1, sizeof(*parts));
    if (parts == NULL)
        return false;
    tail->parts = parts;
    return tail->count + 1 <= tail->slot_count / 2 || make_slots(tail);
}

/* The cell of a key, which is made if there is none; NONE: no memory. */
static uint32_t cell_of(struct tail *tail, struct span key, bool *is_new)
{
    uint64_t hash = hash_text(key);

    *is_new = false;
    if (!make_room(tail))
        return NONE;
    uint32_t *slot = slot_of(tail, key, hash);
    if (*slot != 0)
        return *slot - 1;
    *is_new = true;
    tail->cells[tail->count] = (struct tail_cell){.key = key};
    tail->parts[tail->count] = (struct part){.hash = hash, .group = NONE, .first = NONE, .last = NONE};
    *slot = ++tail->count;
    return tail->count - 1;
}

struct tail_cell *tail_find(struct tail *tail, struct span key)
{
    if (tail->count == 0)
        return NULL;
    uint32_t slot = *slot_of(tail, key, hash_text(key));
    return slot == 0 ? NULL : &tail->cells[slot - 1];
}

/* ---- rollups ---- */

/* A cell of its own for a rollup: how many rows it has, or its row of others. */
static uint32_t make_own(struct tail *tail, struct span name, const char *before, const char *behind, size_t times)
{
    size_t room = strlen(before) + name.size + times * strlen(behind) + 1, size;
    char *key = arena_take(&tail->arena, room);
    bool is_new;

    if (key == NULL)
        return NONE;
    size = (size_t)snprintf(key, room, "%s%.*s", before, (int)name.size, name.bytes);
    for (size_t i = 0; i < times; i++)
        size += (size_t)snprintf(key + size, room - size, "%s", behind);
    return cell_of(tail, (struct span){key, size}, &is_new);
}

/* The group of a row, made if there is none. A key names its rollup, and has a bar before each of its dimensions. */
static enum verdict group_of(struct tail *tail, struct span key, uint32_t *group, struct reason *why)
{
    const char *bar = memchr(key.bytes, '|', key.size);
    size_t dims = 0;

    *group = NONE;
    if (bar == NULL)
        return GO_ON;
    struct span name = {key.bytes, (size_t)(bar - key.bytes)};
    for (*group = 0; *group < tail->group_count; ++*group)
        if (span_equal(tail->groups[*group].told.rollup, name))
            return GO_ON;
    struct group *groups = grow(tail->groups, &tail->group_room, tail->group_count + 1, sizeof(*groups));
    if (groups == NULL)
        return no_memory(why, "for a window's tail");
    tail->groups = groups;
    for (const char *at = bar; at != NULL; at = memchr(at + 1, '|', (size_t)(key.bytes + key.size - at - 1)))
        dims++;
    struct group made = {.told = {.rollup = name}};
    made.count_cell = make_own(tail, name, TAIL_ROWS, "", 0);
    made.other_cell = make_own(tail, name, "", "|" DIMENSION_OTHER, dims);
    if (made.count_cell == NONE || made.other_cell == NONE)
        return no_memory(why, "for a window's tail");
    tail->parts[made.count_cell].role = ROLE_COUNT;
    tail->parts[made.other_cell].role = ROLE_OTHER;
    tail->parts[made.count_cell].group = tail->parts[made.other_cell].group = *group;
    tail->groups[tail->group_count++] = made;
    return GO_ON;
}

/* ---- entries ---- */

enum verdict tail_add_row(struct tail *tail, const struct entry_row *row, int64_t rows_max, struct reason *why)
{
    bool is_new;
    uint32_t group;
    enum verdict verdict = group_of(tail, row->key, &group, why);

    if (verdict != GO_ON)
        return verdict;
    struct row_change *changes = grow(tail->changes, &tail->change_room, tail->change_count + 1, sizeof(*changes));
    if (changes == NULL)
        return no_memory(why, "for a window's tail");
    tail->changes = changes;
    uint32_t cell = cell_of(tail, row->key, &is_new);
    if (cell == NONE)
        return no_memory(why, "for a window's tail");
    struct part *part = &tail->parts[cell];
    if (part->role != ROLE_ROW)
        return damaged(why, "an entry of the journal");
    if (is_new) {
        part->group = group;
        part->rows_max = rows_max;
    }
    if (group != NONE)
        tail->groups[group].told.rows_max = rows_max;
    changes[tail->change_count] = (struct row_change){row->packed, NONE, row->is_taken};
    if (part->first == NONE)
        part->first = tail->change_count;
    else
        changes[part->last].next = tail->change_count;
    part->last = tail->change_count++;
    return GO_ON;
}

/* Whether a row counts in the tail's window; asked anew only where its place is another one. */
static bool is_of_window(const struct tail *tail, const struct entry_row *row)
{
    return (row->kinds & 1u << tail->window.kind) != 0 &&
           window_of(tail->window.kind, row->base_ms).start_ms == tail->window.start_ms;
}

enum verdict tail_add_records(struct tail *tail, int64_t records, struct reason *why)
{
    if (records > INT64_MAX - tail->records)
        return damaged(why, "an entry of the journal");
    tail->records += records;
    return GO_ON;
}

static enum verdict read_windows(struct tail *tail, struct entry_reader *reader, struct reason *why)
{
    enum verdict verdict = GO_ON;
    struct entry_window window;

    while (reader->windows > 0 && verdict == GO_ON) {
        if (!entry_next_window(reader, &window))
            return damaged(why, "an entry of the journal");
        if (window.window.kind == tail->window.kind && window.window.start_ms == tail->window.start_ms)
            verdict = tail_add_records(tail, window.records, why);
    }
    return verdict;
}

enum verdict tail_add(struct tail *tail, struct span entry, struct reason *why)
{
    struct entry_reader reader;
    struct entry_row row, before = {.kinds = 0};
    bool is_ours = false;

    if (!entry_open(&reader, entry))
        return damaged(why, "an entry of the journal");
    enum verdict verdict = read_windows(tail, &reader, why);
    while (verdict == GO_ON && reader.rows > 0) {
        if (!entry_next_row(&reader, &row))
            return damaged(why, "an entry of the journal");
        if (row.kinds != before.kinds || row.base_ms != before.base_ms)
            is_ours = is_of_window(tail, &row);
        before = row;
        if (is_ours)
            verdict = tail_add_row(tail, &row, reader.rows_max, why);
    }
    return verdict != GO_ON || entry_close(&reader) ? verdict : damaged(why, "an entry of the journal");
}

struct window tail_window(const struct tail *tail)
{
    return tail->window;
}

int64_t tail_records(const struct tail *tail)
{
    return tail->records;
}

uint32_t tail_count(const struct tail *tail)
{
    return tail->count;
}

struct tail_cell *tail_cell(struct tail *tail, uint32_t index)
{
    return &tail->cells[index];
}

uint32_t tail_groups(const struct tail *tail)
{
    return tail->group_count;
}

const struct tail_group *tail_group(const struct tail *tail, uint32_t index)
{
    return &tail->groups[index].told;
}

/* ---- which rows stand by themselves ---- */

/* What is stored of the groups. */
static enum verdict read_groups(struct tail *tail, struct reason *why)
{
    for (uint32_t i = 0; i < tail->group_count; i++)
        tail->groups[i].has_row = false;
    for (uint32_t i = 0; i < tail->count; i++)
        if (tail->parts[i].role != ROLE_COUNT && tail->parts[i].group != NONE && tail->cells[i].stored.bytes != NULL)
            tail->groups[tail->parts[i].group].has_row = true;
    for (uint32_t i = 0; i < tail->group_count; i++) {
        struct tail_group *told = &tail->groups[i].told;
        struct span text = tail->cells[tail->groups[i].count_cell].stored;
        bool is_sound = text.size <= 18;
        told->rows = 0;
        for (size_t j = 0; j < text.size && is_sound; j++) {
            is_sound = text.bytes[j] >= '0' && text.bytes[j] <= '9';
            told->rows = 10 * told->rows + (text.bytes[j] - '0');
        }
        if (!is_sound || (tail->groups[i].has_row && told->rows == 0))
            return damaged(why, "the number of rows of a window");
        told->rows_before = told->rows;
        told->was_closed = told->is_closed = tail->cells[tail->groups[i].other_cell].stored.bytes != NULL;
    }
    return GO_ON;
}

/* Decides on the new rows, as they stand. A row that is only taken from, and is not there, was refused before, and is
 * again: whoever refused it closed the group. */
static void admit(struct tail *tail)
{
    for (uint32_t i = 0; i < tail->count; i++) {
        struct part *part = &tail->parts[i];
        part->is_refused = false;
        if (part->role != ROLE_ROW || part->group == NONE || tail->cells[i].stored.bytes != NULL)
            continue;
        struct tail_group *told = &tail->groups[part->group].told;
        struct admission admission = {told->rows, told->is_closed, part->rows_max};
        part->is_refused = !admission_admits(&admission);
        told->rows = admission.rows;
        told->is_closed = admission.is_closed;
    }
}

/* ---- adding up ---- */

static bool add_changes(struct tail *tail, uint32_t cell, bool is_taken)
{
    bool is_sound = true;

    for (uint32_t i = tail->parts[cell].first; i != NONE && is_sound; i = tail->changes[i].next) {
        const struct row_change *change = &tail->changes[i];
        if (change->is_taken != is_taken)
            continue;
        is_sound = is_taken ? accumulator_subtract(&tail->accumulator, change->packed)
                            : accumulator_add(&tail->accumulator, change->packed);
    }
    return is_sound;
}

static bool add_stored(struct tail *tail, uint32_t cell)
{
    return tail->cells[cell].stored.bytes == NULL || accumulator_add(&tail->accumulator, tail->cells[cell].stored);
}

/* Moves the sum into the cell. */
static enum verdict finish(struct tail *tail, bool is_sound, uint32_t cell, struct reason *why)
{
    if (!is_sound) {
        accumulator_clear(&tail->accumulator);
        return damaged(why, "a cell");
    }
    uint8_t *bytes = arena_take(&tail->arena, CELL_PACKED_MAX);
    if (bytes == NULL)
        return no_memory(why, "for a window's tail");
    size_t size = accumulator_pack(&tail->accumulator, bytes);
    arena_trim(&tail->arena, bytes, CELL_PACKED_MAX, size);
    tail->cells[cell].value = (struct span){(const char *)bytes, size};
    return GO_ON;
}

static enum verdict merge_row(struct tail *tail, uint32_t cell, struct reason *why)
{
    const struct row_change *first = &tail->changes[tail->parts[cell].first];

    if (tail->cells[cell].stored.bytes == NULL && first->next == NONE && !first->is_taken) {
        tail->cells[cell].value = first->packed;
        return GO_ON;
    }
    bool is_sound = add_stored(tail, cell) && add_changes(tail, cell, false) && add_changes(tail, cell, true);
    return finish(tail, is_sound, cell, why);
}

/* All that has no row of its own. */
static enum verdict merge_others(struct tail *tail, uint32_t group, struct reason *why)
{
    uint32_t other = tail->groups[group].other_cell;
    bool is_sound = add_stored(tail, other), is_any = false;

    for (int is_taken = 0; is_taken < 2; is_taken++)
        for (uint32_t i = 0; i < tail->count && is_sound; i++)
            if (tail->parts[i].group == group && tail->parts[i].is_refused) {
                is_any = true;
                is_sound = add_changes(tail, i, is_taken == 1);
            }
    if (is_any)
        return finish(tail, is_sound, other, why);
    accumulator_clear(&tail->accumulator);
    return GO_ON;
}

static enum verdict write_count(struct tail *tail, const struct group *group, struct reason *why)
{
    char *text = arena_take(&tail->arena, 24);

    if (text == NULL)
        return no_memory(why, "for a window's tail");
    snprintf(text, 24, "%" PRId64, group->told.rows);
    tail->cells[group->count_cell].value = span_of(text);
    return GO_ON;
}

enum verdict tail_merge(struct tail *tail, struct reason *why)
{
    enum verdict verdict = read_groups(tail, why);

    if (verdict == GO_ON)
        admit(tail);
    for (uint32_t i = 0; i < tail->count && verdict == GO_ON; i++) {
        tail->cells[i].value = span_of(NULL);
        if (tail->parts[i].role == ROLE_ROW && !tail->parts[i].is_refused)
            verdict = merge_row(tail, i, why);
    }
    for (uint32_t i = 0; i < tail->group_count && verdict == GO_ON; i++) {
        const struct group *group = &tail->groups[i];
        if (group->told.is_closed)
            verdict = merge_others(tail, i, why);
        if (verdict == GO_ON && group->told.rows > group->told.rows_before)
            verdict = write_count(tail, group, why);
    }
    return verdict;
}
