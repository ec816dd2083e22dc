/*
 * What a model of the study is used for, and how: topics, lengths, completions, prices. First guesses, which
 * demand_topics.c and demand_costs.c fit to the charts. Pure; nothing can fail. `week` is 0..SERIES_WEEKS - 1.
 */
#ifndef GENTALLY_DEMAND_USAGE_H
#define GENTALLY_DEMAND_USAGE_H

#include "budget_models.h"

/* Token shares of the topics on a model in a week, the last for what nobody could classify; their sum is 1. */
void usage_of(const struct budget_model *model, uint32_t week, double shares[TOPIC_COUNT]);

/* The completion's part of a topic's tokens on a model. `topic`: enum study_topic, or TOPIC_COUNT for all of them. */
double usage_completion(const struct budget_model *model, uint32_t topic, uint32_t week);

/* Tokens of the platform's mean request in a week: 1.9K at the study's beginning, 6.5K at its end. */
double usage_length(uint32_t week);

/* The length of a model's requests beside other models' for the same topic, as a factor. */
double usage_length_factor(const struct budget_model *model);

/* List price of a token in nano-USD, with the cache's discount; 0 if the model is free. `completion`: its part. */
double usage_price(const struct budget_model *model, double completion);

#endif
