/* Summary rows as figures read them: texts are numbers (names.h), and of each rollup only what a figure needs. */
#ifndef GENTALLY_ROWS_H
#define GENTALLY_ROWS_H

#include "gentally/core/summary.h"

/* The rollups that figures are made of. */
enum row_rollup {
    ROWS_TOTAL,
    ROWS_MODEL,
    ROWS_PROVIDER,
    ROWS_CATEGORY,
    ROWS_TAG,
    ROWS_GEOGRAPHY,
    ROWS_LANGUAGE,
    ROWS_RETENTION,
    ROWS_KINDS
};
const char *row_rollup_name(enum row_rollup rollup);
bool row_rollup_find(struct span name, enum row_rollup *rollup); /* false: no figure needs this rollup */

struct summary_row {
    enum row_rollup rollup;
    enum window_kind window;
    int64_t start_ms;
    uint32_t columns[COLUMN_COUNT]; /* names; 0 = absent */
    uint32_t base;                  /* name: the model's slug without its variant */
    int64_t accounts;               /* -1 = not counted */
    int64_t generation, revision;
    enum pane pane;
    bool is_suppressed;
    uint32_t tables_version; /* name */
    int64_t sums[MEASURE_COUNT];
};

/* Borrowed rows of one rollup and window kind, by start, then key. */
struct row_range {
    const struct summary_row *rows;
    size_t count;
};

/* The name of a row's display family; of its base slug where the catalog has no family. */
uint32_t row_family(const struct summary_row *row);

/* Prompt and completion tokens. */
static inline int64_t row_tokens(const int64_t sums[MEASURE_COUNT])
{
    return sum_told(sums[M_TOKENS_PROMPT], sums[M_TOKENS_COMPLETION]);
}

#endif
