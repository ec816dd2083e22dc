/*
 * One week's matrix of models and topics. First guesses are fitted to the week's charts, open and closed models apart:
 * what all models have (S20) less what the open ones have (S07) is for the closed ones. Then the matrix is made sparse,
 * so that a small workload has whole requests: a model with less than a couple of requests gets one topic, others drop
 * the cells that come to no request; what was dropped is owed to the topic and paid by the next model. A second fit
 * on what is left restores the sums. Models' sums are exact, topics' nearly so.
 */
#include "demand_topics.h"

#include <assert.h>
#include <stdlib.h>

#include "calibration.h"
#include "clamp.h"
#include "demand_usage.h"
#include "raking.h"

#define ROUNDS 80

struct matrix_row {
    uint32_t model;
    bool is_tail;
};

struct week_matrix {
    const struct budget *budget;
    uint32_t week, count, open_count; /* open models come first */
    double volume, open_tokens;
    struct matrix_row *rows;
    double *cells;               /* rows * TOPIC_COUNT: tokens */
    double *sums;                /* by row */
    double *dense;               /* the same, before it was made sparse */
    double *work;                /* a group's cells */
    int64_t *requests;           /* as `cells` */
    double lengths[TOPIC_COUNT]; /* tokens of a request, first guess */
};

static const struct budget_model *model_of(const struct week_matrix *matrix, uint32_t row)
{
    return &matrix->budget->models[matrix->rows[row].model];
}

static void fill_rows(struct week_matrix *matrix)
{
    for (int closed = 0; closed < 2; closed++) {
        for (uint32_t model = 0; model < matrix->budget->count; model++) {
            const struct budget_model *entry = &matrix->budget->models[model];
            if (entry->tokens[matrix->week] <= 0 || (entry->source == SOURCE_CLOSED) != (closed == 1))
                continue;
            uint32_t row = matrix->count++;
            matrix->sums[row] = (double)entry->tokens[matrix->week];
            matrix->rows[row] = (struct matrix_row){.model = model};
            matrix->rows[row].is_tail = matrix->sums[row] < TAIL_REQUESTS * TAIL_REQUEST_TOKENS;
            matrix->volume += matrix->sums[row];
            if (closed == 0) {
                matrix->open_count++;
                matrix->open_tokens += matrix->sums[row];
            }
        }
    }
}

/* Tokens per dollar differ between authors: with S21 and what their tokens cost, a guess of their programming tokens.
 */
static double spender_price(uint32_t column, uint32_t week)
{
    static_assert(LENGTH_OF(SPENDER_PRICES) == SERIES_SPENDERS, "each column of S21 has its price");
    return column == SPENDER_X_AI && week >= GROK_CODE_WEEK ? GROK_CODE_PRICE : SPENDER_PRICES[column];
}

static void tilt_to_spend(struct week_matrix *matrix)
{
    double have[SERIES_SPENDERS] = {0}, want[SERIES_SPENDERS], total = 0, wanted = 0;

    for (uint32_t row = 0; row < matrix->count; row++) {
        have[model_of(matrix, row)->author_column] += matrix->cells[row * TOPIC_COUNT];
        total += matrix->cells[row * TOPIC_COUNT];
    }
    for (uint32_t column = 0; column < SERIES_SPENDERS; column++) {
        want[column] = (series_spend(matrix->week)[column] + 1) / spender_price(column, matrix->week);
        wanted += want[column];
    }
    for (uint32_t row = 0; row < matrix->count; row++) {
        uint32_t column = (uint32_t)model_of(matrix, row)->author_column;
        double factor = want[column] / wanted * total / (have[column] + 1);
        matrix->cells[row * TOPIC_COUNT] *= clamp(factor, TILT_MIN, TILT_MAX);
    }
}

static void guess_cells(struct week_matrix *matrix)
{
    for (uint32_t row = 0; row < matrix->count; row++) {
        double *cells = &matrix->cells[row * TOPIC_COUNT];
        usage_of(model_of(matrix, row), matrix->week, cells);
        if (matrix->rows[row].is_tail)
            cells[TOPIC_OTHER] *= TAIL_OTHER;
        for (uint32_t topic = 0; topic < TOPIC_COUNT; topic++)
            cells[topic] *= matrix->sums[row];
    }
    tilt_to_spend(matrix);
}

/* Topics' tokens of the open or the closed models. */
static void wanted_topics(const struct week_matrix *matrix, bool is_open, double wanted[TOPIC_COUNT])
{
    double mapped = (1 - UNMAPPED_PART) * matrix->volume, open_mapped = (1 - UNMAPPED_PART) * matrix->open_tokens,
           all_sum = 0, open_sum = 0, sum = 0;
    double group = is_open ? matrix->open_tokens : matrix->volume - matrix->open_tokens;

    for (uint32_t topic = 0; topic < SERIES_TOPICS; topic++) {
        all_sum += series_topics(matrix->week)[topic];
        open_sum += series_open_topics(matrix->week)[topic];
    }
    for (uint32_t topic = 0; topic < SERIES_TOPICS; topic++) {
        double open = open_mapped * series_open_topics(matrix->week)[topic] / open_sum;
        double closed = mapped * series_topics(matrix->week)[topic] / all_sum - open;
        wanted[topic] = is_open ? open : closed < 0 ? 0 : closed;
        sum += wanted[topic];
    }
    for (uint32_t topic = 0; topic < SERIES_TOPICS && sum > 0; topic++)
        wanted[topic] *= (1 - UNMAPPED_PART) * group / sum;
    wanted[TOPIC_OTHER] = UNMAPPED_PART * group;
}

/* A rare model's tokens go to the topic that is owed most. */
static void settle_tail(struct week_matrix *matrix, uint32_t first, uint32_t end, double wanted[TOPIC_COUNT])
{
    double owed[TOPIC_COUNT] = {0};

    for (uint32_t row = first; row < end; row++) {
        double *cells = &matrix->cells[row * TOPIC_COUNT];
        uint32_t most = TOPIC_OTHER;
        if (!matrix->rows[row].is_tail)
            continue;
        for (uint32_t topic = 0; topic < TOPIC_COUNT; topic++)
            owed[topic] += cells[topic];
        for (uint32_t topic = 0; topic < TOPIC_COUNT; topic++) {
            /* Not among requests that are many times as long: there are few of them, and S17 is their mean. */
            bool is_fit = topic == TOPIC_OTHER || matrix->sums[row] * TAIL_SHORTEST > matrix->lengths[topic];
            if (is_fit && cells[topic] > 0 && wanted[topic] > matrix->sums[row] && owed[topic] > owed[most])
                most = topic;
            matrix->requests[row * TOPIC_COUNT + topic] = 0;
        }
        memset(cells, 0, TOPIC_COUNT * sizeof *cells);
        cells[most] = matrix->sums[row];
        matrix->requests[row * TOPIC_COUNT + most] = 1;
        owed[most] -= matrix->sums[row];
        wanted[most] -= matrix->sums[row] < wanted[most] ? matrix->sums[row] : wanted[most];
    }
}

/* Keeps the greatest cell of a topic, or of an author in it, if none was kept though one was wanted. */
static void keep_one(struct week_matrix *matrix, uint32_t first, uint32_t end, uint32_t topic, int author)
{
    uint32_t best = UINT32_MAX;

    for (uint32_t row = first; row < end; row++) {
        size_t cell = row * TOPIC_COUNT + topic;
        if (author >= 0 && model_of(matrix, row)->author_column != author)
            continue;
        if (author >= 0 && model_of(matrix, row)->is_free)
            continue;
        if (matrix->requests[cell] > 0 && (author >= 0 || !matrix->rows[row].is_tail))
            return;
        if (!matrix->rows[row].is_tail && matrix->cells[cell] > 0 &&
            (best == UINT32_MAX || matrix->cells[cell] > matrix->cells[best * TOPIC_COUNT + topic]))
            best = row;
    }
    if (best != UINT32_MAX)
        matrix->requests[best * TOPIC_COUNT + topic] = 1;
}

/* Requests a token of a topic: rather fewer than there will be, so that some cells get more than one. */
static double request_factor(const struct week_matrix *matrix, uint32_t first, uint32_t end, uint32_t topic)
{
    double tokens = 0, requests = 0;

    for (uint32_t row = first; row < end; row++) {
        if (matrix->rows[row].is_tail)
            continue;
        tokens += matrix->cells[row * TOPIC_COUNT + topic];
        requests += matrix->cells[row * TOPIC_COUNT + topic] / usage_length_factor(model_of(matrix, row));
    }
    return requests <= 0 ? 0 : CELL_KEPT_PART * tokens / matrix->lengths[topic] / requests;
}

/* Whole requests per cell; what is cut off a cell is owed to its topic. */
static void settle_majors(struct week_matrix *matrix, uint32_t first, uint32_t end, const double wanted[TOPIC_COUNT])
{
    double owed[TOPIC_COUNT] = {0}, factors[TOPIC_COUNT];

    for (uint32_t topic = 0; topic < TOPIC_COUNT; topic++)
        factors[topic] = request_factor(matrix, first, end, topic);
    for (uint32_t row = first; row < end; row++) {
        double *cells = &matrix->cells[row * TOPIC_COUNT];
        int64_t *requests = &matrix->requests[row * TOPIC_COUNT], sum = 0;
        uint32_t most = 0;
        if (matrix->rows[row].is_tail)
            continue;
        double manner = usage_length_factor(model_of(matrix, row));
        for (uint32_t topic = 0; topic < TOPIC_COUNT; topic++) {
            double exact = cells[topic] / manner * factors[topic];
            owed[topic] += exact;
            requests[topic] = exact > CELL_REQUESTS_MIN && owed[topic] >= 0.5 ? (int64_t)(owed[topic] + 0.5) : 0;
            owed[topic] -= (double)requests[topic];
            sum += requests[topic];
            most = cells[topic] > cells[most] ? topic : most;
        }
        if (sum == 0)
            requests[most] = 1;
    }
    for (uint32_t topic = 0; topic < TOPIC_COUNT; topic++) {
        if (wanted[topic] > 0)
            keep_one(matrix, first, end, topic, -1);
    }
    for (int author = 0; author < (int)SERIES_SPENDERS; author++) {
        if (series_spend(matrix->week)[author] >= SPENDER_KEPT)
            keep_one(matrix, first, end, TOPIC_PROGRAMMING, author);
    }
}

/* Fits the models that are not rare to what those left to be had; with `is_kept` by the cells that have requests. */
static void fit_majors(struct week_matrix *matrix, uint32_t first, uint32_t end, double wanted[TOPIC_COUNT],
                       bool is_kept)
{
    double *sums = matrix->work + (size_t)matrix->count * TOPIC_COUNT, rest = 0, sum = 0;
    uint32_t majors = 0;

    for (uint32_t row = first; row < end; row++) {
        if (matrix->rows[row].is_tail)
            continue;
        for (uint32_t topic = 0; topic < TOPIC_COUNT; topic++) {
            size_t cell = row * TOPIC_COUNT + topic;
            bool is_open = !is_kept || matrix->requests[cell] > 0;
            matrix->work[majors * TOPIC_COUNT + topic] = is_open ? matrix->cells[cell] + 1e-6 : 0;
        }
        rest += sums[majors++] = matrix->sums[row];
    }
    for (uint32_t topic = 0; topic < TOPIC_COUNT; topic++)
        sum += wanted[topic];
    for (uint32_t topic = 0; topic < TOPIC_COUNT && sum > 0; topic++)
        wanted[topic] *= rest / sum;
    struct raking left = {matrix->work, majors, TOPIC_COUNT, sums, wanted};
    raking_fit(&left, 3 * ROUNDS);
    majors = 0;
    for (uint32_t row = first; row < end; row++) {
        if (!matrix->rows[row].is_tail)
            memcpy(&matrix->cells[row * TOPIC_COUNT], &matrix->work[majors++ * TOPIC_COUNT],
                   TOPIC_COUNT * sizeof(double));
    }
}

/* Where the kept cells can't have the wanted sums: opens a cell of the topic that has least to the model that has most
 * of the topic with most. False if all is well, or nothing can be opened. */
static bool open_cell(struct week_matrix *matrix, uint32_t first, uint32_t end, const double wanted[TOPIC_COUNT])
{
    double off[TOPIC_COUNT], group = 0;
    uint32_t over = 0, under = 0, best = UINT32_MAX;

    for (uint32_t topic = 0; topic < TOPIC_COUNT; topic++) {
        off[topic] = -wanted[topic];
        for (uint32_t row = first; row < end; row++)
            off[topic] += matrix->rows[row].is_tail ? 0 : matrix->cells[row * TOPIC_COUNT + topic];
        over = off[topic] > off[over] ? topic : over;
        under = off[topic] < off[under] ? topic : under;
        group += wanted[topic];
    }
    for (uint32_t row = first; row < end; row++) {
        bool is_closed = !matrix->rows[row].is_tail && matrix->requests[row * TOPIC_COUNT + under] == 0;
        if (is_closed && matrix->dense[row * TOPIC_COUNT + under] > 0 &&
            (best == UINT32_MAX || matrix->cells[row * TOPIC_COUNT + over] > matrix->cells[best * TOPIC_COUNT + over]))
            best = row;
    }
    if (best == UINT32_MAX || (off[over] < TOPIC_OFF_MAX * group && off[under] > -TOPIC_OFF_MAX * group))
        return false;
    matrix->requests[best * TOPIC_COUNT + under] = 1;
    matrix->cells[best * TOPIC_COUNT + under] = matrix->dense[best * TOPIC_COUNT + under];
    return true;
}

static void fit_group(struct week_matrix *matrix, uint32_t first, uint32_t end)
{
    double wanted[TOPIC_COUNT];
    struct raking all = {matrix->cells + (size_t)first * TOPIC_COUNT, end - first, TOPIC_COUNT, matrix->sums + first,
                         wanted};

    wanted_topics(matrix, first == 0, wanted);
    raking_fit(&all, ROUNDS);
    settle_tail(matrix, first, end, wanted);
    fit_majors(matrix, first, end, wanted, false);
    memcpy(matrix->dense + (size_t)first * TOPIC_COUNT, all.cells,
           (size_t)(end - first) * TOPIC_COUNT * sizeof(double));
    settle_majors(matrix, first, end, wanted);
    fit_majors(matrix, first, end, wanted, true);
    for (uint32_t opened = 0; opened < CELLS_OPENED_MAX && open_cell(matrix, first, end, wanted); opened++)
        fit_majors(matrix, first, end, wanted, true);
}

/* Whole tokens: the greatest cell of a row takes what rounding leaves. */
static void round_row(struct week_matrix *matrix, uint32_t row)
{
    double *cells = &matrix->cells[row * TOPIC_COUNT];
    double left = matrix->sums[row];
    uint32_t most = 0;

    for (uint32_t topic = 0; topic < TOPIC_COUNT; topic++) {
        int64_t whole = (int64_t)(cells[topic] + 0.5);
        if (matrix->requests[row * TOPIC_COUNT + topic] == 0 || whole < CELL_TOKENS_MIN)
            whole = 0;
        matrix->requests[row * TOPIC_COUNT + topic] = whole > 0;
        cells[topic] = (double)whole;
        left -= cells[topic];
        most = cells[topic] > cells[most] ? topic : most;
    }
    cells[most] += left;
    matrix->requests[row * TOPIC_COUNT + most] = 1;
}

/* Deals a topic's requests to its cells by their tokens, at least one to each. */
static void deal_requests(struct week_matrix *matrix, uint32_t topic, int64_t total)
{
    double weights = 0;
    int64_t dealt = 0;

    for (uint32_t row = 0; row < matrix->count; row++)
        weights += matrix->cells[row * TOPIC_COUNT + topic] / usage_length_factor(model_of(matrix, row));
    for (uint32_t row = 0; row < matrix->count; row++) {
        size_t cell = row * TOPIC_COUNT + topic;
        if (matrix->requests[cell] == 0)
            continue;
        double exact = (double)total * matrix->cells[cell] / usage_length_factor(model_of(matrix, row)) / weights;
        int64_t most = (int64_t)matrix->cells[cell] / CELL_TOKENS_MIN;
        matrix->requests[cell] = exact < 1 ? 1 : (int64_t)exact > most ? most : (int64_t)exact;
        dealt += matrix->requests[cell];
    }
    while (dealt != total) {
        uint32_t best = UINT32_MAX;
        double best_length = 0;
        for (uint32_t row = 0; row < matrix->count; row++) {
            size_t cell = row * TOPIC_COUNT + topic;
            if (matrix->requests[cell] == 0 || (dealt > total && matrix->requests[cell] == 1))
                continue;
            double manner = usage_length_factor(model_of(matrix, row)) * (double)matrix->requests[cell];
            double length = matrix->cells[cell] / manner;
            length = dealt > total ? -length : length;
            if (best == UINT32_MAX || length > best_length) {
                best = row;
                best_length = length;
            }
        }
        if (best == UINT32_MAX)
            return;
        int64_t step = dealt > total ? -1 : 1;
        matrix->requests[best * TOPIC_COUNT + topic] += step;
        dealt += step;
    }
}

static void count_requests(struct week_matrix *matrix)
{
    double wanted = matrix->volume / usage_length(matrix->week), counted = 0;

    for (uint32_t topic = 0; topic < TOPIC_COUNT; topic++) {
        double prompt = 0, tokens = 0;
        int64_t total;
        for (uint32_t row = 0; row < matrix->count; row++) {
            double cell = matrix->cells[row * TOPIC_COUNT + topic];
            tokens += cell;
            prompt += cell * (1 - usage_completion(model_of(matrix, row), topic, matrix->week));
        }
        if (tokens <= 0)
            continue;
        if (topic == TOPIC_OTHER) { /* What the platform's mean leaves, within reason. */
            double most = tokens / UNMAPPED_LENGTH_MIN, least = tokens / UNMAPPED_LENGTH_MAX;
            total = (int64_t)(clamp(wanted - counted, least, most) + 0.5);
        } else {
            total = (int64_t)(prompt / series_prompt(matrix->week, (enum study_topic)topic) + 0.5);
        }
        counted += (double)total;
        deal_requests(matrix, topic, total < 1 ? 1 : total);
    }
}

static enum verdict hand_over(const struct week_matrix *matrix, struct demand *demand, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (uint32_t row = 0; row < matrix->count; row++) {
        for (uint32_t topic = 0; topic < TOPIC_COUNT && verdict == GO_ON; topic++) {
            size_t cell = row * TOPIC_COUNT + topic;
            if (matrix->requests[cell] == 0)
                continue;
            struct demand_item item = {.model = (uint16_t)matrix->rows[row].model,
                                       .week = (uint8_t)matrix->week,
                                       .topic = (uint8_t)topic,
                                       .requests = matrix->requests[cell],
                                       .tokens = (int64_t)matrix->cells[cell]};
            verdict = demand_add(demand, matrix->budget, item, why);
        }
    }
    return verdict;
}

enum verdict demand_topics_add(struct demand *demand, const struct budget *budget, uint32_t week, struct reason *why)
{
    size_t cells = (size_t)budget->count * TOPIC_COUNT;
    struct week_matrix matrix = {.budget = budget, .week = week};
    enum verdict verdict = GO_ON;

    matrix.rows = calloc(budget->count, sizeof *matrix.rows);
    matrix.sums = calloc(budget->count, sizeof *matrix.sums);
    matrix.cells = calloc(cells, sizeof *matrix.cells);
    matrix.dense = calloc(cells, sizeof *matrix.dense);
    matrix.work = calloc(cells + budget->count, sizeof *matrix.work);
    matrix.requests = calloc(cells, sizeof *matrix.requests);
    if (matrix.rows == NULL || matrix.sums == NULL || matrix.cells == NULL || matrix.dense == NULL ||
        matrix.work == NULL || matrix.requests == NULL) {
        verdict = no_memory(why, "for a week's topics");
        goto done;
    }
    for (uint32_t topic = 0; topic < SERIES_TOPICS; topic++)
        matrix.lengths[topic] = series_prompt(week, (enum study_topic)topic) * PROMPT_FACTOR;
    matrix.lengths[TOPIC_OTHER] = UNMAPPED_LENGTH;
    fill_rows(&matrix);
    guess_cells(&matrix);
    fit_group(&matrix, 0, matrix.open_count);
    fit_group(&matrix, matrix.open_count, matrix.count);
    for (uint32_t row = 0; row < matrix.count; row++)
        round_row(&matrix, row);
    count_requests(&matrix);
    verdict = hand_over(&matrix, demand, why);
done:
    free(matrix.rows);
    free(matrix.sums);
    free(matrix.cells);
    free(matrix.dense);
    free(matrix.work);
    free(matrix.requests);
    return verdict;
}
