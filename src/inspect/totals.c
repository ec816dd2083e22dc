/*
 * Sums by name. Rows are collected as they come, and those of one window and name are combined by sorting. There are a
 * few hundred thousand rows at most, once per command, so no hash table is needed. A row that is made for a quantile
 * has the few slots of its histogram that are in use.
 */
#include "gentally/inspect/totals.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "gentally/base/grow.h"

#define REST_MARK (-1) /* as a share: this row shall be of the rest */

struct totals {
    size_t count, room;
    struct totals_row *rows; /* names are owned */
    struct choice choice;
    bool is_sorted;
    bool has_failed; /* memory ran out while slots were combined */
};

enum verdict totals_open(struct totals **totals, struct reason *why)
{
    *totals = calloc(1, sizeof(**totals));
    if (*totals == NULL)
        return no_memory(why, "for sums");
    (*totals)->choice = choice_at(0);
    return GO_ON;
}

void totals_choose(struct totals *totals, const struct choice *choice)
{
    assert(totals->count == 0);
    totals->choice = *choice;
}

static void free_name(const struct totals_row *row)
{
    free((char *)(uintptr_t)row->name.bytes);
}

static void free_row(const struct totals_row *row)
{
    free_name(row);
    free(row->slots);
}

void totals_close(struct totals *totals)
{
    if (totals == NULL)
        return;
    for (size_t index = 0; index < totals->count; index++)
        free_row(&totals->rows[index]);
    free(totals->rows);
    free(totals);
}

static int compare_names(const void *left_row, const void *right_row)
{
    const struct totals_row *left = left_row, *right = right_row;

    if (left->start_ms != right->start_ms)
        return left->start_ms < right->start_ms ? -1 : 1;
    return span_compare(left->name, right->name);
}

/* Adds the slots of a row to those of another. False: no memory, and both are as they were. */
static bool combine_slots(struct totals_row *target, const struct totals_row *row)
{
    uint32_t left = 0, right = 0, count = 0;

    if (row->slot_count == 0)
        return true;
    struct slot *slots = calloc((size_t)target->slot_count + row->slot_count, sizeof(*slots));
    if (slots == NULL)
        return false;
    while (left < target->slot_count || right < row->slot_count) {
        bool is_left =
            right == row->slot_count || (left < target->slot_count && target->slots[left].id <= row->slots[right].id);
        struct slot slot = is_left ? target->slots[left++] : row->slots[right++];
        if (count > 0 && slots[count - 1].id == slot.id)
            slots[count - 1].value += slot.value;
        else
            slots[count++] = slot;
    }
    free(target->slots);
    target->slots = slots;
    target->slot_count = count;
    return true;
}

/* Adds up the rows of one window and name. */
static void combine(struct totals *totals)
{
    size_t into = 0;

    if (totals->count == 0)
        return;
    qsort(totals->rows, totals->count, sizeof(*totals->rows), compare_names);
    for (size_t index = 1; index < totals->count; index++) {
        struct totals_row *row = &totals->rows[index], *target = &totals->rows[into];
        if (compare_names(target, row) != 0) {
            totals->rows[++into] = *row;
            continue;
        }
        target->requests += row->requests;
        target->tokens = sum_told(target->tokens, row->tokens);
        target->cost_nano_usd = sum_told(target->cost_nano_usd, row->cost_nano_usd);
        for (uint32_t at = 0; at < CHOICE_PARTS; at++)
            target->parts[at] = sum_told(target->parts[at], row->parts[at]);
        totals->has_failed |= !combine_slots(target, row);
        free_row(row);
    }
    totals->count = into + 1;
}

static enum verdict make_room(struct totals *totals, struct reason *why)
{
    if (totals->count < totals->room)
        return GO_ON;
    combine(totals);
    if (totals->count < totals->room / 2) /* that was worth it */
        return GO_ON;
    struct totals_row *rows = grow(totals->rows, &totals->room, totals->room + 1, sizeof(*rows));
    if (rows == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %zu sums", totals->room + 1);
    totals->rows = rows;
    return GO_ON;
}

/* Copies the slots of the choice's histogram. False: no memory. */
static bool take_slots(const struct choice *choice, const struct cell *cell, struct totals_row *row)
{
    uint32_t first = (uint32_t)choice->histogram * HISTOGRAM_BUCKETS, begin = 0;

    if (choice->kind != CHOICE_QUANTILE)
        return true;
    while (begin < cell->slot_count && cell->slots[begin].id < first)
        begin++;
    uint32_t end = begin;
    while (end < cell->slot_count && cell->slots[end].id < first + HISTOGRAM_BUCKETS)
        end++;
    if (end == begin)
        return true;
    row->slot_count = end - begin;
    row->slots = malloc(row->slot_count * sizeof(*row->slots));
    if (row->slots != NULL)
        memcpy(row->slots, &cell->slots[begin], row->slot_count * sizeof(*row->slots));
    return row->slots != NULL;
}

enum verdict totals_add(struct totals *totals, int64_t start_ms, struct span name, const struct cell *cell,
                        struct reason *why)
{
    const int64_t *sums = cell->sums;
    struct totals_row row = {.start_ms = start_ms,
                             .requests = sums[M_REQUESTS],
                             .tokens = sum_told(sums[M_TOKENS_PROMPT], sums[M_TOKENS_COMPLETION]),
                             .cost_nano_usd = sums[M_COST_NANO_USD]};
    enum verdict verdict = make_room(totals, why);
    char *copy = malloc(name.size + 1);

    assert(!totals->is_sorted);
    if (verdict != GO_ON || copy == NULL || !take_slots(&totals->choice, cell, &row)) {
        free(copy);
        return verdict != GO_ON ? verdict : no_memory(why, "for a name");
    }
    if (name.size > 0)
        memcpy(copy, name.bytes, name.size);
    copy[name.size] = '\0';
    row.name = (struct span){copy, name.size};
    choice_parts(&totals->choice, sums, row.parts);
    totals->rows[totals->count++] = row;
    return GO_ON;
}

/* What is summed, ordered and shared: the choice if it is a sum, else tokens. */
static enum totals_by sum_of(const struct totals *totals, enum totals_by by)
{
    return by == BY_MEASURE && totals->choice.kind != CHOICE_SUM ? BY_TOKENS : by;
}

static int64_t value_of(const struct totals_row *row, enum totals_by by)
{
    switch (by) {
    case BY_TOKENS:
        return row->tokens;
    case BY_REQUESTS:
        return row->requests;
    case BY_COST:
        return row->cost_nano_usd;
    case BY_MEASURE:
        break;
    }
    return row->parts[0];
}

static bool is_rest(const struct totals_row *row)
{
    return span_equal(row->name, span_of(TOTALS_REST));
}

/* One name over all windows. */
struct whole {
    struct span name; /* borrowed */
    int64_t value;
};

static int compare_whole_names(const void *left, const void *right)
{
    return span_compare(((const struct whole *)left)->name, ((const struct whole *)right)->name);
}

static int compare_wholes(const void *left_whole, const void *right_whole)
{
    const struct whole *left = left_whole, *right = right_whole;

    if (left->value != right->value)
        return left->value > right->value ? -1 : 1;
    return span_compare(left->name, right->name);
}

/* Adds up neighbours of one name. Returns how many there are then. */
static size_t combine_wholes(struct whole wholes[], size_t count)
{
    size_t into = 0;

    for (size_t index = 1; index < count; index++) {
        if (span_equal(wholes[into].name, wholes[index].name))
            wholes[into].value = sum_told(wholes[into].value, wholes[index].value);
        else
            wholes[++into] = wholes[index];
    }
    return count == 0 ? 0 : into + 1;
}

/* Gives the rows that are marked the name of the rest. */
static enum verdict name_rest(struct totals *totals, struct reason *why)
{
    static const struct span rest = {TOTALS_REST, sizeof(TOTALS_REST) - 1};

    for (size_t index = 0; index < totals->count; index++) {
        struct totals_row *row = &totals->rows[index];
        if (row->share != REST_MARK)
            continue;
        char *name = malloc(rest.size + 1);
        if (name == NULL)
            return no_memory(why, "for a name");
        memcpy(name, rest.bytes, rest.size + 1);
        free_name(row);
        row->name = (struct span){name, rest.size};
        row->share = 0;
    }
    return GO_ON;
}

enum verdict totals_fold(struct totals *totals, size_t top, enum totals_by by, struct reason *why)
{
    struct whole *wholes = calloc(totals->count + 1, sizeof(*wholes));

    assert(!totals->is_sorted);
    by = sum_of(totals, by);
    if (wholes == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %zu names", totals->count);
    for (size_t index = 0; index < totals->count; index++)
        wholes[index] = (struct whole){totals->rows[index].name, value_of(&totals->rows[index], by)};
    qsort(wholes, totals->count, sizeof(*wholes), compare_whole_names);
    size_t count = combine_wholes(wholes, totals->count);
    qsort(wholes, count, sizeof(*wholes), compare_wholes);
    top = top < count ? top : count;
    qsort(wholes, top, sizeof(*wholes), compare_whole_names);
    for (size_t index = 0; index < totals->count; index++) {
        struct totals_row *row = &totals->rows[index];
        const struct whole wanted = {row->name, 0};
        if (top > 0 && bsearch(&wanted, wholes, top, sizeof(*wholes), compare_whole_names) != NULL)
            continue;
        row->share = REST_MARK; /* names are borrowed by `wholes` until the last was looked up */
    }
    free(wholes);
    return name_rest(totals, why);
}

static int compare_values(const void *left_row, const void *right_row, void *context)
{
    const struct totals_row *left = left_row, *right = right_row;
    enum totals_by by = *(const enum totals_by *)context;
    int64_t left_value = value_of(left, by), right_value = value_of(right, by);

    if (left->start_ms == right->start_ms && is_rest(left) != is_rest(right))
        return is_rest(left) ? 1 : -1;
    if (left->start_ms == right->start_ms && left_value != right_value)
        return left_value > right_value ? -1 : 1;
    return compare_names(left, right);
}

enum verdict totals_sort(struct totals *totals, enum totals_by by, struct reason *why)
{
    size_t first = 0;

    assert(!totals->is_sorted);
    totals->is_sorted = true;
    by = sum_of(totals, by);
    combine(totals);
    if (totals->has_failed)
        return no_memory(why, "for distributions");
    if (totals->count > 0)
        qsort_r(totals->rows, totals->count, sizeof(*totals->rows), compare_values, &by);
    while (first < totals->count) {
        size_t end = first;
        double total = 0;
        for (; end < totals->count && totals->rows[end].start_ms == totals->rows[first].start_ms; end++)
            total += (double)value_of(&totals->rows[end], by);
        for (; first < end; first++) {
            struct totals_row *row = &totals->rows[first];
            row->share = total > 0 ? (int)(10000.0 * (double)value_of(row, by) / total + 0.5) : 0;
        }
    }
    return GO_ON;
}

size_t totals_count(const struct totals *totals)
{
    assert(totals->is_sorted);
    return totals->count;
}

const struct totals_row *totals_row(const struct totals *totals, size_t index)
{
    assert(totals->is_sorted);
    assert(index < totals->count);
    return &totals->rows[index];
}

bool totals_value(const struct totals *totals, const struct totals_row *row, double *value)
{
    int64_t whole = row->parts[0];

    if (totals->choice.kind == CHOICE_QUOTIENT) {
        *value = choice_quotient(&totals->choice, row->parts);
        return !isnan(*value);
    }
    if (totals->choice.kind == CHOICE_QUANTILE &&
        !slots_quantile(row->slots, row->slot_count, quantile_percent(totals->choice.quantile), &whole))
        return false;
    *value = (double)whole;
    return true;
}

const struct totals_row *totals_find(const struct totals *totals, int64_t start_ms, struct span name)
{
    for (size_t index = 0; index < totals_count(totals); index++) {
        const struct totals_row *row = &totals->rows[index];
        if (row->start_ms == start_ms && span_equal(row->name, name))
            return row;
    }
    return NULL;
}
