/* The ends a record can have: each record that is read comes to one of them, and the ledger counts which. */
#ifndef GENTALLY_OUTCOME_H
#define GENTALLY_OUTCOME_H

#include "gentally/base/base.h"

/* Counts by outcome are cumulative per partition since its first offset; consumed = the sum of all. */
enum outcome {
    OUTCOME_COUNTED,
    OUTCOME_DUPLICATE,
    OUTCOME_FILTERED,
    OUTCOME_TOO_LATE,
    OUTCOME_DEAD_LETTERED,
    OUTCOME_COUNT
};
const char *outcome_name(enum outcome outcome); /* "counted", "too_late", ... */

#endif
