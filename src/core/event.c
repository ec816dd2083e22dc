/*
 * The checks of an event beyond its schema, the parts of a model's slug, and the names of the dimensions. Pure.
 *
 * Order of the checks: fields that are missing, too long, out of range, that hold a word of ours, that contradict each
 * other; then the labels.
 * The first fault is the reason. A negative number is EVENT-OUT-OF-RANGE, so that EVENT-TOKENS-IDENTITY always means
 * that two fields, each fine by itself, do not belong together.
 */
#include "gentally/core/event.h"

#include <assert.h>
#include <inttypes.h>

static const char *const dimension_names[DIM_COUNT] = {
    [DIM_MODEL] = "model",
    [DIM_PROVIDER] = "provider",
    [DIM_CATEGORY] = "category",
    [DIM_TAG] = "tag",
    [DIM_COUNTRY] = "country",
    [DIM_LANGUAGE] = "language",
    [DIM_FINISH_REASON] = "finish_reason",
    [DIM_ACCOUNT] = "account",
    [DIM_APP] = "app",
};

const char *dimension_name(enum dimension dimension)
{
    return dimension_names[dimension];
}

bool dimension_parse(struct span text, enum dimension *dimension)
{
    for (unsigned i = 0; i < DIM_COUNT; i++) {
        if (span_equal(text, span_of(dimension_names[i]))) {
            *dimension = (enum dimension)i;
            return true;
        }
    }
    return false;
}

/* Where the variant's ':' stands, or the slug's size if there is none. */
static size_t slug_colon(struct span slug)
{
    for (size_t i = slug.size; i > 0 && slug.bytes[i - 1] != '/'; i--) {
        if (slug.bytes[i - 1] == ':')
            return i - 1;
    }
    return slug.size;
}

struct span slug_base(struct span slug)
{
    return (struct span){slug.bytes, slug_colon(slug)};
}

struct span slug_variant(struct span slug)
{
    size_t colon = slug_colon(slug);

    if (slug.size - colon <= 1) /* no ':', or nothing behind it */
        return (struct span){NULL, 0};
    return (struct span){slug.bytes + colon + 1, slug.size - colon - 1};
}

/* Whether one of several variants, "a/b:free:online", is "free". */
static bool has_free_variant(struct span model)
{
    for (size_t end = model.size, at = end; at > 0 && model.bytes[at - 1] != '/'; at--) {
        if (model.bytes[at - 1] != ':')
            continue;
        if (end - at == 4 && memcmp(model.bytes + at, "free", 4) == 0)
            return true;
        end = at - 1;
    }
    return false;
}

bool event_is_free(const struct event *event)
{
    static const char end[] = ":free"; /* Then the variant is "free": nothing in it could end a variant. */
    const size_t end_size = sizeof(end) - 1;
    struct span model = event->model;

    if (event->is_free || (model.size >= end_size && memcmp(model.bytes + model.size - end_size, end, end_size) == 0))
        return true;
    return model.size > 0 && memchr(model.bytes, ':', model.size) != NULL && has_free_variant(model);
}

/* A fast check that nearly every event passes. The bitwise or of numbers is no less than any of them, and negative if
 * one of them is, so a few comparisons do. An event that fails here may still be good. */
static bool is_plainly_good(const struct event *event)
{
    size_t sizes = event->id.size | event->model.size | event->provider.size | event->account.size | event->app.size |
                   event->country.size | event->language.size | event->finish_reason.size;
    int64_t tokens = event->tokens_prompt | event->tokens_completion | event->tokens_reasoning | event->tokens_cached |
                     event->tokens_cache_write;
    int64_t times = ((int64_t)event->latency_ms - EVENT_ABSENT) | ((int64_t)event->first_token_ms - EVENT_ABSENT) |
                    ((int64_t)event->generation_ms - EVENT_ABSENT);

    return sizes <= EVENT_TEXT_MAX && tokens >= 0 && tokens <= EVENT_TOKENS_MAX && times >= 0 &&
           event->created_ms >= EVENT_MS_MIN && event->created_ms <= EVENT_MS_MAX && event->cost_nano_usd >= 0 &&
           event->cost_nano_usd <= EVENT_COST_MAX;
}

static enum verdict check_texts(const struct event *event, struct reason *why)
{
    const struct {
        const char *name;
        size_t size;
    } texts[] = {
        {"id", event->id.size},
        {"model", event->model.size},
        {"provider", event->provider.size},
        {"account", event->account.size},
        {"app", event->app.size},
        {"country", event->country.size},
        {"language", event->language.size},
        {"finish_reason", event->finish_reason.size},
    };

    for (size_t i = 0; i < LENGTH_OF(texts); i++) {
        if (texts[i].size > EVENT_TEXT_MAX)
            return reason_set(why, SET_ASIDE, EVENT_TEXT_TOO_LONG, 0, "%s has %zu bytes, at most %d are allowed",
                              texts[i].name, texts[i].size, EVENT_TEXT_MAX);
    }
    return GO_ON;
}

/* Times of the years 2010 to 2049, counted in other units or from other beginnings. */
#define DOMAIN_FIRST_S INT64_C(1262304000)
#define DOMAIN_LAST_S INT64_C(2524607999)
#define IN_SECONDS(offset_s) DOMAIN_FIRST_S + (offset_s), DOMAIN_LAST_S + (offset_s)
#define IN_PARTS(offset_s, parts) (DOMAIN_FIRST_S + (offset_s)) * (parts), (DOMAIN_LAST_S + (offset_s) + 1) * (parts)-1

/* Seconds from the years 1, 1601, 1899 and 2001 to 1970: .NET, Windows, spreadsheets, macOS. */
#define SINCE_1_S INT64_C(62135596800)
#define SINCE_1601_S INT64_C(11644473600)
#define SINCE_1899_S INT64_C(2209161600)
#define SINCE_2001_S INT64_C(-978307200)

const char *event_time_looks_like(int64_t created_ms)
{
    static const struct {
        int64_t first, last;
        const char *text;
    } looks[] = {
        {0, 0, "a time that was never set"},
        {-SINCE_1_S * 1000, -SINCE_1_S * 1000, "a time that was never set"},
        {(DOMAIN_FIRST_S + SINCE_1899_S) / 86400, (DOMAIN_LAST_S + SINCE_1899_S) / 86400, "days, as a spreadsheet has"},
        {IN_SECONDS(0), "seconds since 1970"},
        {IN_PARTS(0, 1000000), "microseconds since 1970"},
        {IN_PARTS(0, 1000000000), "nanoseconds since 1970"},
        {IN_PARTS(SINCE_2001_S, 1), "seconds since 2001"},
        {IN_PARTS(SINCE_2001_S, 1000), "milliseconds since 2001"},
        {IN_PARTS(SINCE_1899_S, 1000), "milliseconds since 1900"},
        {IN_PARTS(SINCE_1601_S, 1000), "milliseconds since 1601"},
        {IN_PARTS(SINCE_1601_S, 1000000), "microseconds since 1601"},
        {IN_PARTS(SINCE_1601_S, 10000000), "100 ns since 1601, as Windows counts"},
        {IN_PARTS(SINCE_1_S, 1000), "milliseconds since the year 1"},
        {IN_PARTS(SINCE_1_S, 10000000), "ticks, as .NET counts"},
    };

    if (created_ms >= DOMAIN_FIRST_S * 1000 && created_ms <= DOMAIN_LAST_S * 1000)
        return NULL;
    for (size_t i = 0; i < LENGTH_OF(looks); i++)
        if (created_ms >= looks[i].first && created_ms <= looks[i].last)
            return looks[i].text;
    return NULL;
}

static enum verdict refuse_time(int64_t created_ms, struct reason *why)
{
    const char *looks = event_time_looks_like(created_ms);
    const char *where = created_ms < EVENT_MS_MIN ? "before 2010" : "after the year 9999";

    return reason_set(why, SET_ASIDE, EVENT_OUT_OF_RANGE, 0, "created_at %" PRId64 " is %s in ms since 1970%s%s",
                      created_ms, where, looks == NULL ? "" : ": it looks like ", looks == NULL ? "" : looks);
}

/* What is unknown is in no range. */
static int64_t or_zero(int64_t number)
{
    return number == EVENT_UNKNOWN ? 0 : number;
}

static enum verdict check_ranges(const struct event *event, struct reason *why)
{
    const struct {
        const char *name;
        int64_t value, min, max;
    } numbers[] = {
        {"tokens_prompt", or_zero(event->tokens_prompt), 0, EVENT_TOKENS_MAX},
        {"tokens_completion", or_zero(event->tokens_completion), 0, EVENT_TOKENS_MAX},
        {"tokens_reasoning", event->tokens_reasoning, 0, EVENT_TOKENS_MAX},
        {"tokens_cached", event->tokens_cached, 0, EVENT_TOKENS_MAX},
        {"tokens_cache_write", event->tokens_cache_write, 0, EVENT_TOKENS_MAX},
        {"cost_nano_usd", or_zero(event->cost_nano_usd), 0, EVENT_COST_MAX},
        {"latency_ms", event->latency_ms, EVENT_ABSENT, INT32_MAX},
        {"first_token_ms", event->first_token_ms, EVENT_ABSENT, INT32_MAX},
        {"generation_ms", event->generation_ms, EVENT_ABSENT, INT32_MAX},
    };

    if (event->created_ms < EVENT_MS_MIN || event->created_ms > EVENT_MS_MAX)
        return refuse_time(event->created_ms, why);
    for (size_t i = 0; i < LENGTH_OF(numbers); i++) {
        if (numbers[i].value < numbers[i].min || numbers[i].value > numbers[i].max)
            return reason_set(why, SET_ASIDE, EVENT_OUT_OF_RANGE, 0, "%s is %s %" PRId64, numbers[i].name,
                              numbers[i].value < numbers[i].min ? "below" : "above",
                              numbers[i].value < numbers[i].min ? INT64_C(0) : numbers[i].max);
    }
    return GO_ON;
}

/* Also with a variant: readers fold those into one model. */
static bool is_other_model(struct span slug)
{
    const size_t size = sizeof(DIMENSION_OTHER) - 1;

    return slug.size >= size && memcmp(slug.bytes, DIMENSION_OTHER, size) == 0 &&
           (slug.size == size || slug.bytes[size] == ':');
}

/* A row of this name holds what has no room of its own. */
static enum verdict check_reserved(const struct event *event, struct reason *why)
{
    const char *name = is_other_model(event->model)               ? "model"
                       : dimension_is_other(event->provider)      ? "provider"
                       : dimension_is_other(event->country)       ? "country"
                       : dimension_is_other(event->language)      ? "language"
                       : dimension_is_other(event->finish_reason) ? "finish_reason"
                       : dimension_is_other(event->app)           ? "app"
                                                                  : NULL;

    return name == NULL ? GO_ON
                        : reason_set(why, SET_ASIDE, EVENT_TEXT_RESERVED, 0,
                                     "%s is \"" DIMENSION_OTHER "\", the name of what has no row of its own", name);
}

static enum verdict check_labels(const struct event *event, struct reason *why)
{
    assert(event->label_count <= EVENT_LABELS_MAX);
    for (uint32_t i = 0; i < event->label_count; i++) {
        const struct label *label = &event->labels[i];

        if (label->path.size > EVENT_TEXT_MAX)
            return reason_set(why, SET_ASIDE, EVENT_TEXT_TOO_LONG, 0, "path of label %u has %zu bytes, at most %d",
                              (unsigned)i, label->path.size, EVENT_TEXT_MAX);
        if (!(label->confidence >= 0.0f && label->confidence <= 1.0f)) /* so that NaN fails too */
            return reason_set(why, SET_ASIDE, EVENT_CONFIDENCE, 0, "confidence of label %u is not in [0, 1]",
                              (unsigned)i);
    }
    return GO_ON;
}

/* What is read from a cache and what is written to one are parts of the prompt that do not overlap. */
static enum verdict check_tokens(const struct event *event, struct reason *why)
{
    bool knows_prompt = event->tokens_prompt != EVENT_UNKNOWN;

    if (event->tokens_completion != EVENT_UNKNOWN && event->tokens_reasoning > event->tokens_completion)
        return reason_set(why, SET_ASIDE, EVENT_TOKENS_IDENTITY, 0, "tokens_reasoning exceeds tokens_completion");
    if (knows_prompt && event->tokens_cached > event->tokens_prompt)
        return reason_set(why, SET_ASIDE, EVENT_TOKENS_IDENTITY, 0, "tokens_cached exceeds tokens_prompt");
    if (knows_prompt && event->tokens_cached + event->tokens_cache_write > event->tokens_prompt)
        return reason_set(why, SET_ASIDE, EVENT_TOKENS_IDENTITY, 0,
                          "tokens_cached and tokens_cache_write together exceed tokens_prompt");
    return GO_ON;
}

enum verdict event_check(const struct event *event, struct reason *why)
{
    if (event->id.size == 0)
        return reason_set(why, SET_ASIDE, EVENT_ID_MISSING, 0, "id is empty");
    if (event->model.size == 0)
        return reason_set(why, SET_ASIDE, EVENT_MODEL_MISSING, 0, "model is empty");

    if (!is_plainly_good(event)) {
        enum verdict verdict = check_texts(event, why);
        if (verdict == GO_ON)
            verdict = check_ranges(event, why);
        if (verdict != GO_ON)
            return verdict;
    }
    enum verdict verdict = check_reserved(event, why);
    if (verdict != GO_ON)
        return verdict;
    verdict = check_tokens(event, why);
    return verdict == GO_ON ? check_labels(event, why) : verdict;
}
