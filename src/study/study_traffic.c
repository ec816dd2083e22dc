/*
 * A week is cut into slices of some ten thousand requests. A slice's requests get their sizes and times, then their
 * homes, the large ones first; then they are sorted by when they arrive, and what arrives before the slice's end is
 * handed out. Everything is derived from the plan and from numbers, so the whole run is made whatever part is wanted:
 * what was given to whom before has to be known.
 */
#include "study_traffic.h"

#include <assert.h>
#include <stdlib.h>

#include "accounts.h"
#include "gentally/base/hash.h"
#include "gentally/base/json.h"
#include "gentally/core/window.h"
#include "geography.h"
#include "labels.h"
#include "price_list.h"
#include "requests.h"

#define SLICE_REQUESTS 16384
#define APPS 2000u
#define PAIRS_MAX 1e7 /* accounts and models at any scale: some millions of accounts */
#define BYOK 35       /* of the requests that may be, per mille */

struct replica {
    struct replica_options options;
    struct budget budget;
    struct portions portions;
    struct homes *homes;
    struct members *members;
    struct tagging tagging;
    struct offer *offers; /* by model: what offer_provider() looks at */
    uint32_t *families;   /* by model */
    struct lottery apps;
    struct requests ready; /* sorted; those from `at` on are to come */
    size_t at, end;        /* before `end` all arrive within the slices made so far */
    uint32_t week, slice, slices;
    size_t first_portion, end_portion; /* of the week */
    uint64_t number;                   /* of the week's next request */
    char id[64], account[32], app[32], model[EVENT_TEXT_MAX + 8];
};

/* Models accounts do not tell apart: retention is of what the study shows as one. */
static struct span family_slug(struct span slug)
{
    if (span_equal(slug, span_of("deepseek/deepseek-chat-v3-0324")))
        return span_of("deepseek/deepseek-chat");
    if (span_equal(slug, span_of("deepseek/deepseek-r1-0528")))
        return span_of("deepseek/deepseek-r1");
    return slug;
}

static void open_offers(struct replica *replica)
{
    for (uint32_t model = 0; model < replica->budget.count; model++) {
        const struct budget_model *entry = &replica->budget.models[model];
        struct span family = family_slug(entry->slug);
        uint64_t hash = hash_fnv1a(entry->slug);
        struct offer *offer = &replica->offers[model];
        offer->source = entry->source;
        offer->house = study_house(entry->author);
        offer->host_first = (uint32_t)(hash % study_host_count);
        offer->speed = 30 + (uint32_t)(hash >> 32) % 110;
        replica->families[model] = model;
        for (uint32_t other = 0; other < replica->budget.count; other++) {
            if (span_equal(replica->budget.models[other].slug, family))
                replica->families[model] = other;
        }
        if (replica->families[model] == model)
            members_curve(replica->members, model, entry->slug);
    }
}

static enum verdict open_members(struct replica *replica, struct reason *why)
{
    double requests = 1, share;

    for (size_t index = 0; index < replica->portions.count; index++)
        requests += (double)replica->portions.items[index].requests;
    share = PAIRS_MAX / requests;
    return members_open(&replica->members, replica->budget.count, study_country_count,
                        share > 0.3 ? 300000 : (uint32_t)(share * 1e6) + 1, why);
}

static enum verdict open_parts(struct replica *replica, const struct catalog *catalog, struct reason *why)
{
    int64_t tokens[SERIES_WEEKS] = {0};
    uint32_t weights[APPS];
    enum verdict verdict = budget_open(&replica->budget, replica->options.scale, catalog, why);

    if (verdict == GO_ON)
        verdict = portions_open(&replica->portions, &replica->budget, replica->options.scale, why);
    for (size_t index = 0; index < replica->portions.count && verdict == GO_ON; index++)
        tokens[replica->portions.items[index].week] += replica->portions.items[index].tokens;
    if (verdict == GO_ON)
        verdict = homes_open(&replica->homes, tokens, why);
    if (verdict == GO_ON)
        verdict = open_members(replica, why);
    if (verdict == GO_ON)
        verdict = lottery_open(&replica->apps, APPS, why);
    if (verdict != GO_ON)
        return verdict;
    for (uint32_t rank = 0; rank < APPS; rank++)
        weights[rank] = (UINT32_C(1) << 24) / (rank + 4);
    lottery_fill(&replica->apps, weights, APPS);
    replica->offers = calloc(replica->budget.count, sizeof *replica->offers);
    replica->families = calloc(replica->budget.count, sizeof *replica->families);
    if (replica->offers == NULL || replica->families == NULL)
        return no_memory(why, "for the models of the study");
    open_offers(replica);
    return GO_ON;
}

enum verdict replica_open(struct replica **out, const struct replica_options *options, const struct catalog *catalog,
                          struct reason *why)
{
    struct replica *replica = calloc(1, sizeof *replica);

    assert(options->scale >= REPLICA_SCALE_MIN);
    assert(options->scale <= REPLICA_SCALE_MAX);
    assert(options->from_ms >= REPLICA_FROM_MS);
    assert(options->to_ms <= REPLICA_UNTIL_MS);
    assert(options->disorder_ms >= 0);
    *out = NULL;
    if (replica == NULL)
        return no_memory(why, "for a workload");
    replica->options = *options;
    enum verdict verdict = open_parts(replica, catalog, why);
    if (verdict != GO_ON)
        replica_close(replica);
    else
        *out = replica;
    return verdict;
}

void replica_close(struct replica *replica)
{
    if (replica == NULL)
        return;
    budget_close(&replica->budget);
    portions_close(&replica->portions);
    homes_close(replica->homes);
    members_close(replica->members);
    lottery_close(&replica->apps);
    free(replica->offers);
    free(replica->families);
    free(replica->ready.items);
    free(replica);
}

static uint32_t month_of(int64_t event_ms)
{
    int64_t year;
    unsigned month, day;

    date_of_days(event_ms / DAY_MS, &year, &month, &day);
    return (uint32_t)(year - 2024) * 12 + month - 10;
}

/* May's tool calls of GPT-4o mini are one large account's (S13): it has its home. */
static bool is_outlier(const struct replica *replica, const struct request *request)
{
    const struct portion *portion = &replica->portions.items[request->portion];

    return portion->is_tool && month_of(portion->from_ms) == 7 &&
           span_equal(replica->budget.models[portion->model].slug, span_of("openai/gpt-4o-mini"));
}

static int by_month_and_size(const void *left, const void *right)
{
    const struct request *one = left, *other = right;
    uint32_t month = month_of(one->event_ms), other_month = month_of(other->event_ms);

    if (month != other_month)
        return month < other_month ? -1 : 1;
    if (one->tokens != other->tokens)
        return one->tokens > other->tokens ? -1 : 1;
    return one->number < other->number ? -1 : one->number > other->number;
}

static int by_arrival(const void *left, const void *right)
{
    const struct request *one = left, *other = right;

    if (one->arrival_ms != other->arrival_ms)
        return one->arrival_ms < other->arrival_ms ? -1 : 1;
    if (one->event_ms != other->event_ms)
        return one->event_ms < other->event_ms ? -1 : 1;
    return one->number < other->number ? -1 : one->number > other->number;
}

/* A small workload has few requests of a model in a country: then those that wait for one decide where it comes from.
 */
static int wanted_country(struct replica *replica, const struct request *request, uint32_t family, struct draw *draw)
{
    uint32_t month = month_of(request->event_ms), first = draw_below(draw, study_country_count);

    for (uint32_t index = 0; index < study_country_count && replica->slices == 1; index++) {
        uint32_t country = (first + index) % study_country_count;
        if (homes_has_room(replica->homes, request->tokens, country) &&
            members_waits(replica->members, family, country, month))
            return (int)country;
    }
    return -1;
}

static void find_home(struct replica *replica, struct request *request, bool is_outlier)
{
    struct draw draw =
        draw_stream(replica->options.seed ^ UINT64_C(0x403e), (uint64_t)replica->week << 48 | request->number);
    uint32_t family = replica->families[replica->portions.items[request->portion].model], language;
    bool is_new = draw_below(&draw, 1000000) < members_new_share(replica->members);
    int country = is_outlier ? 0 : -1; /* study_countries[0]: US */

    if (replica->options.is_exact) {
        if (!is_outlier && !is_new)
            country = wanted_country(replica, request, family, &draw);
        homes_give(replica->homes, request->tokens, &draw, &country, &language);
    } else {
        homes_draw(replica->homes, replica->week, &draw, &country, &language);
    }
    request->country = (int16_t)country;
    request->language = (uint16_t)language;
    if (!is_outlier)
        request->account =
            members_next(replica->members, family, (uint32_t)country, month_of(request->event_ms), is_new, &draw);
}

static void find_homes(struct replica *replica, struct request *items, size_t count)
{
    for (int outliers = 1; outliers >= 0; outliers--) {
        for (size_t index = 0; index < count; index++) {
            if (is_outlier(replica, &items[index]) == (outliers == 1))
                find_home(replica, &items[index], outliers == 1);
        }
    }
}

static void begin_week(struct replica *replica)
{
    int64_t requests = 0;

    replica->number = 0;
    replica->slice = 0;
    replica->first_portion = replica->end_portion;
    while (replica->end_portion < replica->portions.count &&
           replica->portions.items[replica->end_portion].week == replica->week)
        requests += replica->portions.items[replica->end_portion++].requests;
    replica->slices = 1 + (uint32_t)(requests / SLICE_REQUESTS);
}

/* Makes the next slice. What arrives after its end waits for the slices that follow. */
static enum verdict make_slice(struct replica *replica, struct reason *why)
{
    struct requests *ready = &replica->ready;
    size_t waiting = ready->count - replica->at;

    if (replica->slice == replica->slices) {
        replica->week++;
        begin_week(replica);
    }
    int64_t start = (SERIES_FIRST_DAY + 7 * (int64_t)replica->week) * DAY_MS;
    int64_t from = start + 7 * DAY_MS * replica->slice / replica->slices;
    int64_t until = start + 7 * DAY_MS * (replica->slice + 1) / replica->slices;
    if (waiting > 0)
        memmove(ready->items, ready->items + replica->at, waiting * sizeof *ready->items);
    ready->count = waiting;
    replica->at = 0;
    for (size_t portion = replica->first_portion; portion < replica->end_portion; portion++) {
        enum verdict verdict = slice_add(ready, &replica->portions, (uint32_t)portion, from, until,
                                         replica->options.is_exact, replica->options.seed, &replica->number, why);
        if (verdict != GO_ON)
            return verdict;
    }
    size_t count = ready->count - waiting;
    uint64_t part = slice_weight(until - start) * 1000000 / slice_weight(7 * DAY_MS);
    homes_due(replica->homes, replica->week, (uint32_t)part);
    for (size_t index = waiting; index < ready->count; index++) {
        struct request *request = &ready->items[index];
        struct draw draw =
            draw_stream(replica->options.seed ^ UINT64_C(0xde1a), (uint64_t)replica->week << 48 | request->number);
        request->arrival_ms = request->event_ms + draw_below(&draw, (uint32_t)replica->options.disorder_ms + 1);
    }
    if (count > 0) {
        qsort(ready->items + waiting, count, sizeof *ready->items, by_month_and_size);
        find_homes(replica, ready->items + waiting, count);
        qsort(ready->items, ready->count, sizeof *ready->items, by_arrival);
    }
    replica->slice++;
    bool is_last = replica->week == SERIES_WEEKS - 1 && replica->slice == replica->slices;
    for (replica->end = 0; replica->end < ready->count; replica->end++) {
        if (!is_last && ready->items[replica->end].arrival_ms >= until)
            break;
    }
    return GO_ON;
}

static struct span name_request(struct replica *replica, const struct request *request, uint32_t week)
{
    char *at = JSON_RAW(replica->id, "gen-");

    at = json_integer(at, (int64_t)(replica->options.seed & INT64_MAX));
    *at++ = '-';
    at = json_integer(at, week);
    *at++ = '-';
    at = json_integer(at, (int64_t)request->number);
    return (struct span){replica->id, (size_t)(at - replica->id)};
}

/* Like "acct-us-000123". */
static struct span name_account(struct replica *replica, const char *country, uint64_t number)
{
    char *at = JSON_RAW(replica->account, "acct-");

    *at++ = (char)(country[0] + 'a' - 'A');
    *at++ = (char)(country[1] + 'a' - 'A');
    *at++ = '-';
    for (uint64_t unit = 100000; unit > number && unit > 1; unit /= 10)
        *at++ = '0';
    at = json_integer(at, (int64_t)number);
    return (struct span){replica->account, (size_t)(at - replica->account)};
}

static void set_customer(struct replica *replica, const struct request *request, struct draw *draw, struct event *event)
{
    const char *country = study_countries[request->country].code;

    event->country = span_of(country);
    event->language = span_of(study_languages[request->language].code);
    event->account = name_account(replica, country, request->account);
    if (is_outlier(replica, request))
        event->account = span_of("acct-us-outlier");
    uint32_t app = lottery_draw(&replica->apps, draw);
    if (draw_chance(draw, 900)) {
        char *at = JSON_RAW(replica->app, "app-");
        at = json_integer(at, app);
        event->app = (struct span){replica->app, (size_t)(at - replica->app)};
    }
}

static void set_ending(const struct replica *replica, const struct portion *portion, struct draw *draw,
                       struct event *event)
{
    const struct budget_model *model = &replica->budget.models[portion->model];
    /* What the study's tables and charts say of cost and of examples is of requests that succeed and are billed. */
    bool is_plain = !portion->is_tool && portion->topic != TOPIC_PROGRAMMING && model->price_usd <= 0;
    uint32_t lot = draw_below(draw, 1000);
    bool is_asked_key = draw_chance(draw, BYOK), is_failed = draw_below(draw, 1000000) < replica->options.errors;

    event->streamed = draw_chance(draw, 700);
    event->is_byok = is_asked_key && is_plain && !event->is_free;
    if (portion->is_tool)
        event->finish_reason = span_of("tool_calls");
    else if (is_failed && is_plain)
        event->finish_reason = span_of("error");
    else if (lot < 10)
        event->cancelled = true;
    else if (lot >= 18) /* else nobody said why it ended */
        event->finish_reason = span_of(lot < 45 ? "length" : lot < 48 ? "content_filter" : "stop");
    event->tools_offered = portion->is_tool || draw_chance(draw, portion->topic == TOPIC_PROGRAMMING ? 250 : 60);
}

static void set_tokens(const struct replica *replica, const struct portion *portion, const struct request *request,
                       struct draw *draw, struct event *event)
{
    const struct budget_model *model = &replica->budget.models[portion->model];
    bool is_failed = span_equal(event->finish_reason, span_of("error"));
    /* Half to one and a half times the portion's part, so that the mean is its. */
    int64_t completion = request->tokens * portion->completion / 10000 * (500 + draw_below(draw, 1001)) / 1000;
    int64_t reasoning = model->reasoning == 0 ? 0 : (int64_t)model->reasoning - 100 + draw_below(draw, 201);
    int64_t cached = model->cached < 20 ? 0 : (int64_t)model->cached * 2 * draw_chance(draw, 500);

    event->tokens_completion = is_failed ? 0 : completion;
    event->tokens_prompt = request->tokens - event->tokens_completion;
    event->tokens_reasoning = event->tokens_completion * (reasoning < 0 ? 0 : reasoning > 950 ? 950 : reasoning) / 1000;
    event->tokens_cached = event->tokens_prompt * (cached > 950 ? 950 : cached) / 1000;
    event->cost_nano_usd = is_failed ? 0 : event->is_byok ? request->cost_nano_usd / 20 : request->cost_nano_usd;
}

static void set_times(const struct offer *offer, struct draw *draw, struct event *event)
{
    int64_t wait_ms = draw_spread(draw, 450 + event->tokens_prompt / 40);
    int64_t speed = 1 + (int64_t)offer->speed * (750 + draw_below(draw, 500)) / 1000;
    int64_t generation_ms = event->tokens_completion * 1000 / speed;

    event->latency_ms = event->first_token_ms = event->generation_ms = EVENT_ABSENT;
    if (draw_chance(draw, 20)) /* not every provider tells */
        return;
    event->latency_ms = (int32_t)(wait_ms + generation_ms);
    if (event->tokens_completion == 0)
        return;
    event->generation_ms = (int32_t)generation_ms;
    if (event->streamed)
        event->first_token_ms = (int32_t)wait_ms;
}

static struct span name_model(struct replica *replica, const struct budget_model *model)
{
    char *at = json_raw(replica->model, model->slug.bytes, model->slug.size);

    if (model->is_free_variant)
        at = JSON_RAW(at, ":free");
    return (struct span){replica->model, (size_t)(at - replica->model)};
}

static void fill_event(struct replica *replica, const struct request *request, struct event *event)
{
    const struct portion *portion = &replica->portions.items[request->portion];
    const struct budget_model *model = &replica->budget.models[portion->model];
    const struct offer *offer = &replica->offers[portion->model];
    struct draw draw = draw_stream(replica->options.seed, ((uint64_t)portion->week + 1) << 48 | request->number);

    memset(event, 0, offsetof(struct event, labels));
    event->id = name_request(replica, request, portion->week);
    event->created_ms = request->event_ms;
    event->model = name_model(replica, model);
    event->provider = span_of(offer_provider(offer, &draw));
    event->is_free = model->is_free;
    event->op = OP_CREATE;
    set_customer(replica, request, &draw, event);
    set_ending(replica, portion, &draw, event);
    set_tokens(replica, portion, request, &draw, event);
    set_times(offer, &draw, event);
    event->classified = portion->topic != PORTION_NO_TOPIC && draw_below(&draw, 1000000) < replica->options.classified;
    if (event->classified && !(portion->topic == TOPIC_OTHER && draw_chance(&draw, 300)))
        tagging_give(&replica->tagging, (enum study_topic)portion->topic, request->tokens, &draw, event);
}

enum verdict replica_next(struct replica *replica, struct event *event, bool *is_end, struct reason *why)
{
    *is_end = false;
    for (;;) {
        while (replica->at < replica->end) {
            const struct request *request = &replica->ready.items[replica->at++];
            fill_event(replica, request, event);
            if (event->created_ms >= replica->options.from_ms && event->created_ms < replica->options.to_ms)
                return GO_ON;
        }
        if (replica->slices == 0)
            begin_week(replica);
        bool is_last = replica->week == SERIES_WEEKS - 1 && replica->slice == replica->slices;
        if (is_last) {
            *is_end = true;
            return GO_ON;
        }
        enum verdict verdict = make_slice(replica, why);
        if (verdict != GO_ON)
            return verdict;
    }
}
