/*
 * A request of a month is one of three: of a new account, of one from an earlier month whose turn it is to show up
 * again, or of one already seen this month. Who shows up again is decided by a hash of the account against the curve,
 * so the same accounts stay; a curve that rises brings some of the lapsed back.
 */
#include "accounts.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/base/hash.h"

#define TRIES 16

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
    {"deepseek/deepseek-chat", 33, 12, -1, 0, 0, 9, 2},
};

struct cohort {
    uint32_t count;   /* accounts */
    uint32_t checked; /* this month: of them, looked at */
    uint32_t seen;    /* this month: of those, active */
};

struct group { /* of a family and a country */
    uint32_t month;
    struct cohort cohorts[MEMBERS_MONTHS];
};

struct members {
    uint32_t families, countries, new_share;
    uint8_t *curves; /* by family */
    struct group *groups;
};

enum verdict members_open(struct members **out, uint32_t families, uint32_t countries, uint32_t new_share,
                          struct reason *why)
{
    struct members *members = calloc(1, sizeof *members);

    *out = NULL;
    if (members != NULL) {
        *members = (struct members){families, countries, new_share, NULL, NULL};
        members->curves = calloc(families, sizeof *members->curves);
        members->groups = calloc((size_t)families * countries, sizeof *members->groups);
    }
    if (members == NULL || members->curves == NULL || members->groups == NULL) {
        members_close(members);
        return no_memory(why, "for the accounts of the study");
    }
    *out = members;
    return GO_ON;
}

void members_close(struct members *members)
{
    if (members == NULL)
        return;
    free(members->curves);
    free(members->groups);
    free(members);
}

void members_curve(struct members *members, uint32_t family, struct span slug)
{
    assert(family < members->families);
    for (uint32_t index = 1; index < LENGTH_OF(curves); index++) {
        if (span_equal(span_of(curves[index].slug), slug))
            members->curves[family] = (uint8_t)index;
    }
}

/* Per 10,000: from the first month's value to the fifth's, and slowly on. */
static uint32_t along(uint32_t first, uint32_t fifth, uint32_t age)
{
    static const uint8_t steps[6] = {0, 100, 60, 35, 15, 0}; /* percent of the way still to go */

    if (age == 0)
        return 10000;
    if (age <= 5)
        return 100 * fifth + (first - fifth) * steps[age];
    return 100 * fifth - (age < 13 ? 4 * fifth * (age - 5) : 32 * fifth);
}

uint32_t members_retention(const struct members *members, uint32_t family, uint32_t cohort, uint32_t age)
{
    const struct curve *curve = &curves[members->curves[family]];

    if ((int)cohort == curve->founding)
        return along(curve->founding_first, curve->founding_fifth, age);
    if ((int)cohort == curve->returning && age >= curve->return_age) {
        uint32_t before = along(curve->first, curve->fifth, curve->return_age - 1u);
        uint32_t drop = 150 * (age - curve->return_age);
        return before + 600 > drop + 500 ? before + 600 - drop : 500;
    }
    return along(curve->first, curve->fifth, age);
}

static bool is_active(const struct members *members, uint32_t family, uint32_t country, uint32_t cohort,
                      uint32_t number, uint32_t month)
{
    uint64_t key = ((uint64_t)family << 48) ^ ((uint64_t)country << 40) ^ ((uint64_t)cohort << 34) ^ number;
    struct draw draw = draw_stream(UINT64_C(0x5eed), key);

    return draw_below(&draw, 10000) < members_retention(members, family, cohort, month - cohort);
}

static void begin_month(struct group *group, uint32_t month)
{
    if (group->month == month)
        return;
    assert(month > group->month);
    for (uint32_t cohort = 0; cohort < MEMBERS_MONTHS; cohort++)
        group->cohorts[cohort].checked = group->cohorts[cohort].seen = 0;
    group->month = month;
}

/* The next account of an earlier month whose turn it is; false if there is none left. */
static bool waiting(const struct members *members, struct group *group, uint32_t family, uint32_t country,
                    uint32_t *cohort, uint32_t *number)
{
    for (uint32_t back = 1; back <= group->month; back++) {
        struct cohort *at = &group->cohorts[group->month - back];
        for (; at->checked < at->count; at->checked++) {
            *cohort = group->month - back;
            *number = at->checked;
            if (is_active(members, family, country, *cohort, *number, group->month))
                return true;
        }
    }
    return false;
}

static bool returning(const struct members *members, struct group *group, uint32_t family, uint32_t country,
                      uint32_t *cohort, uint32_t *number)
{
    if (!waiting(members, group, family, country, cohort, number))
        return false;
    group->cohorts[*cohort].checked++;
    group->cohorts[*cohort].seen++;
    return true;
}

static struct group *group_of(struct members *members, uint32_t family, uint32_t country, uint32_t month)
{
    assert(family < members->families);
    assert(country < members->countries);
    assert(month < MEMBERS_MONTHS);
    struct group *group = &members->groups[(size_t)family * members->countries + country];
    begin_month(group, month);
    return group;
}

uint32_t members_new_share(const struct members *members)
{
    return members->new_share;
}

bool members_waits(struct members *members, uint32_t family, uint32_t country, uint32_t month)
{
    uint32_t cohort, number;

    return waiting(members, group_of(members, family, country, month), family, country, &cohort, &number);
}

/* One of those already seen this month; false if there are none. */
static bool seen_again(const struct members *members, const struct group *group, uint32_t family, uint32_t country,
                       struct draw *draw, uint32_t *cohort, uint32_t *number)
{
    uint32_t all = group->cohorts[group->month].count;

    for (uint32_t index = 0; index < group->month; index++)
        all += group->cohorts[index].seen;
    if (all == 0)
        return false;
    uint32_t lot = draw_below(draw, all);
    for (*cohort = 0; *cohort < group->month && lot >= group->cohorts[*cohort].seen; ++*cohort)
        lot -= group->cohorts[*cohort].seen;
    if (*cohort == group->month) {
        *number = lot;
        return true;
    }
    for (uint32_t attempt = 0; attempt < TRIES; attempt++) {
        *number = draw_below(draw, group->cohorts[*cohort].checked);
        if (is_active(members, family, country, *cohort, *number, group->month))
            return true;
    }
    *cohort = group->month; /* Sparse as they are, a new one of this month will do, if there is any. */
    *number = 0;
    return group->cohorts[*cohort].count > 0;
}

uint64_t members_next(struct members *members, uint32_t family, uint32_t country, uint32_t month, bool is_new,
                      struct draw *draw)
{
    struct group *group = group_of(members, family, country, month);
    uint32_t cohort = month, number = 0;
    uint64_t before = 0;

    /* Those that wait come soon, but not all before anyone comes twice. */
    bool is_found = !is_new && draw_chance(draw, 800) && returning(members, group, family, country, &cohort, &number);
    if (!is_found && !is_new)
        is_found = seen_again(members, group, family, country, draw, &cohort, &number) ||
                   returning(members, group, family, country, &cohort, &number);
    if (!is_found) {
        cohort = month;
        number = group->cohorts[month].count++;
    }
    for (uint32_t index = 0; index < cohort; index++)
        before += group->cohorts[index].count;
    /* Not the same accounts first in every family: a family's order is its own, within a block. */
    return (before + number) ^ (family * UINT64_C(2654435761) >> 7 & 31);
}
