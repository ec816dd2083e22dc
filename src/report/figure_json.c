/* A figure as JSON: what is drawn, then the table, a line of text for each of its rows. */
#include "figure_json.h"

#include "column_meanings.h"
#include "cubes.h"
#include "gentally/base/calendar.h"

static void write_switch(struct document *document, const char *name, bool is_on)
{
    document_key(document, name);
    document_raw(document, is_on ? "true" : "false");
}

static void write_named(struct document *document, const char *name, const char *text)
{
    document_key(document, name);
    document_text(document, span_of(text));
}

static void write_rules(struct document *document, const struct figure_chart *chart)
{
    document_key(document, "rules");
    document_raw(document, "[");
    for (uint32_t index = 0; index < chart->rule_count; index++) {
        const struct figure_rule *rule = &chart->rules[index];
        document_comma(document);
        document_raw(document, "{");
        write_named(document, "axis", rule->is_x ? "x" : "y");
        document_key(document, "at");
        if (rule->is_date)
            document_date(document, rule->date_ms);
        else
            document_real(document, rule->at);
        write_named(document, "text", rule->text);
        document_raw(document, "}");
    }
    document_raw(document, "]");
}

/* What few charts have: absent in others. */
static void write_standing_out(struct document *document, const struct figure_chart *chart)
{
    if (chart->quarters != NULL) {
        document_key(document, "quarters");
        document_raw(document, "[");
        for (int at = 0; at < 4; at++)
            document_text(document, span_of(chart->quarters[at]));
        document_raw(document, "]");
    }
    if (chart->censored[0] == '\0')
        return;
    write_named(document, "censored", chart->censored);
    document_key(document, "outstanding");
    document_raw(document, "[");
    for (uint32_t at = 0; at < chart->outstanding_count; at++) {
        document_comma(document);
        document_raw(document, "{");
        document_key(document, "panel");
        document_text(document, chart->outstanding[at].panel);
        document_key(document, "series");
        document_text(document, chart->outstanding[at].series);
        write_named(document, "kind", chart->outstanding[at].kind);
        document_raw(document, "}");
    }
    document_raw(document, "]");
}

static void write_point(struct document *document, const char *name, const double point[2])
{
    document_key(document, name);
    document_raw(document, "[");
    document_real(document, point[0]);
    document_real(document, point[1]);
    document_raw(document, "]");
}

static void write_chart(struct document *document, const struct figure *figure, const struct names *names)
{
    const struct figure_chart *chart = &figure->chart;

    document_key(document, "chart");
    document_raw(document, "{");
    write_named(document, "kind", chart->kind);
    write_named(document, "stack", chart->stack);
    write_named(document, "x", chart->x);
    write_named(document, "y", chart->y);
    write_named(document, "series", chart->series);
    write_named(document, "panel", chart->panel);
    write_named(document, "low", chart->low);
    write_named(document, "high", chart->high);
    write_named(document, "label", chart->label);
    write_switch(document, "x_log", chart->x_log);
    write_switch(document, "y_log", chart->y_log);
    write_named(document, "x_title", chart->x_title);
    write_named(document, "y_title", chart->y_title);
    document_key(document, "order");
    document_raw(document, "[");
    for (uint32_t index = 0; index < figure->order_count; index++)
        document_text(document, names_text(names, figure->order[index]));
    document_raw(document, "]");
    write_rules(document, chart);
    write_standing_out(document, chart);
    document_key(document, "line");
    if (chart->has_line) {
        document_raw(document, "{");
        write_point(document, "from", chart->from);
        write_point(document, "to", chart->to);
        write_named(document, "text", chart->line_text);
        document_raw(document, "}");
    } else {
        document_raw(document, "null");
    }
    document_raw(document, "}");
}

/* The unit of what is drawn, by its column. */
static const char *unit_of(const struct figure *figure)
{
    static const char *const units[TYPE_COUNT] = {[TYPE_REAL] = "tokens per request",
                                                  [TYPE_SHARE] = "share, 0 to 1",
                                                  [TYPE_USD] = "USD",
                                                  [TYPE_USD_PER_MTOK] = "USD per million tokens"};

    for (uint32_t index = 0; index < figure->column_count; index++) {
        const struct figure_column *column = &figure->columns[index];
        if (figure->chart.y != NULL && strcmp(column->name, figure->chart.y) == 0)
            return units[column->type] != NULL ? units[column->type] : column->name;
    }
    return NULL;
}

static void write_definition(struct document *document, const struct figure *figure)
{
    const struct figure_definition *definition = &figure->definition;

    document_key(document, "definition");
    document_raw(document, "{");
    write_named(document, "measure", figure->chart.y_title);
    write_named(document, "unit", unit_of(figure));
    write_named(document, "rollup", definition->rollup);
    write_named(document, "window", definition->window);
    write_named(document, "period", definition->period);
    document_key(document, "revision");
    document_integer(document, definition->revision);
    cubes_write_recipe(document, definition->spec);
    document_raw(document, "}");
}

static void write_columns(struct document *document, const struct figure *figure)
{
    static const char *const types[TYPE_COUNT] = {
        [TYPE_DATE] = "date",       [TYPE_MONTH] = "month", [TYPE_TEXT] = "text",
        [TYPE_INTEGER] = "integer", [TYPE_REAL] = "real",   [TYPE_SHARE] = "share",
        [TYPE_USD] = "usd",         [TYPE_FLAG] = "flag",   [TYPE_USD_PER_MTOK] = "usd_per_mtok",
    };

    document_key(document, "columns");
    document_raw(document, "[");
    for (uint32_t index = 0; index < figure->column_count; index++) {
        const struct figure_column *column = &figure->columns[index];
        document_comma(document);
        document_raw(document, "{");
        write_named(document, "name", column->name);
        write_named(document, "title", column->title);
        write_named(document, "type", types[column->type]);
        write_named(document, "about", column_meaning(column->name));
        document_raw(document, "}");
    }
    document_raw(document, "]");
}

static void write_cell(struct document *document, const struct figure_cell *cell)
{
    char text[32];

    switch (cell->kind) {
    case CELL_NONE:
        document_null(document);
        break;
    case CELL_INTEGER:
        document_integer(document, cell->integer);
        break;
    case CELL_REAL:
        document_real(document, cell->real);
        break;
    case CELL_TEXT:
        document_text(document, cell->text);
        break;
    case CELL_DATE:
        document_date(document, cell->integer);
        break;
    case CELL_MONTH:
        time_format(cell->integer, text, sizeof(text));
        document_text(document, (struct span){text, 7});
        break;
    }
}

static void write_rows(struct document *document, const struct figure *figure)
{
    size_t count = figure_row_count(figure);

    document_key(document, "rows");
    document_raw(document, "[");
    for (size_t row = 0; row < count; row++) {
        document_raw(document, row == 0 ? "\n[" : ",\n[");
        for (uint32_t column = 0; column < figure->column_count; column++)
            write_cell(document, &figure->cells[row * figure->column_count + column]);
        document_raw(document, "]");
    }
    document_raw(document, "]");
}

/* What the study has in this figure: [column, row, number]. Absent where it has nothing, as in one's own edition. */
static void write_published(struct document *document, const struct figure *figure, const struct remarks *remarks)
{
    const struct remark *remark = remarks_next(remarks, figure->id, REMARK_PUBLISHED, NULL);

    if (remark == NULL)
        return;
    document_key(document, "published");
    document_raw(document, "[");
    for (; remark != NULL; remark = remarks_next(remarks, figure->id, REMARK_PUBLISHED, remark)) {
        const char *bytes = remark->text.bytes;
        size_t column = (size_t)((const char *)memchr(bytes, ' ', remark->text.size) - bytes);
        document_comma(document);
        document_raw(document, "[");
        document_text(document, (struct span){bytes, column});
        document_text(document, (struct span){bytes + column + 1, remark->text.size - column - 1});
        document_real(document, remark->at);
        document_raw(document, "]");
    }
    document_raw(document, "]");
}

void figure_json_write(struct document *document, const struct figure *figure, const struct names *names,
                       const struct remarks *remarks)
{
    document_raw(document, "{");
    write_named(document, "id", figure->id);
    write_named(document, "section", figure->section);
    write_named(document, "title", figure->title);
    write_named(document, "about", figure->about);
    write_definition(document, figure);
    write_chart(document, figure, names);
    write_columns(document, figure);
    write_rows(document, figure);
    document_key(document, "notes");
    document_raw(document, "[");
    for (uint32_t index = 0; index < figure->note_count; index++)
        document_text(document, span_of(figure->notes[index]));
    document_raw(document, "]");
    write_published(document, figure, remarks);
    write_named(document, "missing", figure->missing);
    document_raw(document, "}");
}
