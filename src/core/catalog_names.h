/* The names that the catalog's models have, and the keys they are found by otherwise. For catalog.c and
 * catalog_search.c. */
#ifndef GENTALLY_CATALOG_NAMES_H
#define GENTALLY_CATALOG_NAMES_H

#include "gentally/base/symbols.h"
#include "gentally/core/model_name.h"
#include "snapshot_day.h"

#define NO_MODEL UINT32_MAX

/* Kinds of keys: their first byte. */
#define KEY_BARE 'b'
#define KEY_FOLDED 'f'
#define KEY_FOLDED_BARE 'g'
#define KEY_LINE 'l'

/* Whoever opens the catalog fills all but the keys. */
struct catalog_names {
    struct symbols *symbols; /* the slugs, then the aliases */
    size_t model_count;
    uint32_t *aliases;         /* alias -> its model */
    struct snapshot_day *days; /* of each model: with released_ms */
    bool *is_router;           /* model -> whether it is one */
    struct symbols *keys;
    uint32_t *key_models; /* key - 1 -> its model, or NO_MODEL if several have it */
};

/* Makes the keys, of names that are together `bytes` long. HALT: NO-MEMORY. */
MUST_CHECK enum verdict catalog_names_index(struct catalog_names *names, size_t bytes, struct reason *why);
void catalog_names_close(struct catalog_names *names);

/* The model that a slug or alias stands for, or NO_MODEL. */
uint32_t catalog_name_model(const struct catalog_names *names, struct span name);

/* The same by a key: of a name in lower case, of line and month as they are. */
uint32_t catalog_name_keyed(const struct catalog_names *names, char kind, struct span name);

/* The name behind its author and '/'. */
struct span catalog_name_bare(struct span name);

#endif
