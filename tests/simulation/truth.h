/* What the files of the oracle share. */
#ifndef GENTALLY_SIM_TRUTH_H
#define GENTALLY_SIM_TRUTH_H

#include "oracle.h"

#define KINDS 4
#define NONE INT64_MIN

extern const char *const oracle_kinds[KINDS]; /* "hour" ... */

enum truth_outcome {
    TRUTH_COUNTED,
    TRUTH_DUPLICATE,
    TRUTH_FILTERED,
    TRUTH_TOO_LATE,
    TRUTH_DEAD_LETTERED,
    TRUTH_CONFLICTING,
    OUTCOMES
};

/* counts.c: what a row adds up to. */
#define SUMS 31
struct sums {
    int64_t of[SUMS]; /* in the order of the summary's fields: requests, tokens_prompt ... */
    uint64_t histograms;
};
struct sums oracle_sums_of(const struct meaning *meaning);
/* Gives the row of one of the event's categories its part of the tokens. */
void oracle_set_split(struct sums *sums, const struct meaning *meaning, int category);
void oracle_add(struct sums *into, const struct sums *sums, int64_t times);
bool oracle_is_equal(const struct sums *left, const struct sums *right);
/* The first field in which they differ. */
const char *oracle_difference(const struct sums *left, const struct sums *right);
bool oracle_read_cell(struct span packed, struct sums *sums);
/* What stands for a value of a histogram, of which the bucket's floor is known. */
uint64_t oracle_bucket_number(int histogram, int64_t floor);
int64_t oracle_bucket_floor(int64_t value);

struct truth_window {
    int kind;
    int64_t start_ms;
    int64_t records;
    uint32_t touched; /* rows that ever got something: a bit for each */
    struct sums rows[SIM_ROWS];
};

/* left_out.c: whether a run leaves the event out; of a retraction nobody asks. */
bool oracle_is_left_out(const struct sim *sim, const struct meaning *meaning);

/* What a partition's state must be at `next`. */
struct truth {
    int64_t next;
    int64_t watermark_ms;
    int64_t outcomes[OUTCOMES];
    uint32_t count;
    struct truth_window *windows;
    struct fate *fates; /* by id */
    size_t fate_room;
    uint32_t epoch; /* of the database it was read for; 0: none yet */
};

/* counting.c: windows and rows, and what becomes of the record at an offset while windows before the floors are over.
 */
int64_t oracle_window_start(int kind, int64_t ms);
int64_t oracle_window_over(int kind, int64_t start_ms); /* when it ends */
struct truth_window *oracle_window_at(struct truth *truth, int kind, int64_t start_ms);
enum oracle_rollup { ROLLUP_TOTAL, ROLLUP_MODEL, ROLLUP_PROVIDER, ROLLUP_COUNTRY, ROLLUP_CATEGORY };
int oracle_row(enum oracle_rollup rollup, int value, int model);
int oracle_other_row(enum oracle_rollup rollup); /* of what has no row of its own; not of the total */
/* How many rows of a rollup stand by themselves. */
int64_t oracle_admitted(const struct truth_window *window, enum oracle_rollup rollup);
enum truth_outcome oracle_count(const struct sim *sim, struct truth *truth, struct entry *entry, int64_t offset,
                                const int64_t floors_ms[]);
void oracle_forget(struct truth *truth, int64_t first); /* begins anew */
void oracle_free_truth(struct truth *truth);

/* The row of a key; -1 if there is none. */
int oracle_find_row(const struct sim *sim, struct span name);

/* journal.c: adds to the cells of a window, which hold `window->records`, what the journal has beyond them. `part` is
 * its name. */
void journal_add(struct sim *sim, struct database *database, int32_t partition, const char *part,
                 struct truth_window *window);

/* The truth of a partition as far as the database has come. NULL if it has no state. */
struct truth *oracle_truth(struct sim *sim, struct database *database, int32_t partition);
const char *oracle_row_name(const struct sim *sim, int row); /* "" if there is none */

/* Compares all of a partition with the master. */
void oracle_compare(struct sim *sim, int32_t partition, const struct truth *truth);

/* retained.c: at the end. */
void oracle_retention_settled(struct sim *sim, bool is_drained, bool is_published);
/* What readers hold of a row of retention: the latest; 0 if it is not there. */
int64_t published_accounts(struct sim *sim, struct span key);
/* The revision of a month's retention that the month's last ledger record tells. */
int64_t published_retention(struct sim *sim, int64_t start_ms);

/* What was counted of a partition: its log, or what it was before it was cut. */
const struct partition_log *oracle_log(struct sim *sim, const struct database *database, int32_t partition);
bool oracle_is_cut(const struct sim *sim, int32_t partition);
void cuts_make(struct sim *sim);
/* A database took a flush: does it stand on the old log or on the new one now? */
void cuts_flushed(struct sim *sim, const struct database *database, int32_t partition, int64_t expected, int64_t next,
                  struct span anchor_text);

/* looks.c */
void looks_make(struct sim *sim);
/* Of which partition a key of the store is. */
bool oracle_partition_of(struct span key, int32_t *partition);

/* letters.c: whether a record has any; who flushed (inc, tok, expect, next); and at the end, which are final. */
void letters_make(struct sim *sim);
bool oracle_has_letter(struct sim *sim, int32_t partition, int64_t offset);
void oracle_decided(struct sim *sim, struct database *database, int32_t partition, const struct span words[]);
void oracle_letters(struct sim *sim);
/* The master's truth, read from the log's beginning: endings of entries are those of the history that is left. */
struct truth *oracle_read_anew(struct sim *sim, int32_t partition);
/* "<namespace>:{<topic>:<partition>}:<part>" */
void oracle_key(const struct sim *sim, int32_t partition, const char *part, char *text, size_t size);

/* One value of Avro, or of a cell. False at the end. */
bool oracle_varint(const char **at, const char *end, int64_t *value);

#endif
