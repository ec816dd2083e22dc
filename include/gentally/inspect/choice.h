/*
 * Choices: what a person may ask for by name. A choice is a sum of rows, a quotient of sums (a price, a mean, a share),
 * or a quantile of a histogram. Sums of rows add up; quotients and quantiles are made of what was added up, never of
 * each other. Pure.
 */
#ifndef GENTALLY_CHOICE_H
#define GENTALLY_CHOICE_H

#include "gentally/core/cell.h"

enum choice_kind { CHOICE_SUM, CHOICE_QUOTIENT, CHOICE_QUANTILE };
enum choice_unit { UNIT_COUNT, UNIT_NANO_USD, UNIT_SHARE, UNIT_MEAN, UNIT_USD_PER_MTOK };

/*
 * By name: "tokens" (prompt and completion), "cost", each enum measure; the quotients
 *   usd_per_mtok     dollars for a million tokens, without bring-your-own-key, as in the report (unknown ones left out)
 *   mean_prompt, mean_completion, mean_tokens   of a request whose tokens are known
 *   cache_hit_share  of the prompts' tokens; tool_share, failed_share: of the requests
 * and the quantiles as summaries name them, "latency_ms_p50". "tokens" is the first.
 */
#define CHOICE_QUOTIENTS 7
#define CHOICE_COUNT (2 + MEASURE_COUNT + CHOICE_QUOTIENTS + (int)HISTOGRAM_COUNT * (int)QUANTILE_COUNT)
#define CHOICE_PARTS 4 /* sums that a choice is made of, at most */

struct choice {
    char name[QUANTILE_NAME_MAX];
    enum choice_kind kind;
    enum choice_unit unit;
    uint8_t parts[CHOICE_PARTS];
    enum histogram histogram; /* of a quantile */
    enum quantile quantile;
};

/* The choice at a place among all, 0..CHOICE_COUNT - 1. */
struct choice choice_at(uint32_t index);

/* The sums of a row that a choice is made of; the sum itself is the first. They add up by sum_told(). */
void choice_parts(const struct choice *choice, const int64_t sums[MEASURE_COUNT], int64_t parts[CHOICE_PARTS]);

/* A quotient of parts that were added up; NaN where there is nothing to divide by, or a part is known as "at least". */
double choice_quotient(const struct choice *choice, const int64_t parts[CHOICE_PARTS]);

#endif
