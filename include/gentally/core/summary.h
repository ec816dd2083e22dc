/*
 * What the worker publishes. A summary is one row of one window: its dimensions, the attributes that catalog and
 * countries join to them, and its measures (schemas/summary.avsc). A ledger record says of which records a window was
 * made (schemas/ledger.avsc). Both are told again when a window changes; versions say which of two is newer.
 */
#ifndef GENTALLY_SUMMARY_H
#define GENTALLY_SUMMARY_H

#include "gentally/core/anchor.h"
#include "gentally/core/catalog.h"
#include "gentally/core/cell.h"
#include "gentally/core/countries.h"
#include "gentally/core/outcome.h"
#include "gentally/core/rollup.h"
#include "gentally/core/taxonomy.h"
#include "gentally/core/window.h"

/* When a window was told: while it was open, when the watermark passed its end, or again after more records came. */
enum pane { PANE_EARLY, PANE_ON_TIME, PANE_LATE };
const char *pane_name(enum pane pane); /* "early" "on_time" "late" */

/* The columns of a summary that are not measures, in the schema's order. All are texts; the age is one of digits. */
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
    COLUMN_APP,
    COLUMN_TAG_BUCKET,
    COLUMN_MODEL_NAME,
    COLUMN_AUTHOR_NAME,
    COLUMN_COUNT
};

/* The name of a column in the schema, and the column of a dimension, which has another name than the event's field
 * where that is a word of SQL. */
const char *column_name(enum column column);
enum column column_of(enum dimension dimension);

/* A summary borrows all texts and its cell; whoever fills it says from where. */
struct summary {
    struct span rollup;
    struct window window;
    struct span columns[COLUMN_COUNT]; /* absent = null */
    const struct cell *cell;           /* the measures; NULL = a tombstone: nothing is left of the row */
    bool suppressed;                   /* too few accounts to be told: its measures are null */
    int64_t retained;                  /* of a row of retention: its accounts, exactly; of one that was read back: as
                                          that said; 0 in all other rows, whose cells tell */
    enum pane pane;
    int64_t generation, revision;
    struct span tables_version;
};

/* Whether a summary has measures: one that is suppressed has none, and a row of retention has its accounts alone. */
static inline bool summary_is_measured(const struct summary *summary)
{
    return !summary->suppressed && !span_equal(summary->rollup, span_of(ROLLUP_RETENTION));
}

/* What is joined to rows when they are told. */
struct join_tables {
    const struct catalog *catalog;
    const struct countries *countries;
    const struct taxonomy *taxonomy;
};

/* Fills the rollup's name and the columns of a row from the values of its key. The catalog gives a model's attributes,
 * the countries give the continent, the taxonomy a tag's bucket; DIMENSION_OTHER has none. An empty value counts as
 * absent. Borrows from `rollup`, `values` and the tables. */
void summary_fill(struct summary *summary, const struct rollup *rollup, const struct span values[],
                  const struct join_tables *tables);

/* The columns that rows of a rollup may have, its dimensions and what is joined to them: bits by enum column. Of a
 * rollup by the name of retention, those of retention. */
uint32_t summary_columns(const struct rollup *rollup);

/* Fills a row of retention. `cohort` is a month like "2025-11", `age` the months since as decimal digits. */
void summary_fill_retention(struct summary *summary, struct span model, struct span cohort, struct span age,
                            const struct catalog *catalog);

/* Writes the Kafka key of a row of retention: "retention|month|<start>|<model>|<cohort>|<age>". `text` has room for
 * SUMMARY_KEY_MAX. Returns the size. */
size_t summary_retention_key_write(struct span model, struct span cohort, struct span age, struct window window,
                                   char *text);

/*
 * Suppresses a row of fewer `accounts` than `below`; with `below` = 0 no row is suppressed. `accounts` is
 * cell_accounts(), or an exact number; events without an account add none. Up to 44 accounts the estimate is never too
 * large, so with `below` <= 45 no row of fewer accounts is told. The estimate is too small where two accounts share a
 * register, as in 2 % of the rows of ten accounts; such a row may be suppressed although it need not be.
 */
void summary_suppress(struct summary *summary, int64_t accounts, int64_t below);

/*
 * Writes the Kafka key of a summary: "<rollup>|<window>|<start as ISO 8601>|<values>", for example
 * "model|week|2025-11-17T00:00:00Z|openai/gpt-4o". `row_key` is the row's key (see rollup.h), whose escapes are kept.
 * Returns the size, at most SUMMARY_KEY_MAX.
 */
#define SUMMARY_KEY_MAX (ROW_KEY_MAX + 64)
size_t summary_key_write(struct span row_key, struct window window, char *text);

/* Orders two versions of one summary or ledger record: by generation, then revision, then pane (early < on_time <
 * late). Returns > 0 if the left one is newer, 0 if they are the same. */
int summary_version_compare(int64_t left_generation, int64_t left_revision, enum pane left_pane,
                            int64_t right_generation, int64_t right_revision, enum pane right_pane);

/*
 * One number that rises with the version, for stores that order by one column:
 *
 *   bits 62..50 generation | bits 49..2 revision | bits 1..0 pane
 *
 * It orders as summary_version_compare() does up to VERSION_GENERATION_MAX and VERSION_REVISION_MAX. Beyond them it
 * stands still, all bits below set, and never falls: a revision above its bits is the last version of its generation, a
 * generation above its bits is the last of all. `generation` and `revision` are >= 0, and so is the number.
 */
#define VERSION_GENERATION_MAX INT64_C(8191)
#define VERSION_REVISION_MAX ((INT64_C(1) << 48) - 1)
int64_t summary_version(int64_t generation, int64_t revision, enum pane pane);

#define REASON_ID_SIZE 40 /* bytes, with the NUL */

/* What one partition of the input topic had given when a window was told. One whose state was gone or could not be read
 * is `stopped`, and has no incarnation, offsets and outcomes. */
struct ledger_partition {
    int32_t partition;
    char incarnation[33];            /* names the partition's state in the store; another one after a reset */
    int64_t first, next;             /* the offsets that `outcomes` covers: [first, next) */
    int64_t watermark_ms;            /* NO_TIME = none yet */
    int64_t records;                 /* records of this partition in the window */
    int64_t outcomes[OUTCOME_COUNT]; /* of all records in [first, next), whatever their window */
    char stopped[REASON_ID_SIZE];    /* id of the reason why it did not count then; empty: it did */
    int64_t stopped_at;              /* the offset at which it stopped counting */
    bool is_given_up;                /* by an operator: nobody waited for it */
    int64_t end;                     /* of the partition's log when the window was told; -1: it could not be asked */
};

/* Whether the partition's state was there when the window was told. */
static inline bool ledger_partition_is_known(const struct ledger_partition *part)
{
    return part->incarnation[0] != '\0';
}

/* A ledger record: how a window was told, and from what. Borrows `partitions` and `tables_version`. */
struct ledger {
    struct window window;
    enum pane pane;
    int64_t generation, revision;
    int64_t summaries; /* rows that the window has with it, over all rollups; or LEDGER_UNDER_WAY */
    struct span tables_version;
    uint32_t partition_count;
    const struct ledger_partition *partitions;
    int64_t retention; /* revision of the window's rows of retention; 0 = there are none; only months have them */
};

/* Instead of a number of rows: the window is being told, in more transactions than one. Some rows of this version may
 * be there and others not, until a record with their number follows, of this version or a higher one. */
#define LEDGER_UNDER_WAY (-1)

static inline bool ledger_is_under_way(const struct ledger *ledger)
{
    return ledger->summaries < 0;
}

/* Writes the Kafka key of a ledger record: "<window>|<start as ISO 8601>". `text` has room for 64. Returns the size. */
size_t ledger_key_write(struct window window, char *text);

/*
 * A hash of what changes published rows without new records, catalog, countries and the buckets of tags: of
 * `tables_version` before " taxonomy=". Labels are mapped when they are counted, so a taxonomy that changes no bucket
 * changes no row that was published.
 */
uint64_t tables_version_hash(struct span tables_version);

#endif
