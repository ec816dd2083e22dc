/*
 * Event -> fact: the measures' values, dimension symbols, labels mapped to distinct tags and categories, the account as
 * a keyed pseudonym. No clock, no I/O.
 */
#ifndef GENTALLY_ENRICH_H
#define GENTALLY_ENRICH_H

#include "gentally/base/symbols.h"
#include "gentally/core/event.h"

struct taxonomy;
struct enrich;

/*
 * `taxonomy` and `symbols` are borrowed until close. `account_key` is the HMAC-SHA-256 key for accounts (copied; absent
 * = accounts are not counted). HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict enrich_open(struct enrich **enrich, const struct taxonomy *taxonomy, struct symbols *symbols,
                                    struct span account_key, struct reason *why);
void enrich_close(struct enrich *enrich);

/* Whether facts get DIM_ACCOUNT, for rollups that name it: not as long as nothing else is said. Asserts an account_key.
 * Each account is then a symbol: many accounts are many flushes. */
void enrich_name_accounts(struct enrich *enrich, bool does);

/* Room for one more event, whatever it holds. If false: flush every tally, then enrich_forget(). */
bool enrich_has_room(const struct enrich *enrich);

/* Clears `symbols` and all that was remembered by id. */
void enrich_forget(struct enrich *enrich);

/*
 * Fills `fact`. `event` has passed event_check(). Cannot fail; asserts enrich_has_room(). Measures (per event, so that
 * sums are exact): requests 1; billed_* = tokens and cost unless is_byok; free_tokens = tokens if event_is_free();
 * tool_* if finish_reason is "tool_calls"; failed if it is "error"; classified (and classified_tokens) if `classified`;
 * labels with confidence >= 0.5 count, each distinct category and (category, tag) once; mapped = classified with such
 * a label outside CATEGORY_OTHER; one_label, two_labels and more_labels by how many labels count, as the event lists
 * them; split_tokens = tokens if any does. Labels of an event that is not classified do not count. Squares as
 * tokens_squared() has them. Samples: latency, first token where present; tokens per second = completion * 1000 /
 * generation_ms (whole) where generation_ms > 0; prompt; prompt + completion; account hash = first 8 bytes, big-endian,
 * of HMAC-SHA-256(key, account). `fact->account` is the first 16 bytes of it.
 */
void enrich_event(struct enrich *enrich, const struct event *event, struct fact *fact);

#endif
