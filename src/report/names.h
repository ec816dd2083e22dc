/*
 * Names: the texts of a document as small numbers, so that rows and series compare by number. One table a document;
 * it grows with the texts that the summaries have.
 */
#ifndef GENTALLY_NAMES_H
#define GENTALLY_NAMES_H

#include "gentally/base/base.h"

/* All zero but `has_failed` is an empty table. */
struct names {
    bool *has_failed; /* borrowed: set if memory runs out */
    uint32_t count, room;
    struct span *texts; /* owned, by number - 1 */
    uint32_t *slots;    /* numbers by hash; 0 = free */
};

/* Returns the text's number (1..), adding a copy of a text that is new. 0: an absent or empty text, or no memory. */
uint32_t names_put(struct names *names, struct span text);

/* The text's number; 0: it is not there. */
uint32_t names_find(const struct names *names, struct span text);

/* The text of a number, borrowed until names_close(); absent for 0. */
struct span names_text(const struct names *names, uint32_t id);

void names_close(struct names *names);

#endif
