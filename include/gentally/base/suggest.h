/*
 * "Did you mean ...?": finds the candidate nearest to a mistyped name. Pure; no allocation.
 *
 *     struct suggestion suggestion = suggestion_for("flush_intervall_ms");
 *     suggestion_try(&suggestion, "flush_interval_ms");
 *     suggestion_name(&suggestion);
 */
#ifndef GENTALLY_SUGGEST_H
#define GENTALLY_SUGGEST_H

#include "gentally/base/base.h"

#define SUGGESTION_NAME_MAX 64 /* bytes; longer names never match */

/* The nearest candidate so far. Borrows all names. */
struct suggestion {
    const char *wanted; /* the name as it was typed */
    const char *name;   /* the nearest candidate; NULL if there is none */
    size_t distance;    /* edits from `wanted` to `name`; SIZE_MAX if there is none */
};

/* Starts a search without candidates. */
struct suggestion suggestion_for(const char *wanted);

/*
 * Looks at one more candidate; of equally near ones the first stays. Nearness is the number of edits of one letter:
 * insert, delete, replace, or swap two neighbours; '-' and '_' count as the same letter (optimal string alignment:
 * Damerau 1964, restricted). O(length of both).
 */
void suggestion_try(struct suggestion *suggestion, const char *candidate);

/* The nearest candidate; NULL if a slip of the hand does not explain its distance, which is then over 2 edits and over
 * a third of its letters. */
const char *suggestion_name(const struct suggestion *suggestion);

#endif
