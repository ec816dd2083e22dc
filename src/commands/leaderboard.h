/*
 * Totals printed as a leaderboard: a line for each name, with its share, in three formats. `summaries --by`, `top` and
 * `catalog missing` print with it.
 */
#ifndef GENTALLY_LEADERBOARD_H
#define GENTALLY_LEADERBOARD_H

#include "gentally/core/rollup.h"
#include "gentally/inspect/totals.h"

enum leaderboard_format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV, LEADERBOARD_FORMATS };
extern const char *const leaderboard_formats[LEADERBOARD_FORMATS];

/* The names a user may count by: tokens (prompt and completion), cost, and every enum measure by its name. */
#define LEADERBOARD_MEASURES (2 + MEASURE_COUNT)
void leaderboard_measures(const char *names[LEADERBOARD_MEASURES]);
/* The measure of a name, by its place among them, as totals_measure() takes it. */
uint32_t leaderboard_measure(uint32_t index);

struct leaderboard {
    const char *window;                  /* kind: the first column; NULL: the totals have no windows */
    const char *titles[ROLLUP_DIMS_MAX]; /* of the fields a name has */
    uint32_t title_count;
    const char *measure; /* name of the totals' measure of choice, which the shares are of */
    bool is_money;       /* it is in 10^-9 US dollars */
    uint32_t format;     /* enum leaderboard_format */
    int64_t limit;       /* lines for each window, at most */
    /* Takes a name apart into `title_count` fields, borrowed until the next call. NULL: the name is the only field. */
    void (*split)(void *context, struct span name, struct span fields[]);
    void *context;
    const struct totals *before; /* NULL, or sorted, of one window: what the shares have changed since */
};

/* Takes a name apart into its fields; those it does not have are absent spans. */
void leaderboard_split(const struct leaderboard *leaderboard, struct span name, struct span fields[ROLLUP_DIMS_MAX]);

/* Prints a text as a CSV field, always quoted, since names are somebody else's, and a comma. */
void leaderboard_quoted(struct span text);

#define LEADERBOARD_START_SIZE 32
/* Writes a window's start for people: the date, and the time where windows are shorter than a day. */
void leaderboard_start(const char *window, int64_t start_ms, char text[LEADERBOARD_START_SIZE]);

/* Prints totals, sorted by their measure of choice, to standard output. HALT: NO-MEMORY, OUTPUT-FAILED. */
MUST_CHECK enum verdict leaderboard_print(const struct leaderboard *leaderboard, const struct totals *totals,
                                          struct reason *why);

#endif
