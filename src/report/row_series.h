/* Series kinds: by which attribute a figure tells rows apart. */
#ifndef GENTALLY_ROW_SERIES_H
#define GENTALLY_ROW_SERIES_H

#include "dataset.h"

enum row_series {
    SERIES_NONE,
    SERIES_SOURCE,
    SERIES_SIZE,
    SERIES_REASONING,
    SERIES_AUTHOR,
    SERIES_FAMILY,
    SERIES_BASE, /* the model's slug without its variant */
    SERIES_CATEGORY,
    SERIES_TAG,
    SERIES_CONTINENT,
    SERIES_COUNTRY,
    SERIES_LANGUAGE,
    SERIES_COUNT
};

const char *row_series_name(enum row_series series);  /* "author": the column's name */
const char *row_series_title(enum row_series series); /* "Author" */

/* The name of the series that a row belongs to, in the study's words; "unknown" where the row has no such attribute. */
uint32_t row_series_of(const struct dataset *dataset, const struct summary_row *row, enum row_series series);

#endif
