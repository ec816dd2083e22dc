/* The catalog's file as rows with all their fields, columns of the operator's own too, and as a text that rows are put
 * into. For catalog_import.c only. */
#ifndef GENTALLY_CATALOG_FILE_H
#define GENTALLY_CATALOG_FILE_H

#include "catalog_row.h"

struct file_row {
    struct catalog_row row;    /* what the catalog makes of it */
    const struct span *fields; /* as many as the header has */
};

struct catalog_file {
    struct span text; /* borrowed */
    struct csv csv;   /* keeps the text that the rows borrow from */
    int columns[CATALOG_COLUMNS];
    struct file_row *rows;
    struct span *fields;
    size_t row_count;
    bool is_sorted; /* by slug */
};

/* Reads all of a catalog's file. GO_ON: to be closed once. HALT: TABLE-INVALID, NO-MEMORY; then it is closed. */
MUST_CHECK enum verdict catalog_file_open(struct catalog_file *file, struct span text, struct reason *why);
void catalog_file_close(struct catalog_file *file);

/* The row of a slug that counts, or NULL. O(rows). */
const struct file_row *catalog_file_newest(const struct catalog_file *file, struct span slug);

/* What the rows of an author say of it: what all agree on, or nothing. */
struct file_author {
    struct span country, name; /* the name is for people; rows without one do not disagree */
};

/* True if a row has that author; then `*found` is what they say. O(rows). */
bool catalog_file_author(const struct catalog_file *file, struct span author, struct file_author *found);

/* A row to be put into the text: fields by the header's columns, those that are absent are empty. */
struct fresh_row {
    struct span slug;
    struct span fields[CSV_FIELDS_MAX];
};

/* The text with `rows`, which are sorted by slug, each before the first row of a greater slug if the file is sorted,
 * else at the end. To be freed. HALT: NO-MEMORY. */
MUST_CHECK enum verdict catalog_file_with(const struct catalog_file *file, const struct fresh_row rows[], size_t count,
                                          char **text, size_t *size, struct reason *why);

#endif
