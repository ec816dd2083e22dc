/* Summaries as JSON, with the fields in the schema's order. */
#include "gentally/codec/summary_json.h"

#include <assert.h>

#include "gentally/base/json.h"

static_assert(SUMMARY_JSON_MAX >= 6 * 8192 + HISTOGRAM_COUNT * HISTOGRAM_BUCKETS * 64 + 16384,
              "room for the texts of a summary that was read, five full histograms, and the names");

static char *put(char *at, const char *text)
{
    return json_put_raw(at, text, strlen(text));
}

/* `,"name":` */
static char *name_put(char *at, const char *name)
{
    at = JSON_RAW(at, ",\"");
    at = put(at, name);
    return JSON_RAW(at, "\":");
}

static char *integer_put(char *at, const char *name, int64_t value)
{
    return json_put_integer(name_put(at, name), value);
}

static char *text_put(char *at, const char *name, struct span text)
{
    return json_put_text(name_put(at, name), text);
}

static char *columns_put(char *at, const struct summary *summary)
{
    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        struct span value = summary->columns[column];
        if (value.bytes == NULL)
            continue;
        if (column == COLUMN_AGE) /* the one column that is a number */
            at = json_put_raw(name_put(at, column_name(column)), value.bytes, value.size);
        else
            at = text_put(at, column_name(column), value);
    }
    return at;
}

static char *histogram_put(char *at, const struct summary *summary, enum histogram histogram)
{
    const struct cell *cell = summary->cell;
    uint32_t first = (uint32_t)histogram * HISTOGRAM_BUCKETS, end = first + HISTOGRAM_BUCKETS;
    bool is_first = true;

    *at++ = '[';
    for (uint32_t index = 0; index < cell->slot_count && summary_is_measured(summary); index++) {
        const struct slot *slot = &cell->slots[index];
        if (slot->id < first || slot->id >= end)
            continue;
        at = is_first ? JSON_RAW(at, "{\"at_least\":") : JSON_RAW(at, ",{\"at_least\":");
        at = json_put_integer(at, histogram_floor(slot->id - first));
        at = JSON_RAW(at, ",\"requests\":");
        at = json_put_integer(at, (int64_t)slot->value);
        *at++ = '}';
        is_first = false;
    }
    *at++ = ']';
    return at;
}

static char *quantiles_put(char *at, const struct cell *cell)
{
    for (enum histogram histogram = 0; histogram < HISTOGRAM_COUNT; histogram++) {
        struct quantiles quantiles = cell_quantiles(cell, histogram);
        for (enum quantile quantile = 0; quantile < QUANTILE_COUNT && quantiles.are_known; quantile++) {
            char name[QUANTILE_NAME_MAX];
            quantile_name(histogram, quantile, name);
            at = integer_put(at, name, quantiles.values[quantile]);
        }
    }
    return at;
}

size_t summary_json_write(const struct summary *summary, int64_t accounts, char *text)
{
    char *at = JSON_RAW(text, "{\"breakdown\":");

    assert(summary->cell != NULL);
    at = json_put_text(at, summary->rollup);
    at = text_put(at, "granularity", span_of(window_kind_name(summary->window.kind)));
    at = integer_put(at, "window_start", summary->window.start_ms);
    at = integer_put(at, "window_end", window_end(summary->window));
    at = columns_put(at, summary);
    for (enum measure measure = 0; measure < MEASURE_COUNT && summary_is_measured(summary); measure++)
        at = integer_put(at, measure_name(measure), summary->cell->sums[measure]);
    at = summary_is_measured(summary) ? quantiles_put(at, summary->cell) : at;
    for (enum histogram histogram = 0; histogram < HISTOGRAM_COUNT; histogram++)
        at = histogram_put(name_put(at, histogram_name(histogram)), summary, histogram);
    if (accounts >= 0)
        at = integer_put(at, "accounts", accounts);
    at = text_put(at, "pane", span_of(pane_name(summary->pane)));
    at = integer_put(at, "pane_number", (int64_t)summary->pane);
    at = integer_put(at, "generation", summary->generation);
    at = integer_put(at, "revision", summary->revision);
    at = integer_put(at, "version", summary_version(summary->generation, summary->revision, summary->pane));
    at = text_put(at, "tables_version", summary->tables_version);
    at = put(name_put(at, "suppressed"), summary->suppressed ? "true" : "false");
    *at++ = '}';
    return (size_t)(at - text);
}
