/*
 * What the worker reads, in the order in which one thing becomes the next:
 *
 *   record   one Kafka message: bytes at an offset
 *   event    the same, decoded: one generation of a language model, with its texts and numbers
 *   fact     the event enriched: numbers only, ready to be added up
 *
 * Facts are added up into rows. What follows has headers of its own: measure.h, rollup.h, cell.h, summary.h.
 */
#ifndef GENTALLY_EVENT_H
#define GENTALLY_EVENT_H

#include "gentally/base/verdict.h"
#include "gentally/core/measure.h"

#define PARTITIONS_MAX 1024 /* partitions of the input topic */

/* One Kafka message, or a place in the log whose bytes nobody can have. Bytes are borrowed from the source until
 * source_release(). */
struct record {
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* the record's own Kafka timestamp; -1 = none */
    struct span key;      /* absent for a null key */
    struct span value;    /* absent for a null value */
    int64_t unreadable;   /* 0 = a record; else no record, but this many offsets from `offset` on that cannot be read */
    bool is_arrival_time; /* the timestamp is the broker's (LogAppendTime), not the producer's word (CreateTime) */
    const void *message;  /* the source's, which knows the record's headers by it; NULL: it has none */
};

/* What an event does: count something new, replace what its id counted before, or take it back. */
enum event_op { OP_CREATE, OP_AMEND, OP_RETRACT };

#define EVENT_LABELS_MAX 32
#define EVENT_ABSENT INT32_C(-1) /* in latency_ms, first_token_ms, generation_ms: not measured */
#define EVENT_UNKNOWN INT64_MIN  /* in tokens_prompt, tokens_completion, cost_nano_usd: nobody knows, which is not 0 */

/* A label of the classifier: a path like "/Computers & Electronics/Programming", and a confidence in [0, 1]. */
struct label {
    struct span path;
    float confidence;
};

/* One generation: the fields of schemas/generation.avsc. Texts borrow from the record; an empty text is absent. */
struct event {
    struct span id, model, provider, account, app, country, language, finish_reason;
    int64_t created_ms; /* event time: ms since the Unix epoch, UTC */
    int64_t tokens_prompt, tokens_completion, tokens_reasoning, tokens_cached, tokens_cache_write;
    int64_t cost_nano_usd;
    int32_t latency_ms, first_token_ms, generation_ms;
    bool is_byok, is_free, is_gateway_cache_hit, streamed, cancelled, tools_offered, classified;
    enum event_op op;
    uint32_t label_count;
    struct label labels[EVENT_LABELS_MAX];
};

/* The limits of an event. An event beyond them is set aside: what it says is no model's doing. */
#define EVENT_TOKENS_MAX INT64_C(1000000000)  /* tokens in each field: a hundred times the longest context there is */
#define EVENT_COST_MAX INT64_C(1000000000000) /* cost in nano-USD: 10^12 are a thousand dollars */
#define EVENT_TEXT_MAX 256                    /* bytes of any one text: id, dimension, label path */
#define EVENT_MS_MIN INT64_C(1262304000000)   /* created_ms: from 2010 on, since there was nothing to count before */
#define EVENT_MS_MAX INT64_C(253402300799999) /* to the end of the year 9999 */

/*
 * Checks an event, whatever its `op`, for what its schema cannot say: model and id are present, 0 <= reasoning <=
 * completion, 0 <= cached + cache_write <= prompt, the limits above hold, no dimension is DIMENSION_OTHER, confidences
 * lie in [0, 1]. What is unknown bounds nothing.
 * Returns GO_ON, or SET_ASIDE with the first fault: EVENT-ID-MISSING, EVENT-MODEL-MISSING, EVENT-TEXT-TOO-LONG,
 * EVENT-OUT-OF-RANGE (also negative), EVENT-TEXT-RESERVED, EVENT-TOKENS-IDENTITY, EVENT-CONFIDENCE. Texts are sound
 * already (base/text.h): decode.h and json_read.h give no others. What passes here is carried to every reader, as
 * tests/property/way_test.c shows.
 */
MUST_CHECK enum verdict event_check(const struct event *event, struct reason *why);

/* What a time that is no plausible `created_ms` looks like: "seconds since 1970", ...; NULL if like nothing known. */
const char *event_time_looks_like(int64_t created_ms);

/* A number that was read from outside, for a field that may be unknown: the one that would be EVENT_UNKNOWN becomes its
 * neighbour, which is out of range as all negative numbers are. */
static inline int64_t event_amount(int64_t number)
{
    return number == EVENT_UNKNOWN ? EVENT_UNKNOWN + 1 : number;
}

/* True if both counts of tokens are known. Else the event has no tokens that could be added up. */
static inline bool event_knows_tokens(const struct event *event)
{
    return event->tokens_prompt != EVENT_UNKNOWN && event->tokens_completion != EVENT_UNKNOWN;
}

/* True if nobody paid for the event: `is_free` is set, as in a promotion, or one of the model's variants is "free". */
bool event_is_free(const struct event *event);

/* The two parts of a slug "author/name:variant", split at the last ':' after the last '/'. Without a variant the second
 * is absent. Both borrow from `slug`. */
struct span slug_base(struct span slug);
struct span slug_variant(struct span slug);

/* The dimensions by which rows are counted. Author, family, source, size, reasoning and continent are no dimensions,
 * but joined from catalog and countries when a summary is made. */
enum dimension {
    DIM_MODEL,
    DIM_PROVIDER,
    DIM_CATEGORY,
    DIM_TAG,
    DIM_COUNTRY,
    DIM_LANGUAGE,
    DIM_FINISH_REASON,
    DIM_ACCOUNT, /* the pseudonym as 32 hexadecimal digits; 0 in facts unless a rollup names it */
    DIM_APP,     /* as the event has it; 0 in facts unless a rollup names it */
    DIM_COUNT
};

/* The value of every dimension in the row of all rows that had no room of their own: see the option `rows_max`. No
 * event and no table holds it, since event_check() and taxonomy_open() refuse it. */
#define DIMENSION_OTHER "(other)"

static inline bool dimension_is_other(struct span value)
{
    return value.size == sizeof(DIMENSION_OTHER) - 1 && memcmp(value.bytes, DIMENSION_OTHER, value.size) == 0;
}

/* The value of the dimension `account` in the row of all accounts that were erased. No pseudonym is such. */
#define DIMENSION_ERASED "(erased)"

/* The name of a dimension in configuration and summaries: "model", ... The parser returns false for any other text. */
const char *dimension_name(enum dimension dimension);
bool dimension_parse(struct span text, enum dimension *dimension);

/* The pseudonym of an account: 128 bits of HMAC-SHA-256(account_key, account), big-endian. The account itself never
 * leaves the worker's memory. */
struct pseudonym {
    uint64_t high, low; /* both 0: the event has no account, or the worker no key */
};

/* What is added up of one event: numbers only. A symbol id names a text in the worker's `symbols`; 0 = absent. */
struct fact {
    int64_t event_ms;
    uint32_t windows; /* a bit per window_kind that the fact counts in; the fold sets it, by lateness */
    int64_t sums[MEASURE_COUNT];
    uint64_t sample; /* histogram buckets and the account's HyperLogLog register: see measure.h */
    struct pseudonym account;
    uint32_t dims[DIM_COUNT]; /* symbol ids; those of category and tag stay 0, the lists below have them */
    uint32_t category_count;  /* distinct categories, in byte order of their names */
    uint32_t categories[EVENT_LABELS_MAX];
    uint32_t tag_count; /* distinct (category, tag) pairs, in byte order of category, then tag */
    uint32_t tag_categories[EVENT_LABELS_MAX];
    uint32_t tags[EVENT_LABELS_MAX];
};

#endif
