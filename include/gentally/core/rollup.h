/*
 * A rollup names the dimensions its rows are counted by. The defaults: total, model, provider (x model), category (x
 * model), tag (x category), geography (country), language.
 */
#ifndef GENTALLY_ROLLUP_H
#define GENTALLY_ROLLUP_H

#include "gentally/core/event.h"

#define ROLLUPS_MAX 16
#define ROLLUP_DIMS_MAX 4
#define ROLLUP_NAME_MAX 32

struct rollup {
    char name[ROLLUP_NAME_MAX]; /* lower case, digits, '_': also the end of the topic's name */
    uint32_t dim_count;
    enum dimension dims[ROLLUP_DIMS_MAX];
};

/* The rollup of retention: a name no other may have, since its rows are not counted by dimensions of an event. */
#define ROLLUP_RETENTION "retention"

struct rollups {
    uint32_t count;
    struct rollup items[ROLLUPS_MAX];
};

/* The default set, as configuration text. */
#define ROLLUPS_DEFAULT                                                                                                \
    "total=,model=model,provider=provider+model,category=category+model,tag=tag+category,geography=country,language="  \
    "language"

/* Parses "name=dim+dim,name=..."; `total` must be among them. HALT: CONFIG-ROLLUP with what is wrong and where. */
MUST_CHECK enum verdict rollups_parse(const char *text, struct rollups *rollups, struct reason *why);

/* NULL if there is none of that name. */
const struct rollup *rollups_find(const struct rollups *rollups, struct span name);

/*
 * What is counted, so that every rollup can be made of it: a rollup whose dimensions another one has too is not counted
 * by itself, but added up from the other's rows when they are flushed. `total` and `model` come from `provider` (x
 * model) for nothing; rollups of a country, a language and a finish reason, which have few values, share one base. A
 * rollup by labels comes only from one that iterates the same labels, since an event counts once per label.
 */
struct grouping {
    struct rollups bases;                         /* what a tally counts by; a base is named after its first rollup */
    uint32_t base[ROLLUPS_MAX];                   /* of each rollup, by its index */
    uint32_t place[ROLLUPS_MAX][ROLLUP_DIMS_MAX]; /* where each dimension of a rollup stands among its base's */
};

/* Pure; the largest rollups become bases. */
void rollups_group(const struct rollups *rollups, struct grouping *grouping);

/*
 * A row's readable key, the field under which the store keeps its cell and the tail of the summary's Kafka key:
 * "model|openai/gpt-4o", "provider|azure|openai/gpt-4o", "total".
 * '|', '%' and bytes below 0x20 in a value are written %XX; an absent value is the empty text. Returns the size, at
 * most ROW_KEY_MAX.
 */
#define ROW_KEY_MAX (ROLLUP_NAME_MAX + ROLLUP_DIMS_MAX * (3 * EVENT_TEXT_MAX + 1))
size_t row_key_write(const struct rollup *rollup, const struct span values[], char *text);

/* Reads it back: finds the rollup and decodes `dim_count` values into `text` (room for the key's size), spans borrowing
 * from it. False if it does not parse. */
bool row_key_read(struct span key, const struct rollups *rollups, const struct rollup **rollup,
                  struct span values[ROLLUP_DIMS_MAX], char *text);

#endif
