/*
 * Interning: text -> small dense id, so that rows are keyed by numbers. One owner, all memory taken at open, cleared
 * whole when no row refers to an id any more.
 */
#ifndef GENTALLY_SYMBOLS_H
#define GENTALLY_SYMBOLS_H

#include "gentally/base/verdict.h"

struct symbols;

/* Room for `count_max` texts of together `bytes_max` bytes. GO_ON gives `*symbols` to the caller; HALT: NO-MEMORY. */
MUST_CHECK enum verdict symbols_open(struct symbols **symbols, uint32_t count_max, size_t bytes_max,
                                     struct reason *why);
void symbols_close(struct symbols *symbols);

/* The id of `text`, 1..; 0 for the absent or empty span. Copies a new text in. Asserts symbols_has_room(). */
uint32_t symbols_intern(struct symbols *symbols, struct span text);

/* The id of `text` if it was interned, else 0. Changes nothing: this is what makes a table of names of it. */
uint32_t symbols_find(const struct symbols *symbols, struct span text);

/* Borrowed until symbols_clear(). Id 0 gives the absent span. */
struct span symbols_text(const struct symbols *symbols, uint32_t id);

/* True if `count` more texts of at most `bytes` together fit. */
bool symbols_has_room(const struct symbols *symbols, uint32_t count, size_t bytes);

/* Ids in use, including the absent one: the next new text gets this id. */
uint32_t symbols_count(const struct symbols *symbols);

void symbols_clear(struct symbols *symbols);

#endif
