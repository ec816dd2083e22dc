/*
 * The model catalog: from a slug as events have it to a model with author, weights, size and reasoning. It says the
 * same as long as it is open; a changed file is another catalog. Of one thread: it remembers its last answers.
 * schemas/catalog.csv is bundled.
 */
#ifndef GENTALLY_CATALOG_H
#define GENTALLY_CATALOG_H

#include "gentally/base/verdict.h"
#include "gentally/core/model.h"
#include "gentally/core/model_name.h"

struct catalog;

/* Opens the file at `path`, or the bundled catalog if `path` is NULL or empty. GO_ON gives `*catalog` to the caller, to
 * be closed once. HALT: TABLE-UNREADABLE, TABLE-INVALID (path, line, what is wrong), NO-MEMORY. */
MUST_CHECK enum verdict catalog_open(struct catalog **catalog, const char *path, struct reason *why);
void catalog_close(struct catalog *catalog);

/* Uses only those steps of model_name.h from now on, as bits; an open catalog uses all. */
void catalog_use_steps(struct catalog *catalog, uint32_t steps);

/*
 * Finds the model of a name: as it is, then step by step as model_name.h takes it apart, and joins attributes. Never
 * fails: a name that the catalog does not have, or that several models have, gives a model with is_known = false. The
 * source is `closed` for closed weights, and for open weights `open_cn` if the author's country is CN, HK or TW, else
 * `open_row`; a router's is unknown. The size is by total parameters: small < 15e9 <= medium < 70e9 <= large. A known
 * slug costs one look-up in a hash table; another name some microseconds once, then two look-ups and a memo.
 */
struct model catalog_find(const struct catalog *catalog, struct span name);

/* The same, and by which steps: bits NAME_STEP() in `*taken`; 0 if the name is the catalog's own, or unknown. */
struct model catalog_match(const struct catalog *catalog, struct span name, uint32_t *taken);

/* The number of models. */
size_t catalog_count(const struct catalog *catalog);

/* Walks the models in the order of the file: returns false at the end. */
bool catalog_at(const struct catalog *catalog, size_t index, struct model *model);

/* What a list asks, USD per million tokens; 0 where the catalog has none. */
struct list_price {
    double prompt, completion;
    int64_t from_ms;  /* the first day that it is meant for, 00:00 UTC; NO_TIME: not said */
    int64_t until_ms; /* the first day of the one after it; NO_TIME: there is none */
};

/*
 * The price of a known model, by its slug, at a time: that of the row with the newest `valid_from` that is not after
 * it; before all of them, that of the oldest. A price that is dated in the future is none yet, for whatever was asked
 * before. O(rows of the slug).
 */
struct list_price catalog_price(const struct catalog *catalog, struct span slug, int64_t at_ms);

/* A 64-bit hash of the file's bytes, of the steps in use and of their rules, which `tables_version` of a summary names.
 */
uint64_t catalog_version(const struct catalog *catalog);

#endif
