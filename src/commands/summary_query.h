/*
 * What is asked of summaries, in the words of a command line or of a URL's query, which are the same: options are read,
 * rows are taken, and whole rows or their sums printed.
 */
#ifndef GENTALLY_SUMMARY_QUERY_H
#define GENTALLY_SUMMARY_QUERY_H

#include <stdio.h>

#include "gentally/inspect/latest.h"
#include "leaderboard.h"
#include "row_filter.h"
#include "table.h"
#include "told_last.h"
#include "told_range.h"

/* The rows of the table of options. */
enum summary_option {
    SUMMARY_ROLLUP,
    SUMMARY_WINDOW,
    SUMMARY_FROM,
    SUMMARY_TO,
    SUMMARY_FORMAT,
    SUMMARY_WHERE,
    SUMMARY_BY = SUMMARY_WHERE + ROW_FILTER_TERMS,
    SUMMARY_MEASURE,
    SUMMARY_TOP,
    SUMMARY_SIDE,
    SUMMARY_SPARKLINE,
    SUMMARY_LIMIT,
    SUMMARY_FINAL,
    SUMMARY_AS_OF,
    SUMMARY_OPTIONS
};
extern const struct command_option summary_options[SUMMARY_OPTIONS];

/* What was asked for, and what is read. */
struct summary_query {
    const struct rollup *rollup;
    enum window_kind window;
    int64_t from_ms, to_ms; /* of window_start, half-open */
    bool is_final;
    int64_t as_of;               /* -1: now */
    struct told_version version; /* of that */
    struct latest *later;        /* rows that came after it */
    uint32_t format;             /* enum leaderboard_format */
    FILE *file;                  /* where JSON and CSV go; tables are for standard output */
    bool is_array;               /* JSON is one array, instead of an object a line */
    struct row_filter filter;
    enum column by[ROLLUP_DIMS_MAX]; /* what a name is made of: what was asked for, else the rollup's dimensions */
    uint32_t by_count;
    bool is_whole; /* rows as they are, no sums */
    bool is_side_by_side, is_share, has_sparkline;
    struct choice choice;
    int64_t top; /* 0: all */
    int64_t limit;
    struct told_range ranges[WINDOW_KINDS]; /* of all rows of the topic */
    uint64_t taken;                         /* rows of the windows that were asked for, and by the filter */
    uint64_t suppressed;                    /* rows left out of the sums */
    struct summary_read *read;              /* the summary at hand */
    struct latest *latest;
    struct told_last *told;
    struct totals *totals; /* unless `is_whole` */
    struct table *table;
    char *text; /* SUMMARY_JSON_MAX and a newline; no row of CSV is longer */
};

/* Reads what is asked from the table's rows, and opens what takes rows; `query` is closed in any case. HALT:
 * CONFIG-VALUE, NO-MEMORY. */
MUST_CHECK enum verdict summary_query_open(struct summary_query *query, const struct config *config,
                                           const struct command_option options[SUMMARY_OPTIONS], FILE *file,
                                           struct reason *why);
void summary_query_close(struct summary_query *query);

/* A topic_reader of summaries: keeps the latest version of each row that is asked for. */
MUST_CHECK enum verdict summary_query_take(void *query, const struct record *record, struct reason *why);

/* Prints what is asked of the rows that were taken; no row is taken afterwards. HALT: NO-MEMORY, OUTPUT-FAILED. */
MUST_CHECK enum verdict summary_query_print(struct summary_query *query, struct reason *why);

#endif
