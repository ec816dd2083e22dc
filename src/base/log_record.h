/* A line of the log as a record of logfmt or JSON: bounded, and one line whatever its values hold. */
#ifndef GENTALLY_LOG_RECORD_H
#define GENTALLY_LOG_RECORD_H

#include "gentally/base/base.h"

/* PIPE_BUF of Linux: a whole line is one atomic write. */
#define LOG_RECORD_SIZE 4096

struct log_record {
    bool is_json;
    bool is_cut; /* something had no room */
    size_t size;
    char bytes[LOG_RECORD_SIZE];
};

void log_record_begin(struct log_record *record, bool is_json);

/* Adds a field, if there is room for it: its value is cut, or all of it is left out. `key` is of [a-z0-9_.]. A number
 * is decimal digits; any other value may hold any bytes. */
void log_record_add(struct log_record *record, struct span key, struct span value, bool is_number);

/* Ends the line: its last byte is its only newline. */
void log_record_end(struct log_record *record);

#endif
