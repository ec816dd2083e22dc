/*
 * The fit of models over weeks: first guesses, which open models are used in a week at all (S06), then scaling by
 * turns to the sums of weeks and groups (S01, S11), to the mix of the fifteen open models (S04), and to the sums of
 * authors and models over all weeks (S03, S38). The latter come last, as they have to hold to the digit; the former may
 * be off by what the study's charts can be read to.
 */
#include "budget_fit.h"

#include <assert.h>
#include <stdlib.h>

#include "author_charts.h"
#include "calibration.h"
#include "clamp.h"
#include "gentally/core/window.h"
#include "model_curves.h"

#define ROUNDS 200
#define NO_GROUP 6u

enum grouping { BY_REASONING, BY_SOURCE, BY_AUTHOR, GROUPINGS };

struct fit {
    struct budget *budget;
    int64_t scale;
    double *tokens;               /* model * SERIES_WEEKS + week */
    double *tools;                /* the same: tokens of tool calls S14 wants of it */
    int8_t *columns;              /* by model: its column of S04; -1 = none */
    uint8_t (*groups)[GROUPINGS]; /* by model */
};

static double *at(const struct fit *fit, uint32_t model, uint32_t week)
{
    return &fit->tokens[model * SERIES_WEEKS + week];
}

static double source_part(uint32_t week, enum model_source source)
{
    const struct study_week *shares = study_week(series_day(week));

    if (source == SOURCE_OPEN_CN)
        return shares->open_cn / 1000.0;
    if (source == SOURCE_OPEN_ROW)
        return shares->open_row / 1000.0;
    return (1000 - shares->open_cn - shares->open_row) / 1000.0;
}

/* How much of the week a model is on offer. */
static double presence(const struct budget_model *model, uint32_t week)
{
    int64_t start = series_day(week), end = start + 7;
    int64_t from = model->first_day > start ? model->first_day : start;
    int64_t until = model->until_day < end ? model->until_day : end;

    return until <= from ? 0 : (double)(until - from) / 7.0;
}

static double tail_weight(enum model_source source)
{
    if (source == SOURCE_CLOSED)
        return TAIL_CLOSED;
    return source == SOURCE_OPEN_CN ? TAIL_OPEN_CN : TAIL_OPEN_ROW;
}

/* A first guess, per mille of all tokens of the week. */
static double guess(const struct budget_model *model, uint32_t week)
{
    double present = presence(model, week);
    double open = source_part(week, SOURCE_OPEN_CN) + source_part(week, SOURCE_OPEN_ROW);
    const struct model_curve *entry = model_curves_find(model->slug);
    int column = model_curves_top_column(model->slug);

    if (present <= 0)
        return 0;
    if (column >= 0)
        return series_top_open(week)[column] * OPEN_TOP_PART * open * present;
    if (entry != NULL)
        return model_curve_weight(entry, week) * present;
    int64_t age = series_day(week) - model->first_day;
    double months = model->first_day == 0 ? AGE_UNKNOWN : age < 0 ? 0 : (double)age / 30;
    double weight = tail_weight(model->source);
    if (model->prompt_usd > PREMIUM_USD)
        weight /= PREMIUM_DIVISOR;
    return weight / (AGE_BASE + months) * present;
}

/* The examples of S38 that are little used: in as many weeks as their tokens make requests. */
static void spread_example(const struct fit *fit, uint32_t model, double tokens)
{
    uint32_t offered = 0, seen = 0;

    for (uint32_t week = 0; week < SERIES_WEEKS; week++)
        offered += *at(fit, model, week) > 0;
    uint32_t wanted = (uint32_t)clamp(tokens / EXAMPLE_TOKENS, 1, offered);
    for (uint32_t week = 0; week < SERIES_WEEKS && offered > 0; week++) {
        if (*at(fit, model, week) <= 0)
            continue;
        bool is_used = (seen + 1) * wanted / offered > seen * wanted / offered;
        *at(fit, model, week) = is_used ? *at(fit, model, week) : 0;
        seen++;
    }
}

static void make_guesses(const struct fit *fit)
{
    for (uint32_t model = 0; model < fit->budget->count; model++) {
        const struct budget_model *entry = &fit->budget->models[model];
        const struct model_example *example = model_curves_example(entry->slug);
        fit->columns[model] = (int8_t)model_curves_top_column(entry->slug);
        for (uint32_t week = 0; week < SERIES_WEEKS; week++)
            *at(fit, model, week) = guess(entry, week) * series_volume(week, fit->scale) / 1000;
        if (example != NULL)
            spread_example(fit, model, example->tokens_m * 1e6 * ((double)fit->scale / 1e9));
    }
}

/* How many open models of each size to use: as many as there are and as the week's tokens carry, in S06's proportions.
 * The last resort of very small weeks is one model of a size. */
static void count_sizes(const uint32_t offered[3], uint32_t most, const uint16_t parts[3], uint32_t counts[3])
{
    double best = 1e9;

    for (uint32_t total = most; total >= 3; total--) {
        uint32_t tried[3];
        double worst = 0;
        tried[0] = (total * parts[0] + 500) / 1000;
        tried[1] = (total * parts[1] + 500) / 1000;
        tried[2] = total > tried[0] + tried[1] ? total - tried[0] - tried[1] : 0;
        for (uint32_t size = 0; size < 3; size++) {
            double off = 1000.0 * tried[size] / total - parts[size];
            worst = off > worst ? off : -off > worst ? -off : worst;
            worst = tried[size] > offered[size] ? 1e9 : worst;
        }
        if (worst >= best)
            continue;
        best = worst;
        memcpy(counts, tried, sizeof(tried));
        if (best <= SIZE_OFF_MAX)
            return;
    }
}

/* Takes the open models beyond the wanted counts out of the week, those of least weight first. */
static void choose_open(const struct fit *fit, uint32_t week)
{
    static const enum model_size sizes[3] = {SIZE_SMALL, SIZE_MEDIUM, SIZE_LARGE};
    const struct budget_model *models = fit->budget->models;
    uint32_t offered[3] = {0}, counts[3] = {0};
    double open = source_part(week, SOURCE_OPEN_CN) + source_part(week, SOURCE_OPEN_ROW);
    double most = series_volume(week, fit->scale) * open / OPEN_MODEL_TOKENS;

    for (uint32_t model = 0; model < fit->budget->count; model++) {
        for (uint32_t size = 0; size < 3; size++)
            offered[size] +=
                models[model].source != SOURCE_CLOSED && models[model].size == sizes[size] && *at(fit, model, week) > 0;
    }
    uint32_t all = offered[0] + offered[1] + offered[2];
    count_sizes(offered, most < all ? (uint32_t)most : all, series_sizes(week), counts);
    for (uint32_t size = 0; size < 3; size++) {
        for (; offered[size] > counts[size]; offered[size]--) {
            uint32_t least = UINT32_MAX;
            for (uint32_t model = 0; model < fit->budget->count; model++) {
                bool is_candidate = models[model].source != SOURCE_CLOSED && models[model].size == sizes[size] &&
                                    *at(fit, model, week) > 0 && models[model].price_usd <= 0;
                if (is_candidate && (least == UINT32_MAX || *at(fit, model, week) < *at(fit, least, week)))
                    least = model;
            }
            if (least == UINT32_MAX)
                break;
            *at(fit, least, week) = 0;
        }
    }
}

/* S14: a month's tokens of tool calls, on the days of it that a week has. */
static void add_tools(const struct fit *fit, uint32_t week)
{
    for (int64_t day = series_day(week), end = day + 7; day < end; day++) {
        int64_t year;
        unsigned month, date;
        date_of_days(day, &year, &month, &date);
        if (year != 2025)
            continue;
        double level = series_tool_level(month - 1) * series_volume(week, fit->scale) / 7;
        for (uint32_t model = 0; model < fit->budget->count; model++) {
            int column = fit->budget->models[model].tool_column;
            if (column >= 0)
                fit->tools[model * SERIES_WEEKS + week] += level * series_tools(month - 1)[column] / 1000.0;
        }
    }
}

/* What a model is one of, in each grouping; NO_GROUP for a model that a grouping leaves alone. */
static void set_groups(const struct fit *fit)
{
    for (uint32_t model = 0; model < fit->budget->count; model++) {
        const struct budget_model *entry = &fit->budget->models[model];
        uint32_t column = (uint32_t)entry->author_column;
        fit->groups[model][BY_REASONING] = entry->is_reasoning;
        fit->groups[model][BY_SOURCE] = (uint8_t)entry->source;
        fit->groups[model][BY_AUTHOR] = entry->source != SOURCE_CLOSED ? NO_GROUP
                                        : column < AUTHOR_PARTS        ? (uint8_t)column
                                                                       : AUTHOR_PARTS;
    }
}

/* Scales the groups of a week to `wanted` tokens each. */
static void scale_groups(const struct fit *fit, uint32_t week, enum grouping grouping, const double wanted[NO_GROUP])
{
    double factors[NO_GROUP + 1] = {0};

    for (uint32_t model = 0; model < fit->budget->count; model++)
        factors[fit->groups[model][grouping]] += *at(fit, model, week);
    for (uint32_t group = 0; group < NO_GROUP; group++)
        factors[group] = factors[group] > 0 ? wanted[group] / factors[group] : 1;
    factors[NO_GROUP] = 1;
    for (uint32_t model = 0; model < fit->budget->count; model++)
        *at(fit, model, week) *= factors[fit->groups[model][grouping]];
}

/* S11; S24 to S27, which need their authors' closed models to have such parts; S01. */
static void scale_to_sums(const struct fit *fit, uint32_t week)
{
    double volume = series_volume(week, fit->scale), wanted[NO_GROUP] = {0};
    double reasoning = series_reasoning(week) < REASONING_SEEN ? REASONING_MIN : series_reasoning(week) / 1000.0;

    wanted[false] = volume * (1 - reasoning);
    wanted[true] = volume * reasoning;
    scale_groups(fit, week, BY_REASONING, wanted);
    if (week >= SERIES_CATEGORY_WEEK) {
        double closed = volume * source_part(week, SOURCE_CLOSED);
        wanted[AUTHOR_PARTS] = closed;
        for (uint32_t column = 0; column < AUTHOR_PARTS; column++) {
            wanted[column] = closed * author_parts(week)[column] / 1000;
            wanted[AUTHOR_PARTS] -= wanted[column];
        }
        scale_groups(fit, week, BY_AUTHOR, wanted);
    }
    for (enum model_source source = SOURCE_CLOSED; source <= SOURCE_OPEN_ROW; source++)
        wanted[source] = volume * source_part(week, source);
    scale_groups(fit, week, BY_SOURCE, wanted);
}

/* S04: the fifteen keep their sum and get the chart's parts of it, as far as they are on offer. */
static void scale_tops(const struct fit *fit, uint32_t week)
{
    const uint16_t *parts = series_top_open(week);
    double sums[SERIES_TOP_MODELS] = {0}, total = 0, wanted = 0;

    for (uint32_t model = 0; model < fit->budget->count; model++) {
        if (fit->columns[model] >= 0)
            sums[fit->columns[model]] += *at(fit, model, week);
    }
    for (uint32_t column = 0; column < SERIES_TOP_MODELS; column++) {
        total += sums[column];
        wanted += sums[column] > 0 ? parts[column] : 0;
    }
    for (uint32_t model = 0; model < fit->budget->count; model++) {
        int8_t column = fit->columns[model];
        if (column >= 0 && sums[column] > 0)
            *at(fit, model, week) *= total * parts[column] / wanted / sums[column];
    }
}

static void scale_weeks(const struct fit *fit)
{
    for (uint32_t week = 0; week < SERIES_WEEKS; week++) {
        for (uint32_t model = 0; model < fit->budget->count; model++) {
            double least = fit->tools[model * SERIES_WEEKS + week] / TOOL_PART_MAX;
            if (*at(fit, model, week) > 0 && *at(fit, model, week) < least)
                *at(fit, model, week) = least;
        }
        scale_tops(fit, week);
        scale_to_sums(fit, week);
        for (uint32_t model = 0; model < fit->budget->count; model++) {
            if (*at(fit, model, week) > 0 && *at(fit, model, week) < MODEL_TOKENS_MIN)
                *at(fit, model, week) = MODEL_TOKENS_MIN;
        }
    }
}

static double model_sum(const struct fit *fit, uint32_t model)
{
    double sum = 0;

    for (uint32_t week = 0; week < SERIES_WEEKS; week++)
        sum += *at(fit, model, week);
    return sum;
}

static void scale_model(const struct fit *fit, uint32_t model, double factor)
{
    for (uint32_t week = 0; week < SERIES_WEEKS; week++)
        *at(fit, model, week) *= factor;
}

static bool is_listed(struct span author)
{
    struct span listed;

    for (uint32_t index = 0; model_curves_author_b(index, &listed) > 0; index++) {
        if (span_equal(listed, author))
            return true;
    }
    return false;
}

/* An open model that is none of S04's fifteen stays below them. */
static void cap_models(const struct fit *fit, double most)
{
    for (uint32_t model = 0; model < fit->budget->count; model++) {
        double sum =
            fit->columns[model] < 0 && fit->budget->models[model].source != SOURCE_CLOSED ? model_sum(fit, model) : 0;
        if (sum > most)
            scale_model(fit, model, most / sum);
    }
}

/* An open author that is none of S03's ten stays below them. The catalog's order has an author's models together. */
static void cap_authors(const struct fit *fit, double most)
{
    const struct budget_model *models = fit->budget->models;

    for (uint32_t first = 0, end = 0; first < fit->budget->count; first = end) {
        double sum = 0;
        for (; end < fit->budget->count && span_equal(models[end].author, models[first].author); end++)
            sum += models[end].source == SOURCE_CLOSED ? 0 : model_sum(fit, end);
        for (uint32_t model = first; model < end && sum > most && !is_listed(models[first].author); model++) {
            if (models[model].source != SOURCE_CLOSED)
                scale_model(fit, model, most / sum);
        }
    }
}

/* S38, then S03 by the author's other models. */
static void scale_totals(const struct fit *fit)
{
    const struct budget_model *models = fit->budget->models;
    double scale = (double)fit->scale / 1e9;
    struct span author;

    for (uint32_t model = 0; model < fit->budget->count; model++) {
        const struct model_example *example = model_curves_example(models[model].slug);
        double sum = example == NULL ? 0 : model_sum(fit, model);
        if (sum > 0)
            scale_model(fit, model, example->tokens_m * 1e6 * scale / sum);
    }
    for (uint32_t index = 0; model_curves_author_b(index, &author) > 0; index++) {
        double fixed = 0, free = 0;
        for (uint32_t model = 0; model < fit->budget->count; model++) {
            if (models[model].source == SOURCE_CLOSED || !span_equal(models[model].author, author))
                continue;
            if (models[model].price_usd > 0)
                fixed += model_sum(fit, model);
            else
                free += model_sum(fit, model);
        }
        double wanted = model_curves_author_b(index, &author) * 1e9 * scale - fixed;
        for (uint32_t model = 0; model < fit->budget->count && free > 0; model++) {
            if (models[model].source != SOURCE_CLOSED && models[model].price_usd <= 0 &&
                span_equal(models[model].author, author))
                scale_model(fit, model, wanted / free);
        }
    }
}

/* Whole tokens; what rounding takes in a week the model's next week gives back. */
static void round_tokens(const struct fit *fit)
{
    for (uint32_t model = 0; model < fit->budget->count; model++) {
        double carry = 0;
        for (uint32_t week = 0; week < SERIES_WEEKS; week++) {
            double exact = *at(fit, model, week), wanted = exact + carry;
            if (exact <= 0)
                continue;
            int64_t whole = (int64_t)(wanted < MODEL_TOKENS_MIN ? MODEL_TOKENS_MIN : wanted + 0.5);
            carry = wanted - (double)whole;
            fit->budget->models[model].tokens[week] = whole;
        }
    }
}

enum verdict budget_fit(struct budget *budget, int64_t scale, struct reason *why)
{
    size_t cells = (size_t)budget->count * SERIES_WEEKS;
    struct fit fit = {budget,
                      scale,
                      calloc(cells, sizeof(double)),
                      calloc(cells, sizeof(double)),
                      calloc(budget->count, sizeof(int8_t)),
                      calloc(budget->count, sizeof(uint8_t[GROUPINGS]))};
    enum verdict verdict = GO_ON;

    if (fit.tokens == NULL || fit.tools == NULL || fit.columns == NULL || fit.groups == NULL) {
        verdict = no_memory(why, "for the models of the study");
        goto done;
    }
    set_groups(&fit);
    make_guesses(&fit);
    for (uint32_t week = 0; week < SERIES_WEEKS; week++) {
        choose_open(&fit, week);
        add_tools(&fit, week);
    }
    for (uint32_t round = 0; round < ROUNDS; round++) {
        cap_models(&fit, OPEN_OTHER_MAX * ((double)scale / 1e9));
        cap_authors(&fit, OPEN_AUTHOR_MAX * ((double)scale / 1e9));
        scale_weeks(&fit);
        scale_totals(&fit);
    }
    round_tokens(&fit);
done:
    free(fit.tokens);
    free(fit.tools);
    free(fit.columns);
    free(fit.groups);
    return verdict;
}
