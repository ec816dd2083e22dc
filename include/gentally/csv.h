/*
 * RFC 4180 CSV with a header line, for the bundled tables: the whole text in memory, fields unquoted in place. Lines
 * that start with '#' are comments.
 */
#ifndef GENTALLY_CSV_H
#define GENTALLY_CSV_H

#include "verdict.h"

#define CSV_FIELDS_MAX 32

struct csv {
    char *text;  /* owned; fields point into it */
    size_t size; /* bytes */
    size_t at;
    uint32_t line; /* of the row last read, from 1 */
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

/* Reads the next row; `*is_end` at the end. HALT: TABLE-INVALID with line and problem (wrong number of fields, open
 * quote). */
MUST_CHECK enum verdict csv_next(struct csv *csv, bool *is_end, struct reason *why);

#endif
