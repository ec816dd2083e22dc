/*
 * Who gets how many tokens in which of the study's 57 weeks: every model the catalog knows, fitted so that the weekly
 * shares of sources (S01) and reasoning models (S11), the counts of open models by size (S06), the totals of open
 * authors (S03) and those of the study's example models (S38) hold together. For the calibrated workload. Pure: only
 * + - * / on doubles, so equal options give equal numbers on every machine.
 */
#ifndef GENTALLY_BUDGET_H
#define GENTALLY_BUDGET_H

#include "budget_models.h"

/* Plans at `scale` of real volume, in 10^-9 (1000 = a millionth). `catalog` stays borrowed. budget_close() frees the
 * budget; a failure leaves an empty one. HALT: NO-MEMORY, WORKLOAD-NO-MODELS. */
MUST_CHECK enum verdict budget_open(struct budget *budget, int64_t scale, const struct catalog *catalog,
                                    struct reason *why);

#endif
