/* A signal: something in the summaries that is worth an analyst's look, with the fields of schemas/signal.avsc. */
#ifndef GENTALLY_SIGNAL_H
#define GENTALLY_SIGNAL_H

#include "gentally/core/window.h"

enum signal_kind {
    SIGNAL_FIRST_WEEK,
    SIGNAL_UNKNOWN_MODEL,
    SIGNAL_CATEGORY_JUMP,
    SIGNAL_FOUNDATIONAL_COHORT,
    SIGNAL_BOOMERANG,
    SIGNAL_KINDS
};
const char *signal_kind_name(enum signal_kind kind); /* "first_week", ... as in topic and command */

/* One of the numbers that led to a signal: `real` if is_real, else `integer`. */
struct signal_number {
    struct span name;
    bool is_real;
    int64_t integer;
    double real;
};

#define SIGNAL_NUMBERS_MAX 16

/* All texts are borrowed; whoever fills a signal says from where. */
struct signal {
    enum signal_kind kind;
    struct window window; /* the week; for the two kinds about cohorts the month of activity */
    struct span subject;  /* model or category */
    struct span cohort;   /* "2025-04"; absent where the kind has none */
    uint32_t number_count;
    struct signal_number numbers[SIGNAL_NUMBERS_MAX];
    struct span rule;             /* the rule in words, with its thresholds */
    int64_t generation, revision; /* the latest version among the rows of its window and rollup */
    struct span tables_version;
};

/*
 * Writes the Kafka key of a signal: "<kind>|<window start>|<subject>", then "|<cohort>" if there is one, for example
 * "boomerang|2025-07-01T00:00:00Z|deepseek/deepseek-r1|2025-04". '|', '%' and bytes below 0x20 are written %XX. `text`
 * has room for SIGNAL_KEY_MAX. Returns the size.
 */
#define SIGNAL_TEXT_MAX 1024 /* bytes of a subject in the key; the rest is cut off */
#define SIGNAL_KEY_MAX (3 * SIGNAL_TEXT_MAX + 128)
size_t signal_key_write(const struct signal *signal, char *text);

#endif
