/*
 * Admission: which rows of a rollup stand by themselves in a window of one partition, and which are added to one row
 * that is named DIMENSION_OTHER in every dimension.
 *
 * The first `limit` distinct rows in the order of the log are admitted. Once a row was not, nobody new is, also under a
 * higher limit: or what was added to the row of others could not be taken back from where it went. So what happens to a
 * row follows from the partition's log alone, wherever flushes ended, and a replay decides alike. Pure.
 */
#ifndef GENTALLY_ADMISSION_H
#define GENTALLY_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

/* The rows of one rollup in one window. */
struct admission {
    int64_t rows;   /* that stand by themselves; they never go away again */
    bool is_closed; /* there is a row of others */
    int64_t limit;  /* the option `rows_max`, >= 1 */
};

/* Asks for a place for a row that is not there, in the order in which the log has them. True: it stands by itself from
 * now on. False: what is of it belongs to the row of others, and there is one from now on. */
bool admission_admits(struct admission *admission);

/* True if these rows are so many that an operator should know: 80 % of the limit. */
bool admission_is_nearly_full(const struct admission *admission);

#endif
