/*
 * "Did you mean ...?": keeps the candidate suggestion to a mistyped name. Level 0: pure, no allocation.
 *
 *     struct suggestion suggestion = suggestion_for("flush_intervall_ms");
 *     suggestion_try(&suggestion, "flush_interval_ms");
 *     suggestion_name(&suggestion);
 */
#ifndef GENTALLY_SUGGEST_H
#define GENTALLY_SUGGEST_H

#include "gentally/base/base.h"

#define NEAREST_NAME_MAX 64

struct suggestion {
    const char *wanted; /* borrowed */
    const char *name;   /* the best so far, borrowed; NULL if none */
    size_t distance;    /* its edits */
};

struct suggestion suggestion_for(const char *wanted);

/* Looks at one more candidate; the first of equals stays. O(length of both). Names over NEAREST_NAME_MAX never match.
 */
void suggestion_try(struct suggestion *suggestion, const char *candidate);

/* The best candidate, or NULL if none is near enough to be a slip of the hand (a third of its letters, at least 2). */
const char *suggestion_name(const struct suggestion *suggestion);

/* Single-letter edits (insert, delete, replace, swap neighbours) between two names; '-' and '_' are the same letter.
 * (Optimal string alignment: Damerau 1964, restricted.) */
size_t edit_distance(const char *left, const char *right);

#endif
