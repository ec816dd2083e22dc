/*
 * The rows of the smallest rollup that counts by a dimension, summed over every window of the largest kind that is
 * kept, by the values that nobody knows. With --all a total's name is "<dimension>|<value>".
 */
#include "catalog_missing.h"

#include <assert.h>
#include <stdio.h>

#include "gentally/core/catalog.h"
#include "gentally/core/countries.h"
#include "gentally/core/vocabulary.h"
#include "leaderboard.h"
#include "live_counters.h"

#define NAME_SIZE (32 + EVENT_TEXT_MAX) /* a dimension's name, '|', a value */

struct search {
    const struct catalog *catalog;
    struct countries *countries; /* NULL unless all dimensions are looked through */
    struct live_counters counters;
    enum window_kind kind;
    struct totals *missing;
};

/* The value that a row key has of a dimension; of a model without its variants. */
static struct span value_of(const struct rollups *rollups, struct span key, enum dimension dimension,
                            char text[ROW_KEY_MAX])
{
    struct span values[ROLLUP_DIMS_MAX] = {{NULL, 0}};
    const struct rollup *rollup;

    if (!row_key_read(key, rollups, &rollup, values, text))
        return (struct span){NULL, 0};
    for (uint32_t index = 0; index < rollup->dim_count; index++) {
        if (rollup->dims[index] == dimension) {
            struct span base = dimension == DIM_MODEL ? model_name_base(values[index]) : values[index];
            return base.size > 0 ? base : values[index]; /* ":free" alone is a name, too */
        }
    }
    return (struct span){NULL, 0};
}

/* The smallest rollup that names the dimension and counts each event once: `model` in the default configuration. */
static const struct rollup *rollup_with(const struct rollups *rollups, enum dimension dimension)
{
    const struct rollup *found = NULL;

    for (uint32_t index = 0; index < rollups->count; index++) {
        const struct rollup *rollup = &rollups->items[index];
        bool counts_once = true, has_it = false;
        for (uint32_t at = 0; at < rollup->dim_count; at++) {
            has_it = has_it || rollup->dims[at] == dimension;
            counts_once = counts_once && rollup->dims[at] != DIM_CATEGORY && rollup->dims[at] != DIM_TAG;
        }
        if (has_it && counts_once && (found == NULL || rollup->dim_count < found->dim_count))
            found = rollup;
    }
    return found;
}

static bool is_known(const struct search *search, enum dimension dimension, struct span value)
{
    if (dimension == DIM_MODEL)
        return dimension_is_other(value) || catalog_find(search->catalog, value).is_known;
    return vocabulary_knows(dimension, value, search->countries);
}

static enum verdict add_row(struct search *search, enum dimension dimension, struct span value,
                            const struct totals_row *row, struct reason *why)
{
    struct cell *cell = search->counters.cell; /* whose rows are read */
    char name[NAME_SIZE];

    memset(cell->sums, 0, sizeof(cell->sums));
    cell->slot_count = 0;
    cell->sums[M_REQUESTS] = row->requests;
    cell->sums[M_TOKENS_PROMPT] = row->tokens;
    cell->sums[M_COST_NANO_USD] = row->cost_nano_usd;
    if (search->countries == NULL)
        return totals_add(search->missing, 0, value, cell, why);
    int size = snprintf(name, sizeof(name), "%s|", dimension_name(dimension));
    assert((size_t)size + value.size <= sizeof(name));
    memcpy(name + size, value.bytes, value.size);
    return totals_add(search->missing, 0, (struct span){name, (size_t)size + value.size}, cell, why);
}

/* Sums the rows of every window of the kind, by unknown value. */
static enum verdict add_missing(struct search *search, enum dimension dimension, struct reason *why)
{
    struct live_counters *counters = &search->counters;
    const struct rollups *rollups = &counters->config->rollups;
    const struct rollup *rollup = rollup_with(rollups, dimension);
    struct totals *rows = NULL;
    char text[ROW_KEY_MAX];

    if (rollup == NULL && search->countries == NULL)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "no configured rollup counts by model (%s)",
                          counters->config->rollups_text);
    if (rollup == NULL) {
        fprintf(stderr, "no configured rollup counts by %s\n", dimension_name(dimension));
        return GO_ON;
    }
    enum verdict verdict = totals_open(&rows, why);
    for (uint32_t index = 0; index < counters->list.count && verdict == GO_ON; index++) {
        if (counters->list.windows[index].window.kind == search->kind)
            verdict = live_counters_add(counters, counters->list.windows[index].window, rollup, rows, why);
    }
    if (verdict == GO_ON)
        verdict = totals_sort(rows, BY_TOKENS, why);
    for (size_t index = 0; verdict == GO_ON && index < totals_count(rows); index++) {
        const struct totals_row *row = totals_row(rows, index);
        struct span value = value_of(rollups, row->name, dimension, text);
        if (value.size > 0 && !is_known(search, dimension, value))
            verdict = add_row(search, dimension, value, row, why);
    }
    totals_close(rows);
    return verdict;
}

static void split_name(void *context, struct span name, struct span fields[])
{
    const char *bar = memchr(name.bytes, '|', name.size);

    (void)context;
    assert(bar != NULL);
    fields[0] = (struct span){name.bytes, (size_t)(bar - name.bytes)};
    fields[1] = (struct span){bar + 1, name.size - fields[0].size - 1};
}

static enum verdict print_all(struct search *search, uint32_t format, struct reason *why)
{
    bool is_all = search->countries != NULL;
    const struct choice tokens = choice_at(0);
    const struct leaderboard leaderboard = {.titles = {is_all ? "field" : "model", "value"},
                                            .title_count = is_all ? 2 : 1,
                                            .choice = &tokens,
                                            .format = format,
                                            .file = stdout,
                                            .limit = INT64_MAX,
                                            .split = is_all ? split_name : NULL};

    enum verdict verdict = totals_sort(search->missing, BY_TOKENS, why);
    if (verdict != GO_ON)
        return verdict;
    if (totals_count(search->missing) > 0)
        return leaderboard_print(&leaderboard, search->missing, why);
    fprintf(stderr, is_all ? "no unknown values\n" : "no unknown models\n");
    return GO_ON;
}

enum verdict catalog_missing_print(const struct config *config, const struct catalog *catalog, bool is_all,
                                   uint32_t format, struct reason *why)
{
    static const enum dimension dimensions[] = {DIM_MODEL, DIM_COUNTRY, DIM_LANGUAGE, DIM_FINISH_REASON};
    struct search search = {.catalog = catalog, .kind = WINDOW_MONTH};
    size_t count = is_all ? LENGTH_OF(dimensions) : 1;

    while (search.kind > WINDOW_HOUR && !config->windows[search.kind])
        search.kind--;
    enum verdict verdict = is_all ? countries_open(&search.countries, config->countries, why) : GO_ON;
    if (verdict == GO_ON)
        verdict = totals_open(&search.missing, why);
    if (verdict == GO_ON)
        verdict = live_counters_open(&search.counters, config, "catalog", why);
    for (size_t index = 0; verdict == GO_ON && index < count; index++)
        verdict = add_missing(&search, dimensions[index], why);
    if (verdict == GO_ON)
        verdict = print_all(&search, format, why);
    live_counters_close(&search.counters);
    totals_close(search.missing);
    countries_close(search.countries);
    return verdict;
}
