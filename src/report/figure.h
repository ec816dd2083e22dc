/*
 * A figure while it is made: what is drawn (its chart), a table of columns and cells, the order of its series, notes.
 * A maker adds all columns first, then cells row by row, one for each column.
 */
#ifndef GENTALLY_FIGURE_H
#define GENTALLY_FIGURE_H

#include "groups.h"

enum figure_type {
    TYPE_DATE,
    TYPE_MONTH,
    TYPE_TEXT,
    TYPE_INTEGER,
    TYPE_REAL,
    TYPE_SHARE,        /* 0..1 */
    TYPE_USD_PER_MTOK, /* dollars for a million tokens */
    TYPE_USD,
    TYPE_FLAG,
    TYPE_COUNT
};

enum figure_cell_kind { CELL_NONE, CELL_INTEGER, CELL_REAL, CELL_TEXT, CELL_DATE, CELL_MONTH };
struct figure_cell {
    enum figure_cell_kind kind;
    union {
        int64_t integer; /* of a date: ms */
        double real;
        struct span text; /* borrowed until the figure is written */
    };
};

struct figure_column {
    const char *name, *title;
    enum figure_type type;
};

/* A straight line across the chart, with a text beside it. */
#define FIGURE_RULE_TEXT_SIZE 40
struct figure_rule {
    bool is_x; /* vertical */
    bool is_date;
    int64_t date_ms; /* where, if is_date */
    double at;       /* where, if not */
    char text[FIGURE_RULE_TEXT_SIZE];
};

/* A series of a panel that stands out, and as what. */
struct figure_outstanding {
    struct span panel, series; /* borrowed until the figure is written */
    const char *kind;
};

struct figure_chart {
    const char *kind, *stack;                                /* how rows are drawn; NULL = null */
    const char *x, *y, *series, *panel, *low, *high, *label; /* names of columns */
    bool x_log, y_log;
    const char *x_title, *y_title;
    uint32_t rule_count;
    struct figure_rule rules[8];
    bool has_line; /* a sloping one, from (x, y) to (x, y) */
    double from[2], to[2];
    char line_text[160];
    const char *const *quarters; /* names of what two medians make: above left, above right, below left, below right */
    char censored[8];            /* the cohort that began before there was anything to see; "" = none */
    uint32_t outstanding_count;
    struct figure_outstanding outstanding[64];
};

#define FIGURE_COLUMNS_MAX 20
#define FIGURE_NOTES_MAX 12

struct figure_spec;

/* What a figure is made of, for programs. */
struct figure_definition {
    const char *rollup, *window, *period; /* of which summaries, by which windows, over which of them */
    int64_t revision;                     /* the records in these windows, by the ledger: more is newer */
    const struct figure_spec *spec;       /* borrowed */
};

/* All zero but `has_failed` is an empty figure. */
struct figure {
    bool *has_failed; /* borrowed: set if memory runs out */
    int64_t times;    /* sums are so many times as large as what was counted; squares are not */
    const char *id, *section, *title, *about;
    struct figure_definition definition;
    struct figure_chart chart;
    uint32_t column_count;
    struct figure_column columns[FIGURE_COLUMNS_MAX];
    size_t cell_count, cell_room;
    struct figure_cell *cells; /* row by row */
    size_t order_count, order_room;
    uint32_t *order; /* names of series, as they are drawn */
    uint32_t note_count;
    char *notes[FIGURE_NOTES_MAX]; /* owned */
    char *missing;                 /* owned; NULL = there is something to draw */
};

void figure_close(struct figure *figure);

void figure_column(struct figure *figure, const char *name, const char *title, enum figure_type type);

/* The next cell. */
void figure_none(struct figure *figure);
void figure_integer(struct figure *figure, int64_t value);
void figure_real(struct figure *figure, double value);     /* NaN or infinite: an empty cell */
void figure_estimate(struct figure *figure, double value); /* the same, to ten digits: more are noise */
void figure_text(struct figure *figure, struct span text);
void figure_date(struct figure *figure, int64_t ms); /* by the column's type: date, or month */
size_t figure_row_count(const struct figure *figure);

/* Appends a series to the order. */
void figure_order(struct figure *figure, uint32_t name);

/* Appends the groups' series to the order: most of the quantity over all x first, then by text. */
void figure_order_by(struct figure *figure, const struct groups *groups, const struct names *names,
                     enum quantity quantity);

void figure_rule(struct figure *figure, struct figure_rule rule);
/* Brings out a series of a panel that the figure has, the first time. What is beyond the room for them is not told. */
void figure_outstanding(struct figure *figure, struct span panel, struct span series, const char *kind);

void figure_note(struct figure *figure, const char *format, ...) PRINTF_LIKE(2, 3);

/* Says why there is nothing to draw, in place of what was said before. */
void figure_missing(struct figure *figure, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
