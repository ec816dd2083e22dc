/*
 * Open and closed models are fitted apart: what all models have (S20) less what the open ones have (S07) is for the
 * closed ones. A model with less than a couple of requests gets one topic, others drop the cells that come to no
 * request; what was dropped is owed to the topic and paid by the next model. A second fit on what is left restores the
 * sums. In each round authors' own shares of topics are fitted first: where they contradict the sums, the sums hold.
 */
#include "week_matrix.h"

#include <assert.h>
#include <stdlib.h>

#include "calibration.h"
#include "clamp.h"
#include "demand_usage.h"
#include "raking.h"

#define ROUNDS 80
#define KEPT INT64_MAX /* requests of a cell that has to stay, until the matrix is rounded */

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
            matrix->members[row] = week_bands_members(&matrix->bands, entry);
            matrix->rows[row].is_tail = matrix->sums[row] < TAIL_REQUESTS * TAIL_REQUEST_TOKENS;
            matrix->volume += matrix->sums[row];
            if (closed == 0) {
                matrix->open_count++;
                matrix->open_tokens += matrix->sums[row];
            }
        }
    }
}

enum verdict week_matrix_open(struct week_matrix *matrix, const struct budget *budget, uint32_t week,
                              struct reason *why)
{
    size_t cells = (size_t)budget->count * TOPIC_COUNT;

    *matrix = (struct week_matrix){.budget = budget, .week = week};
    matrix->rows = calloc(budget->count, sizeof(*matrix->rows));
    matrix->sums = calloc(budget->count, sizeof(*matrix->sums));
    matrix->cells = calloc(cells, sizeof(*matrix->cells));
    matrix->dense = calloc(cells, sizeof(*matrix->dense));
    matrix->work = calloc(cells + budget->count, sizeof(*matrix->work));
    matrix->requests = calloc(cells, sizeof(*matrix->requests));
    matrix->members = calloc(budget->count, sizeof(*matrix->members));
    matrix->work_members = calloc(budget->count, sizeof(*matrix->work_members));
    if (matrix->rows == NULL || matrix->sums == NULL || matrix->cells == NULL || matrix->dense == NULL ||
        matrix->work == NULL || matrix->requests == NULL || matrix->members == NULL || matrix->work_members == NULL)
        return no_memory(why, "for a week's topics");
    for (uint32_t topic = 0; topic < SERIES_TOPICS; topic++)
        matrix->lengths[topic] = series_prompt(week, (enum study_topic)topic) * PROMPT_FACTOR;
    matrix->lengths[TOPIC_OTHER] = UNMAPPED_LENGTH;
    week_bands_open(&matrix->bands, week);
    fill_rows(matrix);
    return GO_ON;
}

void week_matrix_close(struct week_matrix *matrix)
{
    free(matrix->rows);
    free(matrix->sums);
    free(matrix->cells);
    free(matrix->dense);
    free(matrix->work);
    free(matrix->requests);
    free(matrix->members);
    free(matrix->work_members);
    *matrix = (struct week_matrix){0};
}

void week_matrix_guess(struct week_matrix *matrix)
{
    for (uint32_t row = 0; row < matrix->count; row++) {
        double *cells = &matrix->cells[row * TOPIC_COUNT];
        usage_of(week_matrix_model(matrix, row), matrix->week, cells);
        if (matrix->rows[row].is_tail)
            cells[TOPIC_OTHER] *= TAIL_OTHER;
        for (uint32_t topic = 0; topic < TOPIC_COUNT; topic++)
            cells[topic] *= matrix->sums[row];
    }
}

/* Tokens per dollar differ between authors: S21 and what their tokens cost let their programming tokens be guessed. */
static double spender_price(uint32_t column, uint32_t week)
{
    static_assert(LENGTH_OF(SPENDER_PRICES) == SERIES_SPENDERS, "each column of S21 has its price");
    return column == SPENDER_X_AI && week >= GROK_CODE_WEEK ? GROK_CODE_PRICE : SPENDER_PRICES[column];
}

void week_matrix_tilt_to_spend(struct week_matrix *matrix)
{
    double have[SERIES_SPENDERS] = {0}, want[SERIES_SPENDERS], total = 0, wanted = 0;

    for (uint32_t row = 0; row < matrix->count; row++) {
        have[week_matrix_model(matrix, row)->author_column] += matrix->cells[row * TOPIC_COUNT + TOPIC_PROGRAMMING];
        total += matrix->cells[row * TOPIC_COUNT + TOPIC_PROGRAMMING];
    }
    for (uint32_t column = 0; column < SERIES_SPENDERS; column++) {
        want[column] = (series_spend(matrix->week)[column] + 1) / spender_price(column, matrix->week);
        wanted += want[column];
    }
    for (uint32_t row = 0; row < matrix->count; row++) {
        uint32_t column = (uint32_t)week_matrix_model(matrix, row)->author_column;
        double factor = want[column] / wanted * total / (have[column] + 1);
        matrix->cells[row * TOPIC_COUNT + TOPIC_PROGRAMMING] *= clamp(factor, TILT_MIN, TILT_MAX);
    }
}

/* Topics' tokens of the open or the closed models. */
static void wanted_topics(const struct week_matrix *matrix, bool is_open, double wanted[TOPIC_COUNT])
{
    double mapped = (1 - UNMAPPED_PART) * matrix->volume, open_mapped = (1 - UNMAPPED_PART) * matrix->open_tokens;
    double all_sum = 0, open_sum = 0, sum = 0;
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

/* The greatest model of an author that S21 shows and whose models are all rare: its one topic is programming. */
static bool is_only_spender(const struct week_matrix *matrix, uint32_t first, uint32_t end, uint32_t row)
{
    const struct budget_model *model = week_matrix_model(matrix, row);

    if (model->is_free || series_spend(matrix->week)[model->author_column] < SPENDER_KEPT ||
        model->author_column == SERIES_SPENDERS - 1)
        return false;
    for (uint32_t other = first; other < end; other++) {
        const struct budget_model *rival = week_matrix_model(matrix, other);
        if (other != row && rival->author_column == model->author_column && !rival->is_free &&
            (matrix->sums[other] > matrix->sums[row] || (matrix->sums[other] == matrix->sums[row] && other < row)))
            return false;
    }
    return true;
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
        if (is_only_spender(matrix, first, end, row))
            most = TOPIC_PROGRAMMING;
        memset(cells, 0, TOPIC_COUNT * sizeof(*cells));
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
        if (author >= 0 && week_matrix_model(matrix, row)->author_column != author)
            continue;
        if (author >= 0 && week_matrix_model(matrix, row)->is_free)
            continue;
        if (matrix->requests[cell] > 0 && (author >= 0 || !matrix->rows[row].is_tail))
            return;
        if (!matrix->rows[row].is_tail && matrix->cells[cell] > 0 &&
            (best == UINT32_MAX || matrix->cells[cell] > matrix->cells[best * TOPIC_COUNT + topic]))
            best = row;
    }
    if (best == UINT32_MAX)
        return;
    matrix->requests[best * TOPIC_COUNT + topic] = author >= 0 ? KEPT : 1;
}

/* Requests a token of a topic: rather fewer than there will be, so that some cells get more than one. */
static double request_factor(const struct week_matrix *matrix, uint32_t first, uint32_t end, uint32_t topic)
{
    double tokens = 0, requests = 0;

    for (uint32_t row = first; row < end; row++) {
        if (matrix->rows[row].is_tail)
            continue;
        tokens += matrix->cells[row * TOPIC_COUNT + topic];
        requests += matrix->cells[row * TOPIC_COUNT + topic] / usage_length_factor(week_matrix_model(matrix, row));
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
        double manner = usage_length_factor(week_matrix_model(matrix, row));
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

/* Raking with the authors' shares in each round; at last without, so that the topics' sums hold whatever they say. */
static void fit(const struct week_matrix *matrix, const struct band_rows *rows, uint32_t rounds)
{
    struct raking raking = {rows->cells, rows->count, TOPIC_COUNT, rows->sums, rows->wanted};

    for (uint32_t round = 0; round < rounds; round++) {
        week_bands_pull(&matrix->bands, rows);
        raking_fit(&raking, 1);
    }
    raking_fit(&raking, ROUNDS / 2);
}

/* Fits the models that are not rare to what those left to be had; with `is_kept` by the cells that have requests. */
static void fit_majors(struct week_matrix *matrix, uint32_t first, uint32_t end, double wanted[TOPIC_COUNT],
                       bool is_kept)
{
    double *sums = matrix->work + (size_t)matrix->count * TOPIC_COUNT, rest = 0, sum = 0;
    double fixed[2 * AUTHOR_SHARES] = {0};
    uint32_t majors = 0;

    for (uint32_t row = first; row < end; row++) {
        if (matrix->rows[row].is_tail) {
            week_bands_fix(&matrix->bands, matrix->members[row], &matrix->cells[row * TOPIC_COUNT], fixed);
            continue;
        }
        matrix->work_members[majors] = matrix->members[row];
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
    fit(matrix, &(struct band_rows){matrix->work, sums, matrix->work_members, majors, wanted, fixed}, 2 * ROUNDS);
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
    double wanted[TOPIC_COUNT], nothing[2 * AUTHOR_SHARES] = {0};
    struct band_rows all = {matrix->cells + (size_t)first * TOPIC_COUNT,
                            matrix->sums + first,
                            matrix->members + first,
                            end - first,
                            wanted,
                            nothing};

    wanted_topics(matrix, first == 0, wanted);
    fit(matrix, &all, ROUNDS);
    settle_tail(matrix, first, end, wanted);
    fit_majors(matrix, first, end, wanted, false);
    memcpy(matrix->dense + (size_t)first * TOPIC_COUNT, all.cells,
           (size_t)(end - first) * TOPIC_COUNT * sizeof(double));
    settle_majors(matrix, first, end, wanted);
    fit_majors(matrix, first, end, wanted, true);
    for (uint32_t opened = 0; opened < CELLS_OPENED_MAX && open_cell(matrix, first, end, wanted); opened++)
        fit_majors(matrix, first, end, wanted, true);
}

void week_matrix_fit(struct week_matrix *matrix)
{
    fit_group(matrix, 0, matrix->open_count);
    fit_group(matrix, matrix->open_count, matrix->count);
}

/* Whole tokens: the greatest cell of a row takes what rounding leaves. */
static void round_row(struct week_matrix *matrix, uint32_t row)
{
    double *cells = &matrix->cells[row * TOPIC_COUNT];
    double left = matrix->sums[row];
    uint32_t most = 0;

    for (uint32_t topic = 0; topic < TOPIC_COUNT; topic++) {
        int64_t whole = (int64_t)(cells[topic] + 0.5);
        if (matrix->requests[row * TOPIC_COUNT + topic] == KEPT && whole < CELL_TOKENS_KEPT)
            whole = CELL_TOKENS_KEPT;
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

void week_matrix_round(struct week_matrix *matrix)
{
    for (uint32_t row = 0; row < matrix->count; row++)
        round_row(matrix, row);
}
