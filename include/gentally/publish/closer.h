/*
 * Store -> summaries -> topics: the owner of input partition 0 closes windows. Takes over through the ledger, emits a
 * window when the watermark passes its end (ON_TIME), again when more records arrive (LATE), and, at the end of a
 * drain, what is still open (EARLY); collects windows whose time is over.
 */
#ifndef GENTALLY_CLOSER_H
#define GENTALLY_CLOSER_H

#include "gentally/base/log.h"
#include "gentally/core/catalog.h"
#include "gentally/core/countries.h"

struct config;
struct closer;
struct store;

struct closer_tables {
    const struct catalog *catalog;
    const struct countries *countries;
    const char *version; /* tables_version: stamped on every summary */
};

/* Asks how many partitions the input has, as of now, and how far the logs of partitions [0, count) go. */
struct closer_logs {
    enum verdict (*count)(void *context, int32_t *count, struct reason *why);
    enum verdict (*ends)(void *context, int32_t count, int64_t ends[], struct reason *why);
    void *context;
};

/* Fences any earlier closer and reads the ledger to its end. Blocks. Tables, config and store are borrowed until close.
 * TRY_LATER, HALT as producer.h and store.h say. */
MUST_CHECK enum verdict closer_open(struct closer **closer, const struct config *config, struct store *store,
                                    const struct closer_tables *tables, const struct closer_logs *logs,
                                    int32_t partitions, struct logger *logger, struct reason *why);
void closer_close(struct closer *closer);

/*
 * Does what is due at `now_ms` (monotonic): emits closed windows, late revisions, collects. Bounded by rows and round
 * trips; `*has_more` tells whether more is due at once. With `is_final` every window that has records and is still open
 * is emitted too, as EARLY. GO_ON; TRY_LATER; REWIND: close it and open a new one; STEP_DOWN: a newer closer exists;
 * HALT.
 */
MUST_CHECK enum verdict closer_turn(struct closer *closer, int64_t now_ms, bool is_final, bool *has_more,
                                    struct reason *why);

/* Rows and windows emitted since open, for the log. */
void closer_counts(const struct closer *closer, uint64_t *windows, uint64_t *summaries);

#endif
