/* Summaries as CSV, with the fields in the schema's order. */
#include "gentally/inspect/summary_text.h"

#include <assert.h>

#include "gentally/base/csv_text.h"
#include "gentally/base/json.h"

static_assert(SUMMARY_TEXT_MAX >= CSV_TEXT_MAX(8192) + 4096,
              "room for the texts of a summary that was read, and for its numbers");

static char *put(char *at, const char *text)
{
    return json_put_raw(at, text, strlen(text));
}

size_t summary_csv_header_write(char *text)
{
    char *at = put(text, "breakdown,granularity,window_start,window_end");

    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        *at++ = ',';
        at = put(at, column_name(column));
    }
    for (enum measure measure = 0; measure < MEASURE_COUNT; measure++) {
        *at++ = ',';
        at = put(at, measure_name(measure));
    }
    for (enum histogram histogram = 0; histogram < HISTOGRAM_COUNT; histogram++)
        for (enum quantile quantile = 0; quantile < QUANTILE_COUNT; quantile++) {
            *at++ = ',';
            at += quantile_name(histogram, quantile, at);
        }
    at = put(at, ",accounts,pane,pane_number,generation,revision,version,tables_version,suppressed\n");
    return (size_t)(at - text);
}

static char *time_put(char *at, int64_t ms)
{
    char text[32];

    *at++ = ',';
    time_format(ms, text, sizeof(text));
    return put(at, text);
}

static char *number_put(char *at, int64_t value)
{
    *at++ = ',';
    return json_put_integer(at, value);
}

/* Sums and quantiles; what was not measured is an empty field. */
static char *measures_put(char *at, const struct summary *summary)
{
    bool is_measured = summary_is_measured(summary);

    for (enum measure measure = 0; measure < MEASURE_COUNT; measure++) {
        *at++ = ',';
        at = is_measured ? json_put_integer(at, summary->cell->sums[measure]) : at;
    }
    for (enum histogram histogram = 0; histogram < HISTOGRAM_COUNT; histogram++) {
        struct quantiles quantiles = cell_quantiles(summary->cell, histogram);
        for (enum quantile quantile = 0; quantile < QUANTILE_COUNT; quantile++) {
            *at++ = ',';
            at = quantiles.are_known ? json_put_integer(at, quantiles.values[quantile]) : at;
        }
    }
    return at;
}

size_t summary_csv_write(const struct summary *summary, int64_t accounts, char *text)
{
    char *at = csv_text(text, summary->rollup, false);

    assert(summary->cell != NULL);
    *at++ = ',';
    at = put(at, window_kind_name(summary->window.kind));
    at = time_put(at, summary->window.start_ms);
    at = time_put(at, window_end(summary->window));
    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        *at++ = ',';
        at = csv_text(at, summary->columns[column], false);
    }
    at = measures_put(at, summary);
    *at++ = ',';
    if (accounts >= 0)
        at = json_put_integer(at, accounts);
    *at++ = ',';
    at = put(at, pane_name(summary->pane));
    at = number_put(at, (int64_t)summary->pane);
    at = number_put(at, summary->generation);
    at = number_put(at, summary->revision);
    at = number_put(at, summary_version(summary->generation, summary->revision, summary->pane));
    *at++ = ',';
    at = csv_text(at, summary->tables_version, false);
    at = put(at, summary->suppressed ? ",true" : ",false");
    *at++ = '\n';
    return (size_t)(at - text);
}
