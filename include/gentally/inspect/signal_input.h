/* What the rules of signals are given: rows of summary topics, and thresholds. */
#ifndef GENTALLY_SIGNAL_INPUT_H
#define GENTALLY_SIGNAL_INPUT_H

#include "gentally/base/base.h"

/* The thresholds of all rules. Shares are in millionths: 1000 are 0.1 %. */
struct signal_rules {
    int64_t unknown_share, unknown_requests;
    int64_t jump_share;
    int64_t cohort_accounts, launch_months, foundational_percent;
    int64_t boomerang_rise;
};

/* The rollups that rules look at: models and categories by week, retention by month. */
enum signal_rollup { SIGNAL_FROM_MODEL, SIGNAL_FROM_CATEGORY, SIGNAL_FROM_RETENTION, SIGNAL_ROLLUPS };

/* A row of a summary topic, as far as the rules ask. Fields that name a rollup are 0 or absent in other rows. */
struct signal_row {
    enum signal_rollup rollup;
    int64_t start_ms; /* of the week, or of the month of activity */
    bool is_closed;   /* the pane is not early */
    bool is_known;    /* the catalog has the model */
    bool is_hidden;   /* suppressed: the numbers are not told, accounts are -1 */
    int64_t generation, revision;
    struct span subject;    /* the model or category; a row without one is passed over */
    struct span cohort;     /* retention: "2025-04" */
    int64_t age;            /* retention: months since the cohort's */
    int64_t requests;       /* model */
    int64_t tokens;         /* model: prompt + completion; category: of mapped events, divided among their categories */
    int64_t tokens_squared; /* category: sum over events */
    int64_t accounts;       /* -1 = not known; retention: accounts that were active */
    struct span tables_version;
};

#endif
