/*
 * What is known of models: slug -> author, country, weights, size, reasoning. Immutable once open; a new file is a new
 * catalog. schemas/catalog.csv is bundled.
 */
#ifndef GENTALLY_CATALOG_H
#define GENTALLY_CATALOG_H

#include "gentally/base/verdict.h"

enum model_source { SOURCE_UNKNOWN, SOURCE_CLOSED, SOURCE_OPEN_CN, SOURCE_OPEN_ROW };
enum model_size { SIZE_UNKNOWN, SIZE_SMALL, SIZE_MEDIUM, SIZE_LARGE };
enum model_reasoning { REASONING_UNKNOWN, REASONING_NO, REASONING_YES };

/* Borrowed from the catalog; of an unknown model, from the slug asked for. */
struct model {
    struct span slug;   /* the display model: canonical base slug; for an unknown model the base slug asked for */
    struct span family; /* the display model whose figures it is counted in: its own slug where the catalog has none */
    struct span author; /* slug prefix where the catalog has none; absent if there is no '/' */
    enum model_source source;
    enum model_size size;
    enum model_reasoning reasoning;
    int64_t released_ms; /* the day it was listed, 00:00 UTC; 0 = not known */
    bool is_known;
};

const char *model_source_name(enum model_source source);          /* "unknown" "closed" "open_cn" "open_row" */
const char *model_size_name(enum model_size size);                /* "unknown" "small" "medium" "large" */
const char *model_reasoning_name(enum model_reasoning reasoning); /* "unknown" "no" "yes" */

struct catalog;

/* Opens the file at `path`, or the bundled table if `path` is NULL or empty. HALT: TABLE-UNREADABLE, TABLE-INVALID
 * (path, line, what), NO-MEMORY. */
MUST_CHECK enum verdict catalog_open(struct catalog **catalog, const char *path, struct reason *why);
void catalog_close(struct catalog *catalog);

/*
 * Finds the model of a slug as an event had it: splits off `:variant`, resolves aliases and dated slugs, joins
 * attributes. Never fails: unknown slugs have is_known = false. source: closed weights = closed; open by the author's
 * country: CN, HK, TW = open_cn, all else (also none) = open_row. size by total parameters: small < 15e9 <= medium <
 * 70e9 <= large.
 */
struct model catalog_find(const struct catalog *catalog, struct span slug);

size_t catalog_count(const struct catalog *catalog);

/* Walks the models in file order: false at the end. A price the catalog does not have is 0. For `generate` and
 * `catalog`. */
bool catalog_at(const struct catalog *catalog, size_t index, struct model *model, double *prompt_usd_per_mtok,
                double *completion_usd_per_mtok);

/* 64-bit FNV-1a of the file's bytes: what `tables_version` on a summary is made of. */
uint64_t catalog_version(const struct catalog *catalog);

#endif
