/*
 * RFC 4180 CSV with a header line, for the bundled tables: the whole text in memory, fields unquoted in place. Lines
 * that start with '#' are comments.
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
    uint32_t next_line; /* where the next one does */
    uint32_t field_count;
    struct span fields[CSV_FIELDS_MAX];
    struct span header[CSV_FIELDS_MAX];
    char name[256];   /* for messages */
    uint64_t version; /* FNV-1a of the bytes */
};

/* Reads the file at `path` whole (or copies `bundled` if `path` is NULL or empty) and its header. HALT:
 * TABLE-UNREADABLE, TABLE-INVALID, NO-MEMORY. */
MUST_CHECK enum verdict csv_open(struct csv *csv, const char *path, struct span bundled, struct reason *why);
void csv_close(struct csv *csv);

/* The column's index, or -1. */
int csv_column(const struct csv *csv, const char *name);

/* Finds the `count` columns of `names`, all of them required: `fields[columns[i]]` is the field of names[i]. HALT:
 * TABLE-INVALID with the name that is missing. */
MUST_CHECK enum verdict csv_columns(const struct csv *csv, const char *const names[], int columns[], size_t count,
                                    struct reason *why);

/* No table has more rows than this: what to allocate before reading them. */
size_t csv_rows_max(const struct csv *csv);

/* HALT with TABLE-INVALID, and the text "<name>:<line>: <what>". */
enum verdict csv_refuse(const struct csv *csv, uint32_t line, struct reason *why, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Reads the next row; `*is_end` at the end. HALT: TABLE-INVALID with line and problem (wrong number of fields, open
 * quote). */
MUST_CHECK enum verdict csv_next(struct csv *csv, bool *is_end, struct reason *why);

#endif
