/* The fit of a budget: how its models get their tokens. */
#ifndef GENTALLY_BUDGET_FIT_H
#define GENTALLY_BUDGET_FIT_H

#include "budget_models.h"

/* Fills `tokens` of every model, at `scale` of real volume, in 10^-9. HALT: NO-MEMORY. */
MUST_CHECK enum verdict budget_fit(struct budget *budget, int64_t scale, struct reason *why);

#endif
