/* One signal, as schemas/signal.avsc tells it: something in the summaries that is worth an analyst's look. */
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
const char *signal_kind_name(enum signal_kind kind); /* "first_week", ... */

/* One of the numbers that led to a signal. */
struct signal_number {
    struct span name;
    bool is_real;
    int64_t integer;
    double real;
};

#define SIGNAL_NUMBERS_MAX 16
struct signal {
    enum signal_kind kind;
    struct window window; /* week; of the kinds about retention the month of activity */
    struct span subject;  /* model or category */
    struct span cohort;   /* "2025-04"; absent where the kind has none */
    uint32_t number_count;
    struct signal_number numbers[SIGNAL_NUMBERS_MAX];
    struct span rule;             /* in words, with the thresholds that held */
    int64_t generation, revision; /* of the row it is about, the latest one if several fold into it */
    struct span tables_version;
};

/*
 * The Kafka key, readable: "<kind>|<window start>|<subject>", behind it "|<cohort>" if there is one; '|', '%' and bytes
 * below 0x20 as %XX. "boomerang|2025-07-01T00:00:00Z|deepseek/deepseek-r1|2025-04". Returns the size.
 */
#define SIGNAL_TEXT_MAX 1024 /* the longest subject: longer ones are cut in the key */
#define SIGNAL_KEY_MAX (3 * SIGNAL_TEXT_MAX + 128)
size_t signal_key_write(const struct signal *signal, char *text);

#endif
