/*
 * Countries belong to continents, and a continent's share of a week is its path over the year, fitted to the tables. A
 * country has a fixed part of its continent, a language a fixed part of a country; both follow from the tables too.
 *
 * S31 and S32 cannot be of the same weeks: the United States and Canada (S32) have more than North America (S31). North
 * America's share falls over the year, so S32 is held over all weeks and S31 over those since May 2025.
 */
#include "geography.h"

#include <assert.h>
#include <stdlib.h>

#include "alias_table.h"
#include "calibration.h"
#include "clamp.h"
#include "raking.h"

#define COUNTRIES_MAX 64u
#define LANGUAGES_MAX 32u
#define ROUNDS 200

enum continent { NORTH_AMERICA, ASIA, EUROPE, SOUTH_AMERICA, OCEANIA, AFRICA, CONTINENTS };

struct geography {
    uint32_t countries, languages;
    int64_t tokens[SERIES_WEEKS];
    double continents[SERIES_WEEKS][CONTINENTS];          /* tokens */
    double later[SERIES_WEEKS][COUNTRIES_MAX];            /* tokens of the weeks to come, until a table's last */
    double country_parts[COUNTRIES_MAX];                  /* of its continent */
    double language_parts[COUNTRIES_MAX * LANGUAGES_MAX]; /* of its country, by pair: country * languages + language */
    double missing[COUNTRIES_MAX * LANGUAGES_MAX];        /* tokens due, less given, by pair */
    uint16_t pairs[COUNTRIES_MAX * LANGUAGES_MAX];        /* pairs that have a part */
    uint32_t pair_count;
    uint32_t week, part; /* how far tokens are due */
    struct alias_table country_table;
    struct alias_table language_tables[COUNTRIES_MAX];
    int64_t drawn_week; /* the week that country_table is of; -1 = none yet */
};

static enum continent continent_of(const char *country)
{
    static const struct {
        enum continent continent;
        const char *countries;
    } continents[] = {
        {NORTH_AMERICA, "US CA MX CR PA"},
        {ASIA, "SG CN KR JP IN HK TW ID VN TH IL TR AE MY PH KZ PK BD"},
        {EUROPE, "DE NL GB FR RU ES PL IT CH SE FI AT UA CZ BE PT RO DK NO IE GR HU"},
        {SOUTH_AMERICA, "BR AR CL CO PE"},
        {OCEANIA, "AU NZ"},
        {AFRICA, "ZA NG EG KE MA"},
    };

    for (size_t index = 0; index < LENGTH_OF(continents); index++) {
        if (strstr(continents[index].countries, country) != NULL)
            return continents[index].continent;
    }
    assert(!"a country of study_countries that is on no continent");
    return AFRICA;
}

/* S30's paths: from the first parts to the last along an S-curve. First guesses. */
static void guess_continents(uint32_t week, double shares[CONTINENTS])
{
    double along = clamp(((double)week - ASIA_RISES) / (ASIA_RISEN - ASIA_RISES), 0, 1);
    double step = along * along * (3 - 2 * along);

    shares[NORTH_AMERICA] = 1;
    for (uint32_t continent = ASIA; continent < CONTINENTS; continent++) {
        shares[continent] = CONTINENT_FIRST[continent] + CONTINENT_CHANGE[continent] * step;
        shares[NORTH_AMERICA] -= shares[continent];
    }
}

/* Tokens of continents before the classifier: what S32 leaves North America, a guess of others, the rest is Europe. */
static void early_continents(double all, double early, double sums[CONTINENTS])
{
    double america =
        (UNITED_STATES + CANADA + NORTH_AMERICA_REST) * all - CONTINENT_SHARES[NORTH_AMERICA] / 10000 * (all - early);

    for (uint32_t continent = 0; continent < CONTINENTS; continent++)
        sums[continent] = CONTINENT_EARLY[continent] * early;
    sums[NORTH_AMERICA] = clamp(america, 0, NORTH_AMERICA_MAX * early);
    double rest = early;
    for (uint32_t continent = 0; continent < CONTINENTS; continent++)
        rest -= continent == EUROPE ? 0 : sums[continent];
    sums[EUROPE] = rest;
}

static void fit_continents(struct geography *geography)
{
    double weeks[SERIES_WEEKS], sums[CONTINENTS], all = 0, early = 0;
    const uint32_t split = SERIES_CATEGORY_WEEK;

    for (uint32_t week = 0; week < SERIES_WEEKS; week++) {
        weeks[week] = (double)geography->tokens[week];
        all += weeks[week];
        early += week < split ? weeks[week] : 0;
        guess_continents(week, geography->continents[week]);
    }
    early_continents(all, early, sums);
    struct raking before = {geography->continents[0], split, CONTINENTS, weeks, sums};
    raking_fit(&before, ROUNDS);
    for (uint32_t continent = 0; continent < CONTINENTS; continent++)
        sums[continent] = CONTINENT_SHARES[continent] / 10000 * (all - early);
    struct raking after = {geography->continents[split], SERIES_WEEKS - split, CONTINENTS, weeks + split, sums};
    raking_fit(&after, ROUNDS);
}

/* A country's part of its continent: S32's have what the table says, others share the rest by their weights. */
static void part_countries(struct geography *geography, double totals[])
{
    double continents[CONTINENTS] = {0}, weights[CONTINENTS] = {0}, all = 0;

    for (uint32_t week = 0; week < SERIES_WEEKS; week++) {
        for (uint32_t continent = 0; continent < CONTINENTS; continent++) {
            continents[continent] += geography->continents[week][continent];
            all += geography->continents[week][continent];
        }
    }
    double left[CONTINENTS];
    memcpy(left, continents, sizeof(left));
    for (uint32_t country = 0; country < geography->countries; country++) {
        enum continent continent = continent_of(study_countries[country].code);
        if (country >= COUNTRIES_LISTED) {
            weights[continent] += study_countries[country].share + COUNTRY_FLATTER;
            continue;
        }
        totals[country] = study_countries[country].share / 10000.0 * all;
        left[continent] -= totals[country];
    }
    for (uint32_t country = 0; country < geography->countries; country++) {
        enum continent continent = continent_of(study_countries[country].code);
        if (country >= COUNTRIES_LISTED)
            totals[country] =
                left[continent] <= 0
                    ? 0
                    : left[continent] * (study_countries[country].share + COUNTRY_FLATTER) / weights[continent];
        geography->country_parts[country] = continents[continent] <= 0 ? 0 : totals[country] / continents[continent];
    }
}

/* S33's five languages have what the table says; others share the rest. */
static void wanted_languages(const struct geography *geography, double all, double sums[])
{
    static const struct study_share listed[] = {{"en", 8287}, {"zh-Hans", 495}, {"ru", 247}, {"es", 143}, {"th", 103}};
    double weights = 0;

    for (uint32_t language = 0; language < geography->languages; language++) {
        sums[language] = -1;
        for (size_t index = 0; index < LENGTH_OF(listed); index++) {
            if (strcmp(listed[index].code, study_languages[language].code) == 0)
                sums[language] = listed[index].share / 10000.0 * all;
        }
        weights += sums[language] < 0 ? study_languages[language].share : 0;
    }
    for (uint32_t language = 0; language < geography->languages; language++) {
        if (sums[language] < 0)
            sums[language] = LANGUAGES_REST * all * study_languages[language].share / weights;
    }
}

/* True where a language is spoken; study_tongue() knows how much of some countries speaks it. */
static bool is_local(const char *country, const char *language)
{
    static const struct {
        const char *language, *countries;
    } locals[] = {{"es", "ES AR CL CO PE MX CR PA"},
                  {"pt-BR", "BR PT"},
                  {"ru", "RU KZ UA"},
                  {"fr", "FR BE CH MA"},
                  {"de", "DE AT CH"},
                  {"it", "IT CH"},
                  {"pl", "PL"},
                  {"tr", "TR"},
                  {"id", "ID"},
                  {"uk", "UA"},
                  {"ar", "AE EG MA"},
                  {"hi", "IN"},
                  {"nl", "NL BE"},
                  {"cs", "CZ"},
                  {"fa", "AE"},
                  {"zh-Hant", "TW HK"},
                  {"ja", "JP"},
                  {"ko", "KR"},
                  {"vi", "VN"},
                  {"th", "TH"},
                  {"zh-Hans", "CN SG HK MY"}};

    for (size_t index = 0; index < LENGTH_OF(locals); index++) {
        if (strcmp(locals[index].language, language) == 0)
            return strstr(locals[index].countries, country) != NULL;
    }
    return false;
}

static double guess_language(const char *country, const struct study_share *language)
{
    const struct study_tongue *tongue = study_tongue(country);

    if (tongue != NULL && strcmp(tongue->language, language->code) == 0)
        return tongue->share / 1000.0;
    return is_local(country, language->code) ? LANGUAGE_AT_HOME : language->share / 10000.0;
}

/* Pairs of a country and a language that come to nearly nothing are left out: a small workload could not give them
 * whole requests, and what they miss would be missing in the sums. */
static void part_languages(struct geography *geography, const double totals[])
{
    double sums[LANGUAGES_MAX], all = 0;
    struct raking raking = {geography->language_parts, geography->countries, geography->languages, totals, sums};

    for (uint32_t country = 0; country < geography->countries; country++) {
        all += totals[country];
        for (uint32_t language = 0; language < geography->languages; language++)
            geography->language_parts[country * geography->languages + language] =
                guess_language(study_countries[country].code, &study_languages[language]);
    }
    wanted_languages(geography, all, sums);
    for (int sparse = 0; sparse < 2; sparse++) {
        raking_fit(&raking, ROUNDS);
        for (uint32_t pair = 0; pair < geography->countries * geography->languages && sparse == 0; pair++) {
            bool is_english = strcmp(study_languages[pair % geography->languages].code, "en") == 0;
            if (geography->language_parts[pair] < PAIR_MIN * all && !is_english)
                geography->language_parts[pair] = 0;
        }
    }
    for (uint32_t pair = 0; pair < geography->countries * geography->languages; pair++) {
        double total = totals[pair / geography->languages];
        geography->language_parts[pair] /= total > 0 ? total : 1;
        if (geography->language_parts[pair] > 0)
            geography->pairs[geography->pair_count++] = (uint16_t)pair;
    }
}

static double country_week(const struct geography *geography, uint32_t week, uint32_t country)
{
    return geography->continents[week][continent_of(study_countries[country].code)] * geography->country_parts[country];
}

static void sum_later(struct geography *geography)
{
    for (uint32_t week = SERIES_WEEKS - 1; week > 0; week--) {
        for (uint32_t country = 0; country < geography->countries; country++) {
            bool is_last = week == SERIES_CATEGORY_WEEK; /* of the weeks before */
            geography->later[week - 1][country] =
                is_last ? 0 : geography->later[week][country] + country_week(geography, week, country);
        }
    }
}

static uint32_t weight_of(double part)
{
    return (uint32_t)(part * 10000000 + 0.5);
}

static enum verdict open_alias_tables(struct geography *geography, struct reason *why)
{
    uint32_t weights[LANGUAGES_MAX];
    enum verdict verdict = alias_table_open(&geography->country_table, geography->countries, why);

    for (uint32_t country = 0; country < geography->countries && verdict == GO_ON; country++) {
        for (uint32_t language = 0; language < geography->languages; language++)
            weights[language] = weight_of(geography->language_parts[country * geography->languages + language]) + 1;
        verdict = alias_table_open(&geography->language_tables[country], geography->languages, why);
        if (verdict == GO_ON)
            alias_table_fill(&geography->language_tables[country], weights, geography->languages);
    }
    return verdict;
}

enum verdict geography_open(struct geography **out, const int64_t tokens[SERIES_WEEKS], struct reason *why)
{
    struct geography *geography = calloc(1, sizeof(*geography));
    double totals[COUNTRIES_MAX];

    static_assert(LENGTH_OF(CONTINENT_SHARES) == CONTINENTS, "each continent has its share");
    assert(study_country_count <= COUNTRIES_MAX);
    assert(study_language_count <= LANGUAGES_MAX);
    *out = NULL;
    if (geography == NULL)
        return no_memory(why, "for the countries of the study");
    geography->countries = study_country_count;
    geography->languages = study_language_count;
    memcpy(geography->tokens, tokens, sizeof(geography->tokens));
    geography->drawn_week = -1;
    fit_continents(geography);
    part_countries(geography, totals);
    part_languages(geography, totals);
    sum_later(geography);
    enum verdict verdict = open_alias_tables(geography, why);
    if (verdict != GO_ON)
        geography_close(geography);
    else
        *out = geography;
    return verdict;
}

void geography_close(struct geography *geography)
{
    if (geography == NULL)
        return;
    alias_table_close(&geography->country_table);
    for (uint32_t country = 0; country < geography->countries; country++)
        alias_table_close(&geography->language_tables[country]);
    free(geography);
}

void geography_advance(struct geography *geography, uint32_t week, uint32_t part)
{
    assert(week < SERIES_WEEKS);
    assert(week > geography->week || (week == geography->week && part >= geography->part));
    for (; geography->week < week; geography->week++, geography->part = 0)
        geography_advance(geography, geography->week, 1000000);
    for (uint32_t index = 0; index < geography->pair_count; index++) {
        uint32_t pair = geography->pairs[index];
        double country = country_week(geography, week, pair / geography->languages);
        geography->missing[pair] += country * geography->language_parts[pair] * (part - geography->part) / 1e6;
    }
    geography->part = part;
}

/* True if a pair can take a request: it misses as much, or misses something and has much more to come before the last
 * week of its table. */
static bool can_take(const struct geography *geography, uint32_t pair, int64_t tokens)
{
    double later = geography->later[geography->week][pair / geography->languages] * geography->language_parts[pair];

    return geography->missing[pair] >= (double)tokens ||
           (geography->missing[pair] >= 1 && later >= PAIR_LATER * (double)tokens);
}

/* A pair by chance, weighed by what each misses, among those that can take the request; UINT32_MAX: there is none. */
static uint32_t draw_pair(const struct geography *geography, int64_t tokens, int country, struct random_stream *stream)
{
    double sum = 0;

    for (int round = 0; round < 2; round++) {
        double lot = round == 0 ? 0 : sum * (double)random_below(stream, 1 << 30) / (1 << 30);
        for (uint32_t index = 0; index < geography->pair_count; index++) {
            uint32_t pair = geography->pairs[index];
            if (!can_take(geography, pair, tokens))
                continue;
            if (country >= 0 && pair / geography->languages != (uint32_t)country)
                continue;
            if (round == 0)
                sum += geography->missing[pair];
            else if ((lot -= geography->missing[pair]) < 0)
                return pair;
        }
    }
    return UINT32_MAX;
}

bool geography_has_room(const struct geography *geography, int64_t tokens, uint32_t country)
{
    for (uint32_t language = 0; language < geography->languages; language++) {
        uint32_t pair = country * geography->languages + language;
        if (geography->language_parts[pair] > 0 && can_take(geography, pair, tokens))
            return true;
    }
    return false;
}

void geography_deal(struct geography *geography, int64_t tokens, struct random_stream *stream, int *country,
                    uint32_t *language)
{
    uint32_t best = draw_pair(geography, tokens, *country, stream);

    for (uint32_t index = 0; index < geography->pair_count && best == UINT32_MAX; index++) {
        uint32_t most = geography->pairs[index];
        if (*country >= 0 && most / geography->languages != (uint32_t)*country)
            continue;
        for (uint32_t other = index; other < geography->pair_count; other++) {
            uint32_t pair = geography->pairs[other];
            if ((*country < 0 || pair / geography->languages == (uint32_t)*country) &&
                geography->missing[pair] > geography->missing[most])
                most = pair;
        }
        best = most;
    }
    assert(best != UINT32_MAX);
    geography->missing[best] -= (double)tokens;
    *country = (int)(best / geography->languages);
    *language = best % geography->languages;
}

void geography_draw(struct geography *geography, uint32_t week, struct random_stream *stream, int *country,
                    uint32_t *language)
{
    uint32_t weights[COUNTRIES_MAX];

    if (geography->drawn_week != week) {
        double total = (double)geography->tokens[week] + 1;
        for (uint32_t index = 0; index < geography->countries; index++)
            weights[index] = weight_of(country_week(geography, week, index) / total) + 1;
        alias_table_fill(&geography->country_table, weights, geography->countries);
        geography->drawn_week = week;
    }
    if (*country < 0)
        *country = (int)alias_table_draw(&geography->country_table, stream);
    *language = alias_table_draw(&geography->language_tables[*country], stream);
}
