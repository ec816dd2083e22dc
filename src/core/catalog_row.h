/* One row of the catalog's file: reads its fields, checks them and makes a model of them. For catalog.c and
 * catalog_file.c. */
#ifndef GENTALLY_CATALOG_ROW_H
#define GENTALLY_CATALOG_ROW_H

#include "gentally/base/csv.h"
#include "gentally/core/model.h"

/* All texts borrow from the file's text, which `csv` owns. */
struct catalog_row {
    struct model model;
    struct span country;                                 /* of the author: two capitals, or empty */
    struct span aliases;                                 /* as written: separated by blanks or ';' */
    struct span valid_from;                              /* "2025-09-29" or empty */
    int64_t valid_from_ms;                               /* that day, 00:00 UTC; NO_TIME if it is empty */
    double prompt_usd_per_mtok, completion_usd_per_mtok; /* 0 = not given */
    uint32_t line;
};

enum catalog_column {
    CATALOG_SLUG,
    CATALOG_AUTHOR,
    CATALOG_COUNTRY,
    CATALOG_OPEN_WEIGHTS,
    CATALOG_PARAMS,
    CATALOG_ACTIVE_PARAMS,
    CATALOG_REASONING,
    CATALOG_RELEASED,
    CATALOG_PROMPT_PRICE,
    CATALOG_COMPLETION_PRICE,
    CATALOG_VALID_FROM,
    CATALOG_ALIASES,
    CATALOG_REQUIRED_COLUMNS,
    CATALOG_FAMILY = CATALOG_REQUIRED_COLUMNS, /* older catalogs lack this and what follows */
    CATALOG_NAME,
    CATALOG_AUTHOR_NAME,
    CATALOG_COLUMNS
};

/* Finds the columns that a row is read from; a column that a catalog may lack is -1. HALT: TABLE-INVALID. */
MUST_CHECK enum verdict catalog_row_columns(const struct csv *csv, int columns[CATALOG_COLUMNS], struct reason *why);

/* Makes `row` of the fields that csv_next() has read last. HALT: TABLE-INVALID. */
MUST_CHECK enum verdict catalog_row_read(const struct csv *csv, const int columns[CATALOG_COLUMNS],
                                         struct catalog_row *row, struct reason *why);

/* The part of a slug "author/name" before the first '/'; absent if there is none. */
struct span slug_author(struct span slug);

#endif
