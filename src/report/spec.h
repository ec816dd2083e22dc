/*
 * Specifications: a figure in words, one row of the table in specs.c. A maker makes the figure of its specification and
 * the dataset; what all makers have in common is here.
 */
#ifndef GENTALLY_SPEC_H
#define GENTALLY_SPEC_H

#include "dataset.h"
#include "figure.h"
#include "row_series.h"

enum spec_period { PERIOD_RANGE, PERIOD_CATEGORY /* weeks with classified requests */, PERIOD_LAST_WEEK };

/* Only rows for which all that is set is true. */
struct spec_filter {
    bool is_open, is_open_cn, is_always_reasoning;
    const char *author, *category;
};

/* Columns beside the usual ones. */
enum spec_extra {
    EXTRA_NONE = 0,
    EXTRA_INTERVAL = 1, /* effective size, low, high */
    EXTRA_REQUESTS = 2, /* requests, their share; fractional credit */
    EXTRA_VOLUME = 4,   /* requests and tokens beside spend, with and without free */
};

/* Whose releases are drawn. */
enum spec_releases { RELEASES_NONE, RELEASES_OF_OPEN, RELEASES_OF_REASONING };

/* Which signals are drawn as lines. */
enum spec_marks { MARKS_NONE, MARKS_FIRST_WEEKS, MARKS_JUMPS };

struct figure_spec;

/* Makes the figure: sets its chart, adds columns, rows and notes. Memory that runs out sets `*dataset->has_failed`. */
typedef void figure_maker(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure);

struct figure_spec {
    const char *id, *section, *title, *about;
    figure_maker *make;
    struct spec_filter filter;
    const char *kind, *stack; /* of the chart */
    const char *measure;      /* what is drawn: the title of its axis; NULL: the maker says it */
    enum row_rollup rollup;
    enum window_kind window;
    enum spec_period period;
    enum row_series series;
    enum quantity quantity;
    uint32_t top;    /* 0 = all */
    unsigned extras; /* of enum spec_extra */
    enum spec_releases releases;
    enum spec_marks marks;
    bool is_summed; /* over the period: one row a series, and no x */
    bool is_volume; /* what is drawn is the quantity, not its share */
    bool has_rest;  /* what is not in the top is "other", and in the denominator */
};

/* Calls `take` for each row the specification speaks of; notes how much was left out as suppressed or not drawn. */
typedef void row_taker(void *context, const struct summary_row *row);
void spec_each_row(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure, row_taker *take,
                   void *context);

/* Says why a figure without rows has none, and where they were looked for. */
void spec_explain_missing(const struct figure_spec *spec, const struct dataset *dataset, struct figure *figure);

/* Notes the weeks (or months) between the figure's first row and its last that have none. */
void spec_note_gaps(const struct figure_spec *spec, struct figure *figure);

#endif
