/*
 * The reader of CSV takes fields out of their quotation marks in a copy of its own, so the text is still as it was, and
 * what is put into it stands between its bytes. A row knows the line that it begins on.
 */
#include "catalog_file.h"

#include <assert.h>
#include <stdlib.h>

static enum verdict read_rows(struct catalog_file *file, struct reason *why)
{
    struct csv *csv = &file->csv;
    size_t rows_max = csv_rows_max(csv);
    bool is_end = false;

    file->rows = calloc(rows_max, sizeof(file->rows[0]));
    file->fields = calloc(rows_max * csv->field_count, sizeof(file->fields[0]));
    if (file->rows == NULL || file->fields == NULL)
        return no_memory(why, "for the catalog's rows");
    file->is_sorted = true;
    for (;;) {
        enum verdict verdict = csv_next(csv, &is_end, why);
        if (verdict != GO_ON || is_end)
            return verdict;
        struct file_row *row = &file->rows[file->row_count];
        verdict = catalog_row_read(csv, file->columns, &row->row, why);
        if (verdict != GO_ON)
            return verdict;
        struct span *fields = file->fields + file->row_count * csv->field_count;
        memcpy(fields, csv->fields, csv->field_count * sizeof(fields[0]));
        row->fields = fields;
        if (file->row_count > 0 && span_compare(row[-1].row.model.slug, row->row.model.slug) > 0)
            file->is_sorted = false;
        file->row_count++;
    }
}

enum verdict catalog_file_open(struct catalog_file *file, struct span text, struct reason *why)
{
    memset(file, 0, sizeof(*file));
    file->text = text;
    enum verdict verdict = csv_open(&file->csv, NULL, text, why);
    if (verdict == GO_ON)
        verdict = catalog_row_columns(&file->csv, file->columns, why);
    if (verdict == GO_ON)
        verdict = read_rows(file, why);
    if (verdict != GO_ON)
        catalog_file_close(file);
    return verdict;
}

void catalog_file_close(struct catalog_file *file)
{
    free(file->rows);
    free(file->fields);
    csv_close(&file->csv);
    memset(file, 0, sizeof(*file));
}

const struct file_row *catalog_file_newest(const struct catalog_file *file, struct span slug)
{
    const struct file_row *newest = NULL;

    for (size_t i = 0; i < file->row_count; i++) {
        const struct file_row *row = &file->rows[i];
        if (span_equal(row->row.model.slug, slug) &&
            (newest == NULL || span_compare(row->row.valid_from, newest->row.valid_from) > 0))
            newest = row;
    }
    return newest;
}

bool catalog_file_author(const struct catalog_file *file, struct span author, struct file_author *found)
{
    bool is_known = false, has_names = false;

    *found = (struct file_author){{NULL, 0}, {NULL, 0}};
    for (size_t i = 0; i < file->row_count; i++) {
        const struct catalog_row *row = &file->rows[i].row;
        if (!span_equal(row->model.author, author))
            continue;
        if (!is_known)
            found->country = row->country;
        else if (!span_equal(found->country, row->country))
            found->country = (struct span){NULL, 0};
        is_known = true;
        if (row->model.author_name.size == 0)
            continue;
        if (!has_names)
            found->name = row->model.author_name;
        else if (!span_equal(found->name, row->model.author_name))
            found->name = (struct span){NULL, 0};
        has_names = true;
    }
    return is_known;
}

/* ---- the text with rows in it ---- */

static bool wants_quotes(struct span field)
{
    if (field.size > 0 && (field.bytes[0] == '#' || field.bytes[0] == ' ' || field.bytes[field.size - 1] == ' '))
        return true;
    for (size_t i = 0; i < field.size; i++)
        if (strchr(",\"\r\n", field.bytes[i]) != NULL)
            return true;
    return false;
}

static char *put(char *end, struct span bytes)
{
    if (bytes.size > 0)
        memcpy(end, bytes.bytes, bytes.size);
    return end + bytes.size;
}

static char *put_field(char *end, struct span field)
{
    bool is_quoted = wants_quotes(field);

    if (is_quoted)
        *end++ = '"';
    for (size_t i = 0; i < field.size; i++) {
        if (field.bytes[i] == '"')
            *end++ = '"';
        *end++ = field.bytes[i];
    }
    if (is_quoted)
        *end++ = '"';
    return end;
}

static char *put_row(char *end, const struct catalog_file *file, const struct fresh_row *row, struct span line_end)
{
    for (uint32_t i = 0; i < file->csv.field_count; i++) {
        if (i > 0)
            *end++ = ',';
        end = put_field(end, row->fields[i]);
    }
    return put(end, line_end);
}

/* The line before which a row of `slug` belongs; behind the last one if there is none. */
static uint32_t line_for(const struct catalog_file *file, struct span slug)
{
    for (size_t i = 0; i < file->row_count && file->is_sorted; i++)
        if (span_compare(file->rows[i].row.model.slug, slug) > 0)
            return file->rows[i].row.line;
    return UINT32_MAX;
}

static size_t room_for(const struct catalog_file *file, const struct fresh_row rows[], size_t count)
{
    size_t room = file->text.size + 2;

    for (size_t i = 0; i < count; i++) {
        room += 2 + file->csv.field_count;
        for (uint32_t k = 0; k < file->csv.field_count; k++)
            room += 2 * rows[i].fields[k].size + 2;
    }
    return room;
}

enum verdict catalog_file_with(const struct catalog_file *file, const struct fresh_row rows[], size_t count,
                               char **text, size_t *size, struct reason *why)
{
    struct span rest = file->text;
    const char *newline = memchr(rest.bytes, '\n', rest.size);
    bool has_returns = newline != NULL && newline > rest.bytes && newline[-1] == '\r';
    struct span line_end = span_of(has_returns ? "\r\n" : "\n");
    size_t room = room_for(file, rows, count), next = 0;
    char *written = malloc(room), *end = written;

    if (written == NULL)
        return no_memory(why, "for the catalog's text");
    for (uint32_t line = 1; rest.size > 0; line++) {
        for (; next < count && line_for(file, rows[next].slug) == line; next++)
            end = put_row(end, file, &rows[next], line_end);
        newline = memchr(rest.bytes, '\n', rest.size);
        size_t length = newline == NULL ? rest.size : (size_t)(newline - rest.bytes) + 1;
        end = put(end, (struct span){rest.bytes, length});
        rest = (struct span){rest.bytes + length, rest.size - length};
    }
    if (next < count && (file->text.size == 0 || file->text.bytes[file->text.size - 1] != '\n'))
        end = put(end, line_end);
    for (; next < count; next++)
        end = put_row(end, file, &rows[next], line_end);
    assert((size_t)(end - written) <= room);
    *text = written;
    *size = (size_t)(end - written);
    return GO_ON;
}
