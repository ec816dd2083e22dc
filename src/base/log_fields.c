/*
 * The format of a line is a literal of ours and names its fields. It is walked here field by field, with each
 * conversion printed by itself, so that ` id=OTHER` or a quote within an argument stays a part of its value.
 */
#include "log_fields.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void log_fields_begin(struct log_reader *reader, const char *format, va_list arguments)
{
    reader->at = format;
    va_copy(reader->arguments, arguments);
}

void log_fields_end(struct log_reader *reader)
{
    va_end(reader->arguments);
}

static void append(struct log_field *field, const char *bytes, size_t size)
{
    size_t room = sizeof(field->value) - 1 - field->size;

    field->is_cut = field->is_cut || size > room;
    size = size < room ? size : room;
    memcpy(field->value + field->size, bytes, size);
    field->size += size;
    field->value[field->size] = '\0';
}

static void append_text(struct log_reader *reader, struct log_field *field, size_t size_max)
{
    const char *text = va_arg(reader->arguments, const char *);

    if (text == NULL) /* as the C library has it */
        text = "(null)";
    append(field, text, strnlen(text, size_max));
}

enum width { WIDTH_INT, WIDTH_LONG, WIDTH_LONG_LONG, WIDTH_SIZE, WIDTH_MAX };

static enum width read_width(struct log_reader *reader)
{
    enum width width = WIDTH_INT;

    for (; strchr("hlzj", *reader->at) != NULL; reader->at++) {
        assert(*reader->at != '\0');
        if (*reader->at == 'l')
            width = width == WIDTH_LONG ? WIDTH_LONG_LONG : WIDTH_LONG;
        else if (*reader->at != 'h') /* an int by the time it is an argument */
            width = *reader->at == 'z' ? WIDTH_SIZE : WIDTH_MAX;
    }
    return width;
}

static intmax_t next_signed(struct log_reader *reader, enum width width)
{
    switch (width) {
    case WIDTH_INT:
        return va_arg(reader->arguments, int);
    case WIDTH_LONG:
        return va_arg(reader->arguments, long);
    case WIDTH_LONG_LONG:
        return va_arg(reader->arguments, long long);
    case WIDTH_SIZE:
        return va_arg(reader->arguments, ssize_t);
    case WIDTH_MAX:
        break;
    }
    return va_arg(reader->arguments, intmax_t);
}

static uintmax_t next_unsigned(struct log_reader *reader, enum width width)
{
    switch (width) {
    case WIDTH_INT:
        return va_arg(reader->arguments, unsigned);
    case WIDTH_LONG:
        return va_arg(reader->arguments, unsigned long);
    case WIDTH_LONG_LONG:
        return va_arg(reader->arguments, unsigned long long);
    case WIDTH_SIZE:
        return va_arg(reader->arguments, size_t);
    case WIDTH_MAX:
        break;
    }
    return va_arg(reader->arguments, uintmax_t);
}

/* How much of a text is wanted: a number, an argument, or all. */
static size_t read_precision(struct log_reader *reader)
{
    if (*reader->at != '.')
        return SIZE_MAX;
    if (*++reader->at == '*') {
        reader->at++;
        int size = va_arg(reader->arguments, int);
        return size < 0 ? SIZE_MAX : (size_t)size;
    }
    char *end;
    size_t size = strtoul(reader->at, &end, 10);
    reader->at = end;
    return size;
}

/* Prints the conversion behind a '%'. True if it is a decimal integer. */
static bool append_conversion(struct log_reader *reader, struct log_field *field)
{
    char digits[32];
    int size = 0;
    size_t precision = read_precision(reader);
    enum width width = read_width(reader);
    char conversion = *reader->at++;

    switch (conversion) {
    case 's':
        append_text(reader, field, precision);
        return false;
    case 'd':
    case 'i':
        size = snprintf(digits, sizeof(digits), "%" PRIdMAX, next_signed(reader, width));
        break;
    case 'u':
        size = snprintf(digits, sizeof(digits), "%" PRIuMAX, next_unsigned(reader, width));
        break;
    case 'x':
        size = snprintf(digits, sizeof(digits), "%" PRIxMAX, next_unsigned(reader, width));
        break;
    case 'c':
        digits[0] = (char)va_arg(reader->arguments, int);
        size = digits[0] != '\0';
        break;
    case '%':
        digits[0] = '%';
        size = 1;
        break;
    default:
        assert(!"a conversion that log.h does not allow");
    }
    append(field, digits, (size_t)size);
    return conversion == 'd' || conversion == 'i' || conversion == 'u';
}

/* The size of the key before a '=' here; 0: no field begins here. */
static size_t key_size(const char *at)
{
    size_t size = 0;

    while (islower((unsigned char)at[size]) || isdigit((unsigned char)at[size]) || at[size] == '_' || at[size] == '.')
        size++;
    return at[size] == '=' ? size : 0;
}

/* A value ends where the format has its quote, a blank, or a colon before one. */
static bool ends_here(const char *at, bool is_quoted)
{
    if (*at == '\0' || is_quoted)
        return *at == '\0' || *at == '"';
    return *at == ' ' || (*at == ':' && at[1] == ' ');
}

static void read_value(struct log_reader *reader, struct log_field *field)
{
    bool is_quoted = *reader->at == '"';
    size_t pieces = 0, numbers = 0;

    reader->at += is_quoted;
    for (; !ends_here(reader->at, is_quoted); pieces++) {
        if (*reader->at == '%') {
            reader->at++;
            numbers += append_conversion(reader, field);
        } else {
            append(field, reader->at++, 1);
        }
    }
    field->is_number = pieces == 1 && numbers == 1;
    reader->at += is_quoted && *reader->at == '"';
}

bool log_fields_next(struct log_reader *reader, struct log_field *field)
{
    reader->at += strspn(reader->at, ": ");
    if (*reader->at == '\0')
        return false;
    field->key = reader->at;
    field->key_size = key_size(reader->at);
    field->is_number = field->is_cut = false;
    field->size = 0;
    field->value[0] = '\0';
    if (field->key_size > 0) {
        reader->at += field->key_size + 1;
        read_value(reader, field);
        return true;
    }
    while (*reader->at != '\0')
        if (*reader->at == '%') {
            reader->at++;
            (void)append_conversion(reader, field);
        } else {
            append(field, reader->at++, 1);
        }
    return true;
}
