/*
 * The taxonomy: from a classifier's path to a tag and its category, by the rule with the longest prefix of whole path
 * segments; the rule "/" matches every path. Rows are counted by category; a tag also has a bucket, which is joined to
 * rows that name the tag. Immutable once open. schemas/taxonomy.csv is bundled.
 */
#ifndef GENTALLY_TAXONOMY_H
#define GENTALLY_TAXONOMY_H

#include "gentally/base/verdict.h"

struct taxonomy;

/* Opens the file at `path`, or the bundled taxonomy if `path` is NULL or empty. GO_ON gives `*taxonomy` to the caller,
 * to be closed once. HALT: TABLE-UNREADABLE, TABLE-INVALID, NO-MEMORY. */
MUST_CHECK enum verdict taxonomy_open(struct taxonomy **taxonomy, const char *path, struct reason *why);
void taxonomy_close(struct taxonomy *taxonomy);

/* Finds tag and category of a path, both borrowed from the taxonomy. An unmatched path maps to other/other. */
void taxonomy_find(const struct taxonomy *taxonomy, struct span path, struct span *tag, struct span *category);

/* The category of unmatched paths. The measures `mapped` and `mapped_tokens` leave it out. */
#define CATEGORY_OTHER "other"

/* The bucket of a tag, borrowed from the taxonomy; absent if it has no such tag. One look-up in a hash table. */
struct span taxonomy_bucket(const struct taxonomy *taxonomy, struct span tag);

/* Walks the rules in the order of the file: returns false at the end. */
bool taxonomy_at(const struct taxonomy *taxonomy, size_t index, struct span *pattern, struct span *tag,
                 struct span *category);

/* The 64-bit FNV-1a hash of the file's bytes, which `tables_version` of a summary names. */
uint64_t taxonomy_version(const struct taxonomy *taxonomy);

/* A 64-bit hash of which tag has which bucket: all that a changed taxonomy changes in rows that were counted before. */
uint64_t taxonomy_buckets_version(const struct taxonomy *taxonomy);

#endif
