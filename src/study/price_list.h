/*
 * The price list a customer chooses from on a given day: every model that the catalog knows and that was out by then,
 * with weights such that the *tokens* of closed and open models stand as the study has them, and what each is like to
 * use. For the demo's workload.
 */
#ifndef GENTALLY_PRICE_LIST_H
#define GENTALLY_PRICE_LIST_H

#include "gentally/core/event.h"
#include "random.h"
#include "study.h"

struct listing {
    char slug[EVENT_TEXT_MAX + 1]; /* :variant included */
    size_t slug_size;
    enum model_source source;
    uint32_t weight;             /* of its source's tokens, per 10,000; 0: by age */
    int64_t from_day, until_day; /* days since 1970-01-01, half-open */
    int64_t prompt, completion;  /* mean tokens of a request */
    uint32_t reasoning, cached;  /* of completion, of prompt; per mille */
    uint32_t tool_calls;         /* of requests, per mille */
    int64_t prompt_pico_usd;     /* 10^-12 US dollars a token, on the day it is drawn for; 0 if it is free */
    int64_t completion_pico_usd;
    bool is_free, is_promotion;      /* at any price of the catalog; for its launch */
    uint32_t mix;                    /* what it is used for: study_mix() */
    uint32_t speed;                  /* mean tokens a second */
    const struct study_house *house; /* NULL: hosts only */
    uint32_t host_first;             /* of study_hosts[]: its favourite */
};

struct price_list;

/* Lists the models; to be closed once, before `catalog`. HALT: NO-MEMORY; WORKLOAD-NO-MODELS if the catalog has none.
 */
MUST_CHECK enum verdict price_list_open(struct price_list **prices, const struct catalog *catalog, struct reason *why);
void price_list_close(struct price_list *prices);

/* Draws a model for a request on `day` (days since 1970-01-01). O(1) as long as the days asked for are two neighbours.
 * Borrowed until a draw for a day that is not next to it. */
const struct listing *price_list_draw(struct price_list *prices, int64_t day, struct random_stream *stream);

/* Sets what listing_provider() looks at, and the speed, from the names of a model. */
void listing_set_hosts(struct listing *listing, struct span slug, struct span author, enum model_source source);

/* Draws who serves a request for a model: its author's own service, or a host. A static string. */
const char *listing_provider(const struct listing *listing, struct random_stream *stream);

#endif
