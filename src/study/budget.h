/*
 * Who gets how many tokens in which of the study's 57 weeks: every model the catalog knows, fitted so that the weekly
 * shares of sources (S01) and reasoning models (S11), the counts of open models by size (S06), the totals of open
 * authors (S03) and those of the study's example models (S38) hold together. For the calibrated workload. Pure: only
 * + - * / on doubles, so equal options give equal numbers on every machine.
 */
#ifndef GENTALLY_BUDGET_H
#define GENTALLY_BUDGET_H

#include "series.h"

#define BUDGET_VOLUME 1310 /* real tokens of a week are study_week() times this, in 10^6: S01 and S03 agree then */

struct budget_model {
    struct span slug, author; /* borrowed from the catalog */
    enum model_source source;
    enum model_size size;
    bool is_reasoning;
    bool is_free;                      /* whenever it is used: a promotion, or a model without a price */
    bool is_free_variant;              /* and is called by its :free variant */
    int64_t first_day, until_day;      /* days since 1970-01-01, half-open */
    double prompt_usd, completion_usd; /* list price, USD per million tokens */
    double price_usd;                  /* S38's effective price per million tokens; 0: not one of its models */
    double length;                     /* tokens of a typical request, at the study's end */
    double completion;                 /* of it, the part that is completion */
    uint32_t reasoning, cached;        /* of completion, of prompt; per mille */
    int32_t tool_column;               /* of series_tools(); -1 = none */
    int8_t author_column;              /* of series_spend(); the last column for anyone else */
    bool is_coding;                    /* made for programmers */
    int64_t tokens[SERIES_WEEKS];
};

struct budget {
    uint32_t count;
    struct budget_model *models; /* in the catalog's order */
};

/* `scale` of real volume, in 10^-9 (1000 = a millionth). `catalog` stays borrowed. HALT: NO-MEMORY,
 * WORKLOAD-NO-MODELS. */
MUST_CHECK enum verdict budget_open(struct budget *budget, int64_t scale, const struct catalog *catalog,
                                    struct reason *why);
void budget_close(struct budget *budget);

/* Tokens of the whole week, scaled. */
double budget_volume(uint32_t week, int64_t scale);

/* S14's ten models: tokens of tool calls, as a part of all tokens, in month 0..10 (January to November 2025); per
 * mille of a percent point, 100000 = all. And how much of other models' tokens are tool calls. */
double budget_tool_level(uint32_t month);
double budget_tool_others(uint32_t month);

#endif
