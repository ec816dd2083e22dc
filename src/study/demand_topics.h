/* One week of demand, by model and topic. */
#ifndef GENTALLY_DEMAND_TOPICS_H
#define GENTALLY_DEMAND_TOPICS_H

#include "demand_list.h"

/* Adds the items of a week in which the classifier was used (SERIES_CATEGORY_WEEK or later). HALT: NO-MEMORY. */
MUST_CHECK enum verdict demand_topics_add(struct demand *demand, const struct budget *budget, uint32_t week,
                                          struct reason *why);

#endif
