/* What the items of a demand cost. */
#ifndef GENTALLY_DEMAND_COSTS_H
#define GENTALLY_DEMAND_COSTS_H

#include "demand_list.h"

/* Sets the costs of all items, so that spend on programming is shared as in S21 and S38's models have its prices. */
void demand_costs_set(const struct demand *demand, const struct budget *budget);

#endif
