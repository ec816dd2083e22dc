/* tables.h without files: the bundled tables, opened once for all runs. Every second opening is of another version, as
 * after a corrected catalog. */
#include "tables.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

static struct tables bundled;

enum verdict tables_open(struct tables *tables, const struct config *config, struct reason *why)
{
    (void)config;
    if (bundled.catalog == NULL &&
        (catalog_open(&bundled.catalog, "", why) != GO_ON || countries_open(&bundled.countries, "", why) != GO_ON ||
         taxonomy_open(&bundled.taxonomy, "", why) != GO_ON))
        return HALT;
    *tables = bundled;
    snprintf(tables->version, sizeof(tables->version),
             "catalog=%08x countries=00000001 buckets=00000001 taxonomy=00000001", sim_get()->injected[FAULT_RELOAD]);
    return GO_ON;
}

void tables_close(struct tables *tables)
{
    *tables = (struct tables){0};
}
