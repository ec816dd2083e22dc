/*
 * What the rules look at: rows added up by (subject, week), the weeks themselves, and the cohorts' rows as they came.
 * Private to signals.c and signal_rules.c.
 */
#ifndef GENTALLY_SIGNAL_PARTS_H
#define GENTALLY_SIGNAL_PARTS_H

#include "gentally/inspect/signals.h"

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

struct week {
    int64_t start_ms;
    int64_t tokens; /* of categories: without `other` */
    double tokens_squared;
    int64_t generation, revision; /* of the latest row */
};

/* All of a rollup, closed rows only. */
struct subject_weeks {
    size_t count;
    struct subject_week *items; /* by subject, then week */
    size_t week_count;
    struct week *weeks; /* by start: all that are published */
};

struct cohort_rows {
    size_t count;
    const struct signal_row *items; /* by model, cohort, age; their windows are closed */
    int64_t latest_month;           /* the latest that is published; as month_of() counts */
};

/* Months since the year 0 of a window's start. */
int64_t signal_month(int64_t start_ms);

/* Where rules put what they find. */
struct found {
    const struct signal_rules *rules;
    size_t count, room;
    struct signal *items;
    bool is_broken;                /* memory ran out */
    char texts[SIGNAL_KINDS][192]; /* the rules in words */
};

void signal_rules_write(struct found *found);
void signal_rules_of_models(struct found *found, const struct subject_weeks *models);
void signal_rules_of_categories(struct found *found, const struct subject_weeks *categories);
void signal_rules_of_cohorts(struct found *found, const struct cohort_rows *rows);

#endif
