/* A figure while it is made: columns, cells row by row, the order of series, notes. */
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "figure_parts.h"

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
    figure->columns[figure->column_count++] = (struct figure_column){name, title, type};
}

static void put(struct figure *figure, struct figure_cell cell)
{
    if (figure->cell_count == figure->cell_room) {
        size_t room = figure->cell_room == 0 ? 1024 : 2 * figure->cell_room;
        struct figure_cell *cells = realloc(figure->cells, room * sizeof(*cells));
        if (cells == NULL) {
            figure->has_failed = true;
            return;
        }
        figure->cells = cells;
        figure->cell_room = room;
    }
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
    if (figure->order_count == figure->order_room) {
        uint32_t room = figure->order_room == 0 ? 32 : 2 * figure->order_room;
        uint32_t *order = realloc(figure->order, room * sizeof(*order));
        if (order == NULL) {
            figure->has_failed = true;
            return;
        }
        figure->order = order;
        figure->order_room = room;
    }
    figure->order[figure->order_count++] = name;
}

void figure_rule(struct figure *figure, struct figure_rule rule)
{
    assert(figure->chart.rule_count < LENGTH_OF(figure->chart.rules));
    figure->chart.rules[figure->chart.rule_count++] = rule;
}

static char *PRINTF_LIKE(2, 0) text_of(struct figure *figure, const char *format, va_list arguments)
{
    char *text = NULL;

    if (vasprintf(&text, format, arguments) < 0) {
        figure->has_failed = true;
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

double figure_share(int64_t part, int64_t whole)
{
    return whole == 0 ? (double)NAN : (double)part / (double)whole;
}

/* 10^-9 dollars by tokens are 10^-3 dollars by a million of them. */
double figure_price(int64_t nano_usd, int64_t tokens)
{
    return tokens == 0 ? (double)NAN : (double)nano_usd / ((double)tokens * 1000.0);
}
