/*
 * One week's matrix of models and topics, in tokens. First guesses are fitted to the week's charts, then made sparse,
 * so that a small workload has whole requests, then fitted again. Models' sums are exact, topics' nearly so.
 */
#ifndef GENTALLY_WEEK_MATRIX_H
#define GENTALLY_WEEK_MATRIX_H

#include "budget_models.h"
#include "week_bands.h"

struct matrix_row {
    uint32_t model;
    bool is_tail;
};

struct week_matrix {
    const struct budget *budget;
    uint32_t week, count, open_count; /* open models come first */
    double volume, open_tokens;
    struct week_bands bands;
    struct matrix_row *rows;
    double *cells;               /* rows * TOPIC_COUNT: tokens */
    double *sums;                /* by row */
    double *dense;               /* the same, before it was made sparse */
    double *work;                /* a group's cells, then its sums */
    uint32_t *members;           /* by row: the bands it belongs to */
    uint32_t *work_members;      /* a group's */
    int64_t *requests;           /* as `cells` */
    double lengths[TOPIC_COUNT]; /* tokens of a request, first guess */
};

/* Takes memory for a week in which the classifier was used, with a row for each model that has tokens in it. `budget`
 * is borrowed until close. To be closed once, whatever the verdict. HALT: NO-MEMORY. */
MUST_CHECK enum verdict week_matrix_open(struct week_matrix *matrix, const struct budget *budget, uint32_t week,
                                         struct reason *why);
void week_matrix_close(struct week_matrix *matrix);

/* The four steps, to be taken in this order: cells by what models are used for; programming tilted to who the spend on
 * it went to (S21); all cells fitted to the topics of open models (S07), of the others (S20) and of single authors
 * (S08, S09, S24 to S29), and made sparse; then rounded to whole tokens, with a request in each cell that has any. */
void week_matrix_guess(struct week_matrix *matrix);
void week_matrix_tilt_to_spend(struct week_matrix *matrix);
void week_matrix_fit(struct week_matrix *matrix);
void week_matrix_round(struct week_matrix *matrix);

/* The model of a row. */
static inline const struct budget_model *week_matrix_model(const struct week_matrix *matrix, uint32_t row)
{
    return &matrix->budget->models[matrix->rows[row].model];
}

#endif
