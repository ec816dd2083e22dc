/* Rows beyond `rows_max` are merged as one. A cell that is new and has one delta is those very bytes. */
#include "merge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "admission.h"
#include "gentally/config/config.h"

/* ---- which rows stand by themselves ---- */

/* A row that is new and asks for its place, in the order in which the log had them. */
struct candidate {
    uint32_t first, cell;
};

static int compare_candidates(const void *left, const void *right)
{
    uint32_t left_first = ((const struct candidate *)left)->first;
    uint32_t right_first = ((const struct candidate *)right)->first;

    return (left_first > right_first) - (left_first < right_first);
}

/* Where the log had a row first since the last flush. What is taken follows what is added, so a row that is only taken
 * from and is not there comes last: it was refused before, and is again. */
static uint32_t first_of(const struct flush_plan *plan, uint32_t cell)
{
    uint32_t first = UINT32_MAX;

    for (uint32_t i = plan->cell_first[cell]; i < plan->cell_first[cell + 1]; i++) {
        uint32_t at = plan->cell_deltas[i].delta->first;
        first = at < first ? at : first;
    }
    return first;
}

/* What the store has of a group. */
static enum verdict read_admission(const struct flush_plan *plan, const struct row_group *group,
                                   struct admission *admission, struct reason *why)
{
    struct span text = plan->change.cells[group->count_cell].stored;
    bool has_row = plan->change.cells[group->other_cell].stored.bytes != NULL, is_sound = text.size <= 18;

    admission->rows = 0;
    admission->is_closed = has_row;
    for (size_t i = 0; i < text.size && is_sound; i++) {
        is_sound = text.bytes[i] >= '0' && text.bytes[i] <= '9';
        admission->rows = 10 * admission->rows + (text.bytes[i] - '0');
    }
    for (uint32_t cell = group->first; cell < group->end && !has_row; cell++)
        has_row = plan->change.cells[cell].stored.bytes != NULL;
    if (!is_sound || (has_row && admission->rows == 0))
        return reason_set(why, HALT, STORE_DAMAGED, 0,
                          "partition %" PRId32 ": the number of rows of a window does not read as we wrote it",
                          plan->change.state->partition);
    return GO_ON;
}

/* Decides on the new rows of a group. */
static enum verdict admit(struct flush_tools *tools, struct flush_plan *plan, const struct row_group *group,
                          struct admission *admission, struct reason *why)
{
    size_t room = (group->end - group->first + 1) * sizeof(struct candidate);
    struct candidate *candidates = arena_take(&tools->arena, room);
    uint32_t count = 0;

    if (candidates == NULL)
        return no_memory(why, "for a checkpoint");
    for (uint32_t cell = group->first; cell < group->end; cell++) {
        plan->is_refused[cell] = false;
        if (plan->change.cells[cell].stored.bytes == NULL)
            candidates[count++] = (struct candidate){first_of(plan, cell), cell};
    }
    if (admission->is_closed || count > admission->limit - admission->rows) /* else the order does not show */
        qsort(candidates, count, sizeof(*candidates), compare_candidates);
    for (uint32_t i = 0; i < count; i++)
        plan->is_refused[candidates[i].cell] = !admission_admits(admission);
    arena_trim(&tools->arena, candidates, room, 0);
    return GO_ON;
}

/* ---- cells into the store ---- */

static bool add_deltas(struct flush_tools *tools, const struct flush_plan *plan, uint32_t cell)
{
    bool is_sound = true;

    for (uint32_t i = plan->cell_first[cell]; i < plan->cell_first[cell + 1] && is_sound; i++)
        if (!is_taken(plan->cell_deltas[i].delta))
            is_sound = accumulator_add(&tools->accumulator, plan->cell_deltas[i].delta->packed);
    return is_sound;
}

/* After what is added, so that no sum is below nothing on the way. */
static bool take_deltas(struct flush_tools *tools, const struct flush_plan *plan, uint32_t cell)
{
    bool is_sound = true;

    for (uint32_t i = plan->cell_first[cell]; i < plan->cell_first[cell + 1] && is_sound; i++)
        if (is_taken(plan->cell_deltas[i].delta))
            is_sound = accumulator_subtract(&tools->accumulator, plan->cell_deltas[i].delta->packed);
    return is_sound;
}

static bool add_stored(struct flush_tools *tools, const struct change_cell *cell)
{
    return cell->stored.bytes == NULL || accumulator_add(&tools->accumulator, cell->stored);
}

/* Moves the sum into the cell; what is not sound is not what we packed just now. */
static enum verdict finish_cell(struct flush_tools *tools, const struct flush_plan *plan, bool is_sound,
                                struct change_cell *cell, struct reason *why)
{
    if (is_sound)
        return derive_pack(&tools->accumulator, &tools->arena, &cell->value, why);
    accumulator_clear(&tools->accumulator);
    return reason_set(why, HALT, STORE_DAMAGED, 0, "partition %" PRId32 ": a cell does not read as we wrote it",
                      plan->change.state->partition);
}

static enum verdict merge_cell(struct flush_tools *tools, struct flush_plan *plan, uint32_t index, struct reason *why)
{
    struct change_cell *cell = &plan->change.cells[index];
    const struct cell_delta *first = &plan->cell_deltas[plan->cell_first[index]];
    bool is_one = plan->cell_first[index + 1] - plan->cell_first[index] == 1;

    if (cell->stored.bytes == NULL && is_one && !is_taken(first->delta)) {
        cell->value = first->delta->packed;
        return GO_ON;
    }
    bool is_sound = add_stored(tools, cell) && add_deltas(tools, plan, index) && take_deltas(tools, plan, index);
    return finish_cell(tools, plan, is_sound, cell, why);
}

/* All that has no row of its own. */
static enum verdict merge_others(struct flush_tools *tools, struct flush_plan *plan, const struct row_group *group,
                                 struct reason *why)
{
    struct change_cell *other = &plan->change.cells[group->other_cell];
    bool is_sound = add_stored(tools, other);

    for (uint32_t cell = group->first; cell < group->end && is_sound; cell++)
        if (plan->is_refused[cell])
            is_sound = add_deltas(tools, plan, cell);
    for (uint32_t cell = group->first; cell < group->end && is_sound; cell++)
        if (plan->is_refused[cell])
            is_sound = take_deltas(tools, plan, cell);
    return finish_cell(tools, plan, is_sound, other, why);
}

static enum verdict write_count(struct flush_tools *tools, struct flush_plan *plan, const struct row_group *group,
                                struct reason *why)
{
    char *text = arena_take(&tools->arena, 24);

    if (text == NULL)
        return no_memory(why, "for a checkpoint");
    snprintf(text, 24, "%" PRId64, group->rows);
    plan->change.cells[group->count_cell].value = span_of(text);
    return GO_ON;
}

static enum verdict merge_group(struct flush_tools *tools, struct flush_plan *plan, struct row_group *group,
                                struct reason *why)
{
    struct admission admission = {.limit = tools->config->rows_max};
    struct change_cell *cells = plan->change.cells;
    bool is_any_refused = false;
    enum verdict verdict = read_admission(plan, group, &admission, why);

    group->rows_before = admission.rows;
    group->was_closed = admission.is_closed;
    cells[group->count_cell].value = cells[group->other_cell].value = span_of(NULL);
    if (verdict == GO_ON)
        verdict = admit(tools, plan, group, &admission, why);
    group->rows = admission.rows;
    group->is_closed = admission.is_closed;
    for (uint32_t cell = group->first; cell < group->end && verdict == GO_ON; cell++) {
        is_any_refused = is_any_refused || plan->is_refused[cell];
        if (plan->is_refused[cell])
            cells[cell].value = span_of(NULL);
        else
            verdict = merge_cell(tools, plan, cell, why);
    }
    if (verdict == GO_ON && is_any_refused)
        verdict = merge_others(tools, plan, group, why);
    if (verdict == GO_ON && group->rows > group->rows_before)
        verdict = write_count(tools, plan, group, why);
    return verdict;
}

/* Groups, and between them the single rows of rollups without dimensions. */
enum verdict merge_plan(struct flush_tools *tools, struct flush_plan *plan, struct reason *why)
{
    enum verdict verdict = GO_ON;
    uint32_t cell = 0;

    for (uint32_t i = 0; i <= plan->group_count && verdict == GO_ON; i++) {
        struct row_group *group = &plan->groups[i];
        uint32_t end = i == plan->group_count ? plan->change.cell_count : group->count_cell;
        for (; cell < end && verdict == GO_ON; cell++)
            verdict = merge_cell(tools, plan, cell, why);
        if (i == plan->group_count || verdict != GO_ON)
            break;
        verdict = merge_group(tools, plan, group, why);
        cell = group->end;
    }
    return verdict;
}
