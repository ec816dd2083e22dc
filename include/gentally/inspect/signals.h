/*
 * Signals: what in the summaries is worth an analyst's look. Five rules with thresholds look at the latest rows of
 * three rollups: model and category by week, retention by month. Rows of a window that is still open (early panes) are
 * left out. Equal rows make equal signals: no clock is asked.
 *
 *   first_week           a model has requests in a week, and none in any earlier published week. The first week that is
 *                        published at all is no first week of anything.
 *   unknown_model        a model that the catalog does not know has >= `unknown_share` of the week's tokens and
 *                        >= `unknown_requests` requests.
 *   category_jump        a category's share of the tokens of mapped events differs by >= `jump_share` from the week
 *                        before, and the 95 % intervals of both shares (by the effective number of events) lie apart.
 *                        Both weeks must be published; `other` is no category.
 *   foundational_cohort  a cohort of >= `cohort_accounts` accounts, at most `launch_months` after the model's first
 *                        cohort, is active in its month 5 with a share of >= `foundational_percent` % of the median
 *                        share of the model's other cohorts. Others are compared if they have as many accounts and
 *                        their month 5 is published; there must be at least one.
 *   boomerang            a cohort of >= `cohort_accounts` accounts has a share of active accounts in a month that is
 *                        >= `boomerang_rise` above that of the month before. The month is the second after the
 *                        first, or later.
 *
 * A suppressed row says that its model or cohort was there, and nothing more: a model that was suppressed in a week has
 * no first week later, and a suppressed cohort is not compared. Thresholds are met by equality; sums are compared as
 * integers, quotients to within 10^-12. Models are counted as the family they fold into.
 */
#ifndef GENTALLY_SIGNALS_H
#define GENTALLY_SIGNALS_H

#include "gentally/base/verdict.h"
#include "gentally/core/signal.h"
#include "gentally/inspect/signal_input.h"

/* The thresholds without any option: 0.1 % and 100 requests; 5 %; 30 accounts, 2 months, 150 %; 3 %. */
struct signal_rules signal_rules_default(void);

struct signals;

/* Opens an empty set of rows. Copies `rules`. HALT: NO-MEMORY. */
MUST_CHECK enum verdict signals_open(struct signals **signals, const struct signal_rules *rules, struct reason *why);
void signals_close(struct signals *signals);

/* Takes a row under its Kafka key, copying its texts, unless a newer version of the key is there. Rows may come in any
 * order and at any time. HALT: NO-MEMORY. */
MUST_CHECK enum verdict signals_put(struct signals *signals, struct span key, const struct signal_row *row,
                                    struct reason *why);

/* Takes a tombstone: forgets the row of a key. */
void signals_drop(struct signals *signals, struct span key);

/* Applies the rules to all rows. O(n log n) for n rows. The signals found stay until the next call; their texts are
 * borrowed until then, or until the next put or drop. HALT: NO-MEMORY. */
MUST_CHECK enum verdict signals_evaluate(struct signals *signals, struct reason *why);

/* The signals found, ordered by kind, subject, cohort, window. */
size_t signals_count(const struct signals *signals);
const struct signal *signals_at(const struct signals *signals, size_t index);

/* The latest version among the closed rows of a window that rules of `kind` look at; false if there are none. Only
 * after signals_evaluate(). */
bool signals_version(const struct signals *signals, enum signal_kind kind, int64_t start_ms, int64_t *generation,
                     int64_t *revision);

#endif
