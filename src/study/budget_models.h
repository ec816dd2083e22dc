/*
 * The models of the study's time, as the catalog knows them, with what each is like to use and, once budget_fit.c has
 * run, its tokens in each week. For the calibrated workload.
 */
#ifndef GENTALLY_BUDGET_MODELS_H
#define GENTALLY_BUDGET_MODELS_H

#include "series.h"

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

/* Reads the models into a new budget, without tokens. `catalog` stays borrowed. To be closed once, whatever the
 * verdict. HALT: NO-MEMORY; WORKLOAD-NO-MODELS if none is of the study's time. */
MUST_CHECK enum verdict budget_models_read(struct budget *budget, const struct catalog *catalog, struct reason *why);

/* Frees the models; the budget is empty afterwards. */
void budget_close(struct budget *budget);

#endif
