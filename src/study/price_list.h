/*
 * What a customer can choose from on a given day: every model the catalog knows and that was out by then, with weights
 * such that the *tokens* of closed and open models stand as the study has them, and what each is like to use. For the
 * generator.
 */
#ifndef GENTALLY_PRICE_LIST_H
#define GENTALLY_PRICE_LIST_H

#include "gentally/core/event.h"
#include "random.h"
#include "study.h"

struct offer {
    char slug[EVENT_TEXT_MAX + 1]; /* :variant included */
    size_t slug_size;
    enum model_source source;
    uint32_t weight;             /* of its source's tokens, per 10,000; 0: by age */
    int64_t from_day, until_day; /* days since 1970-01-01, half-open */
    int64_t prompt, completion;  /* mean tokens of a request */
    uint32_t reasoning, cached;  /* of completion, of prompt; per mille */
    uint32_t tool_calls;         /* of requests, per mille */
    int64_t prompt_pico_usd;     /* 10^-12 US dollars a token; 0 for free variants and promotions */
    int64_t completion_pico_usd;
    bool is_promotion;               /* free for its launch */
    uint32_t mix;                    /* what it is used for: study_mix() */
    uint32_t speed;                  /* mean tokens a second */
    const struct study_house *house; /* NULL: hosts only */
    uint32_t host_first;             /* of study_hosts[]: its favourite */
};

struct offers;

/* Texts are copied: `catalog` is only read here. HALT: NO-MEMORY; WORKLOAD-NO-MODELS if the catalog has none. */
MUST_CHECK enum verdict offers_open(struct offers **offers, const struct catalog *catalog, struct reason *why);
void offers_close(struct offers *offers);

/* A model for a request on `day` (days since 1970-01-01). O(1) as long as the days asked for are two neighbours.
 * Borrowed until close. */
const struct offer *offers_draw(struct offers *offers, int64_t day, struct draw *draw);

/* Who serves a request for the offer: its author's own service, or a host. Static. */
const char *offer_provider(const struct offer *offer, struct draw *draw);

#endif
