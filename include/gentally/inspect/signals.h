/*
 * Signals: what in the summaries is worth an analyst's look. Five rules, one table of thresholds; a pure function of
 * the latest rows of three rollups (model and category by week, retention by month). Rows of a window that is still
 * open (early panes) are no ground for anything.
 *
 *   first_week           a model with requests in a week and with none in any earlier published week. The first week
 *                        that is published at all is no rebalance.
 *   unknown_model        a model the catalog does not know, with >= `unknown_share` of the week's tokens and
 *                        >= `unknown_requests` requests.
 *   category_jump        a category whose share of the tokens of mapped events differs from the week before by
 *                        >= `jump_share`, the 95 % intervals of the two (of the effective number of events) apart.
 *                        Both weeks are published; `other` is no category.
 *   foundational_cohort  a cohort of >= `cohort_accounts` accounts, at most `launch_months` after the model's first
 *                        one, of which >= `foundational_percent` % of the median share of the model's other cohorts is
 *                        active in month 5. Others are compared if they have so many accounts and their month 5 is
 *                        published; one at least.
 *   boomerang            a cohort of >= `cohort_accounts` accounts whose active share in a month, the second after the
 *                        first or later, is >= `boomerang_rise` above that of the month before.
 *
 * What is suppressed is there, and nothing more: a model in its week is no rebalance later, a cohort is not compared.
 * Thresholds are met by equality; sums are compared as integers, quotients to within 10^-12. A model is what its rows
 * fold into: the family.
 */
#ifndef GENTALLY_SIGNALS_H
#define GENTALLY_SIGNALS_H

#include "gentally/base/verdict.h"
#include "gentally/core/signal.h"

/* The one table of thresholds. Shares in millionths. */
struct signal_rules {
    int64_t unknown_share, unknown_requests;
    int64_t jump_share;
    int64_t cohort_accounts, launch_months, foundational_percent;
    int64_t boomerang_rise;
};
struct signal_rules signal_rules_default(void); /* 0.1 %, 100; 5 %; 30, 2, 150; 3 % */

enum signal_rollup { SIGNAL_FROM_MODEL, SIGNAL_FROM_CATEGORY, SIGNAL_FROM_RETENTION, SIGNAL_ROLLUPS };

/* What a row of a summary topic says, as far as the rules ask. Spans are copied by signals_put(). */
struct signal_row {
    enum signal_rollup rollup;
    int64_t start_ms; /* of the week, or of the month of activity */
    bool is_closed;   /* its pane is not early */
    bool is_known;    /* to the catalog */
    bool is_hidden;   /* suppressed: its numbers are not told, its accounts -1 */
    int64_t generation, revision;
    struct span subject;    /* the model or category; absent ones are passed over */
    struct span cohort;     /* retention: "2025-04" */
    int64_t age;            /* retention: months after it */
    int64_t requests;       /* model */
    int64_t tokens;         /* model: prompt + completion; category: of mapped events, divided among their categories */
    int64_t tokens_squared; /* category: sum over events */
    int64_t accounts;       /* -1 = not known; retention: those active */
    struct span tables_version;
};

struct signals;

/* `rules` are copied. HALT: NO-MEMORY. */
MUST_CHECK enum verdict signals_open(struct signals **signals, const struct signal_rules *rules, struct reason *why);
void signals_close(struct signals *signals);

/* Takes a row under its Kafka key: kept, unless a newer version of it is. In any order, at any time. HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict signals_put(struct signals *signals, struct span key, const struct signal_row *row,
                                    struct reason *why);
/* Takes a tombstone. */
void signals_drop(struct signals *signals, struct span key);

/* Applies the rules to all rows. O(n log n) of them. What it found stays until the next call, its spans until then or
 * the next put or drop. HALT: NO-MEMORY. */
MUST_CHECK enum verdict signals_evaluate(struct signals *signals, struct reason *why);
/* Ordered by kind, subject, cohort, window. */
size_t signals_count(const struct signals *signals);
const struct signal *signals_at(const struct signals *signals, size_t index);

/* The latest version among the closed rows of a window; false if it has none. After signals_evaluate(). */
bool signals_version(const struct signals *signals, enum signal_kind kind, int64_t start_ms, int64_t *generation,
                     int64_t *revision);

#endif
