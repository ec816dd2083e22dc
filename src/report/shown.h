/*
 * Names for people: "Claude Sonnet 4" for anthropic/claude-sonnet-4, "Anthropic" for anthropic. Rows, series and files
 * keep the slugs; whoever draws looks names up. They are those of the summaries, and where these have none, the
 * catalog's.
 */
#ifndef GENTALLY_SHOWN_H
#define GENTALLY_SHOWN_H

#include "dataset.h"
#include "document.h"
#include "gentally/core/catalog.h"

/* Finds the names of the dataset's models and authors. `catalog` may be NULL. Memory that runs out sets
 * `*dataset->has_failed`. */
void shown_find(struct dataset *dataset, const struct catalog *catalog);

/* The name of a slug, or the slug without its author where nobody has one; borrowed until dataset_close(). */
struct span shown_name(const struct dataset *dataset, struct span slug);

/* Appends the member "names" of the document: an object, {"anthropic": "Anthropic", ...}. */
void shown_write(struct document *document, const struct dataset *dataset);

#endif
