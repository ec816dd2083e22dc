/* How figures are recounted: SQL over raw events, written from the table of figures and the parts in recount.sql. */
#ifndef GENTALLY_FIGURE_SQL_H
#define GENTALLY_FIGURE_SQL_H

#include <stdio.h>

#include "gentally/base/base.h"

/*
 * Writes one statement for DuckDB, which gives the rows of a figure (its index: see figures_title()), in its columns
 * and order, over weeks and months that start in [from, to), days like "2025-05-19". S34 and S38 are those of one's own
 * edition. What it reads stands at its top.
 */
void figure_sql_write(FILE *file, uint32_t index, const char *from, const char *to);

#endif
