/*
 * From the catalog and the study to a day's choice of models. The study speaks of tokens, a generator draws requests: a
 * model's weight in the draw is its share of tokens, divided by the tokens of its average request.
 */
#include "price_list.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/base/hash.h"
#include "gentally/core/window.h"

struct choice {
    int64_t day;
    struct lottery lottery;
};

struct offers {
    uint32_t count, room;
    struct offer *items;
    uint32_t *weights;        /* work memory of a day */
    struct choice choices[2]; /* of the last even and the last odd day: disorder goes to and fro over midnight */
};

static const uint32_t age_unknown_months = 12;

static int64_t day_of(uint32_t date) /* 20251023 */
{
    return days_of_date(date / 10000, date / 100 % 100, date % 100);
}

/* The catalog's price, exact to a pico-dollar: a double holds six decimals of it with ease. */
static int64_t pico_usd(double usd_per_mtok)
{
    return usd_per_mtok > 0 && usd_per_mtok < 1e6 ? (int64_t)(usd_per_mtok * 1e6 + 0.5) : 0;
}

static struct offer *add(struct offers *offers, const struct model *model, struct span slug, struct span variant)
{
    uint64_t hash = hash_fnv1a(slug);

    assert(offers->count < offers->room);
    if (slug.size + variant.size + 1 > EVENT_TEXT_MAX)
        return NULL;
    struct offer *offer = &offers->items[offers->count++];
    memcpy(offer->slug, slug.bytes, slug.size);
    offer->slug_size = slug.size;
    if (variant.size > 0) {
        offer->slug[slug.size] = ':';
        memcpy(offer->slug + slug.size + 1, variant.bytes, variant.size);
        offer->slug_size += 1 + variant.size;
    }
    offer->source = model->source == SOURCE_UNKNOWN ? SOURCE_CLOSED : model->source;
    offer->from_day = model->released_ms / DAY_MS;
    offer->until_day = INT64_MAX;
    offer->house = study_house(model->author);
    offer->host_first = (uint32_t)(hash % study_host_count);
    offer->speed = 30 + (uint32_t)(hash >> 32) % 110;
    return offer;
}

static void add_named(struct offers *offers, const struct model *model, const struct study_model *named,
                      int64_t prompt_pico_usd, int64_t completion_pico_usd)
{
    struct span variant = slug_variant(span_of(named->slug));
    struct offer *offer = add(offers, model, model->slug, variant);

    if (offer == NULL)
        return;
    bool is_free = variant.size > 0 || named->is_promotion;
    offer->weight = named->weight;
    if (named->from != 0)
        offer->from_day = day_of(named->from);
    if (named->until != 0)
        offer->until_day = day_of(named->until);
    offer->prompt = named->prompt;
    offer->completion = named->completion;
    offer->reasoning = named->reasoning;
    offer->cached = named->cached;
    offer->tool_calls = named->tool_calls;
    offer->prompt_pico_usd = is_free ? 0 : prompt_pico_usd;
    offer->completion_pico_usd = is_free ? 0 : completion_pico_usd;
    offer->is_promotion = named->is_promotion;
    offer->mix = named->mix >= 0 ? (uint32_t)named->mix : study_mix_of(model->author, model->source);
}

/* A model nobody writes about: small traffic, of a kind that follows from its name. */
static void add_tail(struct offers *offers, const struct model *model, int64_t prompt_pico_usd,
                     int64_t completion_pico_usd)
{
    bool is_priced = prompt_pico_usd > 0 || completion_pico_usd > 0;
    struct offer *offer;

    /* The router's own names are stealth models, each on show for a few days: only named ones have their dates. */
    if (span_equal(model->author, span_of("openrouter")))
        return;
    offer = add(offers, model, model->slug, is_priced ? (struct span){NULL, 0} : span_of("free"));
    if (offer == NULL)
        return;
    offer->prompt = 1200 + (int64_t)(hash_fnv1a(model->slug) >> 16) % 5000;
    offer->completion = 180 + (int64_t)(hash_fnv1a(model->slug) >> 24) % 350;
    if (model->reasoning == REASONING_YES) {
        offer->reasoning = 550;
        offer->completion *= 2;
    }
    offer->cached = model->source == SOURCE_CLOSED ? 150 : 20;
    offer->tool_calls = 40;
    offer->prompt_pico_usd = prompt_pico_usd;
    offer->completion_pico_usd = completion_pico_usd;
    offer->mix = study_mix_of(model->author, model->source);
}

static void add_model(struct offers *offers, const struct model *model, double prompt_usd, double completion_usd)
{
    const struct study_model *named;
    bool is_named = false;

    for (uint32_t index = 0; (named = study_model(index)) != NULL; index++) {
        if (span_equal(slug_base(span_of(named->slug)), model->slug)) {
            add_named(offers, model, named, pico_usd(prompt_usd), pico_usd(completion_usd));
            is_named = true;
        }
    }
    if (!is_named)
        add_tail(offers, model, pico_usd(prompt_usd), pico_usd(completion_usd));
}

static uint32_t named_count(void)
{
    uint32_t count = 0;

    while (study_model(count) != NULL)
        count++;
    return count;
}

enum verdict offers_open(struct offers **out, const struct catalog *catalog, struct reason *why)
{
    struct offers *offers = calloc(1, sizeof *offers);
    struct model model;
    double prompt_usd, completion_usd;

    *out = NULL;
    if (offers == NULL)
        goto no_memory;
    offers->room = (uint32_t)catalog_count(catalog) + named_count();
    offers->items = calloc(offers->room, sizeof *offers->items);
    offers->weights = calloc(offers->room, sizeof *offers->weights);
    if (offers->items == NULL || offers->weights == NULL)
        goto no_memory;
    for (size_t index = 0; catalog_at(catalog, index, &model, &prompt_usd, &completion_usd); index++)
        add_model(offers, &model, prompt_usd, completion_usd);
    if (offers->count == 0) {
        offers_close(offers);
        return reason_set(why, HALT, WORKLOAD_NO_MODELS, 0, "the catalog has no model to generate events of");
    }
    for (int odd = 0; odd < 2; odd++) {
        enum verdict verdict = lottery_open(&offers->choices[odd].lottery, offers->count, why);
        offers->choices[odd].day = INT64_MIN;
        if (verdict != GO_ON) {
            offers_close(offers);
            return verdict;
        }
    }
    *out = offers;
    return GO_ON;
no_memory:
    offers_close(offers);
    return no_memory(why, "for the models on offer");
}

void offers_close(struct offers *offers)
{
    if (offers == NULL)
        return;
    lottery_close(&offers->choices[0].lottery);
    lottery_close(&offers->choices[1].lottery);
    free(offers->items);
    free(offers->weights);
    free(offers);
}

/* Weight among the tokens of its source on `day`; 0 if it is not on offer. A model without a weight of its own has one
 * that falls with its age, as 1 / (2 + months). */
static uint64_t token_weight(const struct offer *offer, int64_t day)
{
    if (day < offer->from_day || day >= offer->until_day)
        return 0;
    if (offer->weight > 0)
        return offer->weight;
    uint64_t months = offer->from_day == 0 ? age_unknown_months : (uint64_t)(day - offer->from_day) / 30;
    /* The study's premium specialists, above $10 a million: needed, dear, and little used. */
    uint64_t weight = offer->prompt_pico_usd > 10000000 ? 15 : 120;
    return weight / (2 + months) + 1;
}

static void set_day(struct offers *offers, struct choice *choice, int64_t day)
{
    const struct study_week *week = study_week(day);
    uint64_t shares[4] = {[SOURCE_OPEN_CN] = week->open_cn, [SOURCE_OPEN_ROW] = week->open_row};
    uint64_t sums[4] = {0};
    uint64_t total = 0;

    shares[SOURCE_CLOSED] = 1000u - week->open_cn - week->open_row;
    for (uint32_t index = 0; index < offers->count; index++)
        sums[offers->items[index].source] += token_weight(&offers->items[index], day);
    for (uint32_t index = 0; index < offers->count; index++) {
        const struct offer *offer = &offers->items[index];
        uint64_t weight = token_weight(offer, day), tokens = (uint64_t)(offer->prompt + offer->completion);
        offers->weights[index] =
            weight == 0 ? 0 : (uint32_t)(shares[offer->source] * weight * 100000000 / (sums[offer->source] * tokens));
        total += offers->weights[index];
    }
    /* Before the first model was out, any will do: the dates of a workload are the user's choice. */
    for (uint32_t index = 0; total == 0 && index < offers->count; index++)
        offers->weights[index] = 1;
    lottery_fill(&choice->lottery, offers->weights, offers->count);
    choice->day = day;
}

const struct offer *offers_draw(struct offers *offers, int64_t day, struct draw *draw)
{
    struct choice *choice = &offers->choices[day & 1];

    if (choice->day != day)
        set_day(offers, choice, day);
    return &offers->items[lottery_draw(&choice->lottery, draw)];
}

const char *offer_provider(const struct offer *offer, struct draw *draw)
{
    bool is_open = offer->source != SOURCE_CLOSED;
    uint32_t lot = draw_below(draw, 1000);

    if (offer->house != NULL && !is_open)
        return offer->house->second != NULL && lot < 180 ? offer->house->second : offer->house->own;
    if (offer->house != NULL && offer->source == SOURCE_OPEN_CN && lot < 300)
        return offer->house->own;
    /* Six hosts of falling popularity for each open model. */
    uint32_t place = lot % 100 < 35 ? 0 : lot % 100 < 58 ? 1 : lot % 100 < 75 ? 2 : lot % 100 < 87 ? 3 : 4 + lot % 2;
    return study_hosts[(offer->host_first + place * 7) % study_host_count];
}
