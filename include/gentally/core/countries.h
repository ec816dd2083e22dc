/* Country code (ISO 3166-1 alpha-2) -> continent. Immutable once open. */
#ifndef GENTALLY_COUNTRIES_H
#define GENTALLY_COUNTRIES_H

#include "gentally/base/verdict.h"

struct countries;

/* Opens the file at `path`, or the bundled schemas/countries.csv if NULL or empty. HALT: TABLE-UNREADABLE,
 * TABLE-INVALID, NO-MEMORY. */
MUST_CHECK enum verdict countries_open(struct countries **countries, const char *path, struct reason *why);
void countries_close(struct countries *countries);

/* The continent ("Asia", ...), borrowed; absent for an unknown code, an absent one, and Antarctica. Upper case only, as
 * ISO writes it. */
struct span countries_continent(const struct countries *countries, struct span code);

uint64_t countries_version(const struct countries *countries);

#endif
