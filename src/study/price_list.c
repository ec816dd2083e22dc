/*
 * A day's choice of models, from the catalog and the study. The study speaks of tokens, a generator draws requests: a
 * model's weight in the draw is its share of tokens, divided by the tokens of its average request.
 */
#include "price_list.h"

#include <assert.h>
#include <stdlib.h>

#include "alias_table.h"
#include "calibration.h"
#include "gentally/base/hash.h"
#include "gentally/core/window.h"

struct day_choice {
    int64_t day;
    struct alias_table table;
    struct listing *items; /* at the day's prices */
};

struct price_list {
    const struct catalog *catalog; /* borrowed */
    uint32_t count, room;
    struct listing *items;        /* without prices */
    struct span *names;           /* of them in the catalog */
    uint32_t *weights;            /* work memory of a day */
    struct day_choice choices[2]; /* of the last even and the last odd day: disorder goes to and fro over midnight */
};

static int64_t day_of(uint32_t date) /* 20251023 */
{
    return days_of_date(date / 10000, date / 100 % 100, date % 100);
}

/* The catalog's price, exact to a pico-dollar: a double holds six decimals of it with ease. */
static int64_t pico_usd(double usd_per_mtok)
{
    return usd_per_mtok > 0 && usd_per_mtok < 1e6 ? (int64_t)(usd_per_mtok * 1e6 + 0.5) : 0;
}

void listing_set_hosts(struct listing *listing, struct span slug, struct span author, enum model_source source)
{
    uint64_t hash = hash_fnv1a(slug);

    listing->source = source;
    listing->house = study_house(author);
    listing->host_first = (uint32_t)(hash % study_host_count);
    listing->speed = SPEED_MIN + (uint32_t)(hash >> 32) % SPEED_RANGE;
}

static struct listing *add(struct price_list *prices, const struct model *model, struct span slug, struct span variant)
{
    assert(prices->count < prices->room);
    if (slug.size + variant.size + 1 > EVENT_TEXT_MAX)
        return NULL;
    prices->names[prices->count] = model->slug;
    struct listing *listing = &prices->items[prices->count++];
    memcpy(listing->slug, slug.bytes, slug.size);
    listing->slug_size = slug.size;
    if (variant.size > 0) {
        listing->slug[slug.size] = ':';
        memcpy(listing->slug + slug.size + 1, variant.bytes, variant.size);
        listing->slug_size += 1 + variant.size;
    }
    listing->from_day = model->released_ms / DAY_MS;
    listing->until_day = INT64_MAX;
    listing_set_hosts(listing, slug, model->author, model->source == SOURCE_UNKNOWN ? SOURCE_CLOSED : model->source);
    return listing;
}

static void add_named(struct price_list *prices, const struct model *model, const struct study_model *named)
{
    struct span variant = slug_variant(span_of(named->slug));
    struct listing *listing = add(prices, model, model->slug, variant);

    if (listing == NULL)
        return;
    listing->is_free = variant.size > 0 || named->is_promotion;
    listing->weight = named->weight;
    if (named->from != 0)
        listing->from_day = day_of(named->from);
    if (named->until != 0)
        listing->until_day = day_of(named->until);
    listing->prompt = named->prompt;
    listing->completion = named->completion;
    listing->reasoning = named->reasoning;
    listing->cached = named->cached;
    listing->tool_calls = named->tool_calls;
    listing->is_promotion = named->is_promotion;
    listing->mix = named->mix >= 0 ? (uint32_t)named->mix : study_mix_of(model->author, model->source);
}

/* A model nobody writes about: small traffic, of a kind that follows from its name. */
static void add_tail(struct price_list *prices, const struct model *model)
{
    struct list_price price = catalog_price(prices->catalog, model->slug, model->released_ms);
    bool is_priced = price.prompt > 0 || price.completion > 0;
    struct listing *listing;

    /* The router's own names are stealth models, each on show for a few days: only named ones have their dates. */
    if (span_equal(model->author, span_of("openrouter")))
        return;
    listing = add(prices, model, model->slug, is_priced ? (struct span){NULL, 0} : span_of("free"));
    if (listing == NULL)
        return;
    listing->is_free = !is_priced;
    listing->prompt = DEMO_PROMPT_MIN + (int64_t)(hash_fnv1a(model->slug) >> 16) % DEMO_PROMPT_RANGE;
    listing->completion = DEMO_COMPLETION_MIN + (int64_t)(hash_fnv1a(model->slug) >> 24) % DEMO_COMPLETION_RANGE;
    if (model_reasons(model)) {
        listing->reasoning = TAIL_REASONING;
        listing->completion *= DEMO_REASONING_FACTOR;
    }
    listing->cached = model->source == SOURCE_CLOSED ? TAIL_CACHED_CLOSED : TAIL_CACHED_OPEN;
    listing->tool_calls = DEMO_TOOL_CALLS;
    listing->mix = study_mix_of(model->author, model->source);
}

static void add_model(struct price_list *prices, const struct model *model)
{
    const struct study_model *named;
    bool is_named = false;

    for (uint32_t index = 0; (named = study_model(index)) != NULL; index++) {
        if (span_equal(slug_base(span_of(named->slug)), model->slug)) {
            add_named(prices, model, named);
            is_named = true;
        }
    }
    if (!is_named)
        add_tail(prices, model);
}

static uint32_t named_count(void)
{
    uint32_t count = 0;

    while (study_model(count) != NULL)
        count++;
    return count;
}

enum verdict price_list_open(struct price_list **out, const struct catalog *catalog, struct reason *why)
{
    struct price_list *prices = calloc(1, sizeof(*prices));
    struct model model;

    *out = NULL;
    if (prices == NULL)
        goto no_memory;
    prices->catalog = catalog;
    prices->room = (uint32_t)catalog_count(catalog) + named_count();
    prices->items = calloc(prices->room, sizeof(*prices->items));
    prices->names = calloc(prices->room, sizeof(*prices->names));
    prices->weights = calloc(prices->room, sizeof(*prices->weights));
    for (int odd = 0; odd < 2; odd++)
        prices->choices[odd].items = calloc(prices->room, sizeof(*prices->items));
    if (prices->items == NULL || prices->names == NULL || prices->weights == NULL || prices->choices[0].items == NULL ||
        prices->choices[1].items == NULL)
        goto no_memory;
    for (size_t index = 0; catalog_at(catalog, index, &model); index++)
        add_model(prices, &model);
    if (prices->count == 0) {
        price_list_close(prices);
        return reason_set(why, HALT, WORKLOAD_NO_MODELS, 0, "the catalog has no model to generate events of");
    }
    for (int odd = 0; odd < 2; odd++) {
        enum verdict verdict = alias_table_open(&prices->choices[odd].table, prices->count, why);
        prices->choices[odd].day = INT64_MIN;
        if (verdict != GO_ON) {
            price_list_close(prices);
            return verdict;
        }
    }
    *out = prices;
    return GO_ON;
no_memory:
    price_list_close(prices);
    return no_memory(why, "for the models on offer");
}

void price_list_close(struct price_list *prices)
{
    if (prices == NULL)
        return;
    for (int odd = 0; odd < 2; odd++) {
        alias_table_close(&prices->choices[odd].table);
        free(prices->choices[odd].items);
    }
    free(prices->items);
    free(prices->names);
    free(prices->weights);
    free(prices);
}

/* Weight among the tokens of its source on `day`; 0 if it is not on offer. A model without a weight of its own has one
 * that falls with its age, as 1 / (2 + months). */
static uint64_t token_weight(const struct listing *listing, int64_t day)
{
    if (day < listing->from_day || day >= listing->until_day)
        return 0;
    if (listing->weight > 0)
        return listing->weight;
    uint64_t months = listing->from_day == 0 ? AGE_UNKNOWN : (uint64_t)(day - listing->from_day) / 30;
    /* The study's premium specialists: needed, dear, and little used. */
    bool is_premium = listing->prompt_pico_usd > PREMIUM_USD * INT64_C(1000000);
    uint64_t weight = is_premium ? DEMO_TAIL / PREMIUM_DIVISOR : DEMO_TAIL;
    return weight / (AGE_BASE + months) + 1;
}

/* The models at what they cost on that day. */
static void set_prices(const struct price_list *prices, struct listing items[], int64_t day)
{
    memcpy(items, prices->items, prices->count * sizeof(items[0]));
    for (uint32_t index = 0; index < prices->count; index++) {
        if (items[index].is_free)
            continue;
        struct list_price price = catalog_price(prices->catalog, prices->names[index], day * DAY_MS);
        items[index].prompt_pico_usd = pico_usd(price.prompt);
        items[index].completion_pico_usd = pico_usd(price.completion);
    }
}

static void set_day(struct price_list *prices, struct day_choice *choice, int64_t day)
{
    const struct study_week *week = study_week(day);
    uint64_t shares[4] = {[SOURCE_OPEN_CN] = week->open_cn, [SOURCE_OPEN_ROW] = week->open_row};
    uint64_t sums[4] = {0};
    uint64_t total = 0;

    shares[SOURCE_CLOSED] = 1000u - week->open_cn - week->open_row;
    set_prices(prices, choice->items, day);
    for (uint32_t index = 0; index < prices->count; index++)
        sums[choice->items[index].source] += token_weight(&choice->items[index], day);
    for (uint32_t index = 0; index < prices->count; index++) {
        const struct listing *listing = &choice->items[index];
        uint64_t weight = token_weight(listing, day), tokens = (uint64_t)(listing->prompt + listing->completion);
        prices->weights[index] =
            weight == 0 ? 0
                        : (uint32_t)(shares[listing->source] * weight * 100000000 / (sums[listing->source] * tokens));
        total += prices->weights[index];
    }
    /* Before the first model was out, any will do: the dates of a workload are the user's choice. */
    for (uint32_t index = 0; total == 0 && index < prices->count; index++)
        prices->weights[index] = 1;
    alias_table_fill(&choice->table, prices->weights, prices->count);
    choice->day = day;
}

const struct listing *price_list_draw(struct price_list *prices, int64_t day, struct random_stream *stream)
{
    struct day_choice *choice = &prices->choices[day & 1];

    if (choice->day != day)
        set_day(prices, choice, day);
    return &choice->items[alias_table_draw(&choice->table, stream)];
}

const char *listing_provider(const struct listing *listing, struct random_stream *stream)
{
    bool is_open = listing->source != SOURCE_CLOSED;
    uint32_t lot = random_below(stream, 1000);

    if (listing->house != NULL && !is_open)
        return listing->house->second != NULL && lot < SECOND_SELLER ? listing->house->second : listing->house->own;
    if (listing->house != NULL && listing->source == SOURCE_OPEN_CN && lot < OWN_SERVICE)
        return listing->house->own;
    /* Six hosts of falling popularity for each open model. */
    uint32_t place = 0;
    while (place < LENGTH_OF(HOST_SHARES) && lot % 100 >= HOST_SHARES[place])
        place++;
    if (place == LENGTH_OF(HOST_SHARES))
        place += lot % 2;
    return study_hosts[(listing->host_first + place * HOST_STEP) % study_host_count];
}
