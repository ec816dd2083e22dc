/*
 * A rollup is a set of rows with the same dimensions: rollup `provider` counts by provider and model, rollup `total` by
 * no dimension at all, in one row. Rollups are configured; the defaults are total, model, provider (x model), category
 * (x model), tag (x category), geography (country) and language.
 */
#ifndef GENTALLY_ROLLUP_H
#define GENTALLY_ROLLUP_H

#include "gentally/core/event.h"

#define ROLLUPS_MAX 16
#define ROLLUP_DIMS_MAX 4
#define ROLLUP_NAME_MAX 32

struct rollup {
    char name[ROLLUP_NAME_MAX]; /* of a-z, 0-9 and '_': also the end of the topic's name */
    uint32_t dim_count;
    enum dimension dims[ROLLUP_DIMS_MAX];
};

/* The name of the rollup of retention. No configured rollup may have it, since the rows of retention are not counted by
 * dimensions of an event. */
#define ROLLUP_RETENTION "retention"

struct rollups {
    uint32_t count;
    struct rollup items[ROLLUPS_MAX];
};

/* The default rollups, as configuration text. */
#define ROLLUPS_DEFAULT                                                                                                \
    "total=,model=model,provider=provider+model,category=category+model,tag=tag+category,geography=country,language="  \
    "language"

/* Parses rollups from "name=dimension+dimension,name=..."; `total=` must be among them. HALT: CONFIG-ROLLUP with what
 * is wrong and where. */
MUST_CHECK enum verdict rollups_parse(const char *text, struct rollups *rollups, struct reason *why);

/* The rollup of a name, or NULL. */
const struct rollup *rollups_find(const struct rollups *rollups, struct span name);

/*
 * A grouping says which few rollups, the bases, are counted event by event so that all others can be added up from
 * their rows at a flush. A rollup is added up from a base that has all of its dimensions: `total` and `model` cost
 * nothing once `provider` (x model) is counted. Rollups of country, language and finish reason, which have few values,
 * share one base. A rollup by labels needs a base by the same labels, since an event counts once per label.
 */
struct grouping {
    struct rollups bases;                         /* what a tally counts by; a base is named after its first rollup */
    uint32_t base[ROLLUPS_MAX];                   /* of each rollup: the index of its base */
    uint32_t place[ROLLUPS_MAX][ROLLUP_DIMS_MAX]; /* of each dimension of a rollup: its index in the base's `dims` */
};

/* Groups rollups; those of the most dimensions become bases first. Pure. */
void rollups_group(const struct rollups *rollups, struct grouping *grouping);

/*
 * Writes the key of a row: "model|openai/gpt-4o", "provider|azure|openai/gpt-4o", "total". The store keeps the row's
 * cell under this key, and the summary's Kafka key ends in its values. In a value '|', '%' and bytes below 0x20 are
 * written %XX; an absent value is the empty text. Returns the size, at most ROW_KEY_MAX.
 */
#define ROW_KEY_MAX (ROLLUP_NAME_MAX + ROLLUP_DIMS_MAX * (3 * EVENT_TEXT_MAX + 1))
size_t row_key_write(const struct rollup *rollup, const struct span values[], char *text);

/* Reads a row's key back: finds its rollup, and decodes `dim_count` values into `text` (room for the key's size), from
 * which the values borrow. Returns false for what row_key_write() does not write. */
bool row_key_read(struct span key, const struct rollups *rollups, const struct rollup **rollup,
                  struct span values[ROLLUP_DIMS_MAX], char *text);

#endif
