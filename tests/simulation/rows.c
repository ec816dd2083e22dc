/* The rows of a window as the naive count has them: total, models, providers x models, countries, and for each of the
 * three what is of further rows than there may be. */
#include <assert.h>
#include <stdio.h>

#include "truth.h"

static const char *const models[ORACLE_MODELS] = {"openai/gpt-4o", "acme/one", "acme/two:free"};
static const char *const providers[ORACLE_PROVIDERS] = {"azure", "p|pe"};
static const char *const countries[ORACLE_COUNTRIES] = {"DE", "US", "JP"};

const char *oracle_model(int model)
{
    return models[model];
}

const char *oracle_provider(int provider)
{
    return providers[provider];
}

const char *oracle_country(int country)
{
    return countries[country];
}

enum { FIRST_MODEL = 1 };
enum { FIRST_PROVIDER = FIRST_MODEL + ORACLE_MODELS };
enum { FIRST_COUNTRY = FIRST_PROVIDER + ORACLE_PROVIDERS * ORACLE_MODELS };
enum { FIRST_OTHER = FIRST_COUNTRY + ORACLE_COUNTRIES };

/* The rows of a rollup, and the one for what is beyond them. */
struct rows_of {
    const char *name, *other_name;
    int first, end, other;
};

static const struct rows_of rollups[] = {
    {"model", "model|(other)", FIRST_MODEL, FIRST_PROVIDER, FIRST_OTHER},
    {"provider", "provider|(other)|(other)", FIRST_PROVIDER, FIRST_COUNTRY, FIRST_OTHER + 1},
    {"geography", "geography|(other)", FIRST_COUNTRY, FIRST_OTHER, FIRST_OTHER + 2},
};
static_assert(FIRST_OTHER + 3 == SIM_ROWS, "each row has its place");

static void add(struct sums *sums, const struct meaning *meaning)
{
    sums->requests++;
    sums->prompt += meaning->prompt;
    sums->completion += meaning->completion;
    sums->cost += meaning->cost;
}

static int64_t admitted(const struct sums rows[SIM_ROWS], const struct rows_of *rollup)
{
    int64_t count = 0;

    for (int row = rollup->first; row < rollup->end; row++)
        count += rows[row].requests > 0;
    return count;
}

int64_t rows_admitted(const struct sums rows[SIM_ROWS], struct span rollup)
{
    for (size_t i = 0; i < LENGTH_OF(rollups); i++)
        if (span_equal(rollup, span_of(rollups[i].name)))
            return admitted(rows, &rollups[i]);
    return -1;
}

/* The first rows of the log stand by themselves. */
static void add_to(const struct sim *sim, struct sums rows[SIM_ROWS], const struct rows_of *rollup, int row,
                   const struct meaning *meaning)
{
    if (rows[row].requests == 0 && admitted(rows, rollup) >= sim->config.rows_max)
        row = rollup->other;
    add(&rows[row], meaning);
}

void rows_add(const struct sim *sim, struct sums rows[SIM_ROWS], const struct meaning *meaning)
{
    add(&rows[0], meaning);
    add_to(sim, rows, &rollups[0], FIRST_MODEL + meaning->model, meaning);
    add_to(sim, rows, &rollups[1], FIRST_PROVIDER + meaning->provider * ORACLE_MODELS + meaning->model, meaning);
    add_to(sim, rows, &rollups[2], FIRST_COUNTRY + meaning->country, meaning);
}

void rows_name(int row, char *text, size_t size)
{
    int provider = (row - FIRST_PROVIDER) / ORACLE_MODELS;

    if (row == 0)
        snprintf(text, size, "total");
    else if (row < FIRST_PROVIDER)
        snprintf(text, size, "model|%s", models[row - FIRST_MODEL]);
    else if (row < FIRST_COUNTRY)
        snprintf(text, size, "provider|%s|%s", provider == 1 ? "p%7Cpe" : providers[provider],
                 models[(row - FIRST_PROVIDER) % ORACLE_MODELS]);
    else if (row < FIRST_OTHER)
        snprintf(text, size, "geography|%s", countries[row - FIRST_COUNTRY]);
    else
        snprintf(text, size, "%s", rollups[row - FIRST_OTHER].other_name);
}
