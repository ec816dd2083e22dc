/*
 * CSV as RFC 4180 has it, and a little friendlier, since people edit these tables: a byte order mark, blank lines and
 * '#' lines are passed over, and lines may end in LF or CRLF. The reader is strict where it matters: a row of another
 * width than the header, a quote in the middle of a field, a quote never closed and a NUL byte are refused with their
 * line.
 *
 * Fields are unquoted in place. Unquoting only shortens a text, so the writing end never overtakes the reading end.
 */
#include "gentally/base/csv.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "gentally/base/hash.h"
#include "gentally/base/looks.h"
#include "gentally/base/text.h"

#define FILE_SIZE_MAX ((size_t)64 << 20) /* a hundred times our largest table */

enum verdict csv_refuse(const struct csv *csv, uint32_t line, struct reason *why, const char *format, ...)
{
    char what[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    return reason_set(why, HALT, TABLE_INVALID, 0, "%s:%u: %s", csv->name, (unsigned)line, what);
}

/* Reads all of `file`, which may be a pipe; errno tells what went wrong. */
static bool read_whole(FILE *file, struct csv *csv)
{
    size_t capacity = 0;

    for (;;) {
        if (csv->size + 1 >= capacity) {
            capacity = capacity == 0 ? 65536 : 2 * capacity;
            char *grown = capacity > FILE_SIZE_MAX ? NULL : realloc(csv->text, capacity);
            if (grown == NULL) {
                errno = capacity > FILE_SIZE_MAX ? EFBIG : ENOMEM;
                return false;
            }
            csv->text = grown;
        }
        size_t count = fread(csv->text + csv->size, 1, capacity - csv->size - 1, file);
        csv->size += count;
        if (count == 0)
            return ferror(file) == 0;
    }
}

static enum verdict load_file(struct csv *csv, const char *path, struct reason *why)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return reason_set(why, HALT, TABLE_UNREADABLE, errno, "%s: %s", path, strerror(errno));
    bool is_read = read_whole(file, csv);
    int problem = errno;
    fclose(file);
    if (!is_read && problem == ENOMEM)
        return reason_set(why, HALT, NO_MEMORY, 0, "%s: no room for the table", path);
    if (!is_read)
        return reason_set(why, HALT, TABLE_UNREADABLE, problem, "%s: %s", path, strerror(problem));
    return GO_ON;
}

static enum verdict load_bundled(struct csv *csv, struct span bundled, struct reason *why)
{
    csv->text = malloc(bundled.size + 1);
    if (csv->text == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "no room for a bundled table");
    if (bundled.size > 0)
        memcpy(csv->text, bundled.bytes, bundled.size);
    csv->size = bundled.size;
    return GO_ON;
}

/* Spreadsheets save in many forms, of which one is read. */
static enum verdict check_text(const struct csv *csv, struct reason *why)
{
    const char *look = looks_like((struct span){csv->text, csv->size});
    uint32_t line = 1;

    if (look != NULL)
        return csv_refuse(csv, 1, why, "is %s", look);
    if (memchr(csv->text, '\0', csv->size) != NULL)
        return csv_refuse(csv, 1, why, "has a NUL byte, so it is no text");
    if (memchr(csv->text, '\n', csv->size) == NULL && memchr(csv->text, '\r', csv->size) != NULL)
        return csv_refuse(csv, 1, why, "has lines that end in CR alone: `tr '\\r' '\\n'` mends them");
    for (size_t at = csv->at; at < csv->size; line++) {
        size_t size = strcspn(csv->text + at, "\n");
        if (!text_is_sound((struct span){csv->text + at, size}))
            return csv_refuse(csv, line, why, "is not UTF-8: save it as that, or `iconv -f WINDOWS-1252 -t UTF-8`");
        at += size + 1;
    }
    return GO_ON;
}

static enum verdict read_header(struct csv *csv, struct reason *why)
{
    const struct span whole = {csv->text, csv->size};
    bool is_end = false;

    csv->at = csv->size - without_mark(whole).size; /* some spreadsheets write one */
    enum verdict verdict = check_text(csv, why);
    if (verdict == GO_ON)
        verdict = csv_next(csv, &is_end, why);
    if (verdict != GO_ON)
        return verdict;
    if (is_end)
        return csv_refuse(csv, 1, why, "is empty: not even a header");
    memcpy(csv->header, csv->fields, sizeof(csv->header));
    for (uint32_t i = 0; i < csv->field_count; i++)
        if (csv->header[i].size == 0)
            return csv_refuse(csv, csv->line, why, "column %u has no name: a comma too many?", (unsigned)i + 1);
    for (uint32_t i = 0; i < csv->field_count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (span_equal(csv->header[i], csv->header[j]))
                return csv_refuse(csv, csv->line, why, "column \"%.*s\" appears twice", (int)csv->header[i].size,
                                  csv->header[i].bytes);
    return GO_ON;
}

enum verdict csv_open(struct csv *csv, const char *path, struct span bundled, struct reason *why)
{
    bool is_bundled = path == NULL || path[0] == '\0';

    memset(csv, 0, sizeof(*csv));
    csv->next_line = 1;
    snprintf(csv->name, sizeof(csv->name), "%s", is_bundled ? "bundled table" : path);
    enum verdict verdict = is_bundled ? load_bundled(csv, bundled, why) : load_file(csv, path, why);
    if (verdict == GO_ON) {
        csv->text[csv->size] = '\0';
        csv->version = hash_fnv1a((struct span){csv->text, csv->size});
        verdict = read_header(csv, why);
    }
    if (verdict != GO_ON)
        csv_close(csv);
    return verdict;
}

void csv_close(struct csv *csv)
{
    free(csv->text);
    memset(csv, 0, sizeof(*csv));
}

int csv_column(const struct csv *csv, const char *name)
{
    for (uint32_t i = 0; i < csv->field_count; i++)
        if (span_equal(csv->header[i], span_of(name)))
            return (int)i;
    return -1;
}

static struct span trimmed(struct span text)
{
    while (text.size > 0 && (text.bytes[0] == ' ' || text.bytes[0] == '\t'))
        text = (struct span){text.bytes + 1, text.size - 1};
    while (text.size > 0 && (text.bytes[text.size - 1] == ' ' || text.bytes[text.size - 1] == '\t'))
        text.size--;
    return text;
}

static bool begins_with(struct span text, const char *begin)
{
    return text.size >= strlen(begin) && memcmp(text.bytes, begin, strlen(begin)) == 0;
}

/* Why a header in which people see the column has none of that name. */
static const char *why_no_column(const struct csv *csv, const char *name)
{
    if (csv->field_count == 1 && memchr(csv->header[0].bytes, ';', csv->header[0].size) != NULL)
        return ": its fields are separated by semicolons, not commas";
    if (csv->field_count == 1 && memchr(csv->header[0].bytes, '\t', csv->header[0].size) != NULL)
        return ": its fields are separated by tabs, not commas";
    for (uint32_t i = 0; i < csv->field_count; i++) {
        if (begins_with(csv->header[i], "\xe2\x80\x9c") || begins_with(csv->header[i], "\xe2\x80\x9e"))
            return ": its quotation marks are typographic, not plain ones";
        if (span_equal(trimmed(csv->header[i]), span_of(name)))
            return ", but one with blanks around that";
        if (csv->header[i].size == strlen(name) && strncasecmp(csv->header[i].bytes, name, strlen(name)) == 0)
            return ", but one in capitals";
    }
    return "";
}

enum verdict csv_columns(const struct csv *csv, const char *const names[], int columns[], size_t count,
                         struct reason *why)
{
    for (size_t i = 0; i < count; i++) {
        columns[i] = csv_column(csv, names[i]);
        if (columns[i] < 0)
            return csv_refuse(csv, csv->line, why, "has no column \"%s\"%s", names[i], why_no_column(csv, names[i]));
    }
    return GO_ON;
}

size_t csv_rows_max(const struct csv *csv)
{
    size_t count = 1; /* the last line may lack its end */

    for (size_t i = csv->at; i < csv->size; i++)
        count += csv->text[i] == '\n';
    return count;
}

/* Passes over blank lines and comments. */
static void skip_lines(struct csv *csv)
{
    while (csv->at < csv->size) {
        char *line = csv->text + csv->at;
        char *end = memchr(line, '\n', csv->size - csv->at);
        size_t size = end == NULL ? csv->size - csv->at : (size_t)(end - line) + 1;

        if (line[0] != '#' && line[0] != '\n' && !(line[0] == '\r' && line[1] == '\n'))
            return;
        csv->at += size;
        csv->next_line++;
    }
}

/* Reads a field that begins with a quote; stands behind the closing one afterwards. */
static bool read_quoted(struct csv *csv, struct span *field)
{
    char *to = csv->text + ++csv->at;

    field->bytes = to;
    for (; csv->at < csv->size; csv->at++) {
        char byte = csv->text[csv->at];

        if (byte == '"' && csv->text[++csv->at] != '"') { /* the text ends in a NUL of ours */
            field->size = (size_t)(to - field->bytes);
            return true;
        }
        csv->next_line += byte == '\n';
        *to++ = byte;
    }
    return false;
}

static bool read_plain(struct csv *csv, struct span *field)
{
    field->bytes = csv->text + csv->at;
    field->size = strcspn(field->bytes, ",\r\n\"");
    csv->at += field->size;
    return csv->text[csv->at] != '"';
}

/* What stands behind a field. */
enum separator { NEXT_FIELD, NEXT_ROW, NEITHER };

static enum separator read_separator(struct csv *csv)
{
    const char *text = csv->text + csv->at;

    if (csv->at == csv->size)
        return NEXT_ROW;
    if (text[0] == ',') {
        csv->at++;
        return NEXT_FIELD;
    }
    size_t size = text[0] == '\r' ? 2 : 1;
    if (text[size - 1] != '\n')
        return NEITHER;
    csv->at += size;
    csv->next_line++;
    return NEXT_ROW;
}

enum verdict csv_next(struct csv *csv, bool *is_end, struct reason *why)
{
    bool is_header = csv->field_count == 0;
    uint32_t count = 0;
    enum separator separator = NEXT_FIELD;

    skip_lines(csv);
    csv->line = csv->next_line;
    *is_end = csv->at == csv->size;
    if (*is_end)
        return GO_ON;
    while (separator == NEXT_FIELD) {
        if (count == (is_header ? CSV_FIELDS_MAX : csv->field_count))
            return csv_refuse(csv, csv->line, why, "has more than %u fields", (unsigned)count);
        bool is_quoted = csv->text[csv->at] == '"';
        struct span *field = &csv->fields[count++];
        if (is_quoted && !read_quoted(csv, field))
            return csv_refuse(csv, csv->line, why, "a quote is never closed");
        if (!is_quoted && !read_plain(csv, field))
            return csv_refuse(csv, csv->line, why, "a quote stands within field %u", (unsigned)count);
        separator = read_separator(csv);
        if (separator == NEITHER)
            return csv_refuse(csv, csv->line, why, "no comma after field %u", (unsigned)count);
    }
    if (!is_header && count != csv->field_count)
        return csv_refuse(csv, csv->line, why, "has %u fields, the header has %u", (unsigned)count,
                          (unsigned)csv->field_count);
    csv->field_count = count;
    return GO_ON;
}
