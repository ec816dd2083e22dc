/*
 * Tables of the traffic in the study "State of AI: An Empirical 100 Trillion Token Study with OpenRouter" (December
 * 2025): what both profiles of `generate` draw from. Static memory; nothing can fail. Where the study gives no number
 * the table's comment says so.
 */
#ifndef GENTALLY_STUDY_H
#define GENTALLY_STUDY_H

#include "gentally/core/catalog.h"

#define STUDY_FIRST_DAY INT64_C(20024) /* Monday 2024-10-28, days since 1970-01-01 */

/* One ISO week: volume in 10^9 tokens, and the open models' shares of it in per mille; closed models have the rest. */
struct study_week {
    uint16_t billion_tokens;
    uint16_t open_cn, open_row;
};
/* The week that holds `day` (days since 1970-01-01); beyond the study's 57 weeks the first or the last. */
const struct study_week *study_week(int64_t day);

/* Relative volume of an hour of the week, Monday 00:00 UTC first (0..167). The study has no such curve. */
uint32_t study_hour(uint32_t hour_of_week);

enum study_topic {
    TOPIC_PROGRAMMING,
    TOPIC_TECHNOLOGY,
    TOPIC_SCIENCE,
    TOPIC_ROLEPLAY,
    TOPIC_TRANSLATION,
    TOPIC_LEGAL,
    TOPIC_FINANCE,
    TOPIC_ACADEMIA,
    TOPIC_HEALTH,
    TOPIC_MARKETING,
    TOPIC_TRIVIA,
    TOPIC_OTHER,
    TOPIC_COUNT
};
const char *study_topic_category(enum study_topic topic); /* its category in the taxonomy */
/* How long a topic's prompts are beside the model's others, per mille. */
uint32_t study_topic_length(enum study_topic topic);
/* Weight of a tag among a topic's labels; 0 if the study names it under another topic, or not at all. */
uint32_t study_topic_tag(enum study_topic topic, struct span tag);

/* What a kind of model is used for: token shares of the topics, summing to about 1250 (a fifth is TOPIC_OTHER). */
struct study_mix {
    const char *author; /* NULL: not an author's own */
    uint16_t topics[TOPIC_COUNT];
};
enum { MIX_CODING, MIX_CHAT, MIX_OPEN_CN, MIX_OPEN_ROW, MIX_OTHER, MIX_AUTHORS };
uint32_t study_mix_count(void);
const struct study_mix *study_mix(uint32_t index);
/* The mix of an author, or the one for models of this source. */
uint32_t study_mix_of(struct span author, enum model_source source);

/* A model that mattered at the study's end. */
struct study_model {
    const char *slug;
    uint16_t weight; /* of its source's tokens, per 10,000 */
    uint32_t prompt, completion;
    uint16_t reasoning, cached; /* of completion, of prompt; per mille */
    uint16_t tool_calls;        /* of its requests, per mille */
    int8_t mix;                 /* -1 = its author's */
    uint32_t from, until;       /* dates as 20251023; 0 = as the catalog has it, and no end */
    bool is_promotion;          /* free for its launch */
};
/* NULL beyond the last. */
const struct study_model *study_model(uint32_t index);

/* A country, or a language: code and share of tokens, per 10,000. */
struct study_share {
    const char *code;
    uint16_t share;
};
extern const struct study_share study_countries[];
extern const uint32_t study_country_count;
extern const struct study_share study_languages[]; /* of traffic that does not speak its country's language */
extern const uint32_t study_language_count;

/* How much of a country's traffic speaks its own language, per mille: the study's language shares need it to be so. */
struct study_tongue {
    const char *country, *language;
    uint16_t share;
};
/* NULL if there is none. */
const struct study_tongue *study_tongue(const char *country);

/* The services that sell an author's models. Names as providers write them. */
struct study_house {
    const char *author, *own, *second; /* `second` NULL: no other sells it */
};
const struct study_house *study_house(struct span author); /* NULL: hosts only */

/* Hosts of open weights. */
extern const char *const study_hosts[];
extern const uint32_t study_host_count;

#endif
