/* What the files of the oracle share. */
#ifndef GENTALLY_SIM_TRUTH_H
#define GENTALLY_SIM_TRUTH_H

#include "oracle.h"

#define KINDS 4
#define OUTCOMES 6 /* counted duplicate filtered too_late dead_lettered conflicting */
#define NONE INT64_MIN

extern const char *const oracle_kinds[KINDS]; /* "hour" ... */

struct sums {
    int64_t requests, prompt, completion, cost;
};
bool oracle_is_equal(const struct sums *left, const struct sums *right);

struct id_truth;

struct truth_window {
    int kind;
    int64_t start_ms;
    int64_t records;
    struct sums rows[SIM_ROWS];
};

/* What a partition's state must be at `next`. */
struct truth {
    int64_t next;
    int64_t watermark_ms;
    int64_t outcomes[OUTCOMES];
    uint32_t count;
    struct truth_window *windows; /* WINDOWS_MAX */
    struct id_truth *ids;
    uint32_t epoch; /* of the database it was read for */
    uint32_t seal_count;
};

/* The truth of a partition as far as the database has come. NULL if it has no state. */
struct truth *oracle_truth(struct sim *sim, struct database *database, int32_t partition);
const char *oracle_row_name(const struct sim *sim, int row); /* "" if there is none */

/* counting.c: windows; rows; and what becomes of one record, with the floors there are at its offset. */
int64_t oracle_window_start(int kind, int64_t ms);
int64_t oracle_window_over(int kind, int64_t start_ms); /* when it ends */
void oracle_truth_make(struct truth *truth);
void oracle_truth_free(struct truth *truth);
void oracle_forget_ids(struct truth *truth);
struct truth_window *oracle_window_at(struct truth *truth, int kind, int64_t start_ms);
int oracle_row_of_model(int model);
int oracle_row_of_provider(int provider, int model);
int oracle_row_of_country(int country);
void oracle_count(const struct sim *sim, struct truth *truth, struct entry *entry, const int64_t floors_ms[]);

/* Compares all of a partition with the master. */
void oracle_compare(struct sim *sim, int32_t partition, const struct truth *truth);

/* retained.c: after a flush, and at the end. */
void oracle_retention_flushed(struct sim *sim, struct database *database);
void oracle_retention_settled(struct sim *sim, bool is_published);
/* What readers hold of a row of retention: the latest; 0 if it is not there. */
int64_t published_accounts(struct sim *sim, struct span key);

/* What was counted of a partition: its log, or what it was before it was cut. */
const struct partition_log *oracle_log(struct sim *sim, const struct database *database, int32_t partition);
bool oracle_is_cut(const struct sim *sim, int32_t partition);
void cuts_make(struct sim *sim);
/* A database took a flush: does it stand on the old log or on the new one now? */
void cuts_flushed(struct sim *sim, const struct database *database, int32_t partition, int64_t expected, int64_t next,
                  struct span anchor_text);

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
