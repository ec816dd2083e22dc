/*
 * Tool calls are tokens of requests that end in one: for S14's ten models what the chart says of each month, for others
 * a part of what they have (S13). A week that has days of two months is split for each apart.
 */
#include "demand_tools.h"

#include <assert.h>
#include <stdlib.h>

#include "calibration.h"
#include "demand_usage.h"
#include "gentally/core/window.h"

#define MONTHS 11u

struct tool_split {
    struct demand *demand;
    const struct budget *budget;
    int64_t scale;
    double volumes[MONTHS];
    double *tokens; /* model * MONTHS + month: tokens in it */
    double *wanted; /* the same: of tool calls */
};

/* The days of `month` in a week in which a model is on offer; false if there are none. `days`: of how many. */
static bool days_in(const struct budget_model *model, uint32_t week, uint32_t month, int64_t *from, int64_t *until,
                    double *part)
{
    int64_t start = series_day(week), end = start + 7;
    int64_t first = days_of_date(2025, month + 1, 1), last = days_of_date(2025, month + 2, 1);

    if (model != NULL) {
        start = model->first_day > start ? model->first_day : start;
        end = model->until_day < end ? model->until_day : end;
    }
    *from = start > first ? start : first;
    *until = end < last ? end : last;
    if (*from >= *until)
        return false;
    *part = (double)(*until - *from) / (double)(end - start);
    return true;
}

static void want_tools(struct tool_split *split)
{
    double most = TOOL_OTHERS_MAX * ((double)split->scale / 1e9), part;
    int64_t from, until;

    for (uint32_t week = 0; week < SERIES_WEEKS; week++) {
        for (uint32_t month = 0; month < MONTHS; month++) {
            if (days_in(NULL, week, month, &from, &until, &part))
                split->volumes[month] += series_volume(week, split->scale) * part;
            for (uint32_t model = 0; model < split->budget->count; model++) {
                const struct budget_model *entry = &split->budget->models[model];
                if (entry->tokens[week] > 0 && days_in(entry, week, month, &from, &until, &part))
                    split->tokens[model * MONTHS + month] += (double)entry->tokens[week] * part;
            }
        }
    }
    for (uint32_t model = 0; model < split->budget->count; model++) {
        const struct budget_model *entry = &split->budget->models[model];
        double sum = 0;
        for (uint32_t month = 0; month < MONTHS; month++) {
            double *wanted = &split->wanted[model * MONTHS + month];
            if (entry->tool_column >= 0)
                *wanted =
                    series_tool_level(month) * split->volumes[month] * series_tools(month)[entry->tool_column] / 1000.0;
            else if (entry->source != SOURCE_OPEN_ROW && entry->price_usd <= 0)
                *wanted = series_tool_others(month) * split->tokens[model * MONTHS + month];
            sum += *wanted;
        }
        for (uint32_t month = 0; month < MONTHS && entry->tool_column < 0 && sum > most; month++)
            split->wanted[model * MONTHS + month] *= most / sum;
    }
}

/* Splits `requests` and `tokens` off an item, as tool calls between two moments. */
static enum verdict take(struct tool_split *split, size_t index, int64_t requests, int64_t tokens, int64_t from_ms,
                         int64_t until_ms, struct reason *why)
{
    struct demand_item *item = &split->demand->items[index], piece = *item;

    piece.is_tool = true;
    piece.requests = requests;
    piece.tokens = tokens;
    piece.cost_nano_usd = (int64_t)((double)item->cost_nano_usd * ((double)tokens / (double)item->tokens));
    item->requests -= requests;
    item->tokens -= tokens;
    item->cost_nano_usd -= piece.cost_nano_usd;
    if (item->tokens == 0) { /* All of it: the item becomes the piece. */
        assert(item->requests == 0);
        *item = piece;
        item->from_ms = from_ms;
        item->until_ms = until_ms;
        return GO_ON;
    }
    enum verdict verdict = demand_add(split->demand, split->budget, piece, why);
    if (verdict != GO_ON)
        return verdict;
    struct demand_item *added = &split->demand->items[split->demand->count - 1];
    added->from_ms = from_ms;
    added->until_ms = until_ms;
    return GO_ON;
}

/* How many requests and tokens of an item to take in a pass: 0 and 1 leave other requests behind, 2 takes whole
 * single ones, 3 cuts a single one in two. */
static bool piece_of(const struct demand_item *item, int pass, int64_t want, int64_t *requests, int64_t *tokens)
{
    int64_t length = item->tokens / item->requests;

    if (item->tokens <= want && (pass < 2 ? item->requests > 1 : true)) {
        *requests = item->requests;
        *tokens = item->tokens;
        return true;
    }
    if (pass == 2 || want < TOOL_PIECE_MIN)
        return false;
    if (item->requests > 1) {
        int64_t most = item->tokens - TOOL_PIECE_MIN * item->requests;
        *tokens = want < most ? want : most;
        *requests = (*tokens + length / 2) / (length < 1 ? 1 : length);
        *requests = *requests < 1 ? 1 : *requests >= item->requests ? item->requests - 1 : *requests;
        return *tokens >= TOOL_PIECE_MIN * *requests;
    }
    *requests = 1;
    *tokens = want < item->tokens - TOOL_PIECE_MIN ? want : item->tokens - TOOL_PIECE_MIN;
    if (pass != 3 || *tokens < TOOL_PIECE_MIN)
        return false;
    return true;
}

/* Makes one of two requests in the item that has most for the topic: a request of item `cut` became two, and the
 * topic's mean length stays (S17). */
static void merge_elsewhere(const struct demand *demand, size_t first, size_t end, size_t cut)
{
    size_t most = cut;

    for (size_t index = first; index < end; index++) {
        const struct demand_item *item = &demand->items[index];
        if (item->topic == demand->items[cut].topic && index != cut && item->requests > 1 &&
            (most == cut || item->requests > demand->items[most].requests))
            most = index;
    }
    if (most != cut)
        demand->items[most].requests--;
}

/* Splits a model's tool calls between two days off the items from `first` to before `end`. */
static enum verdict split_tool_calls(struct tool_split *split, uint32_t model, size_t first, size_t end, int64_t want,
                                     int64_t from, int64_t until, struct reason *why)
{
    static const uint8_t order[] = {TOPIC_PROGRAMMING, TOPIC_TECHNOLOGY, TOPIC_OTHER,     DEMAND_NO_TOPIC,
                                    TOPIC_SCIENCE,     TOPIC_FINANCE,    TOPIC_MARKETING, TOPIC_ACADEMIA,
                                    TOPIC_TRANSLATION, TOPIC_LEGAL,      TOPIC_HEALTH,    TOPIC_TRIVIA,
                                    TOPIC_ROLEPLAY};
    enum verdict verdict = GO_ON;

    for (int pass = 0; pass < 4; pass++) {
        for (size_t place = 0; place < LENGTH_OF(order); place++) {
            for (size_t index = first; index < end && verdict == GO_ON && want > 0; index++) {
                struct demand_item *item = &split->demand->items[index];
                int64_t requests, tokens;
                if (item->model != model || item->is_tool || item->topic != order[place] ||
                    !piece_of(item, pass, want, &requests, &tokens))
                    continue;
                if (item->requests == requests && item->tokens > tokens) {
                    item->requests++; /* One request becomes two. */
                    merge_elsewhere(split->demand, first, end, index);
                }
                verdict = take(split, index, requests, tokens, from * DAY_MS, until * DAY_MS, why);
                want -= tokens;
            }
        }
    }
    return verdict;
}

static enum verdict split_week(struct tool_split *split, uint32_t week, size_t first, size_t end, struct reason *why)
{
    enum verdict verdict = GO_ON;
    int64_t from, until;
    double part;

    for (uint32_t model = 0; model < split->budget->count; model++) {
        const struct budget_model *entry = &split->budget->models[model];
        if (entry->tokens[week] <= 0 || (entry->tool_column < 0 && entry->tokens[week] < TOOL_OTHERS_LEAST))
            continue;
        for (uint32_t month = 0; month < MONTHS && verdict == GO_ON; month++) {
            double in_month = split->tokens[model * MONTHS + month];
            if (in_month <= 0 || !days_in(entry, week, month, &from, &until, &part))
                continue;
            double want = split->wanted[model * MONTHS + month] * (double)entry->tokens[week] * part / in_month;
            verdict = split_tool_calls(split, model, first, end, (int64_t)(want + 0.5), from, until, why);
        }
    }
    return verdict;
}

enum verdict demand_split_tool_calls(struct demand *demand, const struct budget *budget, int64_t scale,
                                     struct reason *why)
{
    struct tool_split split = {.demand = demand, .budget = budget, .scale = scale};
    size_t first = 0, end = 0, count = demand->count;
    enum verdict verdict = GO_ON;

    split.tokens = calloc((size_t)budget->count * MONTHS, sizeof(double));
    split.wanted = calloc((size_t)budget->count * MONTHS, sizeof(double));
    if (split.tokens == NULL || split.wanted == NULL) {
        verdict = no_memory(why, "for the tool calls of the study");
        goto done;
    }
    want_tools(&split);
    for (uint32_t week = 0; week < SERIES_WEEKS && verdict == GO_ON; week++) {
        for (first = end; end < count && demand->items[end].week == week;)
            end++;
        verdict = split_week(&split, week, first, end, why);
    }
done:
    free(split.tokens);
    free(split.wanted);
    return verdict;
}
