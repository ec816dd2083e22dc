/*
 * Totals printed as a leaderboard: a line for each name, with its share, in three formats. `summaries --by`, `top` and
 * `catalog missing` print with it.
 */
#ifndef GENTALLY_LEADERBOARD_H
#define GENTALLY_LEADERBOARD_H

#include <stdio.h>

#include "gentally/config/config_load.h"
#include "gentally/core/rollup.h"
#include "gentally/inspect/totals.h"

enum leaderboard_format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV, LEADERBOARD_FORMATS };
extern const char *const leaderboard_formats[LEADERBOARD_FORMATS];

/* Reads the choice that `option` names. HALT: CONFIG-VALUE, with what there is; `more` is another name that is allowed,
 * for which `*is_more` is set, or NULL. Without a value the choice stays. */
MUST_CHECK enum verdict leaderboard_choose(const struct command_option *option, const char *more, struct choice *choice,
                                           bool *is_more, struct reason *why);

struct leaderboard {
    const char *window;                  /* kind: the first column; NULL: the totals have no windows */
    const char *titles[ROLLUP_DIMS_MAX]; /* of the fields a name has */
    uint32_t title_count;
    const struct choice *choice; /* of the totals; shares are of it if it is a sum, else of tokens */
    uint32_t format;             /* enum leaderboard_format */
    FILE *file;                  /* where it is printed */
    bool is_array;               /* JSON is one array, instead of an object a line */
    int64_t limit;               /* lines for each window, at most */
    /* Takes a name apart into `title_count` fields, borrowed until the next call. NULL: the name is the only field. */
    void (*split)(void *context, struct span name, struct span fields[]);
    void *context;
    const struct totals *before; /* NULL, or sorted, of one window: what the shares have changed since */
};

/* Takes a name apart into its fields; those it does not have are absent spans. */
void leaderboard_split(const struct leaderboard *leaderboard, struct span name, struct span fields[ROLLUP_DIMS_MAX]);

/* Prints a text as a CSV field, always quoted, since names are somebody else's, and a comma. */
void leaderboard_quoted(FILE *file, struct span text);

#define LEADERBOARD_START_SIZE 32
/* Writes a window's start for people: the date, and the time where windows are shorter than a day. */
void leaderboard_start(const char *window, int64_t start_ms, char text[LEADERBOARD_START_SIZE]);

/* The title of a column of starts: "week (UTC)" of "week". */
const char *leaderboard_window_title(const char *window);

/* Prints totals, sorted by their measure of choice. HALT: NO-MEMORY, OUTPUT-FAILED. */
MUST_CHECK enum verdict leaderboard_print(const struct leaderboard *leaderboard, const struct totals *totals,
                                          struct reason *why);

#endif
