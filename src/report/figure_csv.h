/* A figure's rows as CSV. */
#ifndef GENTALLY_FIGURE_CSV_H
#define GENTALLY_FIGURE_CSV_H

#include <stdio.h>

#include "figure.h"

/* Writes the names of the columns and the rows, lines ending in LF; numbers are those of the JSON, an empty cell is
 * none. */
void figure_csv_write(FILE *file, const struct figure *figure);

#endif
