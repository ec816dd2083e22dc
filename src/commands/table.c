/*
 * Tables of texts, aligned. Cells lie one behind the other in one text; widths are counted in UTF-8 characters, which
 * is right for everything but wide East Asian ones.
 */
#include "table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "gentally/base/text.h"

struct cell_place {
    size_t at, size; /* bytes in `text` */
    uint32_t width;  /* characters */
};

struct table {
    uint32_t column_count;
    struct table_column columns[TABLE_COLUMNS_MAX];
    uint32_t widths[TABLE_COLUMNS_MAX];
    size_t cell_count, cell_room;
    struct cell_place *cells;
    size_t text_size, text_room;
    char *text;
    bool is_broken; /* memory ran out; said once, when it is printed */
};

uint32_t table_width(struct span text)
{
    uint32_t width = 0;

    for (size_t index = 0; index < text.size; index++)
        width += ((unsigned char)text.bytes[index] & 0xc0) != 0x80; /* all but continuation bytes */
    return width;
}

enum verdict table_open(struct table **out, const struct table_column columns[], uint32_t count, struct reason *why)
{
    struct table *table = calloc(1, sizeof(*table));

    assert(count >= 1);
    assert(count <= TABLE_COLUMNS_MAX);
    *out = table;
    if (table == NULL)
        return no_memory(why, "for a table");
    table->column_count = count;
    for (uint32_t index = 0; index < count; index++) {
        table->columns[index] = columns[index];
        table->widths[index] = table_width(span_of(columns[index].title));
    }
    return GO_ON;
}

void table_close(struct table *table)
{
    if (table == NULL)
        return;
    free(table->cells);
    free(table->text);
    free(table);
}

/* Makes room for one more cell with a text of `text_size` bytes. False, and nothing lost, if there is no memory. */
static bool make_room(struct table *table, size_t text_size)
{
    struct cell_place *cells = grow(table->cells, &table->cell_room, table->cell_count + 1, sizeof(*cells));
    if (cells == NULL)
        return false;
    table->cells = cells;
    char *text = grow(table->text, &table->text_room, table->text_size + text_size + 1, 1);
    if (text == NULL)
        return false;
    table->text = text;
    return true;
}

/*
 * The bytes of the character at the front, if it would steer a terminal, turn its lines around or not be seen: controls
 * (C0, DEL, C1), marks of direction, line and paragraph separators, blanks of no width; else 0.
 */
static size_t hidden_size(struct span text)
{
    static const struct span hidden[] = {
        {"\xd8\x9c", 2},     {"\xe2\x80\x8b", 3}, {"\xe2\x80\x8e", 3}, {"\xe2\x80\x8f", 3}, {"\xe2\x80\xa8", 3},
        {"\xe2\x80\xa9", 3}, {"\xe2\x80\xaa", 3}, {"\xe2\x80\xab", 3}, {"\xe2\x80\xac", 3}, {"\xe2\x80\xad", 3},
        {"\xe2\x80\xae", 3}, {"\xe2\x81\xa0", 3}, {"\xe2\x81\xa6", 3}, {"\xe2\x81\xa7", 3}, {"\xe2\x81\xa8", 3},
        {"\xe2\x81\xa9", 3}, {"\xef\xbb\xbf", 3},
    };
    const unsigned char *bytes = (const unsigned char *)text.bytes;

    if (bytes[0] < 0x20 || bytes[0] == 0x7f)
        return 1;
    if (bytes[0] == 0xc2 && text.size > 1 && bytes[1] < 0xa0)
        return 2;
    for (size_t i = 0; i < LENGTH_OF(hidden); i++)
        if (bytes[0] >= 0xd8 && text.size >= hidden[i].size && memcmp(bytes, hidden[i].bytes, hidden[i].size) == 0)
            return hidden[i].size;
    return 0;
}

void table_text(struct table *table, struct span text)
{
    uint32_t column = (uint32_t)(table->cell_count % table->column_count);
    uint32_t width = table_width(text);

    if (table->is_broken || !make_room(table, text.size)) {
        table->is_broken = true;
        return;
    }
    struct cell_place *cell = &table->cells[table->cell_count++];
    *cell = (struct cell_place){table->text_size, 0, width};
    for (size_t index = 0; index < text.size;) {
        size_t hidden = hidden_size((struct span){text.bytes + index, text.size - index});
        table->text[table->text_size++] = hidden > 0 ? '?' : text.bytes[index];
        index += hidden > 0 ? hidden : 1;
    }
    cell->size = table->text_size - cell->at;
    if (width > table->widths[column])
        table->widths[column] = width;
}

void table_integer(struct table *table, int64_t value)
{
    char text[TEXT_GROUPED_SIZE];

    table_text(table, span_of(text_grouped(value, text)));
}

void table_nano_usd(struct table *table, int64_t nano_usd)
{
    char text[48], whole[TEXT_GROUPED_SIZE];
    uint64_t nano = nano_usd < 0 ? 0 - (uint64_t)nano_usd : (uint64_t)nano_usd;
    bool is_small = nano > 0 && nano < 10000000;
    uint64_t unit = is_small ? 1000 : 10000000; /* six decimals, or two */
    uint64_t parts = (nano + unit / 2) / unit, decimals = 1000000000 / unit;

    snprintf(text, sizeof(text), "%s$%s.%0*" PRIu64, nano_usd < 0 ? "-" : "",
             text_grouped((int64_t)(parts / decimals), whole), is_small ? 6 : 2, parts % decimals);
    table_text(table, span_of(text));
}

void table_percent(struct table *table, int hundredths)
{
    char text[32];
    int size = snprintf(text, sizeof(text), "%d.%02d %%", hundredths / 100, abs(hundredths % 100));

    table_text(table, (struct span){text, size > 0 ? (size_t)size : 0});
}

static void print_cell(const struct table *table, FILE *file, uint32_t column, struct span text, uint32_t width)
{
    int blanks = (int)(table->widths[column] - width);
    bool is_last = column + 1 == table->column_count, is_number = table->columns[column].is_number;

    fprintf(file, "%s%*s%.*s", column == 0 ? "" : "  ", is_number ? blanks : 0, "", (int)text.size,
            text.size == 0 ? "" : text.bytes);
    if (!is_number && !is_last)
        fprintf(file, "%*s", blanks, "");
    if (is_last)
        fputc('\n', file);
}

enum verdict table_print(const struct table *table, FILE *file, struct reason *why)
{
    if (table->is_broken)
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for a table of %zu cells", table->cell_count);
    assert(table->cell_count % table->column_count == 0);
    for (uint32_t column = 0; column < table->column_count; column++) {
        struct span title = span_of(table->columns[column].title);
        print_cell(table, file, column, title, table_width(title));
    }
    for (uint32_t column = 0; column < table->column_count; column++) {
        fputs(column == 0 ? "" : "  ", file);
        for (uint32_t at = 0; at < table->widths[column]; at++)
            fputc('-', file);
    }
    fputc('\n', file);
    for (size_t index = 0; index < table->cell_count; index++) {
        const struct cell_place *cell = &table->cells[index];
        struct span text = {cell->size == 0 ? NULL : table->text + cell->at, cell->size};
        print_cell(table, file, (uint32_t)(index % table->column_count), text, cell->width);
    }
    return GO_ON;
}
