/*
 * A week is cut into slices of some ten thousand requests. A slice's requests get their sizes and times, then
 * countries, languages and accounts, the large ones first; then they are sorted by when they arrive, and what arrives
 * before the slice's end is handed out. Everything is derived from the plan and from numbers, so the whole run is made
 * whatever part is wanted: what was dealt to whom before has to be known.
 */
#include "study_traffic.h"

#include <assert.h>
#include <stdlib.h>

#include "accounts.h"
#include "alias_table.h"
#include "budget.h"
#include "calibration.h"
#include "clamp.h"
#include "demand.h"
#include "event_draw.h"
#include "gentally/base/hash.h"
#include "gentally/base/json.h"
#include "gentally/core/window.h"
#include "geography.h"
#include "labels.h"
#include "price_list.h"
#include "requests.h"

#define SLICE_REQUESTS 16384

struct study_traffic {
    struct study_traffic_options options;
    struct budget budget;
    struct demand demand;
    struct geography *geography;
    struct accounts *accounts;
    struct labels labels;
    struct listing *listings; /* by model: what listing_provider() looks at, and its speed */
    struct alias_table apps;
    struct requests ready; /* sorted by arrival; those from `at` on are to come */
    size_t at, end;        /* those before `end` arrive within the slices made so far */
    uint32_t week, slice, slices;
    size_t first_item, end_item; /* of the week */
    uint64_t number;             /* of the week's next request */
    char id[64], account[32], app[32], model[EVENT_TEXT_MAX + 8];
};

static void open_listings(struct study_traffic *traffic)
{
    for (uint32_t model = 0; model < traffic->budget.count; model++) {
        const struct budget_model *entry = &traffic->budget.models[model];
        listing_set_hosts(&traffic->listings[model], entry->slug, entry->author, entry->source);
        accounts_set_curve(traffic->accounts, model, entry->slug);
    }
}

static enum verdict open_accounts(struct study_traffic *traffic, struct reason *why)
{
    double requests = 1, share;

    for (size_t index = 0; index < traffic->demand.count; index++)
        requests += (double)traffic->demand.items[index].requests;
    share = NEW_PAIRS_MAX / requests;
    return accounts_open(&traffic->accounts, traffic->budget.count, study_country_count,
                         share > NEW_SHARE_MAX / 1e6 ? NEW_SHARE_MAX : (uint32_t)(share * 1e6) + 1, why);
}

static enum verdict open_parts(struct study_traffic *traffic, const struct catalog *catalog, struct reason *why)
{
    int64_t tokens[SERIES_WEEKS] = {0};
    uint32_t weights[STUDY_APPS];
    enum verdict verdict = budget_open(&traffic->budget, traffic->options.scale, catalog, why);

    if (verdict == GO_ON)
        verdict = demand_open(&traffic->demand, &traffic->budget, traffic->options.scale, why);
    for (size_t index = 0; index < traffic->demand.count && verdict == GO_ON; index++)
        tokens[traffic->demand.items[index].week] += traffic->demand.items[index].tokens;
    if (verdict == GO_ON)
        verdict = geography_open(&traffic->geography, tokens, why);
    if (verdict == GO_ON)
        verdict = open_accounts(traffic, why);
    if (verdict == GO_ON)
        verdict = alias_table_open(&traffic->apps, STUDY_APPS, why);
    if (verdict != GO_ON)
        return verdict;
    for (uint32_t rank = 0; rank < STUDY_APPS; rank++)
        weights[rank] = (UINT32_C(1) << 24) / (rank + APP_FLAT);
    alias_table_fill(&traffic->apps, weights, STUDY_APPS);
    traffic->listings = calloc(traffic->budget.count, sizeof(*traffic->listings));
    if (traffic->listings == NULL)
        return no_memory(why, "for the models of the study");
    open_listings(traffic);
    return GO_ON;
}

enum verdict study_traffic_open(struct study_traffic **out, const struct study_traffic_options *options,
                                const struct catalog *catalog, struct reason *why)
{
    struct study_traffic *traffic = calloc(1, sizeof(*traffic));

    assert(options->scale >= STUDY_TRAFFIC_SCALE_MIN);
    assert(options->scale <= STUDY_TRAFFIC_SCALE_MAX);
    assert(options->from_ms >= STUDY_TRAFFIC_FROM_MS);
    assert(options->to_ms <= STUDY_TRAFFIC_UNTIL_MS);
    assert(options->disorder_ms >= 0);
    *out = NULL;
    if (traffic == NULL)
        return no_memory(why, "for a workload");
    traffic->options = *options;
    enum verdict verdict = open_parts(traffic, catalog, why);
    if (verdict != GO_ON)
        study_traffic_close(traffic);
    else
        *out = traffic;
    return verdict;
}

void study_traffic_close(struct study_traffic *traffic)
{
    if (traffic == NULL)
        return;
    budget_close(&traffic->budget);
    demand_clear(&traffic->demand);
    geography_close(traffic->geography);
    accounts_close(traffic->accounts);
    alias_table_close(&traffic->apps);
    free(traffic->listings);
    free(traffic->ready.items);
    free(traffic);
}

static uint32_t month_of(int64_t event_ms)
{
    int64_t year;
    unsigned month, day;

    date_of_days(event_ms / DAY_MS, &year, &month, &day);
    return (uint32_t)(year - 2024) * 12 + month - 10;
}

/* True for May's tool calls of GPT-4o mini: they are one large account's (S13), of the United States. */
static bool is_outlier(const struct study_traffic *traffic, const struct study_request *request)
{
    const struct demand_item *item = &traffic->demand.items[request->item];

    return item->is_tool && month_of(item->from_ms) == 7 &&
           span_equal(traffic->budget.models[item->model].slug, span_of("openai/gpt-4o-mini"));
}

static int by_month_and_size(const void *left, const void *right)
{
    const struct study_request *one = left, *other = right;
    uint32_t month = month_of(one->event_ms), other_month = month_of(other->event_ms);

    if (month != other_month)
        return month < other_month ? -1 : 1;
    if (one->tokens != other->tokens)
        return one->tokens > other->tokens ? -1 : 1;
    return one->number < other->number ? -1 : one->number > other->number;
}

static int by_arrival(const void *left, const void *right)
{
    const struct study_request *one = left, *other = right;

    if (one->arrival_ms != other->arrival_ms)
        return one->arrival_ms < other->arrival_ms ? -1 : 1;
    if (one->event_ms != other->event_ms)
        return one->event_ms < other->event_ms ? -1 : 1;
    return one->number < other->number ? -1 : one->number > other->number;
}

/* The country of an account that waits for a request: a small workload has few of a model in a country. -1: any. */
static int wanted_country(struct study_traffic *traffic, const struct study_request *request, uint32_t model,
                          struct random_stream *stream)
{
    uint32_t month = month_of(request->event_ms), first = random_below(stream, study_country_count);

    for (uint32_t index = 0; index < study_country_count && traffic->slices == 1; index++) {
        uint32_t country = (first + index) % study_country_count;
        if (geography_has_room(traffic->geography, request->tokens, country) &&
            accounts_has_waiting(traffic->accounts, model, country, month))
            return (int)country;
    }
    return -1;
}

static void locate(struct study_traffic *traffic, struct study_request *request, bool is_outlier)
{
    struct random_stream stream =
        random_stream(traffic->options.seed ^ UINT64_C(0x403e), (uint64_t)traffic->week << 48 | request->number);
    uint32_t model = traffic->demand.items[request->item].model, language;
    bool is_new = random_below(&stream, 1000000) < accounts_new_share(traffic->accounts);
    int country = is_outlier ? 0 : -1; /* study_countries[0]: US */

    if (traffic->options.is_exact) {
        if (!is_outlier && !is_new)
            country = wanted_country(traffic, request, model, &stream);
        geography_deal(traffic->geography, request->tokens, &stream, &country, &language);
    } else {
        geography_draw(traffic->geography, traffic->week, &stream, &country, &language);
    }
    request->country = (int16_t)country;
    request->language = (uint16_t)language;
    if (!is_outlier)
        request->account =
            accounts_next(traffic->accounts, model, (uint32_t)country, month_of(request->event_ms), is_new, &stream);
}

static void locate_all(struct study_traffic *traffic, struct study_request *items, size_t count)
{
    for (int outliers = 1; outliers >= 0; outliers--) {
        for (size_t index = 0; index < count; index++) {
            if (is_outlier(traffic, &items[index]) == (outliers == 1))
                locate(traffic, &items[index], outliers == 1);
        }
    }
}

static void begin_week(struct study_traffic *traffic)
{
    int64_t requests = 0;

    traffic->number = 0;
    traffic->slice = 0;
    traffic->first_item = traffic->end_item;
    while (traffic->end_item < traffic->demand.count && traffic->demand.items[traffic->end_item].week == traffic->week)
        requests += traffic->demand.items[traffic->end_item++].requests;
    traffic->slices = 1 + (uint32_t)(requests / SLICE_REQUESTS);
}

static void set_arrivals(const struct study_traffic *traffic, struct study_request *items, size_t count)
{
    uint64_t seed = traffic->options.seed ^ UINT64_C(0xde1a);

    for (size_t index = 0; index < count; index++) {
        struct random_stream stream = random_stream(seed, (uint64_t)traffic->week << 48 | items[index].number);
        items[index].arrival_ms =
            items[index].event_ms + random_below(&stream, (uint32_t)traffic->options.disorder_ms + 1);
    }
}

static bool is_last_slice(const struct study_traffic *traffic)
{
    return traffic->week == SERIES_WEEKS - 1 && traffic->slice == traffic->slices;
}

/* Makes the next slice. What arrives after its end waits for the slices that follow. */
static enum verdict make_slice(struct study_traffic *traffic, struct reason *why)
{
    struct requests *ready = &traffic->ready;
    size_t waiting = ready->count - traffic->at;

    if (traffic->slice == traffic->slices) {
        traffic->week++;
        begin_week(traffic);
    }
    int64_t start = series_day(traffic->week) * DAY_MS;
    struct requests_stretch stretch = {.from_ms = start + 7 * DAY_MS * traffic->slice / traffic->slices,
                                       .until_ms = start + 7 * DAY_MS * (traffic->slice + 1) / traffic->slices,
                                       .is_exact = traffic->options.is_exact,
                                       .seed = traffic->options.seed};
    if (waiting > 0)
        memmove(ready->items, ready->items + traffic->at, waiting * sizeof(*ready->items));
    ready->count = waiting;
    traffic->at = 0;
    for (size_t item = traffic->first_item; item < traffic->end_item; item++) {
        enum verdict verdict = requests_add(ready, &traffic->demand, (uint32_t)item, &stretch, &traffic->number, why);
        if (verdict != GO_ON)
            return verdict;
    }
    size_t count = ready->count - waiting;
    uint64_t part = requests_week_weight(stretch.until_ms - start) * 1000000 / requests_week_weight(7 * DAY_MS);
    geography_advance(traffic->geography, traffic->week, (uint32_t)part);
    if (count > 0) {
        set_arrivals(traffic, ready->items + waiting, count);
        qsort(ready->items + waiting, count, sizeof(*ready->items), by_month_and_size);
        locate_all(traffic, ready->items + waiting, count);
        qsort(ready->items, ready->count, sizeof(*ready->items), by_arrival);
    }
    traffic->slice++;
    for (traffic->end = 0; traffic->end < ready->count; traffic->end++) {
        if (!is_last_slice(traffic) && ready->items[traffic->end].arrival_ms >= stretch.until_ms)
            break;
    }
    return GO_ON;
}

static struct span name_request(struct study_traffic *traffic, const struct study_request *request, uint32_t week)
{
    char *at = JSON_RAW(traffic->id, "gen-");

    at = json_put_integer(at, (int64_t)(traffic->options.seed & INT64_MAX));
    *at++ = '-';
    at = json_put_integer(at, week);
    *at++ = '-';
    at = json_put_integer(at, (int64_t)request->number);
    return (struct span){traffic->id, (size_t)(at - traffic->id)};
}

/* Like "acct-us-000123". */
static struct span name_account(struct study_traffic *traffic, const char *country, uint64_t number)
{
    char *at = JSON_RAW(traffic->account, "acct-");

    *at++ = (char)(country[0] + 'a' - 'A');
    *at++ = (char)(country[1] + 'a' - 'A');
    *at++ = '-';
    for (uint64_t unit = 100000; unit > number && unit > 1; unit /= 10)
        *at++ = '0';
    at = json_put_integer(at, (int64_t)number);
    return (struct span){traffic->account, (size_t)(at - traffic->account)};
}

static void set_customer(struct study_traffic *traffic, const struct study_request *request,
                         struct random_stream *stream, struct event *event)
{
    const char *country = study_countries[request->country].code;

    event->country = span_of(country);
    event->language = span_of(study_languages[request->language].code);
    event->account = name_account(traffic, country, request->account);
    if (is_outlier(traffic, request))
        event->account = span_of("acct-us-outlier");
    uint32_t app = alias_table_draw(&traffic->apps, stream);
    if (random_chance(stream, APP_NAMED)) {
        char *at = JSON_RAW(traffic->app, "app-");
        at = json_put_integer(at, app);
        event->app = (struct span){traffic->app, (size_t)(at - traffic->app)};
    }
}

static void set_ending(const struct study_traffic *traffic, const struct demand_item *item,
                       struct random_stream *stream, struct event *event)
{
    const struct budget_model *model = &traffic->budget.models[item->model];
    /* Others succeed and are billed: the study's tables and charts of costs and examples are of such requests. */
    bool is_plain = !item->is_tool && item->topic != TOPIC_PROGRAMMING && model->price_usd <= 0;
    uint32_t lot = random_below(stream, 1000);
    bool is_asked_key = random_chance(stream, STUDY_BYOK),
         is_failed = random_below(stream, 1000000) < traffic->options.errors;

    event->streamed = random_chance(stream, STREAMED);
    event->is_byok = is_asked_key && is_plain && !event->is_free;
    if (item->is_tool)
        event->finish_reason = span_of("tool_calls");
    else if (is_failed && is_plain)
        event->finish_reason = span_of("error");
    else if (lot < CANCELLED)
        event->cancelled = true;
    else
        event->finish_reason = event_draw_ending(lot - CANCELLED);
    event->tools_offered =
        item->is_tool ||
        random_chance(stream, item->topic == TOPIC_PROGRAMMING ? TOOLS_OFFERED_PROGRAMMING : TOOLS_OFFERED);
}

static void set_tokens(const struct study_traffic *traffic, const struct demand_item *item,
                       const struct study_request *request, struct random_stream *stream, struct event *event)
{
    const struct budget_model *model = &traffic->budget.models[item->model];
    bool is_failed = span_equal(event->finish_reason, span_of("error"));
    /* Both about their means, so that sums are those of the item and the model. */
    int64_t per_mille = 1000 - COMPLETION_SPREAD + random_below(stream, 2 * COMPLETION_SPREAD + 1);
    int64_t completion = request->tokens * item->completion / 10000 * per_mille / 1000;
    int64_t reasoning = (int64_t)model->reasoning - REASONING_SPREAD;
    if (model->reasoning == 0)
        reasoning = 0;
    else
        reasoning += random_below(stream, 2 * REASONING_SPREAD + 1);
    int64_t cached = model->cached < CACHED_SEEN ? 0 : (int64_t)model->cached * 2 * random_chance(stream, CACHED_HIT);

    event->tokens_completion = is_failed ? 0 : completion;
    event->tokens_prompt = request->tokens - event->tokens_completion;
    event->tokens_reasoning = event->tokens_completion * clamp_integer(reasoning, 0, PART_MAX) / 1000;
    event->tokens_cached = event->tokens_prompt * clamp_integer(cached, 0, PART_MAX) / 1000;
    event->cost_nano_usd = is_failed ? 0 : request->cost_nano_usd / (event->is_byok ? BYOK_DIVISOR : 1);
}

static struct span name_model(struct study_traffic *traffic, const struct budget_model *model)
{
    char *at = json_put_raw(traffic->model, model->slug.bytes, model->slug.size);

    if (model->is_free_variant)
        at = JSON_RAW(at, ":free");
    return (struct span){traffic->model, (size_t)(at - traffic->model)};
}

static void fill_event(struct study_traffic *traffic, const struct study_request *request, struct event *event)
{
    const struct demand_item *item = &traffic->demand.items[request->item];
    const struct budget_model *model = &traffic->budget.models[item->model];
    const struct listing *listing = &traffic->listings[item->model];
    struct random_stream stream =
        random_stream(traffic->options.seed, ((uint64_t)item->week + 1) << 48 | request->number);

    memset(event, 0, offsetof(struct event, labels));
    event->id = name_request(traffic, request, item->week);
    event->created_ms = request->event_ms;
    event->model = name_model(traffic, model);
    event->provider = span_of(listing_provider(listing, &stream));
    event->is_free = model->is_free;
    event->op = OP_CREATE;
    set_customer(traffic, request, &stream, event);
    set_ending(traffic, item, &stream, event);
    set_tokens(traffic, item, request, &stream, event);
    event_draw_times(listing->speed, &stream, event);
    event->classified = item->topic != DEMAND_NO_TOPIC && random_below(&stream, 1000000) < traffic->options.classified;
    if (event->classified && !(item->topic == TOPIC_OTHER && random_chance(&stream, TOPIC_UNLABELLED)))
        labels_give(&traffic->labels, (enum study_topic)item->topic, request->tokens, &stream, event);
    event_draw_cache_write(model->cached, &stream, event);
    /* What no model ran for costs nothing. The study knows all tokens and costs: nothing is unknown here. */
    event->is_gateway_cache_hit =
        random_chance(&stream, GATEWAY_HIT) && event->cost_nano_usd == 0 && event->tokens_cache_write == 0;
}

enum verdict study_traffic_next(struct study_traffic *traffic, struct event *event, bool *is_end, struct reason *why)
{
    *is_end = false;
    for (;;) {
        while (traffic->at < traffic->end) {
            const struct study_request *request = &traffic->ready.items[traffic->at++];
            fill_event(traffic, request, event);
            if (event->created_ms >= traffic->options.from_ms && event->created_ms < traffic->options.to_ms)
                return GO_ON;
        }
        if (traffic->slices == 0)
            begin_week(traffic);
        if (is_last_slice(traffic)) {
            *is_end = true;
            return GO_ON;
        }
        enum verdict verdict = make_slice(traffic, why);
        if (verdict != GO_ON)
            return verdict;
    }
}
