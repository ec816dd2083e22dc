/* `gentally catalog missing`: what the counters hold that no table knows. */
#ifndef GENTALLY_CATALOG_MISSING_H
#define GENTALLY_CATALOG_MISSING_H

#include "gentally/base/verdict.h"

struct catalog;
struct config;

/* Prints the models with traffic but without an entry, largest first; with `is_all` also the countries, languages and
 * finish reasons that are in no vocabulary. Reads the largest windows that are kept. Says so if there are none. */
MUST_CHECK enum verdict catalog_missing_print(const struct config *config, const struct catalog *catalog, bool is_all,
                                              uint32_t format, struct reason *why);

#endif
