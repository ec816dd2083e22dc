/*
 * "Did you mean ...?": keeps the candidate nearest to a mistyped name. Level 0: pure, no allocation.
 *
 *     struct nearest nearest = nearest_to("flush_intervall_ms");
 *     nearest_try(&nearest, "flush_interval_ms");
 *     nearest_name(&nearest);
 */
#ifndef GENTALLY_SUGGEST_H
#define GENTALLY_SUGGEST_H

#include "gentally/base/base.h"

#define NEAREST_NAME_MAX 64

struct nearest {
    const char *wanted; /* borrowed */
    const char *name;   /* the best so far, borrowed; NULL if none */
    size_t distance;    /* its edits */
};

struct nearest nearest_to(const char *wanted);

/* Looks at one more candidate; the first of equals stays. O(length of both). Names over NEAREST_NAME_MAX never match.
 */
void nearest_try(struct nearest *nearest, const char *candidate);

/* The best candidate, or NULL if none is near enough to be a slip of the hand (a third of its letters, at least 2). */
const char *nearest_name(const struct nearest *nearest);

/* Single-letter edits (insert, delete, replace, swap neighbours) between two names; '-' and '_' are the same letter.
 * (Optimal string alignment: Damerau 1964, restricted.) */
size_t edit_distance(const char *left, const char *right);

#endif
