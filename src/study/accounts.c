/*
 * A request of a month is one of three: of a new account, of one from an earlier month whose turn it is to show up
 * again, or of one already seen this month. Who shows up again is decided by a fixed lot of the account against the
 * curve, so the same accounts stay; a curve that rises brings some of the lapsed back.
 */
#include "accounts.h"

#include <assert.h>
#include <stdlib.h>

#include "calibration.h"
#include "gentally/base/hash.h"

#define TRIES 16
#define FIRSTS 64u /* of a cohort: their order is known */

/* Retention of cohorts, in percent, after one and after five months: what the study states, else our guesses. */
struct curve {
    const char *slug;
    uint8_t first, fifth;
    int8_t founding; /* a foundational cohort, its month; -1 = none */
    uint8_t founding_first, founding_fifth;
    int8_t returning; /* a cohort that comes back at an age, its month; -1 = none */
    uint8_t return_age;
};

static const struct curve curves[] = {
    {"", 35, 12, -1, 0, 0, -1, 0}, /* everyone else */
    {"anthropic/claude-sonnet-4", 45, 20, 7, 55, 40, -1, 0},
    {"google/gemini-2.5-pro", 40, 20, 8, 52, 40, -1, 0},
    {"google/gemini-2.5-flash", 38, 15, -1, 0, 0, -1, 0},
    /* Its cohort of July 2024 is before the first week: who is there in the first month stands for it. */
    {"openai/gpt-4o-mini", 30, 8, 0, 50, 35, -1, 0},
    {"meta-llama/llama-4-maverick", 25, 5, -1, 0, 0, -1, 0},
    {"google/gemini-2.0-flash-001", 30, 8, -1, 0, 0, -1, 0},
    {"deepseek/deepseek-r1", 30, 10, -1, 0, 0, 6, 3},
    {"deepseek/deepseek-chat-v3-0324", 33, 12, -1, 0, 0, 9, 2},
};

struct cohort_count {
    uint32_t count;   /* accounts */
    uint32_t checked; /* of them, looked at this month */
    uint32_t seen;    /* of those, active this month */
    bool is_waiting;  /* the first that was not looked at is active: known already */
};

/* The accounts of a model in a country. */
struct group {
    uint32_t month;
    struct cohort_count cohorts[ACCOUNTS_MONTHS];
};

/* The countries of a model's first accounts of a month, in the order in which they came. */
struct firsts {
    uint8_t count, countries[FIRSTS];
};

struct accounts {
    uint32_t models, countries, new_share;
    uint8_t *curves; /* by model */
    struct group *groups;
    struct firsts *firsts; /* model * ACCOUNTS_MONTHS + cohort */
};

enum verdict accounts_open(struct accounts **out, uint32_t models, uint32_t countries, uint32_t new_share,
                           struct reason *why)
{
    struct accounts *accounts = calloc(1, sizeof(*accounts));

    assert(countries <= UINT8_MAX);
    *out = NULL;
    if (accounts != NULL) {
        *accounts = (struct accounts){models, countries, new_share, NULL, NULL, NULL};
        accounts->curves = calloc(models, sizeof(*accounts->curves));
        accounts->groups = calloc((size_t)models * countries, sizeof(*accounts->groups));
        accounts->firsts = calloc((size_t)models * ACCOUNTS_MONTHS, sizeof(*accounts->firsts));
    }
    if (accounts == NULL || accounts->curves == NULL || accounts->groups == NULL || accounts->firsts == NULL) {
        accounts_close(accounts);
        return no_memory(why, "for the accounts of the study");
    }
    *out = accounts;
    return GO_ON;
}

void accounts_close(struct accounts *accounts)
{
    if (accounts == NULL)
        return;
    free(accounts->curves);
    free(accounts->groups);
    free(accounts->firsts);
    free(accounts);
}

void accounts_set_curve(struct accounts *accounts, uint32_t model, struct span slug)
{
    assert(model < accounts->models);
    for (uint32_t index = 1; index < LENGTH_OF(curves); index++) {
        if (span_equal(span_of(curves[index].slug), slug))
            accounts->curves[model] = (uint8_t)index;
    }
}

/* Per 10,000: from the first month's value to the fifth's, and slowly on. */
static uint32_t along(uint32_t first, uint32_t fifth, uint32_t age)
{
    uint32_t later = age < 5 ? 0 : age - 5;

    if (age == 0)
        return 10000;
    if (age <= 5)
        return 100 * fifth + (first - fifth) * RETENTION_STEPS[age];
    return 100 * fifth - RETENTION_FALL * fifth * (later < RETENTION_FALL_MONTHS ? later : RETENTION_FALL_MONTHS);
}

uint32_t accounts_retention(const struct accounts *accounts, uint32_t model, uint32_t cohort, uint32_t age)
{
    const struct curve *curve = &curves[accounts->curves[model]];

    if ((int)cohort == curve->founding)
        return along(curve->founding_first, curve->founding_fifth, age);
    if ((int)cohort == curve->returning && age >= curve->return_age) {
        uint32_t before = along(curve->first, curve->fifth, curve->return_age - 1u);
        uint32_t drop = RETURN_FALL * (age - curve->return_age);
        return before + RETURN_RISE > drop + RETURN_MIN ? before + RETURN_RISE - drop : RETURN_MIN;
    }
    return along(curve->first, curve->fifth, age);
}

/* Which of its cohort's first accounts it is; FIRSTS if it came later. */
static uint32_t order_of(const struct firsts *firsts, uint32_t country, uint32_t number)
{
    if (number >= firsts->count)
        return FIRSTS;
    for (uint32_t order = 0; order < firsts->count; order++) {
        if (firsts->countries[order] == country && number-- == 0)
            return order;
    }
    return FIRSTS;
}

/* Lots fall evenly, not by chance, so that small cohorts too come within an account of their curve: the first accounts
 * have multiples of the golden ratio (Weyl), later ones the two-dimensional R2 sequence (M. Roberts, 2018) of their
 * numbers and countries. Both modulo 1, here 2^32. */
static bool is_active(const struct accounts *accounts, uint32_t model, uint32_t country, uint32_t cohort,
                      uint32_t number, uint32_t month)
{
    uint32_t order = order_of(&accounts->firsts[model * ACCOUNTS_MONTHS + cohort], country, number);
    uint32_t lot = UINT32_C(0x80000000) + order * UINT32_C(0x9e3779b9);

    if (order == FIRSTS)
        lot = number * UINT32_C(0xc13fa9a9) + country * UINT32_C(0x91e10da5);
    return (uint64_t)lot * 10000 >> 32 < accounts_retention(accounts, model, cohort, month - cohort);
}

static void begin_month(struct group *group, uint32_t month)
{
    if (group->month == month)
        return;
    assert(month > group->month);
    for (uint32_t cohort = 0; cohort < ACCOUNTS_MONTHS; cohort++)
        group->cohorts[cohort] = (struct cohort_count){.count = group->cohorts[cohort].count};
    group->month = month;
}

/* The next account of an earlier month whose turn it is, of the first month first: where requests are few, the cohorts
 * that stayed are seen. False if there is none left. */
static bool waiting(const struct accounts *accounts, struct group *group, uint32_t model, uint32_t country,
                    uint32_t *cohort, uint32_t *number)
{
    for (*cohort = 0; *cohort < group->month; ++*cohort) {
        struct cohort_count *at = &group->cohorts[*cohort];
        for (; at->checked < at->count; at->checked++) {
            *number = at->checked;
            at->is_waiting = at->is_waiting || is_active(accounts, model, country, *cohort, *number, group->month);
            if (at->is_waiting)
                return true;
        }
    }
    return false;
}

static bool returning(const struct accounts *accounts, struct group *group, uint32_t model, uint32_t country,
                      uint32_t *cohort, uint32_t *number)
{
    if (!waiting(accounts, group, model, country, cohort, number))
        return false;
    group->cohorts[*cohort].checked++;
    group->cohorts[*cohort].seen++;
    group->cohorts[*cohort].is_waiting = false;
    return true;
}

static struct group *group_of(struct accounts *accounts, uint32_t model, uint32_t country, uint32_t month)
{
    assert(model < accounts->models);
    assert(country < accounts->countries);
    assert(month < ACCOUNTS_MONTHS);
    struct group *group = &accounts->groups[(size_t)model * accounts->countries + country];
    begin_month(group, month);
    return group;
}

uint32_t accounts_new_share(const struct accounts *accounts)
{
    return accounts->new_share;
}

bool accounts_has_waiting(struct accounts *accounts, uint32_t model, uint32_t country, uint32_t month)
{
    uint32_t cohort, number;

    return waiting(accounts, group_of(accounts, model, country, month), model, country, &cohort, &number);
}

/* One of those already seen this month; false if there are none. */
static bool seen_again(const struct accounts *accounts, const struct group *group, uint32_t model, uint32_t country,
                       struct random_stream *stream, uint32_t *cohort, uint32_t *number)
{
    uint32_t all = group->cohorts[group->month].count;

    for (uint32_t index = 0; index < group->month; index++)
        all += group->cohorts[index].seen;
    if (all == 0)
        return false;
    uint32_t lot = random_below(stream, all);
    for (*cohort = 0; *cohort < group->month && lot >= group->cohorts[*cohort].seen; ++*cohort)
        lot -= group->cohorts[*cohort].seen;
    if (*cohort == group->month) {
        *number = lot;
        return true;
    }
    for (uint32_t attempt = 0; attempt < TRIES; attempt++) {
        *number = random_below(stream, group->cohorts[*cohort].checked);
        if (is_active(accounts, model, country, *cohort, *number, group->month))
            return true;
    }
    *cohort = group->month; /* Sparse as they are, a new one of this month will do, if there is any. */
    *number = 0;
    return group->cohorts[*cohort].count > 0;
}

uint64_t accounts_next(struct accounts *accounts, uint32_t model, uint32_t country, uint32_t month, bool is_new,
                       struct random_stream *stream)
{
    struct group *group = group_of(accounts, model, country, month);
    uint32_t cohort = month, number = 0;
    uint64_t before = 0;

    /* Accounts that wait come soon, but not all before anyone comes twice. */
    bool is_found =
        !is_new && random_chance(stream, RETURN_SOON) && returning(accounts, group, model, country, &cohort, &number);
    if (!is_found && !is_new)
        is_found = seen_again(accounts, group, model, country, stream, &cohort, &number) ||
                   returning(accounts, group, model, country, &cohort, &number);
    if (!is_found) {
        cohort = month;
        number = group->cohorts[month].count++;
        struct firsts *firsts = &accounts->firsts[model * ACCOUNTS_MONTHS + month];
        if (firsts->count < FIRSTS)
            firsts->countries[firsts->count++] = (uint8_t)country;
    }
    for (uint32_t index = 0; index < cohort; index++)
        before += group->cohorts[index].count;
    /* Not the same accounts first in every model: a model's order is its own, within a block. */
    return (before + number) ^ (model * UINT64_C(2654435761) >> 7 & 31);
}
