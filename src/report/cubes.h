/*
 * Cubes: the sums that a page needs to make figures anew, for other weeks, one author, one source. A cube has a row for
 * each week and each combination of its keys that had traffic; what is suppressed in figures is in no cube.
 */
#ifndef GENTALLY_CUBES_H
#define GENTALLY_CUBES_H

#include "document.h"
#include "spec.h"

/*
 * Appends the member "cubes" of the document, an object by name:
 *
 *   {"keys": ["author", "source"], "members": [["z-ai", "Chinese OSS"], ...], "measures": ["tokens", ...],
 *    "weeks": [["2025-11-17", [member, tokens, ..., member, tokens, ...]], ...]}
 *
 * Members are counted from 0; a measure that is 0 everywhere is left out. The cube of categories has "drawn", those
 * that figures of categories show. Memory that runs out sets
 * `*dataset->has_failed`.
 */
void cubes_write(struct document *document, struct dataset *dataset);

/* Appends the member "recipe" of a figure's definition: how it is made of which cube; null where none will do. */
void cubes_write_recipe(struct document *document, const struct figure_spec *spec);

#endif
