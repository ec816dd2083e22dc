/* From a listed model's name to the slug that the catalog would have it under. Pure. For catalog_import.c only. */
#ifndef GENTALLY_LISTED_SLUG_H
#define GENTALLY_LISTED_SLUG_H

#include "catalog_file.h"
#include "gentally/core/event.h"
#include "gentally/core/listed_model.h"

struct listed_slug {
    char text[EVENT_TEXT_MAX];
    struct span slug; /* "author/name", in `text`; absent if none can be made */
    bool is_own;      /* it is the vendor's own list, or OpenRouter's: its word counts */
};

/* Makes the slug. ADDED: it can be added as far as its name goes; else what hinders that. The slug may be there all the
 * same, for who looks whether the catalog has it. */
enum import_fate listed_slug_make(struct listed_slug *slug, const struct listed_model *listed,
                                  const struct catalog_file *file);

/* Whether it is "author/name" of letters, digits and what stands between them in slugs: nothing that CSV, a spreadsheet
 * or a shell takes for something else. */
bool listed_slug_is_plain(struct span slug);

#endif
