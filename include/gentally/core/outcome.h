/* Outcomes: what became of a record. Every record that is read has exactly one, and the ledger counts them. */
#ifndef GENTALLY_OUTCOME_H
#define GENTALLY_OUTCOME_H

#include "gentally/base/base.h"

/* Counts by outcome are cumulative per partition, from its first offset on; their sum is what was consumed. */
enum outcome {
    OUTCOME_COUNTED,
    OUTCOME_DUPLICATE,     /* its id had been counted, with the same content */
    OUTCOME_FILTERED,      /* its event is left out, and nothing was to be taken back for that: see leave_out.h */
    OUTCOME_TOO_LATE,      /* every window it belongs to was over */
    OUTCOME_DEAD_LETTERED, /* it could not be read or counted, and went to the dead letters */
    OUTCOME_CONFLICTING,   /* its id had been counted with other content: a dead letter too */
    OUTCOME_COUNT
};

/* The name of an outcome in the ledger: "counted", "too_late", ... */
const char *outcome_name(enum outcome outcome);

#endif
