/*
 * The dataset: all summary rows of one document with the texts in them as names, and what is found out about the rows
 * once, for all figures.
 */
#ifndef GENTALLY_DATASET_H
#define GENTALLY_DATASET_H

#include "gentally/codec/avro_read.h"
#include "gentally/inspect/latest.h"
#include "names.h"
#include "remarks.h"
#include "rows.h"

#define CATEGORIES_DRAWN 11 /* by the study's charts */

struct dataset {
    /* Set by the caller before dataset_read(), all borrowed. */
    const char *prefix;            /* of the topics' names, to say where was looked */
    int64_t from_ms, to_ms;        /* weeks and months that start in [from_ms, to_ms) */
    const char *examples;          /* S38: model slugs, separated by commas; NULL: the study's */
    const struct remarks *remarks; /* of the edition */
    bool is_study;                 /* the edition */
    int64_t times;                 /* the sums of rows are told so many times as large; squares are not */
    bool *has_failed;              /* set if memory runs out while figures are made */

    struct names names;
    uint32_t unknown, other, beyond, open_cn, open_row, closed, always, optional, no; /* names asked for often */
    uint32_t drawn[CATEGORIES_DRAWN];                                                 /* names of categories */
    uint32_t closed_shown, open_cn_shown, open_row_shown, reasoning_shown, no_shown;
    size_t row_count, row_room;
    struct summary_row *rows; /* owned; by rollup, window, start, key */
    size_t firsts[ROWS_KINDS][WINDOW_KINDS], ends[ROWS_KINDS][WINDOW_KINDS];
    int64_t first_week_ms, last_week_ms;                     /* of `total`, with traffic; NO_TIME = none */
    int64_t category_ms;                                     /* the first week with classified events; NO_TIME = none */
    uint64_t histograms[HISTOGRAM_COUNT][HISTOGRAM_BUCKETS]; /* of the last week's total */
    int64_t last_month_ms;                                   /* of retention; NO_TIME = none */
    uint32_t shown_count;
    uint32_t *shown;         /* owned: a name for people by the number of a slug - 1; 0 = none. See shown.h */
    uint32_t tables_version; /* name: of the last week */
    bool has_versions;       /* the weeks are of several table versions */
};

/*
 * Decodes and sorts the rows of `latest` that lie in the range, by way of `read`, which the caller lends. Whatever the
 * verdict, dataset_close() frees what was read. HALT: NO-MEMORY; SET_ASIDE: SUMMARY-UNREADABLE.
 */
MUST_CHECK enum verdict dataset_read(struct dataset *dataset, const struct latest *latest, struct summary_read *read,
                                     struct reason *why);
void dataset_close(struct dataset *dataset);

/* True for a row of what has no row of its own: it is no model, and in no top. */
static inline bool dataset_is_beyond(const struct dataset *dataset, const struct summary_row *row)
{
    return row->columns[COLUMN_MODEL] == dataset->beyond;
}

/* The rows of one rollup and window kind, borrowed until dataset_close(). */
struct row_range dataset_rows(const struct dataset *dataset, enum row_rollup rollup, enum window_kind window);

/* The number of a text among the names, which is added if need be; NULL gives 0. */
uint32_t dataset_name(struct dataset *dataset, const char *text);

#endif
