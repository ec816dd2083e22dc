/*
 * The truth, counted naively from what the producer meant: never from bytes, never by the core's code. Compared with
 * the store at every flush and at the end, and with what committed readers see.
 */
#ifndef GENTALLY_SIM_ORACLE_H
#define GENTALLY_SIM_ORACLE_H

#include "kafka.h"
#include "redis.h"

/* Draws what the run leaves out, if anything. */
void oracle_draw_left_out(struct sim *sim);
void oracle_make(struct sim *sim);
void oracle_free(struct sim *sim);
void published_make(struct sim *sim);
void published_free(struct sim *sim);

/* A function has returned OK: its effect is checked against the truth of the database it had it on. */
void oracle_flushed(struct sim *sim, struct database *database, int count, const struct span arguments[]);
void oracle_applied(struct sim *sim, struct database *database, int count, const struct span arguments[]);
/* A partition was looked at. */
void oracle_looked(struct sim *sim, const struct database *database, const struct span arguments[]);
/* A flush, or what is read of it, was refused as an older owner's, or as not beginning where the store stands. */
void oracle_fenced(struct sim *sim, struct database *database, int count, const struct span arguments[]);
void oracle_created(struct sim *sim, struct database *database, int count, const struct span arguments[]);
/* A window of a partition was read. */
void oracle_read(struct sim *sim, struct database *database, int count, const struct span arguments[]);
void oracle_viewed(struct sim *sim, struct database *database, const struct span arguments[]);
void oracle_sealed(struct sim *sim, struct database *database, int count, const struct span arguments[]);

/* A ledger record is put into a transaction: the naive count of its window as far as its writer has read. NULL if it
 * cannot be said. */
const struct truth_window *oracle_count_told(struct sim *sim, struct span value);
/* A transaction was committed. */
void oracle_committed(struct sim *sim, const struct txn *txn);

/* Before a log is cut at an offset: what was counted of it stays the truth of its partition. */
void oracle_remember(struct sim *sim, int32_t partition, int64_t cut_at);
/* The old branch of a split store begins as the master is. */
void oracle_split(struct sim *sim);

/* All that must hold at the end, when everything was read and stored; with `is_drained`, published as well: whatever is
 * hurt silences nobody else. */
void oracle_settled(struct sim *sim, bool is_drained);
/* True once the last ledger record of each window has all that the store holds of it. */
bool oracle_is_told(struct sim *sim);
/* A window that was collected is not there any more. */
bool oracle_is_collected(const struct sim *sim, int32_t partition, int kind, int64_t start_ms);
/* How many windows are being told in several transactions, of which the last is still to come. Where the store lost
 * what it had acknowledged, or was two, a window may have been begun that the other store had collected: nobody can
 * tell the rest, and it is not among them. */
uint32_t oracle_under_way(const struct sim *sim);
/* True once the store holds every record of the partitions that are not hurt. */
bool oracle_is_read_out(struct sim *sim);

/* Names of rows: row keys, as the store has them. */
#define ORACLE_MODELS 3
#define ORACLE_PROVIDERS 2
#define ORACLE_COUNTRIES 3
#define ORACLE_ACCOUNTS 30
#define ORACLE_CATEGORIES 4
#define ORACLE_MODEL_FREE 2
#define ORACLE_CATEGORY_OTHER 1
const char *oracle_model(int model);
const char *oracle_provider(int provider);
const char *oracle_country(int country);

#endif
