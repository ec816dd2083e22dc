/* A line of the log as its fields, taken from the format's words: no argument can make, end or hide a field. */
#ifndef GENTALLY_LOG_FIELDS_H
#define GENTALLY_LOG_FIELDS_H

#include <stdarg.h>

#include "gentally/base/base.h"

#define LOG_VALUE_SIZE 1024 /* of a value, its NUL included; what is longer is cut */

/* A field of a line, and its value. */
struct log_field {
    const char *key; /* not NUL-terminated */
    size_t key_size; /* 0: the words for people, which come last */
    bool is_number;  /* the value is one integer in decimal */
    bool is_cut;
    size_t size;
    char value[LOG_VALUE_SIZE]; /* as its arguments gave it: any bytes but NUL */
};

/* Where a format is read. */
struct log_reader {
    const char *at;
    va_list arguments;
};

/* Begins to read `format`, which must be of the conversions that log.h allows; log_fields_end() must follow. */
void log_fields_begin(struct log_reader *reader, const char *format, va_list arguments);

/* Reads the next field; false at the end. */
bool log_fields_next(struct log_reader *reader, struct log_field *field);

void log_fields_end(struct log_reader *reader);

#endif
