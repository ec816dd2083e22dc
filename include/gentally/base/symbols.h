/*
 * Interned texts: each text gets a small dense id, so that rows are keyed by numbers. All memory is taken at open.
 * Texts are not removed singly: the table is cleared as a whole, when no row refers to an id any more. One owner.
 */
#ifndef GENTALLY_SYMBOLS_H
#define GENTALLY_SYMBOLS_H

#include "gentally/base/verdict.h"

struct symbols;

/* Opens a table with room for `count_max` texts of together `bytes_max` bytes. GO_ON gives `*symbols` to the caller, to
 * be closed once. HALT: NO-MEMORY. */
MUST_CHECK enum verdict symbols_open(struct symbols **symbols, uint32_t count_max, size_t bytes_max,
                                     struct reason *why);
void symbols_close(struct symbols *symbols);

/* The id of `text`, from 1; the absent and the empty text have id 0. A new text is copied into the table; asserts that
 * symbols_has_room() for it. */
uint32_t symbols_intern(struct symbols *symbols, struct span text);

/* The id of `text` if it was interned, else 0. Changes nothing. */
uint32_t symbols_find(const struct symbols *symbols, struct span text);

/* The text of an id, borrowed until symbols_clear(); id 0 gives the absent span. */
struct span symbols_text(const struct symbols *symbols, uint32_t id);

/* True if `count` more texts of together at most `bytes` bytes fit. */
bool symbols_has_room(const struct symbols *symbols, uint32_t count, size_t bytes);

/* The number of ids in use, id 0 included: the next new text gets this id. */
uint32_t symbols_count(const struct symbols *symbols);

/* Forgets all texts; the next new one gets id 1. */
void symbols_clear(struct symbols *symbols);

#endif
