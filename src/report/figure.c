/* What a maker puts into a figure, in arrays that grow. */
#include "figure.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "column_meanings.h"
#include "gentally/base/grow.h"

void figure_close(struct figure *figure)
{
    for (uint32_t index = 0; index < figure->note_count; index++)
        free(figure->notes[index]);
    free(figure->missing);
    free(figure->cells);
    free(figure->order);
    *figure = (struct figure){0};
}

void figure_column(struct figure *figure, const char *name, const char *title, enum figure_type type)
{
    assert(figure->column_count < FIGURE_COLUMNS_MAX);
    assert(figure->cell_count == 0);
    assert(column_meaning(name) != NULL); /* the data dictionary is whole */
    figure->columns[figure->column_count++] = (struct figure_column){name, title, type};
}

static void put(struct figure *figure, struct figure_cell cell)
{
    struct figure_cell *cells = grow(figure->cells, &figure->cell_room, figure->cell_count + 1, sizeof(*cells));

    if (cells == NULL) {
        *figure->has_failed = true;
        return;
    }
    figure->cells = cells;
    figure->cells[figure->cell_count++] = cell;
}

void figure_none(struct figure *figure)
{
    put(figure, (struct figure_cell){.kind = CELL_NONE});
}

void figure_integer(struct figure *figure, int64_t value)
{
    put(figure, (struct figure_cell){.kind = CELL_INTEGER, .integer = value});
}

void figure_real(struct figure *figure, double value)
{
    put(figure, isfinite(value) ? (struct figure_cell){.kind = CELL_REAL, .real = value}
                                : (struct figure_cell){.kind = CELL_NONE});
}

void figure_estimate(struct figure *figure, double value)
{
    double scale = value == 0 || !isfinite(value) ? 1 : pow(10, 9 - floor(log10(fabs(value))));

    figure_real(figure, isfinite(scale) ? round(value * scale) / scale : value);
}

void figure_text(struct figure *figure, struct span text)
{
    put(figure, (struct figure_cell){.kind = text.bytes == NULL ? CELL_NONE : CELL_TEXT, .text = text});
}

void figure_date(struct figure *figure, int64_t ms)
{
    enum figure_type type = figure->columns[figure->cell_count % figure->column_count].type;

    put(figure, (struct figure_cell){.kind = type == TYPE_MONTH ? CELL_MONTH : CELL_DATE, .integer = ms});
}

void figure_order(struct figure *figure, uint32_t name)
{
    uint32_t *order = grow(figure->order, &figure->order_room, figure->order_count + 1, sizeof(*order));

    if (order == NULL) {
        *figure->has_failed = true;
        return;
    }
    figure->order = order;
    figure->order[figure->order_count++] = name;
}

void figure_order_by(struct figure *figure, const struct groups *groups, const struct names *names,
                     enum quantity quantity)
{
    uint32_t count;
    uint32_t *ranked = groups_rank(groups, names, quantity, &count);

    for (uint32_t index = 0; index < count; index++)
        figure_order(figure, ranked[index]);
    free(ranked);
}

void figure_rule(struct figure *figure, struct figure_rule rule)
{
    assert(figure->chart.rule_count < LENGTH_OF(figure->chart.rules));
    figure->chart.rules[figure->chart.rule_count++] = rule;
}

static bool has_panel(const struct figure *figure, struct span panel)
{
    for (size_t at = 0; at < figure->cell_count; at += figure->column_count)
        if (figure->cells[at].kind == CELL_TEXT && span_equal(figure->cells[at].text, panel))
            return true;
    return false;
}

void figure_outstanding(struct figure *figure, struct span panel, struct span series, const char *kind)
{
    struct figure_chart *chart = &figure->chart;
    bool is_told = chart->outstanding_count == LENGTH_OF(chart->outstanding) || !has_panel(figure, panel);

    for (uint32_t at = 0; at < chart->outstanding_count; at++)
        is_told |= span_equal(chart->outstanding[at].panel, panel) && span_equal(chart->outstanding[at].series, series);
    if (!is_told)
        chart->outstanding[chart->outstanding_count++] = (struct figure_outstanding){panel, series, kind};
}

static char *PRINTF_LIKE(2, 0) text_of(struct figure *figure, const char *format, va_list arguments)
{
    char *text = NULL;

    if (vasprintf(&text, format, arguments) < 0) {
        *figure->has_failed = true;
        return NULL;
    }
    return text;
}

void figure_note(struct figure *figure, const char *format, ...)
{
    va_list arguments;

    assert(figure->note_count < FIGURE_NOTES_MAX);
    va_start(arguments, format);
    char *text = text_of(figure, format, arguments);
    va_end(arguments);
    if (text != NULL)
        figure->notes[figure->note_count++] = text;
}

void figure_missing(struct figure *figure, const char *format, ...)
{
    va_list arguments;

    free(figure->missing);
    va_start(arguments, format);
    figure->missing = text_of(figure, format, arguments);
    va_end(arguments);
}

size_t figure_row_count(const struct figure *figure)
{
    return figure->column_count == 0 ? 0 : figure->cell_count / figure->column_count;
}
