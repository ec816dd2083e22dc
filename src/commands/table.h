/* A table for people: columns as wide as their cells, numbers to the right. Cells are kept until they are printed. */
#ifndef GENTALLY_TABLE_H
#define GENTALLY_TABLE_H

#include <stdio.h>

#include "gentally/base/verdict.h"

#define TABLE_COLUMNS_MAX 64

struct table_column {
    const char *title;
    bool is_number; /* set to the right */
};

struct table;

/* Opens a table of `count` columns (1..TABLE_COLUMNS_MAX). Titles are borrowed until close. HALT: NO-MEMORY. */
MUST_CHECK enum verdict table_open(struct table **table, const struct table_column columns[], uint32_t count,
                                   struct reason *why);
void table_close(struct table *table);

/* Adds the next cell, row by row, left to right. The text is copied; what would steer a terminal or not be seen stands
 * as '?'. An absent text makes an empty cell. */
void table_text(struct table *table, struct span text);
void table_integer(struct table *table, int64_t value);     /* 1234567 as "1,234,567" */
void table_nano_usd(struct table *table, int64_t nano_usd); /* "$1,234.56"; below a cent "$0.000123" */
void table_percent(struct table *table, int hundredths);    /* 1234 as "12.34 %" */

/* Characters of a UTF-8 text, as columns count them. */
uint32_t table_width(struct span text);

/* Prints titles, a line, the rows. The last row must be whole. HALT, NO-MEMORY: a cell that was added is lost. */
MUST_CHECK enum verdict table_print(const struct table *table, FILE *file, struct reason *why);

#endif
