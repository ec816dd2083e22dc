/* The rollups that figures use, by name, and the family by which a row's model is shown. */
#include "rows.h"

#include <assert.h>

static const char *const rollup_names[ROWS_KINDS] = {
    [ROWS_TOTAL] = "total",       [ROWS_MODEL] = "model",
    [ROWS_PROVIDER] = "provider", [ROWS_CATEGORY] = "category",
    [ROWS_TAG] = "tag",           [ROWS_GEOGRAPHY] = "geography",
    [ROWS_LANGUAGE] = "language", [ROWS_RETENTION] = "retention",
};

const char *row_rollup_name(enum row_rollup rollup)
{
    assert(rollup < ROWS_KINDS);
    return rollup_names[rollup];
}

bool row_rollup_find(struct span name, enum row_rollup *rollup)
{
    for (int index = 0; index < ROWS_KINDS; index++) {
        if (span_equal(name, span_of(rollup_names[index]))) {
            *rollup = (enum row_rollup)index;
            return true;
        }
    }
    return false;
}

uint32_t row_family(const struct summary_row *row)
{
    uint32_t family = row->columns[COLUMN_FAMILY];

    return family != 0 ? family : row->base;
}
