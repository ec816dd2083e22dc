/* What committed readers see: what the files share that hold it against itself and against the count. */
#ifndef GENTALLY_SIM_COMMITTED_H
#define GENTALLY_SIM_COMMITTED_H

#include "gentally/core/summary.h"
#include "truth.h"

/* One version of one key. */
struct version {
    struct version *next; /* older */
    int64_t generation, revision, pane;
    int64_t number; /* these three as one */
    struct sums sums;
    bool is_gone; /* a tombstone */
    bool is_told; /* a ledger record stands behind it */
    const struct txn *txn;
    int64_t accounts; /* of retention; 0: a tombstone, too */
};

struct published_key {
    struct span key;
    struct open_window *window;
    struct published_key *next; /* of the window */
    int row;                    /* the naive count's; -1: of retention */
    int64_t age;                /* of retention */
    struct version *latest;     /* in log order: the last one */
};

/* What a ledger record tells of a partition. */
struct told_part {
    uint64_t state; /* hash of its incarnation; 0: it has none, or is not among the partitions */
    int64_t first, next, records, watermark_ms;
    int64_t end;                /* of its log, when the writer asked; NONE: it could not */
    int64_t consumed, outcomes; /* and the sum of what became of them */
    bool is_waited_for;         /* it has stopped, and was not given up */
};

/* A ledger record. */
struct ledger_entry {
    int64_t kind, start_ms, end_ms, pane, generation, revision, number, rows, retention;
    int64_t records;      /* of all partitions */
    int64_t partitions;   /* how many it tells of */
    int64_t watermark_ms; /* the highest of them */
    struct told_part parts[SIM_PARTITIONS];
};

/* A window with the keys of its rows; and its last ledger record. */
struct open_window {
    int64_t kind, start_ms;
    struct published_key *keys;
    struct published_key *rows[SIM_ROWS]; /* those of them that are not of retention; NULL: never published */
    struct ledger_entry last;
    bool is_under_way;           /* some of its rows may be there, of the version begun */
    struct ledger_entry begun;   /* valid if one was ever begun */
    bool was_broken_off;         /* one begun before that never came to its end */
    bool was_on_time;            /* a record of it was */
    const struct txn *last_txn;  /* of the last ledger record; NULL: none yet, as of the others */
    const struct txn *early_txn; /* of the last early one that was not told at once, for it was broken off */
    const struct txn *rows_txn;  /* of the last one with which more than retention was told */
};

struct open_window *published_window(struct sim *sim, int64_t kind, int64_t start_ms);
/* The hash of a text. */
uint32_t published_hash(struct span text);

/* reading.c: a summary and the window it is of, and a ledger record. False if it cannot be read, or the summary is not
 * what its key says. */
bool reading_summary(const struct entry *entry, struct version *version, int64_t *kind, int64_t *start_ms);
bool reading_ledger(struct span value, struct ledger_entry *ledger);

/* told.c: when a ledger record comes, and what it says of all rows of its window, by the last value of each key. */
void told_check(struct sim *sim, const struct open_window *window, const struct ledger_entry *ledger,
                const struct entry *entry);

/* retained.c: a month that is told has the accounts of all records before the offsets that its ledger record names. */
void retained_check(struct sim *sim, const struct open_window *window, const struct ledger_entry *ledger);

/* looks.c: the naive count of a ledger record's window, at just the offsets it names. NULL if it cannot be said. */
const struct truth_window *looks_count(struct sim *sim, const struct ledger_entry *ledger);

/* settled.c: adds another partition's part of a window. */
void truth_merge(struct truth_window *into, const struct truth_window *from);

#endif
