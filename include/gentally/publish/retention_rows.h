/*
 * The retention rows of one month: the shards' counts added up, in a fixed order, and the texts a summary has of them.
 */
#ifndef GENTALLY_RETENTION_ROWS_H
#define GENTALLY_RETENTION_ROWS_H

#include "gentally/redis/store_retention.h"
#include "gentally/core/summary.h"

struct retained;

/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict retained_open(struct retained **retained, struct reason *why);
void retained_close(struct retained *retained);

/* Reads a month anew; `*revision` as of store_retained(), whose verdicts these are; HALT: NO-MEMORY too. */
MUST_CHECK enum verdict retained_read(struct retained *retained, struct store *store, uint32_t month, int64_t *revision,
                                      struct reason *why);

struct retained_row {
    struct span model; /* borrowed until the next reading */
    uint32_t cohort;   /* <= the month */
    int64_t accounts;  /* 0: there were some, and they are of an older cohort now */
};

/* By model, then cohort. */
int retained_row_compare(const struct retained_row *left, const struct retained_row *right);
uint32_t retained_count(const struct retained *retained);
const struct retained_row *retained_at(const struct retained *retained, uint32_t index);

#endif
