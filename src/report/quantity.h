/* Quantities: what a figure measures, each a number made of a row's sums; and the quotients figures show. Pure. */
#ifndef GENTALLY_QUANTITY_H
#define GENTALLY_QUANTITY_H

#include "gentally/core/measure.h"

enum quantity {
    QUANTITY_TOKENS,
    QUANTITY_PAID_TOKENS, /* without free ones */
    QUANTITY_TOOL_TOKENS, /* of requests that ended with a tool call */
    QUANTITY_SPEND,       /* 10^-9 dollars */
    QUANTITY_PROMPT,
    QUANTITY_COMPLETION,
    QUANTITY_REQUESTS,
    QUANTITY_BILLED_TOKENS, /* without bring-your-own-key */
    QUANTITY_COUNT
};

int64_t quantity_of(enum quantity quantity, const int64_t sums[MEASURE_COUNT]);

/* part / whole; NaN if `whole` is 0. */
double quantity_share(int64_t part, int64_t whole);

/* The requests whose tokens are known: what an average of tokens is over. */
int64_t quantity_requests(const int64_t sums[MEASURE_COUNT]);

/* Dollars for a million tokens that are billed: the mean cost of the requests whose cost is known by the mean tokens of
 * those whose tokens are. NaN if there are none. */
double quantity_price(const int64_t sums[MEASURE_COUNT]);

#endif
