/* The table of countries: from a country code (ISO 3166-1 alpha-2) to its continent. Immutable once open. */
#ifndef GENTALLY_COUNTRIES_H
#define GENTALLY_COUNTRIES_H

#include "gentally/base/verdict.h"

struct countries;

/* Opens the file at `path`, or the bundled schemas/countries.csv if `path` is NULL or empty. GO_ON gives `*countries`
 * to the caller, to be closed once. HALT: TABLE-UNREADABLE, TABLE-INVALID, NO-MEMORY. */
MUST_CHECK enum verdict countries_open(struct countries **countries, const char *path, struct reason *why);
void countries_close(struct countries *countries);

/* The continent of a country ("Asia", ...), borrowed from the table. Absent for an unknown or absent code, and for
 * Antarctica. Codes are in upper case, as ISO writes them. */
struct span countries_continent(const struct countries *countries, struct span code);

/* Whether the table has the country. */
bool countries_know(const struct countries *countries, struct span code);

/* The 64-bit FNV-1a hash of the file's bytes, which `tables_version` of a summary names. */
uint64_t countries_version(const struct countries *countries);

#endif
