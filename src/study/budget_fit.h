/* How the models of a budget get their tokens; see budget.h. */
#ifndef GENTALLY_BUDGET_FIT_H
#define GENTALLY_BUDGET_FIT_H

#include "budget.h"

/* Fills `tokens` of every model. `top_part`: of open tokens, what the fifteen of S04 have. HALT: NO-MEMORY. */
MUST_CHECK enum verdict budget_fit(struct budget *budget, int64_t scale, double top_part, struct reason *why);

#endif
