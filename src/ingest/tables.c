/* Opens the three tables together: a set is whole or not there. */
#include "tables.h"

#include <inttypes.h>
#include <stdio.h>

#include "gentally/config/config.h"

static uint32_t short_version(uint64_t version)
{
    return (uint32_t)(version ^ version >> 32);
}

enum verdict tables_open(struct tables *tables, const struct config *config, struct reason *why)
{
    *tables = (struct tables){0};
    enum verdict verdict = catalog_open(&tables->catalog, config->catalog, why);
    if (verdict == GO_ON)
        catalog_use_steps(tables->catalog, config->catalog_steps);
    if (verdict == GO_ON)
        verdict = countries_open(&tables->countries, config->countries, why);
    if (verdict == GO_ON)
        verdict = taxonomy_open(&tables->taxonomy, config->taxonomy, why);
    if (verdict != GO_ON) {
        tables_close(tables);
        return verdict;
    }
    char suppressed[40] = "";
    if (config->suppress_below_accounts > 0)
        snprintf(suppressed, sizeof(suppressed), "suppressed_below=%" PRId64 " ", config->suppress_below_accounts);
    const char *format = config->summary_format == SUMMARIES_JSON ? "format=json " : "";
    snprintf(tables->version, sizeof(tables->version),
             "catalog=%08" PRIx32 " countries=%08" PRIx32 " buckets=%08" PRIx32 " %s%staxonomy=%08" PRIx32,
             short_version(catalog_version(tables->catalog)), short_version(countries_version(tables->countries)),
             short_version(taxonomy_buckets_version(tables->taxonomy)), suppressed, format,
             short_version(taxonomy_version(tables->taxonomy)));
    return GO_ON;
}

void tables_close(struct tables *tables)
{
    if (tables->catalog != NULL)
        catalog_close(tables->catalog);
    if (tables->countries != NULL)
        countries_close(tables->countries);
    if (tables->taxonomy != NULL)
        taxonomy_close(tables->taxonomy);
    *tables = (struct tables){0};
}
