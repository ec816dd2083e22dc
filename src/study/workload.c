/*
 * One event after the other: a time from the arrivals, a model from the day's price list, an account and all that
 * follows from it, a topic that sets how long the prompt is and what the classifier would say. Every event has a random
 * stream of its own; the order of the draws below is therefore part of the seed's meaning.
 */
#include "workload.h"

#include <assert.h>
#include <stdlib.h>

#include "alias_table.h"
#include "arrivals.h"
#include "calibration.h"
#include "clamp.h"
#include "event_draw.h"
#include "gentally/base/json.h"
#include "gentally/core/window.h"
#include "price_list.h"

/* One kind of use: which topics its requests are of, and how long their prompts are beside the model's mean. */
struct use {
    struct alias_table topics;
    uint32_t lengths[TOPIC_COUNT]; /* per mille */
};

/* What the classifier may say of a topic. */
struct phrases {
    struct alias_table rules; /* indexes into `paths` */
    struct span *paths;       /* borrowed from the taxonomy */
};

struct workload {
    struct workload_options options;
    struct arrivals *arrivals;
    struct price_list *price_list;
    struct alias_table accounts, apps, languages;
    uint8_t *countries; /* of account, index into study_countries */
    uint32_t use_count;
    struct use *uses; /* one for each study_mix() */
    struct phrases phrases[TOPIC_COUNT];
    char id[64], account[32], app[16];
};

static enum verdict open_alias_table(struct alias_table *table, const uint32_t weights[], uint32_t count,
                                     struct reason *why)
{
    enum verdict verdict = alias_table_open(table, count, why);

    if (verdict == GO_ON)
        alias_table_fill(table, weights, count);
    return verdict;
}

/* Weights 1 / (rank + flat), as near as integers can; the flat start keeps the first from owning the market. */
static enum verdict open_zipf(struct alias_table *table, uint32_t count, uint32_t flat, struct reason *why)
{
    uint32_t *weights = calloc(count, sizeof(*weights));

    if (weights == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %u weights", count);
    for (uint32_t rank = 0; rank < count; rank++)
        weights[rank] = (UINT32_C(1) << 27) / (rank + flat);
    enum verdict verdict = open_alias_table(table, weights, count, why);
    free(weights);
    return verdict;
}

/*
 * An account pays from one country. Accounts are dealt to the countries evenly by rank (steps of the golden section
 * along the shares), so that large and small ones are everywhere and the shares hold for few accounts too.
 */
static enum verdict open_accounts(struct workload *workload, struct reason *why)
{
    uint32_t count = (uint32_t)workload->options.accounts, total = 0;

    workload->countries = calloc(count, 1);
    if (workload->countries == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %u accounts", count);
    assert(study_country_count <= UINT8_MAX);
    for (uint32_t index = 0; index < study_country_count; index++)
        total += study_countries[index].share;
    for (uint32_t rank = 0; rank < count; rank++) {
        uint32_t place = (uint32_t)((uint64_t)(rank * UINT32_C(2654435769)) * total >> 32);
        uint32_t country = 0;
        while (place >= study_countries[country].share)
            place -= study_countries[country++].share;
        workload->countries[rank] = (uint8_t)country;
    }
    return open_zipf(&workload->accounts, count, DEMO_ACCOUNT_FLAT, why);
}

static enum verdict open_languages(struct workload *workload, struct reason *why)
{
    uint32_t weights[64];

    assert(study_language_count <= LENGTH_OF(weights));
    for (uint32_t index = 0; index < study_language_count; index++)
        weights[index] = study_languages[index].share;
    return open_alias_table(&workload->languages, weights, study_language_count, why);
}

/* The mixes are shares of tokens. Requests of a topic are its tokens over its length; lengths are then scaled so that
 * the mean request is as long as the model's. */
static enum verdict open_use(struct use *use, const struct study_mix *mix, struct reason *why)
{
    uint32_t requests[TOPIC_COUNT];
    uint64_t tokens_sum = 0, requests_sum = 0;

    for (enum study_topic topic = 0; topic < TOPIC_COUNT; topic++) {
        requests[topic] = mix->topics[topic] * UINT32_C(1000000) / study_topic_length(topic);
        tokens_sum += mix->topics[topic];
        requests_sum += requests[topic];
    }
    for (enum study_topic topic = 0; topic < TOPIC_COUNT; topic++)
        use->lengths[topic] = (uint32_t)(study_topic_length(topic) * requests_sum / (tokens_sum * 1000));
    return open_alias_table(&use->topics, requests, TOPIC_COUNT, why);
}

static enum verdict open_uses(struct workload *workload, struct reason *why)
{
    enum verdict verdict = GO_ON;

    workload->uses = calloc(study_mix_count(), sizeof(*workload->uses));
    if (workload->uses == NULL)
        return no_memory(why, "for the kinds of use");
    workload->use_count = study_mix_count();
    for (uint32_t index = 0; index < workload->use_count && verdict == GO_ON; index++)
        verdict = open_use(&workload->uses[index], study_mix(index), why);
    return verdict;
}

/* A rule speaks for a topic if the study gives its tag a share there, or, a little, if its category is the topic's. */
static enum verdict open_phrases(struct phrases *phrases, enum study_topic topic, const struct taxonomy *taxonomy,
                                 size_t rules, struct reason *why)
{
    struct span pattern, tag, category, name = span_of(study_topic_category(topic));
    uint32_t count = 0;
    uint32_t *weights = calloc(rules + 1, sizeof(*weights));

    phrases->paths = calloc(rules + 1, sizeof(*phrases->paths));
    if (weights == NULL || phrases->paths == NULL) {
        free(weights);
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %zu classifier paths", rules);
    }
    for (size_t index = 0; taxonomy_at(taxonomy, index, &pattern, &tag, &category); index++) {
        uint32_t weight = study_topic_tag(topic, tag);
        if (weight == 0 && span_equal(category, name))
            weight = DEMO_TAG_WEIGHT;
        if (weight == 0 || pattern.size < 2) /* "/" matches all and is no answer of a classifier. */
            continue;
        phrases->paths[count] = pattern;
        weights[count++] = weight;
    }
    if (count == 0) { /* A taxonomy without such a category: the classifier has no word for it. */
        phrases->paths[count] = span_of("/Sensitive Subjects");
        weights[count++] = 1;
    }
    enum verdict verdict = open_alias_table(&phrases->rules, weights, count, why);
    free(weights);
    return verdict;
}

static enum verdict open_parts(struct workload *workload, const struct catalog *catalog,
                               const struct taxonomy *taxonomy, struct reason *why)
{
    const struct workload_options *options = &workload->options;
    struct arrivals_options times = {options->seed, options->events, options->from_ms, options->to_ms,
                                     options->disorder_ms};
    struct span pattern, tag, category;
    size_t rules = 0;
    enum verdict verdict = arrivals_open(&workload->arrivals, &times, why);

    while (taxonomy_at(taxonomy, rules, &pattern, &tag, &category))
        rules++;
    if (verdict == GO_ON)
        verdict = price_list_open(&workload->price_list, catalog, why);
    if (verdict == GO_ON)
        verdict = open_accounts(workload, why);
    if (verdict == GO_ON)
        verdict = open_zipf(&workload->apps, DEMO_APPS, APP_FLAT, why);
    if (verdict == GO_ON)
        verdict = open_languages(workload, why);
    if (verdict == GO_ON)
        verdict = open_uses(workload, why);
    for (enum study_topic topic = 0; topic < TOPIC_COUNT && verdict == GO_ON; topic++)
        verdict = open_phrases(&workload->phrases[topic], topic, taxonomy, rules, why);
    return verdict;
}

enum verdict workload_open(struct workload **out, const struct workload_options *options, const struct catalog *catalog,
                           const struct taxonomy *taxonomy, struct reason *why)
{
    struct workload *workload = calloc(1, sizeof(*workload));

    assert(options->events <= WORKLOAD_EVENTS_MAX);
    assert(options->accounts >= 1);
    assert(options->accounts <= WORKLOAD_ACCOUNTS_MAX);
    assert(options->disorder_ms <= WORKLOAD_DISORDER_MS_MAX);
    *out = NULL;
    if (workload == NULL)
        return no_memory(why, "for a workload");
    workload->options = *options;
    enum verdict verdict = open_parts(workload, catalog, taxonomy, why);
    if (verdict != GO_ON) {
        workload_close(workload);
        return verdict;
    }
    *out = workload;
    return GO_ON;
}

void workload_close(struct workload *workload)
{
    if (workload == NULL)
        return;
    arrivals_close(workload->arrivals);
    price_list_close(workload->price_list);
    alias_table_close(&workload->accounts);
    alias_table_close(&workload->apps);
    alias_table_close(&workload->languages);
    free(workload->countries);
    for (uint32_t index = 0; index < workload->use_count; index++)
        alias_table_close(&workload->uses[index].topics);
    free(workload->uses);
    for (enum study_topic topic = 0; topic < TOPIC_COUNT; topic++) {
        alias_table_close(&workload->phrases[topic].rules);
        free(workload->phrases[topic].paths);
    }
    free(workload);
}

static bool draw_share(struct random_stream *stream, uint32_t per_million)
{
    return random_below(stream, 1000000) < per_million;
}

/* A number of at least six digits after a word, like "acct-000123". */
static struct span name_number(char *text, const char *word, uint32_t number)
{
    char *at = json_put_raw(text, word, strlen(word));

    for (uint32_t unit = 100000; unit > number && unit > 1; unit /= 10)
        *at++ = '0';
    at = json_put_integer(at, number);
    return (struct span){text, (size_t)(at - text)};
}

/* A choice: who asks, and which model. */
struct choice {
    uint32_t account;
    const struct listing *listing;
};

/* The account comes first, and then one of its own models, of which its favourite is asked twice as often as the next,
 * three times as often as the third, and so on. Its models are those of the first day. */
static struct choice choose_loyally(struct workload *workload, uint64_t number)
{
    static const uint32_t weights[] = {60, 30, 20, 15, 12}; /* of 1 / rank */
    struct random_stream stream = random_stream(~workload->options.seed, number);
    struct choice choice = {.account = alias_table_draw(&workload->accounts, &stream)};
    struct random_stream own = random_stream(~workload->options.seed ^ UINT32_MAX, choice.account);
    uint32_t count = 2 + random_below(&own, LENGTH_OF(weights) - 1), total = 0, rank = 0;
    int64_t day = window_of(WINDOW_DAY, workload->options.from_ms).start_ms / DAY_MS;

    for (uint32_t i = 0; i < count; i++)
        total += weights[i];
    for (uint32_t lot = random_below(&stream, total); lot >= weights[rank]; rank++)
        lot -= weights[rank];
    for (uint32_t i = 0; i <= rank; i++)
        choice.listing = price_list_draw(workload->price_list, day, &own);
    return choice;
}

static void draw_customer(struct workload *workload, uint32_t account, struct random_stream *stream,
                          struct event *event)
{
    const char *country = study_countries[workload->countries[account]].code;
    const struct study_tongue *tongue = study_tongue(country);
    uint32_t language = alias_table_draw(&workload->languages, stream);

    event->account = name_number(workload->account, "acct-", account);
    event->country = span_of(country);
    event->language = span_of(study_languages[language].code);
    if (tongue != NULL && random_chance(stream, tongue->share))
        event->language = span_of(tongue->language);
    uint32_t app = alias_table_draw(&workload->apps, stream);
    if (random_chance(stream, APP_NAMED))
        event->app = name_number(workload->app, "app-", app);
}

static void draw_ending(const struct workload *workload, const struct listing *listing, struct random_stream *stream,
                        struct event *event)
{
    uint32_t lot = random_below(stream, 1000);

    event->streamed = random_chance(stream, STREAMED);
    event->is_byok = random_chance(stream, DEMO_BYOK) && !event_is_free(event);
    if (draw_share(stream, workload->options.errors)) {
        event->finish_reason = span_of("error");
    } else if (random_chance(stream, CANCELLED)) {
        event->cancelled = true;
    } else if (random_chance(stream, listing->tool_calls)) {
        event->finish_reason = span_of("tool_calls");
        event->tools_offered = true;
    } else {
        event->finish_reason = event_draw_ending(lot);
    }
    /* Tools are offered more often than they are called. */
    event->tools_offered = event->tools_offered || random_chance(stream, listing->tool_calls * 2 / 3);
}

static void draw_tokens(const struct listing *listing, uint32_t length, struct random_stream *stream,
                        struct event *event)
{
    bool is_failed = span_equal(event->finish_reason, span_of("error"));

    event->tokens_prompt = 1 + random_spread(stream, listing->prompt * length / 1000);
    event->tokens_completion = is_failed ? 0 : 1 + random_spread(stream, listing->completion);
    if (event->cancelled)
        event->tokens_completion -= event->tokens_completion * random_below(stream, 1000) / 1000;
    /* About the mean, so that the identities hold without cutting the average. Parts below REASONING_SPREAD wrap and
     * get PART_MAX at times: kept, since the bytes of a seed are. */
    int64_t reasoning = listing->reasoning;
    if (reasoning > 0)
        reasoning = listing->reasoning - REASONING_SPREAD + random_below(stream, 2 * REASONING_SPREAD + 1);
    int64_t cached =
        listing->cached < CACHED_SEEN ? 0 : (int64_t)listing->cached * 2 * random_chance(stream, CACHED_HIT);
    event->tokens_reasoning = event->tokens_completion * clamp_integer(reasoning, 0, PART_MAX) / 1000;
    event->tokens_cached = event->tokens_prompt * clamp_integer(cached, 0, PART_MAX) / 1000;
}

/* List price, exact to the nano-dollar. Tokens from a cache are cheaper, tokens to it dearer, and who brings a key pays
 * only a fee. What no model ran for costs nothing. */
static int64_t cost_of(const struct listing *listing, const struct event *event)
{
    int64_t fresh = event->tokens_prompt - event->tokens_cached;
    int64_t pico = fresh * listing->prompt_pico_usd + event->tokens_cached * listing->prompt_pico_usd / CACHED_DIVISOR +
                   event->tokens_cache_write * listing->prompt_pico_usd * CACHE_WRITE_DEARER / 1000 +
                   event->tokens_completion * listing->completion_pico_usd;

    if (span_equal(event->finish_reason, span_of("error")) || event->is_gateway_cache_hit)
        return 0;
    return pico / (event->is_byok ? 1000 * BYOK_DIVISOR : 1000);
}

/* What a gateway does not learn: the usage of a stream that was cut off comes with its end, and so does its cost. */
static void draw_unknowns(struct random_stream *stream, struct event *event)
{
    bool is_cut_off = random_chance(stream, CUT_OFF) && event->cancelled && event->streamed;

    if (is_cut_off) {
        event->tokens_completion = EVENT_UNKNOWN;
        event->tokens_reasoning = 0;
    }
    if ((random_chance(stream, UNPRICED) || is_cut_off) && !event_is_free(event))
        event->cost_nano_usd = EVENT_UNKNOWN;
}

/* The classifier's answer: usually the topic, sure enough; sometimes a second or third thought, rarely a sure one. */
static void draw_labels(const struct workload *workload, const struct use *use, enum study_topic topic,
                        struct random_stream *stream, struct event *event)
{
    uint32_t lot = random_below(stream, 1000);

    event->label_count = lot < DEMO_ONE_LABEL ? 1 : lot < DEMO_TWO_LABELS ? 2 : 3;
    for (uint32_t index = 0; index < event->label_count; index++) {
        const struct phrases *phrases;
        if (index > 0)
            topic = alias_table_draw(&use->topics, stream);
        phrases = &workload->phrases[topic];
        uint32_t rule = alias_table_draw(&phrases->rules, stream);
        bool is_sure = random_chance(stream, index == 0 ? DEMO_FIRST_SURE : DEMO_OTHER_SURE);
        event->labels[index] = event_draw_label(phrases->paths[rule], is_sure, stream);
    }
}

static struct span name_event(struct workload *workload, uint64_t number)
{
    char *at = JSON_RAW(workload->id, "gen-");

    at = json_put_integer(at, (int64_t)(workload->options.seed & INT64_MAX));
    *at++ = '-';
    at = json_put_integer(at, (int64_t)number);
    return (struct span){workload->id, (size_t)(at - workload->id)};
}

bool workload_next(struct workload *workload, struct event *event)
{
    uint64_t number;
    int64_t event_ms;

    if (!arrivals_next(workload->arrivals, &number, &event_ms))
        return false;
    struct random_stream stream = random_stream(workload->options.seed, number);
    int64_t day = window_of(WINDOW_DAY, event_ms).start_ms / DAY_MS;
    bool is_loyal = workload->options.is_loyal;
    struct choice choice = {.account = 0};
    if (is_loyal)
        choice = choose_loyally(workload, number);
    else
        choice.listing = price_list_draw(workload->price_list, day, &stream);
    const struct listing *listing = choice.listing;
    const struct use *use = &workload->uses[listing->mix];
    enum study_topic topic = alias_table_draw(&use->topics, &stream);

    memset(event, 0, offsetof(struct event, labels));
    event->id = name_event(workload, number);
    event->created_ms = event_ms;
    event->model = (struct span){listing->slug, listing->slug_size};
    event->provider = span_of(listing_provider(listing, &stream));
    event->is_free = listing->is_promotion || slug_variant(event->model).size > 0;
    event->op = OP_CREATE;
    if (!is_loyal)
        choice.account = alias_table_draw(&workload->accounts, &stream);
    draw_customer(workload, choice.account, &stream, event);
    draw_ending(workload, listing, &stream, event);
    draw_tokens(listing, use->lengths[topic], &stream, event);
    event_draw_times(listing->speed, &stream, event);
    event->classified = draw_share(&stream, workload->options.classified);
    if (event->classified)
        draw_labels(workload, use, topic, &stream, event);
    event_draw_cache_write(listing->cached, &stream, event);
    event->is_gateway_cache_hit = random_chance(&stream, GATEWAY_HIT) && event->tokens_cache_write == 0;
    event->cost_nano_usd = cost_of(listing, event);
    draw_unknowns(&stream, event);
    return true;
}
