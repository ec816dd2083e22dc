/* Each quantity is a sum of the row or a difference of sums, as integers; only quotients are doubles. */
#include "quantity.h"

#include <assert.h>
#include <math.h>

#include "rows.h"

int64_t quantity_of(enum quantity quantity, const int64_t sums[MEASURE_COUNT])
{
    switch (quantity) {
    case QUANTITY_TOKENS:
        return row_tokens(sums);
    case QUANTITY_PAID_TOKENS:
        return row_tokens(sums) - sums[M_FREE_TOKENS];
    case QUANTITY_TOOL_TOKENS:
        return sums[M_TOOL_TOKENS];
    case QUANTITY_SPEND:
        return sums[M_COST_NANO_USD];
    case QUANTITY_PROMPT:
        return sums[M_TOKENS_PROMPT];
    case QUANTITY_COMPLETION:
        return sums[M_TOKENS_COMPLETION];
    case QUANTITY_REQUESTS:
        return sums[M_REQUESTS];
    case QUANTITY_BILLED_TOKENS:
        return sums[M_BILLED_TOKENS];
    case QUANTITY_COUNT:
        break;
    }
    assert(false);
    return 0;
}

double quantity_share(int64_t part, int64_t whole)
{
    return whole == 0 ? (double)NAN : (double)part / (double)whole;
}

int64_t quantity_requests(const int64_t sums[MEASURE_COUNT])
{
    return sums[M_REQUESTS] - sums[M_TOKENS_UNKNOWN];
}

/* 10^-9 dollars by tokens are 10^-3 dollars by a million of them. Where all is known the last factor is 1. */
double quantity_price(const int64_t sums[MEASURE_COUNT])
{
    int64_t tokens = sums[M_BILLED_TOKENS], priced = sums[M_REQUESTS] - sums[M_COST_UNKNOWN];

    if (tokens == 0 || priced == 0)
        return (double)NAN;
    return (double)sums[M_BILLED_COST_NANO_USD] / ((double)tokens * 1000.0) *
           quantity_share(quantity_requests(sums), priced);
}
