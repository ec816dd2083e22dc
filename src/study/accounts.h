/*
 * The accounts that use a model: they come to it in some month (their cohort) and are still there in later months as
 * the study's retention curves say (S34). An account lives in one country. Who is there follows from counts and hashes,
 * no account is kept; memory is a few counters for each model, country and month.
 */
#ifndef GENTALLY_ACCOUNTS_H
#define GENTALLY_ACCOUNTS_H

#include "gentally/base/verdict.h"
#include "random.h"

#define ACCOUNTS_MONTHS 14u /* October 2024 to November 2025 */

struct accounts;

/* Takes memory for `models` models and `countries`, to be closed once. `new_share`: requests
 * that bring a new account, per million, at most. HALT: NO-MEMORY. */
MUST_CHECK enum verdict accounts_open(struct accounts **accounts, uint32_t models, uint32_t countries,
                                      uint32_t new_share, struct reason *why);
void accounts_close(struct accounts *accounts);

/* Gives a model the study's curve of the model `slug`, if there is one; else the model keeps an ordinary curve. */
void accounts_set_curve(struct accounts *accounts, uint32_t model, struct span slug);

/* The requests that bring a new account, per million: `new_share` as given. */
uint32_t accounts_new_share(const struct accounts *accounts);

/* True if an account of an earlier month is to show up again in `month`, and has not yet. Months may only grow. */
bool accounts_has_waiting(struct accounts *accounts, uint32_t model, uint32_t country, uint32_t month);

/* The number, within its country, of the account that makes a request in `month`: a new one if `is_new`, else one that
 * waits, or one already seen this month; a new one too if there is no other. Months may only grow. */
uint64_t accounts_next(struct accounts *accounts, uint32_t model, uint32_t country, uint32_t month, bool is_new,
                       struct random_stream *stream);

/* The part of a cohort that is active `age` months later, per 10,000; 10000 at age 0. */
uint32_t accounts_retention(const struct accounts *accounts, uint32_t model, uint32_t cohort, uint32_t age);

#endif
