/*
 * A reader of CSV files (RFC 4180) with a header line, for catalog, taxonomy and countries. The file is held in memory
 * as a whole and its fields are unquoted in place, so a field stays valid until csv_close(). A line that begins with
 * '#' is a comment.
 */
#ifndef GENTALLY_CSV_H
#define GENTALLY_CSV_H

#include "gentally/base/verdict.h"

#define CSV_FIELDS_MAX 32

struct csv {
    char *text;  /* owned; fields point into it */
    size_t size; /* bytes */
    size_t at;
    uint32_t line;      /* where the row last read begins, from 1 */
    uint32_t next_line; /* where the next row begins */
    uint32_t field_count;
    struct span fields[CSV_FIELDS_MAX];
    struct span header[CSV_FIELDS_MAX];
    char name[256];   /* for messages */
    uint64_t version; /* FNV-1a of the file's bytes */
};

/*
 * Reads the file at `path`, or copies `bundled` if `path` is NULL or empty, and reads the header. Blocks as long as the
 * file does. HALT: TABLE-UNREADABLE, TABLE-INVALID, NO-MEMORY; then there is nothing to close.
 */
MUST_CHECK enum verdict csv_open(struct csv *csv, const char *path, struct span bundled, struct reason *why);
void csv_close(struct csv *csv);

/* The index of the column called `name`, or -1 if the header does not have it. */
int csv_column(const struct csv *csv, const char *name);

/*
 * Finds the `count` columns called `names`, all of them required. Afterwards `fields[columns[i]]` is the field of
 * `names[i]`. HALT: TABLE-INVALID with the name that is missing.
 */
MUST_CHECK enum verdict csv_columns(const struct csv *csv, const char *const names[], int columns[], size_t count,
                                    struct reason *why);

/* An upper bound of the rows still to be read: what to allocate before reading them. O(size). */
size_t csv_rows_max(const struct csv *csv);

/* Refuses the file: returns HALT with TABLE-INVALID and the text "<name>:<line>: <what `format` says>". */
enum verdict csv_refuse(const struct csv *csv, uint32_t line, struct reason *why, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Reads the next row into `fields`, or sets `*is_end`. HALT: TABLE-INVALID with the line and what is wrong with it,
 * such as another number of fields than the header has, or a quote that is never closed. */
MUST_CHECK enum verdict csv_next(struct csv *csv, bool *is_end, struct reason *why);

#endif
