/* The state of an audit: histories of partitions, windows with their editions, and rows by key. */
#ifndef GENTALLY_AUDIT_STATE_H
#define GENTALLY_AUDIT_STATE_H

#include "gentally/base/arena.h"
#include "gentally/core/summary.h"
#include "gentally/inspect/audit_terms.h"

/* Where a partition stood: a point of its history. */
struct point {
    int64_t next, watermark_ms;
    int64_t outcomes[OUTCOME_COUNT];
};

/* The history of one partition in one incarnation, by its furthest point. */
struct chain {
    int32_t partition;
    char incarnation[33];
    bool is_over; /* a newer incarnation was seen */
    int64_t first;
    struct point highest;
    int64_t offset;                /* of the ledger record that tells of `highest` */
    int64_t records[WINDOW_KINDS]; /* in the latest windows of a kind */
};

/* The version of a summary or ledger record, see summary_version_compare(). */
struct row_version {
    int64_t generation, revision;
    enum pane pane;
};

/* An edition: one telling of a window, by one ledger record. */
struct edition {
    struct row_version version;
    int64_t summaries;     /* rows, as the ledger record says */
    int64_t rows;          /* rows, as found */
    int64_t retention;     /* revision of its rows of retention, as the ledger record says; 0: there are none */
    int64_t retained_rows; /* rows of retention, as found; editions of one such revision share them */
    int64_t retained_sum;  /* accounts x (age + 1) over these rows: what the revision must be */
    bool has_suppressed;   /* some of these rows are suppressed, so that their accounts are not told */
    struct span tables_version;
    int64_t offset, written_ms;
};

/* What a partition contributed to a window. */
#define NO_CHAIN UINT32_MAX /* its state was gone whenever the window was told */
struct window_part {
    uint32_t chain;
    int64_t next, records;
};

/* Measures, added up. A histogram is kept as its number of values and a print, a sum that depends on where the values
 * are: equal histograms have equal prints. */
struct amounts {
    int64_t sums[MEASURE_COUNT];
    uint64_t values[HISTOGRAM_COUNT], prints[HISTOGRAM_COUNT];
};

/* The rows of one rollup in a window as its latest edition has it. */
struct rollup_total {
    int64_t rows, suppressed; /* all rows; the suppressed ones among them */
    bool is_unsure;           /* there are rows of which nobody knows whether the edition counts them */
    struct amounts amounts;
};

/* What a row adds to its window, if its last version stays the last. */
struct row_amounts {
    struct amounts amounts;
    bool is_suppressed;
    bool is_of_others; /* the row of what has no row of its own, by labels */
};

/* The keys of a window, as its latest edition has them. */
struct row_counts {
    int64_t rows, retained; /* that are there: configured rollups, retention */
    int64_t unsure;         /* rows of rollups that ended: the edition may count them, or leave them out */
    int64_t dropped;        /* tombstones on versions that may have been there */
};

/* A window, all its editions, and what its latest edition is made of. Without any: a tombstone is all that is left. */
struct audited_window {
    struct window window;
    int64_t dropped; /* offset + 1 of the tombstone that stands behind its ledger records; 0: none does */
    bool has_moved;  /* told anew while the rows were read, or still under way */
    bool is_under_way;
    struct row_version begun;       /* what is under way, or was */
    uint32_t edition_count, latest; /* `latest`: the index of the latest edition */
    size_t edition_room;
    struct edition *editions;
    uint32_t part_count;
    struct window_part *parts;   /* of the latest edition */
    struct rollup_total *totals; /* by rollup */
    /* The last versions that told all rows: none that is left may be older. All zero: no such telling is known. */
    struct row_version whole, whole_retained;
    struct row_counts counts; /* at the end */
};

#define AUDIT_RETENTION UINT32_MAX /* the index of the rollup retention, which is not among the configured ones */

/* A summary's key, and the latest version of it: of its window's latest edition, or, where that told only what had
 * changed, of one before. */
struct audited_row {
    struct span key;
    struct window window;
    struct row_version version;
    bool is_dropped;
    struct row_amounts *amounts; /* of a version before its window's latest; NULL: they are in the window's totals */
    uint32_t rollup;             /* or AUDIT_RETENTION */
    int32_t partition;
    int64_t offset;
    int64_t accounts;     /* of a row of retention, as the next two; 0: suppressed */
    uint32_t cohort, age; /* the cohort's month, see month_number(), and the months since */
};

struct audit {
    struct audit_options options;
    struct audit_counts counts;
    struct arena arena;
    uint32_t chain_count;
    size_t chain_room;
    struct chain *chains;
    uint32_t current[PARTITIONS_MAX]; /* chain of a partition + 1; 0 = none */
    uint32_t window_count;
    size_t window_room;
    struct audited_window **windows; /* by window_compare() */
    size_t row_count, row_room;
    struct audited_row *rows;
    size_t slot_count;         /* a power of two */
    uint32_t *slots;           /* row + 1; 0 = free */
    char (*topics)[256];       /* of the rollups, as they were seen; then the topic of retention */
    char key[SUMMARY_KEY_MAX]; /* scratch */
    size_t stored_count, stored_room;
    struct stored_total *stored;
};

static inline int row_version_compare(struct row_version left, struct row_version right)
{
    return summary_version_compare(left.generation, left.revision, left.pane, right.generation, right.revision,
                                   right.pane);
}

/* True if rows of the window, which has editions, may be gone by the retention of their topic. */
static inline bool audit_state_is_forgotten(const struct audit *audit, const struct audited_window *audited)
{
    return audit->options.forgotten_ms != NULL &&
           audited->editions[audited->latest].written_ms < *audit->options.forgotten_ms;
}

/* The version that rows of an edition have which were told with it. */
static inline struct row_version edition_version(const struct edition *edition, bool is_retained)
{
    struct row_version version = edition->version;

    if (is_retained)
        version.revision = edition->retention;
    return version;
}

/* The window's entry, or NULL. */
struct audited_window *audit_state_window(const struct audit *audit, struct window window);

/* Adds an entry for a window that has none. NULL: no memory. */
struct audited_window *audit_state_add_window(struct audit *audit, struct window window);

#endif
