/*
 * Retention on its way into a flush: which accounts used which display model in which month. What a partition's records
 * say of it is noted in a log of the partition, and goes into the store in the step that counts them (store_pairs.h).
 *
 * Traffic repeats itself: what a partition noted before is remembered in a cache of fixed size, so that nearly nothing
 * is noted. To rest on that is right as long as the partition's flushes follow each other: each of them passes only if
 * the store is as the last one left it, and so a history that holds the flush holds all that the partition noted since
 * its claim. With a claim the log begins anew, and whatever was remembered of it is forgotten.
 */
#ifndef GENTALLY_RETENTION_H
#define GENTALLY_RETENTION_H

#include "gentally/base/arena.h"
#include "gentally/base/symbols.h"
#include "gentally/core/activities.h"
#include "gentally/core/catalog.h"
#include "gentally/core/event.h"

struct retention;

/* What the unflushed records of one partition say. Zero at first. */
struct pair_log {
    struct activity *items; /* their models are the retention's */
    uint32_t count;
    size_t room;
    uint32_t epoch; /* what was noted in it is remembered; 0: nothing was */
};

/* Begins the log anew: the partition was claimed, and its records are read again from where the store stands. */
void pair_log_begin(struct pair_log *log);

/* What was noted is in the store: the log is empty, and remembered. */
void pair_log_flushed(struct pair_log *log);
void pair_log_free(struct pair_log *log);

/* Opens a retention that borrows `symbols` (those of the facts) until close, and `catalog` until close or the next
 * retention_forget(). HALT: NO-MEMORY. */
MUST_CHECK enum verdict retention_open(struct retention **retention, const struct symbols *symbols,
                                       const struct catalog *catalog, struct reason *why);
void retention_close(struct retention *retention);

/* True if one more record can be noted in the log; if false: flush first. */
bool retention_has_room(const struct retention *retention, const struct pair_log *log);

/* Takes memory for one more record. False: there is none. */
MUST_CHECK bool pair_log_reserve(struct pair_log *log);

/* Asks the memory for where the fact's activity is remembered, if it is: some other work before retention_note() hides
 * the wait. */
void retention_expect(struct retention *retention, const struct pair_log *log, const struct fact *fact);

/* Notes that the fact's account used its model in the fact's month, if the fact has an account and counts in its month.
 * There is room, and memory. About 10 ns. */
void retention_note(struct retention *retention, struct pair_log *log, const struct fact *fact);

/* Writes the log as an entry, in memory of the arena; absent if it is empty. `scratch` has what it is made of. HALT:
 * NO-MEMORY. */
MUST_CHECK enum verdict retention_write(struct retention *retention, const struct pair_log *log, struct arena *arena,
                                        struct arena *scratch, struct span *entry, struct reason *why);

/* True if models are few enough for those of some more records: else retention_forget(), once all logs are empty. */
bool retention_is_roomy(const struct retention *retention);

/* Forgets all symbols and display models, when all logs are empty: the symbols were cleared, or the catalog is another,
 * `catalog`. */
void retention_forget(struct retention *retention, const struct catalog *catalog);

#endif
