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

#include "raking.h"

#define LISTED 10u /* S32's countries: the first of study_countries */
#define COUNTRIES_MAX 64u
#define LANGUAGES_MAX 32u
#define ROUNDS 200
#define LATER 4         /* times a request */
#define PAIR_LEAST 4e-5 /* of all tokens */
#define FLATTER 8       /* per 10,000: added to each unlisted country's share, so that none passes the listed ones */

enum continent { NORTH_AMERICA, ASIA, EUROPE, SOUTH_AMERICA, OCEANIA, AFRICA };

struct homes {
    uint32_t countries, languages;
    int64_t tokens[SERIES_WEEKS];
    double continents[SERIES_WEEKS][HOMES_CONTINENTS];    /* tokens */
    double later[SERIES_WEEKS][COUNTRIES_MAX];            /* tokens of the weeks to come, until a table's last */
    double country_parts[COUNTRIES_MAX];                  /* of its continent */
    double language_parts[COUNTRIES_MAX * LANGUAGES_MAX]; /* of its country: country * languages + language */
    double missing[COUNTRIES_MAX * LANGUAGES_MAX];        /* tokens due, less given; the same */
    uint16_t pairs[COUNTRIES_MAX * LANGUAGES_MAX];        /* those that have a part */
    uint32_t pair_count;
    uint32_t week, part; /* how far tokens are due */
    struct lottery country_lottery;
    struct lottery language_lotteries[COUNTRIES_MAX];
    int64_t drawn_week; /* the country lottery is of; -1 = none yet */
};

static enum continent continent_of(const char *country)
{
    static const struct {
        enum continent continent;
        const char *countries;
    } members[] = {
        {NORTH_AMERICA, "US CA MX CR PA"},
        {ASIA, "SG CN KR JP IN HK TW ID VN TH IL TR AE MY PH KZ PK BD"},
        {EUROPE, "DE NL GB FR RU ES PL IT CH SE FI AT UA CZ BE PT RO DK NO IE GR HU"},
        {SOUTH_AMERICA, "BR AR CL CO PE"},
        {OCEANIA, "AU NZ"},
        {AFRICA, "ZA NG EG KE MA"},
    };

    for (size_t index = 0; index < LENGTH_OF(members); index++) {
        if (strstr(members[index].countries, country) != NULL)
            return members[index].continent;
    }
    assert(!"a country of study_countries that is on no continent");
    return AFRICA;
}

/* S31, over the weeks with categories; per 10,000. */
static const double continent_shares[HOMES_CONTINENTS] = {4722, 2861, 2132, 121, 118, 46};

/* S30's paths: Asia rises from 13 to 31 % of spend, fastest in May and June. First guesses. */
static void guess_continents(uint32_t week, double shares[HOMES_CONTINENTS])
{
    double along = week < 8 ? 0 : week > 52 ? 1 : (week - 8) / 44.0, step = along * along * (3 - 2 * along);

    shares[ASIA] = 0.13 + 0.18 * step;
    shares[EUROPE] = 0.19 + 0.01 * step;
    shares[SOUTH_AMERICA] = 0.02 - 0.004 * step;
    shares[OCEANIA] = 0.02 - 0.004 * step;
    shares[AFRICA] = 0.01 - 0.004 * step;
    shares[NORTH_AMERICA] =
        1 - shares[ASIA] - shares[EUROPE] - shares[SOUTH_AMERICA] - shares[OCEANIA] - shares[AFRICA];
}

/* Tokens of continents before the classifier: what S32 leaves North America, a guess of others, the rest is Europe. */
static void early_continents(double all, double early, double sums[HOMES_CONTINENTS])
{
    double america = (0.4717 + 0.0190 + 0.0022) * all - continent_shares[NORTH_AMERICA] / 10000 * (all - early);

    sums[NORTH_AMERICA] = america < 0 ? 0 : america > 0.7 * early ? 0.7 * early : america;
    sums[ASIA] = 0.16 * early;
    sums[SOUTH_AMERICA] = 0.0121 * early;
    sums[OCEANIA] = 0.0118 * early;
    sums[AFRICA] = 0.0046 * early;
    sums[EUROPE] = early - sums[NORTH_AMERICA] - sums[ASIA] - sums[SOUTH_AMERICA] - sums[OCEANIA] - sums[AFRICA];
}

static void fit_continents(struct homes *homes)
{
    double weeks[SERIES_WEEKS], sums[HOMES_CONTINENTS], all = 0, early = 0;
    const uint32_t split = SERIES_CATEGORY_WEEK;

    for (uint32_t week = 0; week < SERIES_WEEKS; week++) {
        weeks[week] = (double)homes->tokens[week];
        all += weeks[week];
        early += week < split ? weeks[week] : 0;
        guess_continents(week, homes->continents[week]);
    }
    early_continents(all, early, sums);
    struct raking before = {homes->continents[0], split, HOMES_CONTINENTS, weeks, sums};
    raking_fit(&before, ROUNDS);
    for (uint32_t continent = 0; continent < HOMES_CONTINENTS; continent++)
        sums[continent] = continent_shares[continent] / 10000 * (all - early);
    struct raking after = {homes->continents[split], SERIES_WEEKS - split, HOMES_CONTINENTS, weeks + split, sums};
    raking_fit(&after, ROUNDS);
}

/* A country's part of its continent: S32's have what the table says, others share the rest by their weights. */
static void part_countries(struct homes *homes, double totals[])
{
    double continents[HOMES_CONTINENTS] = {0}, weights[HOMES_CONTINENTS] = {0}, all = 0;

    for (uint32_t week = 0; week < SERIES_WEEKS; week++) {
        for (uint32_t continent = 0; continent < HOMES_CONTINENTS; continent++) {
            continents[continent] += homes->continents[week][continent];
            all += homes->continents[week][continent];
        }
    }
    double left[HOMES_CONTINENTS];
    memcpy(left, continents, sizeof left);
    for (uint32_t country = 0; country < homes->countries; country++) {
        enum continent continent = continent_of(study_countries[country].code);
        if (country >= LISTED) {
            weights[continent] += study_countries[country].share + FLATTER;
            continue;
        }
        totals[country] = study_countries[country].share / 10000.0 * all;
        left[continent] -= totals[country];
    }
    for (uint32_t country = 0; country < homes->countries; country++) {
        enum continent continent = continent_of(study_countries[country].code);
        if (country >= LISTED)
            totals[country] = left[continent] <= 0
                                  ? 0
                                  : left[continent] * (study_countries[country].share + FLATTER) / weights[continent];
        homes->country_parts[country] = continents[continent] <= 0 ? 0 : totals[country] / continents[continent];
    }
}

/* S33's five languages have what the table says; others share the rest. */
static void wanted_languages(const struct homes *homes, double all, double sums[])
{
    static const struct study_share listed[] = {{"en", 8287}, {"zh-Hans", 495}, {"ru", 247}, {"es", 143}, {"th", 103}};
    double weights = 0;

    for (uint32_t language = 0; language < homes->languages; language++) {
        sums[language] = -1;
        for (size_t index = 0; index < LENGTH_OF(listed); index++) {
            if (strcmp(listed[index].code, study_languages[language].code) == 0)
                sums[language] = listed[index].share / 10000.0 * all;
        }
        weights += sums[language] < 0 ? study_languages[language].share : 0;
    }
    for (uint32_t language = 0; language < homes->languages; language++) {
        if (sums[language] < 0)
            sums[language] = 0.0725 * all * study_languages[language].share / weights;
    }
}

/* Where a language is at home; study_tongue() knows how much of some countries speak it. */
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
    return is_local(country, language->code) ? 0.3 : language->share / 10000.0;
}

/* Pairs of a country and a language that come to nearly nothing are left out: a small workload could not give them
 * whole requests, and what they miss would be missing in the sums. */
static void part_languages(struct homes *homes, const double totals[])
{
    double sums[LANGUAGES_MAX], all = 0;
    struct raking raking = {homes->language_parts, homes->countries, homes->languages, totals, sums};

    for (uint32_t country = 0; country < homes->countries; country++) {
        all += totals[country];
        for (uint32_t language = 0; language < homes->languages; language++)
            homes->language_parts[country * homes->languages + language] =
                guess_language(study_countries[country].code, &study_languages[language]);
    }
    wanted_languages(homes, all, sums);
    for (int sparse = 0; sparse < 2; sparse++) {
        raking_fit(&raking, ROUNDS);
        for (uint32_t pair = 0; pair < homes->countries * homes->languages && sparse == 0; pair++) {
            bool is_english = strcmp(study_languages[pair % homes->languages].code, "en") == 0;
            if (homes->language_parts[pair] < PAIR_LEAST * all && !is_english)
                homes->language_parts[pair] = 0;
        }
    }
    for (uint32_t pair = 0; pair < homes->countries * homes->languages; pair++) {
        double total = totals[pair / homes->languages];
        homes->language_parts[pair] /= total > 0 ? total : 1;
        if (homes->language_parts[pair] > 0)
            homes->pairs[homes->pair_count++] = (uint16_t)pair;
    }
}

static double country_week(const struct homes *homes, uint32_t week, uint32_t country)
{
    return homes->continents[week][continent_of(study_countries[country].code)] * homes->country_parts[country];
}

static void sum_later(struct homes *homes)
{
    for (uint32_t week = SERIES_WEEKS - 1; week > 0; week--) {
        for (uint32_t country = 0; country < homes->countries; country++) {
            bool is_last = week == SERIES_CATEGORY_WEEK; /* of the weeks before */
            homes->later[week - 1][country] =
                is_last ? 0 : homes->later[week][country] + country_week(homes, week, country);
        }
    }
}

static uint32_t weight_of(double part)
{
    return (uint32_t)(part * 10000000 + 0.5);
}

static enum verdict open_lotteries(struct homes *homes, struct reason *why)
{
    uint32_t weights[LANGUAGES_MAX];
    enum verdict verdict = lottery_open(&homes->country_lottery, homes->countries, why);

    for (uint32_t country = 0; country < homes->countries && verdict == GO_ON; country++) {
        for (uint32_t language = 0; language < homes->languages; language++)
            weights[language] = weight_of(homes->language_parts[country * homes->languages + language]) + 1;
        verdict = lottery_open(&homes->language_lotteries[country], homes->languages, why);
        if (verdict == GO_ON)
            lottery_fill(&homes->language_lotteries[country], weights, homes->languages);
    }
    return verdict;
}

enum verdict homes_open(struct homes **out, const int64_t tokens[SERIES_WEEKS], struct reason *why)
{
    struct homes *homes = calloc(1, sizeof *homes);
    double totals[COUNTRIES_MAX];

    assert(study_country_count <= COUNTRIES_MAX);
    assert(study_language_count <= LANGUAGES_MAX);
    *out = NULL;
    if (homes == NULL)
        return no_memory(why, "for the countries of the study");
    homes->countries = study_country_count;
    homes->languages = study_language_count;
    memcpy(homes->tokens, tokens, sizeof homes->tokens);
    homes->drawn_week = -1;
    fit_continents(homes);
    part_countries(homes, totals);
    part_languages(homes, totals);
    sum_later(homes);
    enum verdict verdict = open_lotteries(homes, why);
    if (verdict != GO_ON)
        homes_close(homes);
    else
        *out = homes;
    return verdict;
}

void homes_close(struct homes *homes)
{
    if (homes == NULL)
        return;
    lottery_close(&homes->country_lottery);
    for (uint32_t country = 0; country < homes->countries; country++)
        lottery_close(&homes->language_lotteries[country]);
    free(homes);
}

void homes_due(struct homes *homes, uint32_t week, uint32_t part)
{
    assert(week < SERIES_WEEKS);
    assert(week > homes->week || (week == homes->week && part >= homes->part));
    for (; homes->week < week; homes->week++, homes->part = 0)
        homes_due(homes, homes->week, 1000000);
    for (uint32_t index = 0; index < homes->pair_count; index++) {
        uint32_t pair = homes->pairs[index];
        double country = country_week(homes, week, pair / homes->languages);
        homes->missing[pair] += country * homes->language_parts[pair] * (part - homes->part) / 1e6;
    }
    homes->part = part;
}

/* Whether a pair can take a request: it misses as much, or misses something and will miss as much again before the
 * table it is in has its last week. */
static bool can_take(const struct homes *homes, uint32_t pair, int64_t tokens)
{
    double later = homes->later[homes->week][pair / homes->languages] * homes->language_parts[pair];

    return homes->missing[pair] >= (double)tokens || (homes->missing[pair] >= 1 && later >= LATER * (double)tokens);
}

/* By chance, by what they miss, among pairs that miss enough; UINT32_MAX: there is none. */
static uint32_t draw_pair(const struct homes *homes, int64_t tokens, int country, struct draw *draw)
{
    double sum = 0;

    for (int round = 0; round < 2; round++) {
        double lot = round == 0 ? 0 : sum * (double)draw_below(draw, 1 << 30) / (1 << 30);
        for (uint32_t index = 0; index < homes->pair_count; index++) {
            uint32_t pair = homes->pairs[index];
            if (!can_take(homes, pair, tokens))
                continue;
            if (country >= 0 && pair / homes->languages != (uint32_t)country)
                continue;
            if (round == 0)
                sum += homes->missing[pair];
            else if ((lot -= homes->missing[pair]) < 0)
                return pair;
        }
    }
    return UINT32_MAX;
}

bool homes_has_room(const struct homes *homes, int64_t tokens, uint32_t country)
{
    for (uint32_t language = 0; language < homes->languages; language++) {
        uint32_t pair = country * homes->languages + language;
        if (homes->language_parts[pair] > 0 && can_take(homes, pair, tokens))
            return true;
    }
    return false;
}

void homes_give(struct homes *homes, int64_t tokens, struct draw *draw, int *country, uint32_t *language)
{
    uint32_t best = draw_pair(homes, tokens, *country, draw);

    for (uint32_t index = 0; index < homes->pair_count && best == UINT32_MAX; index++) {
        uint32_t most = homes->pairs[index];
        if (*country >= 0 && most / homes->languages != (uint32_t)*country)
            continue;
        for (uint32_t other = index; other < homes->pair_count; other++) {
            uint32_t pair = homes->pairs[other];
            if ((*country < 0 || pair / homes->languages == (uint32_t)*country) &&
                homes->missing[pair] > homes->missing[most])
                most = pair;
        }
        best = most;
    }
    assert(best != UINT32_MAX);
    homes->missing[best] -= (double)tokens;
    *country = (int)(best / homes->languages);
    *language = best % homes->languages;
}

void homes_draw(struct homes *homes, uint32_t week, struct draw *draw, int *country, uint32_t *language)
{
    uint32_t weights[COUNTRIES_MAX];

    if (homes->drawn_week != week) {
        double total = (double)homes->tokens[week] + 1;
        for (uint32_t index = 0; index < homes->countries; index++)
            weights[index] = weight_of(country_week(homes, week, index) / total) + 1;
        lottery_fill(&homes->country_lottery, weights, homes->countries);
        homes->drawn_week = week;
    }
    if (*country < 0)
        *country = (int)lottery_draw(&homes->country_lottery, draw);
    *language = lottery_draw(&homes->language_lotteries[*country], draw);
}
