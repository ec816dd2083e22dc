/*
 * The summary: one row of one window with its attributes, as schemas/summary.avsc tells it; and the ledger record that
 * says what a window was made of.
 */
#ifndef GENTALLY_SUMMARY_H
#define GENTALLY_SUMMARY_H

#include "gentally/core/anchor.h"
#include "gentally/core/catalog.h"
#include "gentally/core/cell.h"
#include "gentally/core/countries.h"
#include "gentally/core/outcome.h"
#include "gentally/core/rollup.h"
#include "gentally/core/window.h"

enum pane { PANE_EARLY, PANE_ON_TIME, PANE_LATE };
const char *pane_name(enum pane pane); /* "early" "on_time" "late" */
bool pane_parse(struct span text, enum pane *pane);

/* Dimension columns of a summary, in the schema's order. The age is the only number. */
enum column {
    COLUMN_MODEL,
    COLUMN_AUTHOR,
    COLUMN_SOURCE,
    COLUMN_SIZE,
    COLUMN_REASONING,
    COLUMN_PROVIDER,
    COLUMN_CATEGORY,
    COLUMN_TAG,
    COLUMN_COUNTRY,
    COLUMN_CONTINENT,
    COLUMN_LANGUAGE,
    COLUMN_FINISH_REASON,
    COLUMN_COHORT,
    COLUMN_AGE,
    COLUMN_FAMILY,
    COLUMN_ACCOUNT,
    COLUMN_COUNT
};
const char *column_name(enum column column);
enum column column_of(enum dimension dimension); /* of the same name */

struct summary {
    struct span rollup;
    struct window window;
    struct span columns[COLUMN_COUNT]; /* absent = null */
    const struct cell *cell;           /* the measures; NULL = a tombstone */
    bool suppressed;                   /* too few accounts to be told: encode_summary() writes none of the measures */
    int64_t retained;                  /* accounts, exactly, of a retention row; 0 in all others: the cell has them */
    enum pane pane;
    int64_t generation, revision;
    struct span tables_version;
};

/* Fills the rollup's name and the columns of a row from its key's values: model attributes from the catalog, continent
 * from the countries. An empty value is an absent one.
 * Pure; spans borrow from `rollup`, `values` and the tables. */
void summary_fill(struct summary *summary, const struct rollup *rollup, const struct span values[],
                  const struct catalog *catalog, const struct countries *countries);

/* The same of a row of retention. `cohort` is "2025-11", `age` in months. */
void summary_fill_retention(struct summary *summary, struct span model, struct span cohort, struct span age,
                            const struct catalog *catalog);

/* Its Kafka key: "retention|month|<start>|<model>|<cohort>|<age>". Room for SUMMARY_KEY_MAX. */
size_t summary_retention_key_write(struct span model, struct span cohort, struct span age, struct window window,
                                   char *text);

/*
 * The rule of suppression: a row of fewer `accounts` than `below` is not told; with `below` 0 all are. `accounts` is
 * cell_accounts(), or an exact number; an event without an account is of none. Up to 44 accounts the estimate is never
 * too large, so that with a `below` of at most 45 no row of fewer is told; it is too small where two share a register,
 * as in 2 % of the rows of ten.
 */
void summary_suppress(struct summary *summary, int64_t accounts, int64_t below);

/*
 * The Kafka key, readable: "<rollup>|<window>|<start as ISO 8601>|<values>", for example
 * "model|week|2025-11-17T00:00:00Z|openai/gpt-4o". Built from the row key (see rollup.h), so it is escaped the same
 * way. Returns the size, at most SUMMARY_KEY_MAX.
 */
#define SUMMARY_KEY_MAX (ROW_KEY_MAX + 64)
size_t summary_key_write(struct span row_key, struct window window, char *text);

/* Orders two versions of one key: generation, then revision, then pane (early < on_time < late). >0: left is newer. */
int summary_version_compare(int64_t left_generation, int64_t left_revision, enum pane left_pane,
                            int64_t right_generation, int64_t right_revision, enum pane right_pane);

struct ledger_partition {
    int32_t partition;
    char incarnation[33];
    int64_t first, next;  /* offset range [first, next) the counts below cover */
    int64_t watermark_ms; /* NO_TIME = null */
    int64_t records;      /* records of this partition in the window */
    int64_t outcomes[OUTCOME_COUNT];
};

struct ledger {
    struct window window;
    enum pane pane;
    int64_t generation, revision;
    int64_t summaries; /* rows emitted with it, over all rollups */
    struct span tables_version;
    uint32_t partition_count;
    const struct ledger_partition *partitions;
    int64_t retention; /* revision of the retention rows emitted with it; 0 = none, and all but months */
};

/* "<window>|<start as ISO 8601>". Returns the size; room for 64. */
size_t ledger_key_write(struct window window, char *text);

/*
 * The part of a tables version that changes published rows without new records: catalog and countries, everything
 * before " taxonomy=" (labels are mapped when counted, so a changed taxonomy restates nothing).
 */
uint64_t tables_version_hash(struct span tables_version);

#endif
