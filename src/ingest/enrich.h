/*
 * Enrichment makes a fact of an event: the measures' values, dimensions as symbols, labels mapped to distinct tags and
 * categories, the account as a keyed pseudonym. No clock, no I/O.
 */
#ifndef GENTALLY_ENRICH_H
#define GENTALLY_ENRICH_H

#include "gentally/base/symbols.h"
#include "gentally/core/event.h"

struct taxonomy;
struct enrich;

/* Opens an enrichment that borrows `taxonomy` and `symbols` until close. `account_key`: the HMAC-SHA-256 key for
 * accounts, which is copied; absent: accounts are not counted. HALT: NO-MEMORY, ACCOUNT-HMAC. */
MUST_CHECK enum verdict enrich_open(struct enrich **enrich, const struct taxonomy *taxonomy, struct symbols *symbols,
                                    struct span account_key, struct reason *why);
void enrich_close(struct enrich *enrich);

/* Sets whether facts get DIM_ACCOUNT, which only a rollup that names it needs (asserts an account key); at first they
 * do not. Each account is then a symbol: many accounts are many flushes. */
void enrich_name_accounts(struct enrich *enrich, bool does);

/* The same for DIM_APP: there may be as many apps as accounts, and most rollups need none of them. */
void enrich_name_apps(struct enrich *enrich, bool does);

/* True if `symbols` have room for one more event, whatever it holds. If false: flush every tally, then
 * enrich_forget(). */
bool enrich_has_room(const struct enrich *enrich);

/* Takes the account's name from a fact that was just made: its row is that of all accounts that were erased, and for
 * retention it is `stand_in` (0: nobody). In the number of distinct accounts it stays. */
void enrich_erase(struct enrich *enrich, struct pseudonym stand_in, struct fact *fact);

/* Clears `symbols`, and all that was remembered by their ids. */
void enrich_forget(struct enrich *enrich);

/* The pseudonym of an account; 0 if it is absent, or accounts are not counted. */
struct pseudonym enrich_account(const struct enrich *enrich, struct span account);

/*
 * Fills `fact` from `event`, which has passed event_check(), all but `fact->windows`. Cannot fail; asserts
 * enrich_has_room().
 *
 * Measures, per event, so that sums are exact (tokens = prompt + completion):
 *   requests                     1
 *   billed_*                     tokens and cost, unless is_byok
 *   free_*                       1 and tokens, if event_is_free()
 *   tool_*                       1 and tokens, if finish_reason is "tool_calls"
 *   tools_offered, *_tokens      1 and tokens, if `tools_offered`
 *   failed                       1, if finish_reason is "error"
 *   *_squared                    as tokens_squared() has them
 *   gateway_cache_hits           1, if is_gateway_cache_hit
 *   tokens_unknown               1, if prompt or completion is unknown: then all tokens are 0, and their parts
 *   cost_unknown                 1, if the cost is: then it is 0
 *   classified, *_tokens         1 and tokens, if `classified`; else all that follow are 0
 *   mapped, *_tokens             1 and tokens, if a label that counts leads outside CATEGORY_OTHER
 *   one_, two_, more_label(s)    1, by how many labels count, as the event lists them
 *   split_tokens                 tokens, if any label counts
 *
 * Labels with a confidence of at least 0.5 count; each distinct category, and each distinct (category, tag), stands in
 * the fact once, in the order of their names' bytes.
 *
 * Sample: latency and first token where present; tokens per second = completion * 1000 / generation_ms (whole) where
 * generation_ms > 0; prompt; prompt + completion, these three of known tokens; the account's hash = first 8 bytes,
 * big-endian, of HMAC-SHA-256(key, account). `fact->account` is the first 16 bytes of the same.
 */
void enrich_event(struct enrich *enrich, const struct event *event, struct fact *fact);

#endif
