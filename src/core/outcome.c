/* The names of outcomes, as schemas/ledger.avsc has them. */
#include "gentally/core/outcome.h"

#include <assert.h>

static const char *const outcome_names[OUTCOME_COUNT] = {"counted",  "duplicate",     "filtered",
                                                         "too_late", "dead_lettered", "conflicting"};

const char *outcome_name(enum outcome outcome)
{
    assert(outcome < OUTCOME_COUNT);
    return outcome_names[outcome];
}
