/*
 * Demand as a list of items: so many requests with so many tokens and such a cost, of one model for one topic within
 * one week of the study. Plain data; demand.h fills the list, requests.h cuts items into single requests.
 */
#ifndef GENTALLY_DEMAND_LIST_H
#define GENTALLY_DEMAND_LIST_H

#include "budget_models.h"

#define DEMAND_NO_TOPIC TOPIC_COUNT /* before the classifier was used */

struct demand_item {
    uint16_t model;            /* index of the budget's models */
    uint8_t week;              /* 0..SERIES_WEEKS - 1 */
    uint8_t topic;             /* enum study_topic, or DEMAND_NO_TOPIC */
    bool is_tool;              /* requests that end in a tool call */
    uint16_t completion;       /* of the tokens, per 10,000 */
    int64_t from_ms, until_ms; /* half-open: when its requests can be */
    int64_t requests, tokens, cost_nano_usd;
};

struct demand {
    size_t count, room;
    struct demand_item *items;
};

/* Adds an item of whole tokens, without its completion part and its time: they follow from the model and the week (the
 * part of it in which the model is on offer). HALT: NO-MEMORY. */
MUST_CHECK enum verdict demand_add(struct demand *demand, const struct budget *budget, struct demand_item item,
                                   struct reason *why);

/* Frees the items; the list is empty afterwards. */
void demand_clear(struct demand *demand);

#endif
