/* The lease of closing, as the closer holds it in its long turns; the worker renews it in the store. */
#ifndef GENTALLY_CLOSER_HOLD_H
#define GENTALLY_CLOSER_HOLD_H

#include "gentally/base/verdict.h"

#define CLOSER_HOLD_MS 10000   /* for the store's answers */
#define CLOSER_COMMIT_MS 30000 /* for Kafka's */

/* Before each window, before a commit, and before windows end, a closer holds the lease for `ms` more. GO_ON;
 * TRY_LATER: the store does not answer; STEP_DOWN: SINK-FENCED, another worker has the lease. */
struct closer_hold {
    enum verdict (*hold)(void *context, int64_t ms, struct reason *why);
    void *context; /* borrowed */
};

/* Holds the lease; GO_ON at once where nobody else could close. */
MUST_CHECK static inline enum verdict closer_hold_for(const struct closer_hold *hold, int64_t ms, struct reason *why)
{
    return hold->hold == NULL ? GO_ON : hold->hold(hold->context, ms, why);
}

#endif
