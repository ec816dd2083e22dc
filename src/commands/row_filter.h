/* Which rows a person asks for, by their columns: `--where COLUMN=VALUE`, and `--by COLUMN,COLUMN`. */
#ifndef GENTALLY_ROW_FILTER_H
#define GENTALLY_ROW_FILTER_H

#include "gentally/config/config_load.h"
#include "gentally/core/summary.h"

#define ROW_FILTER_TERMS 6

/* Rows of `--where`, for an option table: the first has the help, the others let it be given again. */
#define ROW_FILTER_OPTION(at)                                                                                          \
    [at] = {"where", "COLUMN=VALUE", "only such rows; again: another column as well, or another value of it", NULL},   \
    [(at) + 1] = {"where", "COLUMN=VALUE", NULL, NULL}, [(at) + 2] = {"where", "COLUMN=VALUE", NULL, NULL},            \
    [(at) + 3] = {"where", "COLUMN=VALUE", NULL, NULL}, [(at) + 4] = {"where", "COLUMN=VALUE", NULL, NULL},            \
    [(at) + 5] = {"where", "COLUMN=VALUE", NULL, NULL}

struct row_filter {
    uint32_t count;
    struct row_filter_term {
        enum column column;
        struct span value; /* of the command line; empty: rows without such a value */
    } terms[ROW_FILTER_TERMS];
};

/* Reads the ROW_FILTER_TERMS rows of options at `options`; `columns` are those that rows have, bits by enum column.
 * HALT: CONFIG-VALUE: no such column (with those of `rollup`), or no '='. */
MUST_CHECK enum verdict row_filter_read(struct row_filter *filter, const struct command_option options[],
                                        uint32_t columns, const char *rollup, struct reason *why);

/* Whether a row is asked for: each column that is named has one of the values named for it. */
bool row_filter_takes(const struct row_filter *filter, const struct span columns[COLUMN_COUNT]);

/* Reads an option of up to `max` columns, "author,category". `*count` is 0 if it was not given. HALT: CONFIG-VALUE. */
MUST_CHECK enum verdict row_columns_read(const struct command_option *option, uint32_t columns, const char *rollup,
                                         enum column by[], uint32_t max, uint32_t *count, struct reason *why);

#endif
