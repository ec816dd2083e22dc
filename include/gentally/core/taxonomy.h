/*
 * Classifier path -> tag -> category, by the longest matching prefix on path-segment boundaries; "/" matches all.
 * Immutable once open.
 */
#ifndef GENTALLY_TAXONOMY_H
#define GENTALLY_TAXONOMY_H

#include "gentally/base/verdict.h"

struct taxonomy;

/* Opens the file at `path`, or the bundled schemas/taxonomy.csv if NULL or empty. HALT: TABLE-UNREADABLE,
 * TABLE-INVALID, NO-MEMORY. */
MUST_CHECK enum verdict taxonomy_open(struct taxonomy **taxonomy, const char *path, struct reason *why);
void taxonomy_close(struct taxonomy *taxonomy);

/* Never fails: what nothing matches is tag "other" of category "other". Both spans borrow from the taxonomy. */
void taxonomy_find(const struct taxonomy *taxonomy, struct span path, struct span *tag, struct span *category);

/* The category that `mapped` leaves out. */
#define CATEGORY_OTHER "other"

/* Walks the rules: false at the end. For `generate`. */
bool taxonomy_at(const struct taxonomy *taxonomy, size_t index, struct span *pattern, struct span *tag,
                 struct span *category);

uint64_t taxonomy_version(const struct taxonomy *taxonomy);

#endif
