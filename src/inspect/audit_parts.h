/* What the two halves of the audit share: audit.c holds the ledger to itself, audit_rows.c the summaries to the ledger.
 */
#ifndef GENTALLY_AUDIT_PARTS_H
#define GENTALLY_AUDIT_PARTS_H

#include "gentally/base/arena.h"
#include "gentally/inspect/audit.h"

/* Where a partition stood: a point of its history. */
struct point {
    int64_t next, watermark_ms;
    int64_t outcomes[OUTCOME_COUNT];
};

/* The history of one partition in one incarnation. */
struct chain {
    int32_t partition;
    char incarnation[33];
    bool is_over; /* a newer incarnation was seen */
    int64_t first;
    struct point highest;
    int64_t offset;                /* of the ledger record that says so */
    int64_t records[WINDOW_KINDS]; /* in the latest windows of a kind */
};

struct version {
    int64_t generation, revision;
    enum pane pane;
};

/* One ledger record of a window. */
struct edition {
    struct version version;
    int64_t summaries;     /* as it says */
    int64_t rows;          /* as found */
    int64_t retention;     /* revision of its retention rows, as it says; 0: it has none */
    int64_t retained_rows; /* as found: editions of one revision share them */
    int64_t retained_sum;  /* accounts x (age + 1): what the revision must be */
    bool has_suppressed;   /* rows of retention among them, whose accounts are not told */
    struct span tables_version;
    int64_t offset;
};

/* A partition's part in a window. */
struct part {
    uint32_t chain;
    int64_t next, records;
};

/* The rows of one rollup in a window's latest edition, added up. Histograms by their number of values, and by a sum
 * that tells where the values are: equal histograms have equal ones. */
struct total {
    int64_t rows, suppressed; /* of the rows, so many say nothing */
    int64_t sums[MEASURE_COUNT];
    uint64_t values[HISTOGRAM_COUNT], prints[HISTOGRAM_COUNT];
};

struct audited {
    struct window window;
    bool has_moved;
    uint32_t edition_count, edition_room, latest; /* `latest`: its index */
    struct edition *editions;
    uint32_t part_count;
    struct part *parts;   /* of the latest edition */
    struct total *totals; /* by rollup */
};

#define AUDIT_RETENTION UINT32_MAX /* instead of a rollup's index */

/* A summary's key, and the latest version of it. */
struct audited_row {
    struct span key;
    struct window window;
    struct version version;
    bool is_dropped;
    uint32_t rollup; /* or AUDIT_RETENTION */
    int32_t partition;
    int64_t offset;
    int64_t accounts; /* of retention, 0: suppressed; like the next two: months since January 1970, and from then on */
    uint32_t cohort, age;
};

struct audit {
    struct audit_options options;
    struct audit_counts counts;
    struct arena arena;
    uint32_t chain_count, chain_room;
    struct chain *chains;
    uint32_t current[PARTITIONS_MAX]; /* chain of a partition + 1; 0 = none */
    uint32_t window_count, window_room;
    struct audited **windows; /* by window_compare() */
    size_t row_count, row_room;
    struct audited_row *rows;
    size_t slot_count;   /* a power of two */
    uint32_t *slots;     /* row + 1; 0 = free */
    char (*topics)[256]; /* of the rollups, as they were seen; that of retention is behind them */
    char key[SUMMARY_KEY_MAX];
};

/* The window's entry, or NULL. */
struct audited *audit_find(const struct audit *audit, struct window window);

static inline int version_compare(struct version left, struct version right)
{
    return summary_version_compare(left.generation, left.revision, left.pane, right.generation, right.revision,
                                   right.pane);
}

/* Tells a violation. Numbers are told behind a word: "at least ". */
void audit_tell(struct audit *audit, enum audit_check check, const struct audit_place *place, const char *field,
                const char *expected, const char *found);
void audit_tell_number(struct audit *audit, enum audit_check check, const struct audit_place *place, const char *field,
                       const char *word, int64_t expected, int64_t found);
void audit_tell_version(struct audit *audit, enum audit_check check, const struct audit_place *place, const char *word,
                        struct version expected, struct version found);

/* The end of the audit, of the rows, and of those of retention. */
void audit_finish_rows(struct audit *audit);
void audit_finish_retention(struct audit *audit);

/* The row of a key, new if it was not there (`*is_new`). NULL: no memory. */
struct audited_row *audit_row(struct audit *audit, struct span key, bool *is_new);
/* The row of a key, or NULL. */
const struct audited_row *audit_row_find(const struct audit *audit, struct span key);
/* Where a row was found. */
struct audit_place audit_row_place(const struct audit *audit, const struct audited_row *row);

#endif
