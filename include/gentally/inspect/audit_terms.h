/* The terms of an audit: its checks, what a violation looks like, what can be asked for, and what is counted. */
#ifndef GENTALLY_AUDIT_TERMS_H
#define GENTALLY_AUDIT_TERMS_H

#include "gentally/core/event.h"
#include "gentally/core/outcome.h"
#include "gentally/core/rollup.h"
#include "gentally/core/window.h"

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
    AUDIT_REMOVED,
    AUDIT_PLACES,
    AUDIT_CHECKS
};

/* A record of the ledger's or a summary's topic. */
struct audit_place {
    const char *topic;
    int32_t partition;
    int64_t offset;
    struct span key;
    int64_t written_ms; /* the record's timestamp */
};

/* One violation. Its texts are bounded; a key in them, and in its place, is as it was read. */
struct finding {
    enum audit_check check;
    struct audit_place place;
    char field[96]; /* "partitions[3].consumed" */
    char expected[192], found[192];
};

/* Called for each violation as it is found. Borrows `finding` for the call. */
typedef void audit_teller(void *context, const struct finding *finding);

/* A window in the store, of all partitions together. */
struct stored_total {
    struct window window;
    int64_t records;
    bool is_over;   /* sealed in all partitions */
    bool is_closed; /* all partitions' watermarks have passed its end */
};

struct audit_options {
    const struct rollups *rollups; /* of the workers; borrowed until close */
    const char *ledger_topic;      /* for violations that show at the end; borrowed until close */
    bool is_strict;                /* holes, steps back and amendments are violations, too */
    audit_teller *tell;
    void *context;           /* given to `tell` */
    const int64_t *since_ms; /* by rollup: in windows that start before it is not counted, or not any more: rows of it
                                stay as they were; NULL: all are counted in all windows */
    const int64_t *forgotten_ms; /* rows of windows that were told last before it may be gone by their topic's
                                    retention; read at the end; NULL: none may */
    bool may_amend; /* ids = amend: a record may move an event between two windows of a kind, or leave a row empty */
};

struct audit_counts {
    uint64_t ledger_records, windows;
    uint64_t windows_under_way; /* of them: in several transactions, of which the last had not committed */
    uint64_t windows_moved;     /* published anew while they were read: their rows were not checked */
    uint64_t summaries;         /* records */
    uint64_t rows;              /* keys */
    uint64_t chains;            /* histories: one for each partition and incarnation */
    int64_t consumed;           /* by the latest history of each partition, at its highest offset */
    int64_t outcomes[OUTCOME_COUNT];
    int64_t holes;       /* offsets that held no record: transaction markers, aborted or compacted records */
    uint64_t steps_back; /* ledger records of an earlier offset than one before: the store had rolled back */
    uint64_t stored;     /* windows of the store that were held against the ledger */
    int64_t amendments;  /* records of the latest windows that brought no request */
    uint64_t violations, by_check[AUDIT_CHECKS];
};

#endif
