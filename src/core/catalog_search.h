/* A name that the catalog does not have as it stands, looked for step by step. For catalog.c only. */
#ifndef GENTALLY_CATALOG_SEARCH_H
#define GENTALLY_CATALOG_SEARCH_H

#include "catalog_names.h"

/* Looks for the model of `name` by the `steps` that are allowed. True: `*model` is it, `*taken` the steps that found
 * it. False: `*model` is NO_MODEL. Some microseconds; does not allocate. */
bool catalog_search(const struct catalog_names *names, struct span name, uint32_t steps, uint32_t *model,
                    uint32_t *taken);

#endif
