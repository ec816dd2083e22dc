/*
 * Countries belong to continents, and a continent's share of a week is its path over the year, fitted to the tables. A
 * country has a fixed part of its continent, a language a fixed part of a country; both follow from the tables too.
 *
 * S31 and S32 cannot be of the same weeks: the United States and Canada (S32) have more than North America (S31). North
 * America's share falls over the year, so S32 is held over all weeks and S31 over those since May 2025.
 */
#include "gentally/homes.h"

#include "gentally/raking.h"

#include <assert.h>
#include <stdlib.h>

#define LISTED 10u /* S32's countries: the first of study_countries */
#define COUNTRIES_MAX 64u
#define LANGUAGES_MAX 32u
#define ROUNDS 200

enum continent { NORTH_AMERICA, ASIA, EUROPE, SOUTH_AMERICA, OCEANIA, AFRICA };

struct homes {
    uint32_t countries, languages;
    int64_t tokens[SERIES_WEEKS];
    double continents[SERIES_WEEKS][HOMES_CONTINENTS];    /* tokens */
    double country_parts[COUNTRIES_MAX];                  /* of its continent */
    double language_parts[COUNTRIES_MAX * LANGUAGES_MAX]; /* of its country: country * languages + language */
    double missing[COUNTRIES_MAX];                        /* due, less given */
    double languages_missing[LANGUAGES_MAX];
    double pairs_missing[COUNTRIES_MAX * LANGUAGES_MAX];
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
            weights[continent] += study_countries[country].share;
            continue;
        }
        totals[country] = study_countries[country].share / 10000.0 * all;
        left[continent] -= totals[country];
    }
    for (uint32_t country = 0; country < homes->countries; country++) {
        enum continent continent = continent_of(study_countries[country].code);
        if (country >= LISTED)
            totals[country] =
                left[continent] <= 0 ? 0 : left[continent] * study_countries[country].share / weights[continent];
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

static void part_languages(struct homes *homes, const double totals[])
{
    double sums[LANGUAGES_MAX], all = 0;

    for (uint32_t country = 0; country < homes->countries; country++) {
        const struct study_tongue *tongue = study_tongue(study_countries[country].code);
        all += totals[country];
        for (uint32_t language = 0; language < homes->languages; language++) {
            double *part = &homes->language_parts[country * homes->languages + language];
            *part = study_languages[language].share / 10000.0 + 1e-6;
            if (tongue != NULL)
                *part *= (1000 - tongue->share) / 1000.0;
            if (tongue != NULL && strcmp(tongue->language, study_languages[language].code) == 0)
                *part += tongue->share / 1000.0;
        }
    }
    wanted_languages(homes, all, sums);
    struct raking raking = {homes->language_parts, homes->countries, homes->languages, totals, sums};
    raking_fit(&raking, ROUNDS);
    for (uint32_t country = 0; country < homes->countries; country++) {
        for (uint32_t language = 0; language < homes->languages; language++)
            homes->language_parts[country * homes->languages + language] /= totals[country] > 0 ? totals[country] : 1;
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
        return reason_set(why, HALT, "NO-MEMORY", 0, "no memory for the countries of the study");
    homes->countries = study_country_count;
    homes->languages = study_language_count;
    memcpy(homes->tokens, tokens, sizeof homes->tokens);
    homes->drawn_week = -1;
    fit_continents(homes);
    part_countries(homes, totals);
    part_languages(homes, totals);
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

static double country_week(const struct homes *homes, uint32_t week, uint32_t country)
{
    return homes->continents[week][continent_of(study_countries[country].code)] * homes->country_parts[country];
}

void homes_due(struct homes *homes, uint32_t week, uint32_t part)
{
    assert(week < SERIES_WEEKS);
    assert(week > homes->week || (week == homes->week && part >= homes->part));
    for (; homes->week < week; homes->week++, homes->part = 0)
        homes_due(homes, homes->week, 1000000);
    for (uint32_t country = 0; country < homes->countries; country++) {
        double due = country_week(homes, week, country) * (part - homes->part) / 1e6;
        homes->missing[country] += due;
        for (uint32_t language = 0; language < homes->languages; language++) {
            double of_language = due * homes->language_parts[country * homes->languages + language];
            homes->pairs_missing[country * homes->languages + language] += of_language;
            homes->languages_missing[language] += of_language;
        }
    }
    homes->part = part;
}

void homes_give(struct homes *homes, int64_t tokens, int *country, uint32_t *language)
{
    uint32_t best = 0, spoken = 0;
    double most = 0;

    for (uint32_t index = 1; index < homes->countries; index++)
        best = homes->missing[index] > homes->missing[best] ? index : best;
    if (*country >= 0)
        best = (uint32_t)*country;
    /* What the language misses in this country and everywhere: the tables are of everywhere. */
    for (uint32_t index = 0; index < homes->languages; index++) {
        double missing = homes->pairs_missing[best * homes->languages + index] + homes->languages_missing[index];
        if (index == 0 || missing > most) {
            most = missing;
            spoken = index;
        }
    }
    homes->missing[best] -= (double)tokens;
    homes->pairs_missing[best * homes->languages + spoken] -= (double)tokens;
    homes->languages_missing[spoken] -= (double)tokens;
    *country = (int)best;
    *language = spoken;
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
