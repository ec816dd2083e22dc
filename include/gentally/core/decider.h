/*
 * Who decided what became of a record. Each claim of a partition draws a token, and a flush under that token decides
 * the records it passes, for as long as the store remembers it. A dead letter is written before the flush: it names its
 * decider, and is final only if it is the one that the store knows for the record's offset. Pure.
 */
#ifndef GENTALLY_DECIDER_H
#define GENTALLY_DECIDER_H

#include "gentally/base/base.h"

#define DECIDER_TOKEN_SIZE 17 /* bytes: half a token, with its NUL; who may write needs all of it */
#define DECIDER_SIZE 64       /* bytes of a decider's name, with its NUL */

/* Writes the decider's name, as letters have it: "<incarnation>:<first half of the token>". */
void decider_write(const char *incarnation, const char *token, char text[DECIDER_SIZE]);

/* The owner that decided the records from an offset on, up to the next one's. */
struct decider {
    int64_t first;
    char token[DECIDER_TOKEN_SIZE];
};

/* What the store knows of one partition. */
struct deciders {
    char incarnation[33]; /* empty: the partition has no state */
    int64_t next;         /* from here on nothing is decided */
    size_t count;
    struct decider *items; /* in rising order of `first`; offsets before the first one's are forgotten */
};

enum decision {
    DECISION_FINAL,      /* what the letter says became of its record */
    DECISION_SUPERSEDED, /* another owner decided the record: counted it, or wrote a letter of its own */
    DECISION_PENDING,    /* nobody has, for as much as the store remembers: some owner will */
    DECISION_UNKNOWN,    /* forgotten, of another incarnation, or the letter does not say */
};

/* The decision of a letter that names `decided_by` (absent, if it names none) for the record at `offset`. */
enum decision decision_of(const struct deciders *deciders, int64_t offset, struct span decided_by);

#endif
