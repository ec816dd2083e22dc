/* Numbers and dates need no quotation; texts are foreign. */
#include "figure_csv.h"

#include <inttypes.h>
#include <stdlib.h>

#include "gentally/base/calendar.h"
#include "gentally/base/csv_text.h"
#include "gentally/base/json.h"

static void write_text(FILE *file, const struct figure *figure, struct span text)
{
    char *cell = malloc(CSV_TEXT_MAX(text.size));

    if (cell == NULL) {
        *figure->has_failed = true;
        return;
    }
    fwrite(cell, 1, (size_t)(csv_text(cell, text, false) - cell), file);
    free(cell);
}

static void write_cell(FILE *file, const struct figure *figure, const struct figure_cell *cell)
{
    char text[JSON_REAL_MAX];

    switch (cell->kind) {
    case CELL_NONE:
        break;
    case CELL_INTEGER:
        fprintf(file, "%" PRId64, cell->integer);
        break;
    case CELL_REAL:
        fwrite(text, 1, (size_t)(json_put_real(text, cell->real) - text), file);
        break;
    case CELL_TEXT:
        write_text(file, figure, cell->text);
        break;
    case CELL_DATE:
    case CELL_MONTH:
        time_format(cell->integer, text, sizeof(text));
        fprintf(file, "%.*s", cell->kind == CELL_DATE ? 10 : 7, text);
        break;
    }
}

void figure_csv_write(FILE *file, const struct figure *figure)
{
    size_t count = figure_row_count(figure);

    for (uint32_t column = 0; column < figure->column_count; column++)
        fprintf(file, "%s%s", column == 0 ? "" : ",", figure->columns[column].name);
    fputc('\n', file);
    for (size_t row = 0; row < count; row++) {
        for (uint32_t column = 0; column < figure->column_count; column++) {
            if (column > 0)
                fputc(',', file);
            write_cell(file, figure, &figure->cells[row * figure->column_count + column]);
        }
        fputc('\n', file);
    }
}
