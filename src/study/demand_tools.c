/*
 * Which tokens are of requests that end in a tool call: for S14's ten models what the chart says of each month, for
 * others a part of what they have (S13). A week that has days of two months is carved for each apart.
 */
#include <assert.h>
#include <stdlib.h>

#include "demand_parts.h"
#include "gentally/core/window.h"

#define MONTHS 11u
#define OTHERS_MAX 0.3e12  /* real tokens of any other model's tool calls: below the tenth of S14 */
#define OTHERS_LEAST 20000 /* tokens a week: below it a small workload has too few requests to be carved */
#define PIECE_MIN 32

struct carving {
    struct portions *portions;
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
    int64_t start = SERIES_FIRST_DAY + 7 * (int64_t)week, end = start + 7;
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

static void want_tools(struct carving *carving)
{
    double most = OTHERS_MAX * ((double)carving->scale / 1e9), part;
    int64_t from, until;

    for (uint32_t week = 0; week < SERIES_WEEKS; week++) {
        for (uint32_t month = 0; month < MONTHS; month++) {
            if (days_in(NULL, week, month, &from, &until, &part))
                carving->volumes[month] += budget_volume(week, carving->scale) * part;
            for (uint32_t model = 0; model < carving->budget->count; model++) {
                const struct budget_model *entry = &carving->budget->models[model];
                if (entry->tokens[week] > 0 && days_in(entry, week, month, &from, &until, &part))
                    carving->tokens[model * MONTHS + month] += (double)entry->tokens[week] * part;
            }
        }
    }
    for (uint32_t model = 0; model < carving->budget->count; model++) {
        const struct budget_model *entry = &carving->budget->models[model];
        double sum = 0;
        for (uint32_t month = 0; month < MONTHS; month++) {
            double *wanted = &carving->wanted[model * MONTHS + month];
            if (entry->tool_column >= 0)
                *wanted = budget_tool_level(month) * carving->volumes[month] * series_tools(month)[entry->tool_column] /
                          1000.0;
            else if (entry->source != SOURCE_OPEN_ROW && entry->price_usd <= 0)
                *wanted = budget_tool_others(month) * carving->tokens[model * MONTHS + month];
            sum += *wanted;
        }
        for (uint32_t month = 0; month < MONTHS && entry->tool_column < 0 && sum > most; month++)
            carving->wanted[model * MONTHS + month] *= most / sum;
    }
}

/* Takes `requests` and `tokens` out of a portion, as tool calls between two moments. */
static enum verdict take(struct carving *carving, size_t index, int64_t requests, int64_t tokens, int64_t from_ms,
                         int64_t until_ms, struct reason *why)
{
    struct portion *portion = &carving->portions->items[index], piece = *portion;

    piece.is_tool = true;
    piece.requests = requests;
    piece.tokens = tokens;
    piece.cost_nano_usd = (int64_t)((double)portion->cost_nano_usd * ((double)tokens / (double)portion->tokens));
    portion->requests -= requests;
    portion->tokens -= tokens;
    portion->cost_nano_usd -= piece.cost_nano_usd;
    if (portion->tokens == 0) { /* All of it: the portion becomes the piece. */
        assert(portion->requests == 0);
        *portion = piece;
        portion->from_ms = from_ms;
        portion->until_ms = until_ms;
        return GO_ON;
    }
    enum verdict verdict = portions_add(carving->portions, carving->budget, piece, why);
    if (verdict != GO_ON)
        return verdict;
    struct portion *added = &carving->portions->items[carving->portions->count - 1];
    added->from_ms = from_ms;
    added->until_ms = until_ms;
    return GO_ON;
}

/* How many requests and tokens of a portion to take in a pass: 0 and 1 leave other requests behind, 2 takes whole
 * single ones, 3 cuts a single one in two. */
static bool piece_of(const struct portion *portion, int pass, int64_t want, int64_t *requests, int64_t *tokens)
{
    int64_t length = portion->tokens / portion->requests;

    if (portion->tokens <= want && (pass < 2 ? portion->requests > 1 : true)) {
        *requests = portion->requests;
        *tokens = portion->tokens;
        return true;
    }
    if (pass == 2 || want < PIECE_MIN)
        return false;
    if (portion->requests > 1) {
        int64_t most = portion->tokens - PIECE_MIN * portion->requests;
        *tokens = want < most ? want : most;
        *requests = (*tokens + length / 2) / (length < 1 ? 1 : length);
        *requests = *requests < 1 ? 1 : *requests >= portion->requests ? portion->requests - 1 : *requests;
        return *tokens >= PIECE_MIN * *requests;
    }
    *requests = 1;
    *tokens = want < portion->tokens - PIECE_MIN ? want : portion->tokens - PIECE_MIN;
    if (pass != 3 || *tokens < PIECE_MIN)
        return false;
    return true;
}

/* where there are many for the topic, two become one: the topic's mean length stays (S17). */
static void merge_elsewhere(const struct portions *portions, size_t first, size_t end, size_t cut)
{
    size_t most = cut;

    for (size_t index = first; index < end; index++) {
        const struct portion *portion = &portions->items[index];
        if (portion->topic == portions->items[cut].topic && index != cut && portion->requests > 1 &&
            (most == cut || portion->requests > portions->items[most].requests))
            most = index;
    }
    if (most != cut)
        portions->items[most].requests--;
}

/* Carves a model's tool calls between two days out of the portions from `first` to before `end`. */
static enum verdict carve(struct carving *carving, uint32_t model, size_t first, size_t end, int64_t want, int64_t from,
                          int64_t until, struct reason *why)
{
    static const uint8_t order[] = {TOPIC_PROGRAMMING, TOPIC_TECHNOLOGY, TOPIC_OTHER,     PORTION_NO_TOPIC,
                                    TOPIC_SCIENCE,     TOPIC_FINANCE,    TOPIC_MARKETING, TOPIC_ACADEMIA,
                                    TOPIC_TRANSLATION, TOPIC_LEGAL,      TOPIC_HEALTH,    TOPIC_TRIVIA,
                                    TOPIC_ROLEPLAY};
    enum verdict verdict = GO_ON;

    for (int pass = 0; pass < 4; pass++) {
        for (size_t place = 0; place < LENGTH_OF(order); place++) {
            for (size_t index = first; index < end && verdict == GO_ON && want > 0; index++) {
                struct portion *portion = &carving->portions->items[index];
                int64_t requests, tokens;
                if (portion->model != model || portion->is_tool || portion->topic != order[place] ||
                    !piece_of(portion, pass, want, &requests, &tokens))
                    continue;
                if (portion->requests == requests && portion->tokens > tokens) {
                    portion->requests++; /* One request becomes two; */
                    merge_elsewhere(carving->portions, first, end, index);
                }
                verdict = take(carving, index, requests, tokens, from * DAY_MS, until * DAY_MS, why);
                want -= tokens;
            }
        }
    }
    return verdict;
}

static enum verdict carve_week(struct carving *carving, uint32_t week, size_t first, size_t end, struct reason *why)
{
    enum verdict verdict = GO_ON;
    int64_t from, until;
    double part;

    for (uint32_t model = 0; model < carving->budget->count; model++) {
        const struct budget_model *entry = &carving->budget->models[model];
        if (entry->tokens[week] <= 0 || (entry->tool_column < 0 && entry->tokens[week] < OTHERS_LEAST))
            continue;
        for (uint32_t month = 0; month < MONTHS && verdict == GO_ON; month++) {
            double in_month = carving->tokens[model * MONTHS + month];
            if (in_month <= 0 || !days_in(entry, week, month, &from, &until, &part))
                continue;
            double want = carving->wanted[model * MONTHS + month] * (double)entry->tokens[week] * part / in_month;
            verdict = carve(carving, model, first, end, (int64_t)(want + 0.5), from, until, why);
        }
    }
    return verdict;
}

enum verdict tools_carve(struct portions *portions, const struct budget *budget, int64_t scale, struct reason *why)
{
    struct carving carving = {.portions = portions, .budget = budget, .scale = scale};
    size_t first = 0, end = 0, count = portions->count;
    enum verdict verdict = GO_ON;

    carving.tokens = calloc((size_t)budget->count * MONTHS, sizeof(double));
    carving.wanted = calloc((size_t)budget->count * MONTHS, sizeof(double));
    if (carving.tokens == NULL || carving.wanted == NULL) {
        verdict = no_memory(why, "for the tool calls of the study");
        goto done;
    }
    want_tools(&carving);
    for (uint32_t week = 0; week < SERIES_WEEKS && verdict == GO_ON; week++) {
        for (first = end; end < count && portions->items[end].week == week;)
            end++;
        verdict = carve_week(&carving, week, first, end, why);
    }
done:
    free(carving.tokens);
    free(carving.wanted);
    return verdict;
}
