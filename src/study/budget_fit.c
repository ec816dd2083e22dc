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

struct fit {
    struct budget *budget;
    int64_t scale;
    double *tokens;  /* model * SERIES_WEEKS + week */
    double *tools;   /* the same: tokens of tool calls S14 wants of it */
    int8_t *columns; /* by model: its column of S04; -1 = none */
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

/* Scales the models of a week for which `is_in` is equal to `which` to `wanted` tokens; examples of S38 stay. */
static void scale_week(const struct fit *fit, uint32_t week, bool (*is_in)(const struct budget_model *, uint32_t),
                       uint32_t which, double wanted)
{
    double sum = 0;

    for (uint32_t model = 0; model < fit->budget->count; model++)
        sum += is_in(&fit->budget->models[model], which) ? *at(fit, model, week) : 0;
    for (uint32_t model = 0; model < fit->budget->count && sum > 0; model++) {
        if (is_in(&fit->budget->models[model], which))
            *at(fit, model, week) *= wanted / sum;
    }
}

static bool is_of_source(const struct budget_model *model, uint32_t source)
{
    return model->source == source;
}

/* `column`: of series_spender(); AUTHOR_PARTS for everyone else. */
static bool is_closed_of(const struct budget_model *model, uint32_t column)
{
    uint32_t own = (uint32_t)model->author_column;

    return model->source == SOURCE_CLOSED && (own < AUTHOR_PARTS ? own : AUTHOR_PARTS) == column;
}

static bool is_of_reasoning(const struct budget_model *model, uint32_t is_reasoning)
{
    return model->is_reasoning == (is_reasoning != 0);
}

/* S24 to S27 need their authors' closed models to have such parts. */
static void scale_authors(const struct fit *fit, uint32_t week, double closed)
{
    const uint16_t *parts = author_parts(week);
    uint32_t rest = 1000;

    for (uint32_t column = 0; column < AUTHOR_PARTS; column++) {
        scale_week(fit, week, is_closed_of, column, closed * parts[column] / 1000);
        rest -= parts[column];
    }
    scale_week(fit, week, is_closed_of, AUTHOR_PARTS, closed * rest / 1000);
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
        double volume = series_volume(week, fit->scale);
        double reasoning = series_reasoning(week) < REASONING_SEEN ? REASONING_MIN : series_reasoning(week) / 1000.0;
        for (uint32_t model = 0; model < fit->budget->count; model++) {
            double least = fit->tools[model * SERIES_WEEKS + week] / TOOL_PART_MAX;
            if (*at(fit, model, week) > 0 && *at(fit, model, week) < least)
                *at(fit, model, week) = least;
        }
        scale_tops(fit, week);
        scale_week(fit, week, is_of_reasoning, 1, volume * reasoning);
        scale_week(fit, week, is_of_reasoning, 0, volume * (1 - reasoning));
        if (week >= SERIES_CATEGORY_WEEK)
            scale_authors(fit, week, volume * source_part(week, SOURCE_CLOSED));
        for (enum model_source source = SOURCE_CLOSED; source <= SOURCE_OPEN_ROW; source++)
            scale_week(fit, week, is_of_source, source, volume * source_part(week, source));
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

/* Who is in no list stays below its last: other open models below S04's fifteen, other open authors below S03's ten. */
static void cap_unlisted(const struct fit *fit)
{
    const struct budget_model *models = fit->budget->models;
    double scale = (double)fit->scale / 1e9;

    for (uint32_t model = 0; model < fit->budget->count; model++) {
        struct span author = models[model].author;
        double sum = 0;
        if (models[model].source == SOURCE_CLOSED || fit->columns[model] >= 0)
            continue;
        sum = model_sum(fit, model);
        if (sum > OPEN_OTHER_MAX * scale)
            scale_model(fit, model, OPEN_OTHER_MAX * scale / sum);
        if (is_listed(author) || (model > 0 && span_equal(models[model - 1].author, author)))
            continue;
        sum = 0; /* The catalog's order is by slug: an author's models stand together. */
        uint32_t end = model;
        for (; end < fit->budget->count && span_equal(models[end].author, author); end++)
            sum += models[end].source == SOURCE_CLOSED ? 0 : model_sum(fit, end);
        for (uint32_t other = model; other < end && sum > OPEN_AUTHOR_MAX * scale; other++)
            scale_model(fit, other, OPEN_AUTHOR_MAX * scale / sum);
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
    struct fit fit = {budget, scale, calloc(cells, sizeof(double)), calloc(cells, sizeof(double)),
                      calloc(budget->count, sizeof(int8_t))};
    enum verdict verdict = GO_ON;

    if (fit.tokens == NULL || fit.tools == NULL || fit.columns == NULL) {
        verdict = no_memory(why, "for the models of the study");
        goto done;
    }
    make_guesses(&fit);
    for (uint32_t week = 0; week < SERIES_WEEKS; week++) {
        choose_open(&fit, week);
        add_tools(&fit, week);
    }
    for (uint32_t round = 0; round < ROUNDS; round++) {
        cap_unlisted(&fit);
        scale_weeks(&fit);
        scale_totals(&fit);
    }
    round_tokens(&fit);
done:
    free(fit.tokens);
    free(fit.tools);
    free(fit.columns);
    return verdict;
}
