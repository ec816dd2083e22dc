/*
 * The calibrated workload as a list of portions: so many requests with so many tokens and such a cost, of one model for
 * one topic within one week. Topics follow the study's charts (S07, S20), spend on programming S21, request lengths S17
 * and the platform's means, tool calls S13 and S14; tokens are those of the budget, to the last one. Pure; equal
 * options give equal portions on every machine.
 */
#ifndef GENTALLY_DEMAND_H
#define GENTALLY_DEMAND_H

#include "budget.h"

#define DEMAND_NO_TOPIC TOPIC_COUNT /* before the classifier was used */

struct demand_item {
    uint16_t model;            /* of the budget */
    uint8_t week;              /* 0..56 */
    uint8_t topic;             /* enum study_topic, or PORTION_NO_TOPIC */
    bool is_tool;              /* requests that end in a tool call */
    uint16_t completion;       /* of the tokens, per 10,000 */
    int64_t from_ms, until_ms; /* half-open: when its requests can be */
    int64_t requests, tokens, cost_nano_usd;
};

struct demand {
    size_t count, room;
    struct demand_item *items; /* by week */
};

/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict demand_open(struct demand *demand, const struct budget *budget, int64_t scale,
                                    struct reason *why);
void demand_close(struct demand *demand);

#endif
