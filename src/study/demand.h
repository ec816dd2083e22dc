/*
 * The demand of the study's weeks, calibrated: topics follow the study's charts (S07, S20), spend on programming S21,
 * request lengths S17 and the platform's means, tool calls S13 and S14; tokens are those of the budget, to the last
 * one. Pure; equal options give an equal list on every machine.
 */
#ifndef GENTALLY_DEMAND_H
#define GENTALLY_DEMAND_H

#include "demand_list.h"

/* Fills an empty list, sorted by week; `scale` as for budget_open(). To be cleared once. HALT: NO-MEMORY, and the list
 * is empty. */
MUST_CHECK enum verdict demand_open(struct demand *demand, const struct budget *budget, int64_t scale,
                                    struct reason *why);

#endif
