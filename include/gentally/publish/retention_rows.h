/*
 * The retention rows of one month: the shards' counts added up, in a fixed order, and the texts a summary has of them.
 */
#ifndef GENTALLY_RETENTION_ROWS_H
#define GENTALLY_RETENTION_ROWS_H

#include "gentally/core/summary.h"

struct retention_rows;
struct store;

/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict retention_rows_open(struct retention_rows **retained, struct reason *why);
void retention_rows_close(struct retention_rows *retained);

/* Reads a month anew; `*revision` as of store_retained(), whose verdicts these are; HALT: NO-MEMORY too. */
MUST_CHECK enum verdict retention_rows_read(struct retention_rows *retained, struct store *store, uint32_t month,
                                            int64_t *revision, struct reason *why);

struct retention_row {
    struct span model; /* borrowed until the next reading */
    uint32_t cohort;   /* <= the month */
    int64_t accounts;  /* 0: there were some, and they are of an older cohort now */
};

/* By model, then cohort. */
int retention_row_compare(const struct retention_row *left, const struct retention_row *right);
uint32_t retention_rows_count(const struct retention_rows *retained);
const struct retention_row *retention_rows_at(const struct retention_rows *retained, uint32_t index);

#endif
