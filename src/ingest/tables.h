/* Catalog, taxonomy and countries as one immutable set, with the version that summaries are stamped with. */
#ifndef GENTALLY_TABLES_H
#define GENTALLY_TABLES_H

#include "gentally/core/catalog.h"
#include "gentally/core/countries.h"
#include "gentally/core/taxonomy.h"

struct config;

#define TABLES_VERSION_SIZE 96

struct tables {
    struct catalog *catalog;
    struct taxonomy *taxonomy;
    struct countries *countries;
    char version[TABLES_VERSION_SIZE]; /* "catalog=1a2b3c4d countries=... taxonomy=...": 32 bits of each file's hash;
                                          and before the taxonomy "suppressed_below=10 ", if rows are: it changes what
                                          is published as they do */
};

/* Opens all three from the configured paths. On failure nothing is open. HALT: TABLE-UNREADABLE, TABLE-INVALID,
 * NO-MEMORY. */
MUST_CHECK enum verdict tables_open(struct tables *tables, const struct config *config, struct reason *why);
void tables_close(struct tables *tables);

#endif
