/* Catalog, taxonomy and countries as one immutable set, with the version that summaries are stamped with. */
#ifndef GENTALLY_TABLES_H
#define GENTALLY_TABLES_H

#include "gentally/core/catalog.h"
#include "gentally/core/countries.h"
#include "gentally/core/taxonomy.h"

struct config;

#define TABLES_VERSION_SIZE 136

/*
 * `version` reads "catalog=1a2b3c4d countries=... buckets=... taxonomy=...", with 32 bits of each file's hash, and of
 * which tag has which bucket by the taxonomy; and, if small rows are suppressed, "suppressed_below=10 " before the
 * taxonomy, since that changes what is published as the files do.
 */
struct tables {
    struct catalog *catalog;
    struct taxonomy *taxonomy;
    struct countries *countries;
    char version[TABLES_VERSION_SIZE];
};

/* Reads all three from the configured paths, or takes the bundled ones. On failure no table is open. HALT:
 * TABLE-UNREADABLE, TABLE-INVALID, NO-MEMORY. */
MUST_CHECK enum verdict tables_open(struct tables *tables, const struct config *config, struct reason *why);

/* Frees the tables and leaves `tables` empty; an empty set may be closed, too. */
void tables_close(struct tables *tables);

#endif
