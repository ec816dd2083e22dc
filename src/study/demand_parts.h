/* The rooms that portions.c is made of: a week's topics, what topics a model is used for, costs, tool calls. */
#ifndef GENTALLY_DEMAND_PARTS_H
#define GENTALLY_DEMAND_PARTS_H

#include "demand.h"

/* What a model is used for in a week: token shares of the topics, the last for what nobody could classify; sum 1. */
void usage_of(const struct budget_model *model, uint32_t week, double shares[TOPIC_COUNT]);
/* Of a topic's tokens on a model, the part that is completion. */
double usage_completion(const struct budget_model *model, uint32_t topic, uint32_t week);
/* Tokens of the platform's mean request in a week: 1.9K at the study's beginning, 6.5K at its end. */
double usage_length(uint32_t week);
/* How long a model's requests are beside others for the same topic. */
double usage_manner(const struct budget_model *model);
/* List price of a token, nano-USD, with the cache's discount; 0 if it is free. */
double usage_price(const struct budget_model *model, double completion);

/* Adds a portion of whole tokens without a cost, over the part of the week in which its model is on offer. */
MUST_CHECK enum verdict demand_add(struct demand *demand, const struct budget *budget, struct demand_item item,
                                   struct reason *why);

/* A week in which the classifier was used. HALT: NO-MEMORY. */
MUST_CHECK enum verdict demand_topics_add(struct demand *demand, const struct budget *budget, uint32_t week,
                                          struct reason *why);

/* Costs of all portions. */
void demand_costs_set(struct demand *demand, const struct budget *budget);

/* Turns parts of portions into tool calls. HALT: NO-MEMORY. */
MUST_CHECK enum verdict demand_split_tool_calls(struct demand *demand, const struct budget *budget, int64_t scale,
                                                struct reason *why);

#endif
