/*
 * A week's matrix, counted out: so many requests for each topic that the mean prompt is the chart's (S17), dealt to the
 * cells by their tokens. An item for each cell that has requests.
 */
#include "demand_topics.h"

#include "calibration.h"
#include "clamp.h"
#include "demand_usage.h"
#include "week_matrix.h"

/* Deals a topic's requests to its cells by their tokens, at least one to each. */
static void deal_requests(struct week_matrix *matrix, uint32_t topic, int64_t total)
{
    double weights = 0;
    int64_t dealt = 0;

    for (uint32_t row = 0; row < matrix->count; row++)
        weights += matrix->cells[row * TOPIC_COUNT + topic] / usage_length_factor(week_matrix_model(matrix, row));
    for (uint32_t row = 0; row < matrix->count; row++) {
        size_t cell = row * TOPIC_COUNT + topic;
        if (matrix->requests[cell] == 0)
            continue;
        double exact =
            (double)total * matrix->cells[cell] / usage_length_factor(week_matrix_model(matrix, row)) / weights;
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
            double manner = usage_length_factor(week_matrix_model(matrix, row)) * (double)matrix->requests[cell];
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
            prompt += cell * (1 - usage_completion(week_matrix_model(matrix, row), topic, matrix->week));
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
    struct week_matrix matrix;
    enum verdict verdict = week_matrix_open(&matrix, budget, week, why);

    if (verdict == GO_ON) {
        week_matrix_guess(&matrix);
        week_matrix_tilt_to_spend(&matrix);
        week_matrix_fit(&matrix);
        week_matrix_round(&matrix);
        count_requests(&matrix);
        verdict = hand_over(&matrix, demand, why);
    }
    week_matrix_close(&matrix);
    return verdict;
}
