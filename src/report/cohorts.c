/*
 * S34: for each of eight models and each month of first use, which part of the accounts were back after so many months.
 * A month without any of them is a true 0 as long as the topic goes on; a cohort without its first month is left out,
 * since its size is not known.
 */
#include "cohorts.h"

#include <stdlib.h>

#include "groups.h"

#define PANELS 8

struct cohort_table {
    struct dataset *dataset;
    struct groups models;  /* accounts of all cohorts at age 0, in `requests` */
    struct groups cohorts; /* (activity month, model and cohort): accounts, in `requests` */
    struct groups hidden;  /* the same of suppressed rows: not known, which is not 0 */
    struct names pairs;    /* "model|cohort" */
};

static uint32_t pair_of(struct cohort_table *table, uint32_t model, int64_t cohort_ms)
{
    char text[24];

    memcpy(text, &model, sizeof(model));
    memcpy(text + sizeof(model), &cohort_ms, sizeof(cohort_ms));
    return names_put(&table->pairs, (struct span){text, sizeof(model) + sizeof(cohort_ms)});
}

/* The start of a cohort's month, from "2025-05". False on anything else. */
static bool month_of(struct span cohort, int64_t *ms)
{
    char date[16];

    if (cohort.size != 7)
        return false;
    memcpy(date, cohort.bytes, 7);
    memcpy(date + 7, "-01", 3);
    return time_parse((struct span){date, 10}, ms);
}

static void take(void *context, const struct summary_row *row)
{
    struct cohort_table *table = context;
    int64_t sums[MEASURE_COUNT] = {[M_REQUESTS] = row->accounts < 0 ? 0 : row->accounts};
    int64_t cohort_ms;
    uint32_t model = row->columns[COLUMN_MODEL];

    if (model == 0 || !month_of(names_text(&table->dataset->names, row->columns[COLUMN_COHORT]), &cohort_ms) ||
        cohort_ms > row->start_ms)
        return;
    if (row->is_suppressed) {
        groups_add(&table->hidden, row->start_ms, pair_of(table, model, cohort_ms), row, sums);
        return;
    }
    if (cohort_ms == row->start_ms)
        groups_add(&table->models, 0, model, row, sums);
    groups_add(&table->cohorts, row->start_ms, pair_of(table, model, cohort_ms), row, sums);
}

static void take_hidden(struct cohort_table *table)
{
    struct row_range range = dataset_rows(table->dataset, ROWS_RETENTION, WINDOW_MONTH);

    for (size_t index = 0; index < range.count; index++)
        if (range.rows[index].is_suppressed)
            take(table, &range.rows[index]);
}

/* In its edition the study's models that are there; the rest of the eight by their accounts. */
static uint32_t choose(struct cohort_table *table, const char *id, uint32_t panels[PANELS])
{
    const struct remarks *remarks = table->dataset->remarks;
    struct groups *models = &table->models;
    uint32_t count = 0;

    for (const struct remark *model = NULL;
         count < PANELS && (model = remarks_next(remarks, id, REMARK_MODEL, model));) {
        uint32_t name = names_put(&table->dataset->names, model->text);
        if (groups_find(models, 0, name) != NULL)
            panels[count++] = name;
    }
    uint32_t ranked_count;
    uint32_t *ranked = groups_rank(models, &table->dataset->names, QUANTITY_REQUESTS, &ranked_count);
    for (uint32_t index = 0; index < ranked_count && count < PANELS; index++) {
        bool is_there = false;
        for (uint32_t at = 0; at < count; at++)
            is_there |= panels[at] == ranked[index];
        if (!is_there)
            panels[count++] = ranked[index];
    }
    free(ranked);
    return count;
}

static int64_t month_after(int64_t ms)
{
    return window_end((struct window){WINDOW_MONTH, ms});
}

static void put_cohort(struct figure *figure, struct cohort_table *table, uint32_t model, int64_t cohort_ms)
{
    const struct dataset *dataset = table->dataset;
    uint32_t pair = pair_of(table, model, cohort_ms);
    const struct group_sums *first = groups_find(&table->cohorts, cohort_ms, pair);

    if (first == NULL || first->sums[M_REQUESTS] == 0)
        return;
    int64_t age = 0;
    for (int64_t ms = cohort_ms; ms <= dataset->last_month_ms; ms = month_after(ms), age++) {
        const struct group_sums *group = groups_find(&table->cohorts, ms, pair);
        int64_t accounts = group == NULL ? 0 : group->sums[M_REQUESTS];
        figure_text(figure, names_text(&dataset->names, model));
        figure_date(figure, cohort_ms);
        figure_integer(figure, age);
        bool is_hidden = groups_find(&table->hidden, ms, pair) != NULL;
        if (is_hidden)
            figure_none(figure);
        else
            figure_integer(figure, accounts);
        figure_integer(figure, first->sums[M_REQUESTS]);
        if (is_hidden)
            figure_none(figure);
        else
            figure_real(figure, quantity_share(accounts, first->sums[M_REQUESTS]));
    }
}

void cohorts_make(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    struct cohort_table table = {.dataset = dataset,
                                 .models = {.has_failed = dataset->has_failed},
                                 .cohorts = {.has_failed = dataset->has_failed},
                                 .hidden = {.has_failed = dataset->has_failed},
                                 .pairs = {.has_failed = dataset->has_failed}};
    uint32_t panels[PANELS];
    char cohort[32];

    figure_column(figure, "model", "Model", TYPE_TEXT);
    figure_column(figure, "cohort", "First used in", TYPE_MONTH);
    figure_column(figure, "age", "Months since", TYPE_INTEGER);
    figure_column(figure, "accounts", "Accounts", TYPE_INTEGER);
    figure_column(figure, "cohort_accounts", "Accounts of the cohort", TYPE_INTEGER);
    figure_column(figure, "share", "Share back", TYPE_SHARE);
    figure->chart.x = "age";
    figure->chart.y = "share";
    figure->chart.series = "cohort";
    figure->chart.panel = "model";
    figure->chart.x_title = "Months since first use";
    figure->chart.y_title = "Share of the cohort";
    spec_each_row(spec, dataset, figure, take, &table);
    take_hidden(&table);
    uint32_t count = choose(&table, spec->id, panels);
    int64_t first_ms = dataset->last_month_ms;
    for (size_t index = 0; index < table.cohorts.count; index++)
        first_ms = table.cohorts.items[index].x < first_ms ? table.cohorts.items[index].x : first_ms;
    for (uint32_t at = 0; at < count; at++)
        for (int64_t ms = first_ms; ms <= dataset->last_month_ms; ms = month_after(ms))
            put_cohort(figure, &table, panels[at], ms);
    for (int64_t ms = first_ms; count > 0 && ms <= dataset->last_month_ms; ms = month_after(ms)) {
        time_format(ms, cohort, sizeof(cohort));
        figure_order(figure, names_put(&dataset->names, (struct span){cohort, 7}));
    }
    if (count > 0 && first_ms != NO_TIME) {
        time_format(first_ms, cohort, sizeof(cohort));
        memcpy(figure->chart.censored, cohort, 7);
        figure_note(figure,
                    "The cohort of %.7s is of everybody seen in the stream's first month, whenever they began "
                    "(left-censored): it is no cohort of first use, and is drawn dashed.",
                    cohort);
    }
    if (count > 0)
        figure_note(figure,
                    "Cohorts are shown from their first month on, wherever the range begins. Models are the "
                    "catalog's, variants and dated slugs folded in; accounts are counted exactly.");
    groups_close(&table.hidden);
    groups_close(&table.models);
    groups_close(&table.cohorts);
    names_close(&table.pairs);
}
