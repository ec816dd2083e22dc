/* The document as JSON: one growing text. A comma is due wherever the last byte is not an opening one. */
#include <math.h>
#include <stdlib.h>

#include "figure_parts.h"
#include "gentally/base/json.h"

static char *make_room(struct figure_writer *writer, size_t size)
{
    if (writer->size + size > writer->room) {
        size_t room = 2 * (writer->size + size) + 4096;
        char *bytes = realloc(writer->bytes, room);
        if (bytes == NULL) {
            writer->has_failed = true;
            return NULL;
        }
        writer->bytes = bytes;
        writer->room = room;
    }
    return writer->bytes + writer->size;
}

void write_raw(struct figure_writer *writer, const char *text)
{
    size_t size = strlen(text);
    char *at = make_room(writer, size);

    if (at == NULL)
        return;
    memcpy(at, text, size);
    writer->size += size;
}

static void comma(struct figure_writer *writer)
{
    if (writer->size > 0 && strchr("[{:,\n", writer->bytes[writer->size - 1]) == NULL)
        write_raw(writer, ",");
}

void write_text(struct figure_writer *writer, struct span text)
{
    comma(writer);
    if (text.bytes == NULL) {
        write_raw(writer, "null");
        return;
    }
    char *at = make_room(writer, JSON_TEXT_MAX(text.size));
    if (at != NULL)
        writer->size = (size_t)(json_text(at, text) - writer->bytes);
}

void write_key(struct figure_writer *writer, const char *name)
{
    write_text(writer, span_of(name));
    write_raw(writer, ":");
}

void write_integer(struct figure_writer *writer, int64_t value)
{
    comma(writer);
    char *at = make_room(writer, JSON_INTEGER_MAX);
    if (at != NULL)
        writer->size = (size_t)(json_integer(at, value) - writer->bytes);
}

void write_real(struct figure_writer *writer, double value)
{
    comma(writer);
    char *at = make_room(writer, JSON_REAL_MAX);
    if (at != NULL)
        writer->size = (size_t)(json_real(at, value) - writer->bytes);
}

void write_date(struct figure_writer *writer, int64_t ms)
{
    char text[32];

    time_format(ms, text, sizeof(text));
    write_text(writer, (struct span){text, 10});
}

static void write_switch(struct figure_writer *writer, const char *name, bool is_on)
{
    write_key(writer, name);
    write_raw(writer, is_on ? "true" : "false");
}

static void write_named(struct figure_writer *writer, const char *name, const char *text)
{
    write_key(writer, name);
    write_text(writer, span_of(text));
}

static void write_rules(struct figure_writer *writer, const struct figure_chart *chart)
{
    write_key(writer, "rules");
    write_raw(writer, "[");
    for (uint32_t index = 0; index < chart->rule_count; index++) {
        const struct figure_rule *rule = &chart->rules[index];
        comma(writer);
        write_raw(writer, "{");
        write_named(writer, "axis", rule->is_x ? "x" : "y");
        write_key(writer, "at");
        if (rule->is_date)
            write_date(writer, rule->date_ms);
        else
            write_real(writer, rule->at);
        write_named(writer, "text", rule->text);
        write_raw(writer, "}");
    }
    write_raw(writer, "]");
}

static void write_point(struct figure_writer *writer, const char *name, const double point[2])
{
    write_key(writer, name);
    write_raw(writer, "[");
    write_real(writer, point[0]);
    write_real(writer, point[1]);
    write_raw(writer, "]");
}

static void write_chart(struct figure_writer *writer, const struct figure_data *data, const struct figure *figure)
{
    const struct figure_chart *chart = &figure->chart;

    write_key(writer, "chart");
    write_raw(writer, "{");
    write_named(writer, "kind", chart->kind);
    write_named(writer, "stack", chart->stack);
    write_named(writer, "x", chart->x);
    write_named(writer, "y", chart->y);
    write_named(writer, "series", chart->series);
    write_named(writer, "panel", chart->panel);
    write_named(writer, "low", chart->low);
    write_named(writer, "high", chart->high);
    write_named(writer, "label", chart->label);
    write_switch(writer, "x_log", chart->x_log);
    write_switch(writer, "y_log", chart->y_log);
    write_named(writer, "x_title", chart->x_title);
    write_named(writer, "y_title", chart->y_title);
    write_key(writer, "order");
    write_raw(writer, "[");
    for (uint32_t index = 0; index < figure->order_count; index++)
        write_text(writer, names_text(&data->names, figure->order[index]));
    write_raw(writer, "]");
    write_rules(writer, chart);
    write_key(writer, "line");
    if (chart->has_line) {
        write_raw(writer, "{");
        write_point(writer, "from", chart->from);
        write_point(writer, "to", chart->to);
        write_named(writer, "text", chart->line_text);
        write_raw(writer, "}");
    } else {
        write_raw(writer, "null");
    }
    write_raw(writer, "}");
}

static void write_columns(struct figure_writer *writer, const struct figure *figure)
{
    static const char *const types[TYPE_COUNT] = {
        [TYPE_DATE] = "date",       [TYPE_MONTH] = "month", [TYPE_TEXT] = "text",
        [TYPE_INTEGER] = "integer", [TYPE_REAL] = "real",   [TYPE_SHARE] = "share",
        [TYPE_USD] = "usd",         [TYPE_FLAG] = "flag",   [TYPE_USD_PER_MTOK] = "usd_per_mtok",
    };

    write_key(writer, "columns");
    write_raw(writer, "[");
    for (uint32_t index = 0; index < figure->column_count; index++) {
        const struct figure_column *column = &figure->columns[index];
        comma(writer);
        write_raw(writer, "{");
        write_named(writer, "name", column->name);
        write_named(writer, "title", column->title);
        write_named(writer, "type", types[column->type]);
        write_raw(writer, "}");
    }
    write_raw(writer, "]");
}

static void write_cell(struct figure_writer *writer, const struct figure_cell *cell)
{
    char text[32];

    switch (cell->kind) {
    case CELL_NONE:
        write_text(writer, (struct span){NULL, 0});
        break;
    case CELL_INTEGER:
        write_integer(writer, cell->integer);
        break;
    case CELL_REAL:
        write_real(writer, cell->real);
        break;
    case CELL_TEXT:
        write_text(writer, cell->text);
        break;
    case CELL_DATE:
        write_date(writer, cell->integer);
        break;
    case CELL_MONTH:
        time_format(cell->integer, text, sizeof(text));
        write_text(writer, (struct span){text, 7});
        break;
    }
}

static void write_rows(struct figure_writer *writer, const struct figure *figure)
{
    size_t count = figure_row_count(figure);

    write_key(writer, "rows");
    write_raw(writer, "[");
    for (size_t row = 0; row < count; row++) {
        write_raw(writer, row == 0 ? "\n[" : ",\n[");
        for (uint32_t column = 0; column < figure->column_count; column++)
            write_cell(writer, &figure->cells[row * figure->column_count + column]);
        write_raw(writer, "]");
    }
    write_raw(writer, "]");
}

void write_figure(struct figure_writer *writer, const struct figure_data *data, const struct figure *figure)
{
    comma(writer);
    write_raw(writer, "\n{");
    write_named(writer, "id", figure->id);
    write_named(writer, "section", figure->section);
    write_named(writer, "title", figure->title);
    write_named(writer, "about", figure->about);
    write_chart(writer, data, figure);
    write_columns(writer, figure);
    write_rows(writer, figure);
    write_key(writer, "notes");
    write_raw(writer, "[");
    for (uint32_t index = 0; index < figure->note_count; index++)
        write_text(writer, span_of(figure->notes[index]));
    write_raw(writer, "]");
    write_named(writer, "missing", figure->missing);
    write_raw(writer, "}");
}
