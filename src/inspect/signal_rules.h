/*
 * The rules of signals.h, and what they look at: rows added up by subject and week, the weeks themselves, and the rows
 * of cohorts as they came. For signals.c, which makes these of the rows it keeps.
 */
#ifndef GENTALLY_SIGNAL_RULES_H
#define GENTALLY_SIGNAL_RULES_H

#include "gentally/core/signal.h"
#include "gentally/inspect/signal_input.h"

/* A model or category in a week. */
struct subject_week {
    struct span subject;
    int64_t start_ms;
    bool is_known, is_hidden; /* all rows; any row */
    int64_t requests, tokens;
    double tokens_squared;
    int64_t accounts_low, accounts_high; /* the largest row; all added up; -1 = not known */
    int64_t generation, revision;        /* of the latest row */
    struct span tables_version;          /* of that row */
};

/* A week over all subjects. */
struct week {
    int64_t start_ms;
    int64_t tokens; /* without those of category `other` */
    double tokens_squared;
    int64_t generation, revision; /* of the latest row */
};

/* All subjects of a rollup in all weeks, from closed rows only. */
struct subject_weeks {
    size_t count;
    struct subject_week *items; /* by subject, then week */
    size_t week_count;
    struct week *weeks; /* by start: all published weeks */
};

/* The closed rows of retention. */
struct cohort_rows {
    size_t count;
    const struct signal_row *items; /* by model, cohort, age */
    int64_t latest_month;           /* the latest published month, as signal_month() counts */
};

/* The month of a window's start, as months since the year 0. */
int64_t signal_month(int64_t start_ms);

/* The signals found so far, and what is needed to write one down. */
struct found {
    const struct signal_rules *rules;
    size_t count, room;
    struct signal *items;
    bool is_broken;                /* memory ran out: the signals are not complete */
    char texts[SIGNAL_KINDS][192]; /* the rules in words */
};

/* Writes the rules in words, with their thresholds, to `texts`. */
void signal_rules_write(struct found *found);

/* Rules: each function applies those of one rollup to its rows, and adds the signals to `found`. */
void signal_rules_of_models(struct found *found, const struct subject_weeks *models);
void signal_rules_of_categories(struct found *found, const struct subject_weeks *categories);
void signal_rules_of_cohorts(struct found *found, const struct cohort_rows *rows);

#endif
