/*
 * One row of the catalog's file: its fields read, checked and turned into a model. Used by catalog.c only.
 */
#ifndef GENTALLY_CATALOG_ROW_H
#define GENTALLY_CATALOG_ROW_H

#include "gentally/base/csv.h"
#include "gentally/core/catalog.h"

struct row {
    struct model model;
    struct span aliases;    /* as written */
    struct span valid_from; /* "2025-09-29": dates compare as texts do */
    double prompt_usd_per_mtok, completion_usd_per_mtok;
    uint32_t line;
};

#define ROW_COLUMNS 13

/* Finds the columns a row is read from; one that a catalog may lack is -1. HALT: TABLE-INVALID. */
MUST_CHECK enum verdict row_columns(const struct csv *csv, int columns[ROW_COLUMNS], struct reason *why);

/* Makes `row` of the fields `csv` stands at, borrowing from its text. HALT: TABLE-INVALID. */
MUST_CHECK enum verdict row_read(const struct csv *csv, const int columns[ROW_COLUMNS], struct row *row,
                                 struct reason *why);

/* The part of "author/name" before the first '/'; absent if there is none. */
struct span slug_author(struct span slug);

/* True for "author/name" without blanks and without ':' (variants are not the catalog's business). */
bool slug_is_base(struct span slug);

/* True for "2025-09-29" (`is_dashed`) or "20250929". */
bool is_date(struct span text, bool is_dashed);

#endif
