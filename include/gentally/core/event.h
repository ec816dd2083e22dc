/*
 * The nouns that walk through the worker, in the order one turns into the next:
 * record (bytes at an offset) -> event (typed) -> fact (what is added up). Rows, cells and summaries follow in their
 * own headers.
 */
#ifndef GENTALLY_EVENT_H
#define GENTALLY_EVENT_H

#include "gentally/base/verdict.h"
#include "gentally/core/measure.h"

#define PARTITIONS_MAX 1024 /* of the input topic */

/* One Kafka message. Its bytes are borrowed from `source` until source_release(). */
struct record {
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* the record's own Kafka timestamp; -1 = none */
    struct span key;      /* absent for a null key */
    struct span value;    /* absent for a null value */
};

enum event_op { OP_CREATE, OP_AMEND, OP_RETRACT };

#define EVENT_LABELS_MAX 32
#define EVENT_ABSENT INT32_C(-1) /* of latency_ms, first_token_ms, generation_ms */

/* A classifier label: path like "/Computers & Electronics/Programming", confidence in [0, 1]. */
struct label {
    struct span path;
    float confidence;
};

/* One generation, as schemas/generation.avsc tells it. Strings borrow from the record; empty ones count as absent. */
struct event {
    struct span id, model, provider, account, app, country, language, finish_reason;
    int64_t created_ms; /* event time, ms since the epoch, UTC */
    int64_t tokens_prompt, tokens_completion, tokens_reasoning, tokens_cached;
    int64_t cost_nano_usd;
    int32_t latency_ms, first_token_ms, generation_ms;
    bool is_byok, is_free, streamed, cancelled, tools_offered, classified;
    enum event_op op;
    uint32_t label_count;
    struct label labels[EVENT_LABELS_MAX];
};

/* The limits an event must keep; beyond them it is set aside, so that no sum can overflow unnoticed. */
#define EVENT_TOKENS_MAX INT64_C(1000000000000) /* 10^12 a field */
#define EVENT_COST_MAX INT64_C(1000000000000)   /* 10^12 nano-USD = a thousand dollars */
#define EVENT_TEXT_MAX 256                      /* bytes of any one text: id, dimension, label path */
#define EVENT_MS_MAX INT64_C(253402300799999)   /* created_at: 0 (1970) to the end of the year 9999 */

/*
 * Checks what a schema cannot say: model and id present, 0 <= reasoning <= completion, 0 <= cached <= prompt, limits,
 * text sizes, confidence in [0, 1], whatever its `op`. Returns GO_ON, or SET_ASIDE
 * with the reason (EVENT-MODEL-MISSING, EVENT-ID-MISSING, EVENT-TOKENS-IDENTITY, EVENT-OUT-OF-RANGE (negative ones
 * too), EVENT-TEXT-TOO-LONG, EVENT-CONFIDENCE).
 */
MUST_CHECK enum verdict event_check(const struct event *event, struct reason *why);

/* True if the event came from a free variant or promotion: `is_free`, or the model's variant is "free". */
bool event_is_free(const struct event *event);

/* Splits "author/name:variant" at the last ':' after the last '/'; no variant gives the absent span. Borrows from
 * `slug`. */
struct span slug_base(struct span slug);
struct span slug_variant(struct span slug);

/* The dimensions a row can be counted by. Author, source, size, reasoning and continent are joined later, from the
 * tables. */
enum dimension {
    DIM_MODEL,
    DIM_PROVIDER,
    DIM_CATEGORY,
    DIM_TAG,
    DIM_COUNTRY,
    DIM_LANGUAGE,
    DIM_FINISH_REASON,
    DIM_ACCOUNT, /* the pseudonym, 32 hexadecimal digits; 0 in facts unless a rollup names it */
    DIM_COUNT
};

const char *dimension_name(enum dimension dimension); /* "model", ... as in the summary */
bool dimension_parse(struct span text, enum dimension *dimension);

/* 128 bits of HMAC-SHA-256(account_key, account), big-endian: all that leaves the worker's memory of an account. */
struct pseudonym {
    uint64_t high, low; /* both 0: no account, or no key */
};

/* What enrichment makes of an event: numbers only. Symbol ids come from the worker's `symbols`; 0 = absent. */
struct fact {
    int64_t event_ms;
    uint32_t windows; /* a bit per window_kind it counts in; the fold sets it, by lateness */
    int64_t sums[MEASURE_COUNT];
    uint64_t sample; /* see measure.h: histogram buckets and the account's HyperLogLog register */
    struct pseudonym account;
    uint32_t dims[DIM_COUNT]; /* DIM_CATEGORY and DIM_TAG stay 0 here */
    uint32_t category_count;  /* distinct categories, in byte order of their names */
    uint32_t categories[EVENT_LABELS_MAX];
    uint32_t tag_count; /* distinct (category, tag) pairs, in byte order of category, then tag */
    uint32_t tag_categories[EVENT_LABELS_MAX];
    uint32_t tags[EVENT_LABELS_MAX];
};

#endif
