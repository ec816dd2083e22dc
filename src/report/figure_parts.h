/*
 * What the files behind figures.h share: rows as figures read them, groups of rows, and a figure while it is made.
 *
 *   figure_rows.c    decodes what was kept into rows; names are numbers
 *   figure_groups.c  sums rows by (x, series)
 *   figure_specs.c   which figures there are: mostly a table
 *   figure_shares.c  the many "share of ... over time" figures, by their specification
 *   figure_means.c, figure_counts.c, figure_tags.c, figure_scatter.c, figure_retention.c: the particular ones
 *   figure_table.c   a figure's columns, cells, notes
 *   figure_header.c, figure_scalars.c, figure_ledger.c: what stands above the figures
 *   figure_json.c    all of it as JSON
 *
 * Memory that runs out sticks in `has_failed` and is looked at once, at the end of figures_write().
 */
#ifndef GENTALLY_FIGURE_PARTS_H
#define GENTALLY_FIGURE_PARTS_H

#include "gentally/codec/avro_read.h"
#include "gentally/inspect/latest.h"
#include "gentally/report/figures.h"

/* ---- rows ---- */

enum figure_rollup {
    ROWS_TOTAL,
    ROWS_MODEL,
    ROWS_PROVIDER,
    ROWS_CATEGORY,
    ROWS_TAG,
    ROWS_GEOGRAPHY,
    ROWS_LANGUAGE,
    ROWS_RETENTION,
    ROWS_KINDS
};
const char *figure_rollup_name(enum figure_rollup rollup);
bool figure_rollup_find(struct span name, enum figure_rollup *rollup);

/* Texts as numbers, 1..; 0 = absent. */
struct figure_names {
    uint32_t count, room;
    struct span *texts; /* owned */
    uint32_t *slots;
    bool has_failed;
};
uint32_t names_put(struct figure_names *names, struct span text); /* 0 if memory ran out */
struct span names_text(const struct figure_names *names, uint32_t id);
void names_close(struct figure_names *names);

struct figure_row {
    enum figure_rollup rollup;
    enum window_kind window;
    int64_t start_ms;
    uint32_t columns[COLUMN_COUNT];
    uint32_t base; /* the model's slug without its variant */
    int64_t accounts, generation, revision;
    enum pane pane;
    bool is_suppressed;
    uint32_t tables_version;
    int64_t sums[MEASURE_COUNT];
};

#define FIGURE_NO_TIME INT64_MIN
#define CATEGORIES_DRAWN 11 /* by the study's charts */

/* All rows of a document, and what is found out about them once. */
struct figure_data {
    const struct figures_options *options;
    struct figure_names names;
    uint32_t unknown, other, open_cn, open_row, closed, yes, no; /* names that are asked for often */
    uint32_t drawn[CATEGORIES_DRAWN];                            /* categories */
    uint32_t closed_shown, open_cn_shown, open_row_shown, yes_shown, no_shown;
    size_t row_count, row_room;
    struct figure_row *rows; /* by rollup, window, start, key */
    size_t firsts[ROWS_KINDS][WINDOW_KINDS], ends[ROWS_KINDS][WINDOW_KINDS];
    int64_t first_week_ms, last_week_ms; /* of `total`, with traffic; FIGURE_NO_TIME = none */
    int64_t category_ms;                 /* the first week with classified events; FIGURE_NO_TIME = none */
    uint64_t histograms[HISTOGRAM_COUNT][HISTOGRAM_BUCKETS]; /* of the last week's total */
    int64_t last_month_ms;                                   /* of retention */
    uint32_t tables_version;                                 /* of the latest window */
    bool has_versions;                                       /* rows of several table versions */
    bool has_failed;
};

struct figure_rows {
    const struct figure_row *rows;
    size_t count;
};

enum verdict figure_data_open(struct figure_data *data, const struct figures_options *options,
                              const struct latest *latest, struct summary_read *read, struct reason *why);
void figure_data_close(struct figure_data *data);
struct figure_rows figure_rows_of(const struct figure_data *data, enum figure_rollup rollup, enum window_kind window);
uint32_t figure_name(struct figure_data *data, const char *text);

/* A model's display family. */
uint32_t figure_family(const struct figure_row *row);

static inline int64_t row_tokens(const int64_t sums[MEASURE_COUNT])
{
    return sums[M_TOKENS_PROMPT] + sums[M_TOKENS_COMPLETION];
}

/* ---- groups ---- */

struct figure_group {
    int64_t x;
    uint32_t series;
    uint32_t rows;
    const struct figure_row *latest; /* its attributes are the latest known */
    int64_t sums[MEASURE_COUNT];
};

struct figure_groups {
    size_t count, room;
    struct figure_group *items;
    uint32_t *slots;
    bool has_failed;
};
/* Adds sums to the group, which is made if need be. */
void groups_add(struct figure_groups *groups, int64_t x, uint32_t series, const struct figure_row *row,
                const int64_t sums[MEASURE_COUNT]);
const struct figure_group *groups_find(const struct figure_groups *groups, int64_t x, uint32_t series);
/* By x, then series: ends the adding and finding. */
void groups_sort(struct figure_groups *groups);
void groups_close(struct figure_groups *groups);

/* ---- a figure while it is made ---- */

enum figure_type {
    TYPE_DATE,
    TYPE_MONTH,
    TYPE_TEXT,
    TYPE_INTEGER,
    TYPE_REAL,
    TYPE_SHARE,
    TYPE_USD_PER_MTOK,
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
        struct span text;
    };
};

struct figure_column {
    const char *name, *title;
    enum figure_type type;
};

struct figure_rule {
    bool is_x;
    bool is_date;
    int64_t date_ms;
    double at;
    char text[40];
};

struct figure_chart {
    const char *kind, *stack, *x, *y, *series, *panel, *low, *high, *label;
    bool x_log, y_log;
    const char *x_title, *y_title;
    uint32_t rule_count;
    struct figure_rule rules[8];
    bool has_line;
    double from[2], to[2];
    char line_text[160];
};

#define FIGURE_COLUMNS_MAX 20
#define FIGURE_NOTES_MAX 12

struct figure {
    const char *id, *section, *title, *about;
    struct figure_chart chart;
    uint32_t column_count;
    struct figure_column columns[FIGURE_COLUMNS_MAX];
    size_t cell_count, cell_room;
    struct figure_cell *cells; /* row by row */
    uint32_t order_count, order_room;
    uint32_t *order; /* names of series, as they are drawn */
    uint32_t note_count;
    char *notes[FIGURE_NOTES_MAX]; /* owned */
    char *missing;                 /* owned */
    bool has_failed;
};

void figure_close(struct figure *figure);
void figure_column(struct figure *figure, const char *name, const char *title, enum figure_type type);
void figure_none(struct figure *figure);
void figure_integer(struct figure *figure, int64_t value);
void figure_real(struct figure *figure, double value); /* no number: an empty cell */
void figure_text(struct figure *figure, struct span text);
void figure_date(struct figure *figure, int64_t ms); /* by the column's type: date, or month */
void figure_order(struct figure *figure, uint32_t name);
void figure_rule(struct figure *figure, struct figure_rule rule);
void figure_note(struct figure *figure, const char *format, ...) PRINTF_LIKE(2, 3);
void figure_missing(struct figure *figure, const char *format, ...) PRINTF_LIKE(2, 3);
size_t figure_row_count(const struct figure *figure);

/* The quotient as the suggestion double; no number where nothing is divided by. */
double figure_share(int64_t part, int64_t whole);
int figure_compare_spans(struct span left, struct span right); /* by bytes */
/* Money by tokens in dollars for a million tokens. */
double figure_price(int64_t nano_usd, int64_t tokens);
/* The effective sample size and the 95 % interval's ends as three cells: of a share of `whole`'s tokens. */
void figure_interval(struct figure *figure, double share, const int64_t whole[MEASURE_COUNT]);
void figure_sample_size(struct figure *figure, const int64_t sums[MEASURE_COUNT]);
/* The columns for an interval. */
void figure_sample_columns(struct figure *figure);

/* ---- specifications ---- */

enum figure_series {
    SERIES_NONE,
    SERIES_SOURCE,
    SERIES_SIZE,
    SERIES_REASONING,
    SERIES_AUTHOR,
    SERIES_FAMILY,
    SERIES_BASE,
    SERIES_CATEGORY,
    SERIES_TAG,
    SERIES_CONTINENT,
    SERIES_COUNTRY,
    SERIES_LANGUAGE,
    SERIES_COUNT
};

enum figure_quantity {
    QUANTITY_TOKENS,
    QUANTITY_PAID_TOKENS, /* without free ones */
    QUANTITY_TOOL_TOKENS,
    QUANTITY_SPEND,
    QUANTITY_PROMPT,
    QUANTITY_COMPLETION,
    QUANTITY_REQUESTS,
    QUANTITY_BILLED_TOKENS,
    QUANTITY_COUNT
};

enum figure_period { PERIOD_RANGE, PERIOD_CATEGORY, PERIOD_LAST_WEEK };

struct figure_filter {
    bool is_open, is_open_cn, is_reasoning;
    const char *author, *category;
};

enum figure_extra {
    EXTRA_NONE = 0,
    EXTRA_INTERVAL = 1, /* effective size, low, high */
    EXTRA_REQUESTS = 2, /* requests, their share; fractional credit */
    EXTRA_VOLUME = 4,   /* requests and tokens beside spend, with and without free */
};

struct figure_spec;
typedef void figure_maker(const struct figure_spec *spec, struct figure_data *data, struct figure *figure);

struct figure_spec {
    const char *id, *section, *title, *about;
    figure_maker *make;
    struct figure_filter filter;
    const char *kind, *stack;
    const struct figure_rule *rules; /* ends with one without text */
    const char *y_title;
    const char *notes[3];
    enum figure_rollup rollup;
    enum window_kind window;
    enum figure_period period;
    enum figure_series series;
    enum figure_quantity quantity;
    uint32_t top; /* 0 = all */
    unsigned extras;
    bool is_summed; /* over the period: one row a series, and no x */
    bool is_volume; /* what is drawn is the quantity, not its share */
    bool has_rest;  /* what is not in the top is "other", and in the denominator */
};

extern const struct figure_spec figure_specs[FIGURES_COUNT];

const char *figure_series_name(enum figure_series series);  /* "author": the column's name */
const char *figure_series_title(enum figure_series series); /* "Author" */
uint32_t figure_series_of(const struct figure_data *data, const struct figure_row *row, enum figure_series series);
/* The groups' series, most of the quantity over all x first, then by name; `*count` of them. The caller frees. */
uint32_t *groups_rank(struct figure_groups *groups, const struct figure_data *data, enum figure_quantity quantity,
                      uint32_t *count);
/* Makes the figure's order of the groups' series: most of the quantity first, then by name. */
void figure_order_by(struct figure *figure, const struct figure_data *data, struct figure_groups *groups,
                     enum figure_quantity quantity);
int64_t figure_quantity_of(enum figure_quantity quantity, const int64_t sums[MEASURE_COUNT]);

/* Calls for each row the specification speaks of; suppressed ones are counted, and noted. */
typedef void figure_row_taker(void *context, const struct figure_row *row);
void figure_each(const struct figure_spec *spec, struct figure_data *data, struct figure *figure,
                 figure_row_taker *take, void *context);
/* Says that nothing was found, and where it was looked for. */
void figure_nothing(const struct figure_spec *spec, const struct figure_data *data, struct figure *figure);
/* Notes the weeks (or months) between the first and the last of the figure's rows that have none. */
void figure_gaps(const struct figure_spec *spec, struct figure *figure);

figure_maker make_shares, make_model_counts, make_tool_share, make_means, make_category_means, make_lengths,
    make_tags_first, make_tags_next, make_sub_tags, make_retention, make_category_map, make_source_map, make_author_map,
    make_segments;

/* ---- the document ---- */

struct figure_writer {
    char *bytes; /* owned */
    size_t size, room;
    bool has_failed;
};
void write_raw(struct figure_writer *writer, const char *text);
void write_key(struct figure_writer *writer, const char *name); /* with a comma before it where one is needed */
void write_text(struct figure_writer *writer, struct span text);
void write_integer(struct figure_writer *writer, int64_t value);
void write_real(struct figure_writer *writer, double value); /* null if it is no number */
void write_date(struct figure_writer *writer, int64_t ms);
void write_figure(struct figure_writer *writer, const struct figure_data *data, const struct figure *figure);

void write_header(struct figure_writer *writer, struct figure_data *data, const struct latest *ledger,
                  struct ledger_read *read);
void write_scalars(struct figure_writer *writer, struct figure_data *data);
void write_ledger(struct figure_writer *writer, const struct figure_data *data, const struct latest *ledger,
                  struct ledger_read *read);
void write_notes(struct figure_writer *writer, struct figure_data *data);

#endif
