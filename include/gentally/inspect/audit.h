/*
 * The proof: ledger records and summaries, as they were read from their topics, held against each other and against
 * what each of them says of itself. Pure: no Kafka, no Redis, no clock. Every violation is told as it is found, with
 * its place, what was expected there and what was found.
 *
 * The order of calls: audit_ledger() for every ledger record, audit_summary() for every summary (topic `total` first),
 * audit_again() for every ledger record once more, audit_finish(). The second reading of the ledger tells which windows
 * were published anew in between: of those, the rows that were read prove nothing.
 *
 * Both topics are compacted, so older records of a window may be gone. A ledger record is cumulative, so each one that
 * is left is provable alone, and any two of one partition and incarnation are points of one history, whatever was
 * between them.
 */
#ifndef GENTALLY_AUDIT_H
#define GENTALLY_AUDIT_H

#include "gentally/codec/avro_read.h"
#include "gentally/core/event.h"

enum audit_check {
    AUDIT_LEDGER_READABLE,
    AUDIT_LEDGER_KEY,
    AUDIT_LEDGER_VERSION,
    AUDIT_PARTITIONS,
    AUDIT_REVISION,
    AUDIT_IDENTITY,
    AUDIT_OFFSETS,
    AUDIT_HISTORY,
    AUDIT_INCARNATION,
    AUDIT_RECORDS,
    AUDIT_SUMMARY_READABLE,
    AUDIT_SUMMARY_KEY,
    AUDIT_SUMMARY_VERSION,
    AUDIT_SUMMARY_LEDGER,
    AUDIT_ROWS,
    AUDIT_SUMS,
    AUDIT_MEASURES,
    AUDIT_RETAINED,
    AUDIT_CHECKS
};
/* "identity", "offsets", ... */
const char *audit_check_name(enum audit_check check);

struct audit_place {
    const char *topic;
    int32_t partition;
    int64_t offset;
    struct span key;
};

/* One violation. Texts are bounded, and of printable ASCII but for the key. */
struct finding {
    enum audit_check check;
    struct audit_place place;
    char field[96]; /* "partitions[3].consumed" */
    char expected[192], found[192];
};
typedef void audit_teller(void *context, const struct finding *finding);

struct audit_options {
    const struct rollups *rollups; /* of the workers; borrowed until close */
    const char *ledger_topic;      /* for violations that show at the end; borrowed until close */
    bool is_strict;                /* holes, steps back and amendments are violations, too */
    audit_teller *tell;            /* called for each violation */
    void *context;
    bool may_amend; /* ids = amend: a record may move an event between two windows of a kind, or leave none of a row */
};

struct audit_counts {
    uint64_t ledger_records, windows;
    uint64_t windows_moved; /* published anew while they were read: their rows were not checked */
    uint64_t summaries;     /* records */
    uint64_t rows;          /* keys */
    uint64_t chains;        /* histories: partition and incarnation */
    int64_t consumed;       /* of the latest history of each partition, at its highest offset */
    int64_t outcomes[OUTCOME_COUNT];
    int64_t holes;       /* offsets that held no record: transaction markers, aborted or compacted records */
    uint64_t steps_back; /* ledger records of an earlier offset than one before: the store had rolled back */
    int64_t amendments;  /* records of the latest windows that brought no request */
    uint64_t violations, by_check[AUDIT_CHECKS];
};

struct audit;

/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict audit_open(struct audit **audit, const struct audit_options *options, struct reason *why);
void audit_close(struct audit *audit);

/* All HALT: NO-MEMORY only. */
MUST_CHECK enum verdict audit_ledger(struct audit *audit, const struct audit_place *place, const struct ledger *ledger,
                                     struct reason *why);
MUST_CHECK enum verdict audit_summary(struct audit *audit, const struct audit_place *place, const struct rollup *rollup,
                                      const struct summary_read *read, struct reason *why);
/* The same of the rollup retention: `accounts` as read back. */
MUST_CHECK enum verdict audit_retained(struct audit *audit, const struct audit_place *place,
                                       const struct summary_read *read, struct reason *why);
MUST_CHECK enum verdict audit_again(struct audit *audit, const struct ledger *ledger, struct reason *why);

/* A tombstone of a summary: the key is gone. */
void audit_dropped(struct audit *audit, struct span key);

/* A record that decode_ledger() or decode_summary() refused, in their words. */
void audit_unreadable(struct audit *audit, enum audit_check check, const struct audit_place *place,
                      const struct reason *because);
/* A ledger record whose outcomes do not add up to what was consumed. */
void audit_misfit(struct audit *audit, const struct audit_place *place, const struct ledger_misfit *misfit);

/* What only shows when all is read. Call once. */
void audit_finish(struct audit *audit);

const struct audit_counts *audit_counts(const struct audit *audit);

#endif
