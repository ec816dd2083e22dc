/*
 * A list of models held against the catalog: which of them it has not, and which have another list price now. What
 * people judged stays: rows are only ever added. A new model gets a row in which what the list does not say is empty;
 * another price makes a later row of the same slug, with a later `valid_from` and all else as it was, and so does a
 * name for people where the catalog has none. Where the list says otherwise of weights or reasoning, that is told, and
 * the catalog's word stays.
 *
 * A list's word counts only where the list is the vendor's own, or OpenRouter's, whose slugs are ours: a host's names
 * and prices are its own affair.
 */
#ifndef GENTALLY_CATALOG_IMPORT_H
#define GENTALLY_CATALOG_IMPORT_H

#include "gentally/core/catalog.h"
#include "gentally/core/listed_model.h"

/* "added", "price", "differs"; of the others what to say behind a number: "known already" */
const char *import_fate_name(enum import_fate fate);

#define IMPORT_WHAT_MAX 256

struct import_change {
    enum import_fate fate; /* ADDED, REPRICED, NAMED or DIFFERS */
    struct span slug;
    struct span what; /* for people, of at most IMPORT_WHAT_MAX bytes: "price 4 / 20, was 5 / 30" */
};

struct catalog_import;

/* Opens an import into `catalog`, whose file has the bytes `text`; both are borrowed until close. `valid_from` is the
 * day from which prices hold, in ms. GO_ON gives `*import` to the caller, to be closed once. HALT: as catalog_open().
 */
MUST_CHECK enum verdict catalog_import_open(struct catalog_import **import, const struct catalog *catalog,
                                            struct span text, int64_t valid_from_ms, struct reason *why);
void catalog_import_close(struct catalog_import *import);

/* Notes a listed model; copies what it keeps. HALT: NO-MEMORY. */
MUST_CHECK enum verdict catalog_import_take(struct catalog_import *import, const struct listed_model *listed,
                                            struct reason *why);

/* Decides what becomes of all that were taken; once, after the last. The order in which they came does not matter.
 * HALT: NO-MEMORY. */
MUST_CHECK enum verdict catalog_import_decide(struct catalog_import *import, struct reason *why);

/* How many listed models met that fate. */
size_t catalog_import_count(const struct catalog_import *import, enum import_fate fate);

/* The changes, sorted by slug; the text borrows until close. False at the end. */
bool catalog_import_at(const struct catalog_import *import, size_t index, struct import_change *change);

/* The catalog's text with the new rows, each at its place if the rows are sorted by slug, else at the end; every byte
 * that was there before is still there. To be freed. HALT: NO-MEMORY. */
MUST_CHECK enum verdict catalog_import_text(const struct catalog_import *import, char **text, size_t *size,
                                            struct reason *why);

#endif
