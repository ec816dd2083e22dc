/*
 * The retention rows of one month: how many accounts of each cohort used each model in it. The counts of all shards are
 * added up, and the rows come in a fixed order. Keeps its memory from month to month.
 */
#ifndef GENTALLY_RETENTION_ROWS_H
#define GENTALLY_RETENTION_ROWS_H

#include "gentally/core/event.h"
#include "gentally/redis/store_retention.h"

struct retention_rows;

/* Opens rows without a month. HALT: NO-MEMORY. */
MUST_CHECK enum verdict retention_rows_open(struct retention_rows **rows, struct reason *why);
void retention_rows_close(struct retention_rows *rows);

/* Reads a month (< MONTHS_MAX) in place of the last one; `*revision` is the month's in the store. Blocks for a round
 * trip a shard. Verdicts of store_retained(); HALT: NO-MEMORY; STORE-RETENTION-DAMAGED: rows and revision disagree. */
MUST_CHECK enum verdict retention_rows_read(struct retention_rows *rows, struct store *store, uint32_t month,
                                            int64_t *revision, struct reason *why);

struct retention_row {
    struct span model; /* at most EVENT_TEXT_MAX bytes, borrowed until the next retention_rows_read() */
    uint32_t cohort;   /* the month in which the accounts were active first; <= the month that was read */
    int64_t accounts;  /* 0: there were some, and they are of an older cohort now */
};

/* Orders rows by model, then cohort. */
int retention_row_compare(const struct retention_row *left, const struct retention_row *right);

/* The number of rows, and the row at `index` (below it), in that order. Borrowed until the next reading. */
uint32_t retention_rows_count(const struct retention_rows *rows);
const struct retention_row *retention_rows_at(const struct retention_rows *rows, uint32_t index);

#endif
