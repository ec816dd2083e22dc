/* C01 to C08. Scalars of a moment are of the last week with traffic. */
#include "scalars.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "groups.h"

struct scalar {
    const char *id, *title, *type, *about;
    double value; /* NaN is written as null */
    bool is_integer;
};

static void write_scalar(struct document *document, const struct scalar *scalar)
{
    if (document->bytes[document->size - 1] == '}')
        document_raw(document, ",");
    document_raw(document, "{");
    document_key(document, "id");
    document_text(document, span_of(scalar->id));
    document_key(document, "title");
    document_text(document, span_of(scalar->title));
    document_key(document, "value");
    if (scalar->is_integer && isfinite(scalar->value))
        document_integer(document, (int64_t)scalar->value);
    else
        document_real(document, scalar->value);
    document_key(document, "type");
    document_text(document, span_of(scalar->type));
    document_key(document, "about");
    document_text(document, span_of(scalar->about));
    document_raw(document, "}");
}

static bool is_open(const struct dataset *dataset, const struct summary_row *row)
{
    return row->columns[COLUMN_SOURCE] == dataset->open_cn || row->columns[COLUMN_SOURCE] == dataset->open_row;
}

struct open_models {
    int64_t all, open, top; /* tokens: of all models, of the open ones, of the largest of these */
    struct span name;       /* of the largest */
};

/* Open models of the last week. The name is borrowed from the dataset. */
static struct open_models open_models_of(const struct dataset *dataset)
{
    struct row_range range = dataset_rows(dataset, ROWS_MODEL, WINDOW_WEEK);
    struct groups families = {.has_failed = dataset->has_failed};
    struct open_models models = {.name = span_of("none")};
    uint32_t count;

    for (size_t index = 0; index < range.count; index++) {
        const struct summary_row *row = &range.rows[index];
        if (row->start_ms != dataset->last_week_ms)
            continue;
        models.all += row_tokens(row->sums);
        if (!is_open(dataset, row))
            continue;
        models.open += row_tokens(row->sums);
        groups_add(&families, 0, row_family(row), row, row->sums);
    }
    uint32_t *ranked = groups_rank(&families, &dataset->names, QUANTITY_TOKENS, &count);
    if (count > 0) {
        models.top = row_tokens(groups_find(&families, 0, ranked[0])->sums);
        models.name = names_text(&dataset->names, ranked[0]);
    }
    free(ranked);
    groups_close(&families);
    return models;
}

static void write_largest(struct document *document, const struct open_models *models)
{
    char about[160];

    snprintf(about, sizeof(about), "Share of the largest open model in the tokens of open models, last week: %.*s.",
             (int)(models->name.size < 80 ? models->name.size : 80), models->name.bytes);
    write_scalar(document, &(struct scalar){"C05", "The largest open model among the open ones", "share", about,
                                            quantity_share(models->top, models->open), false});
}

static void write_outside(struct document *document, struct dataset *dataset)
{
    struct row_range range = dataset_rows(dataset, ROWS_GEOGRAPHY, WINDOW_WEEK);
    uint32_t home = dataset_name(dataset, "US");
    int64_t known = 0, outside = 0;

    for (size_t index = 0; index < range.count; index++) {
        const struct summary_row *row = &range.rows[index];
        if (row->columns[COLUMN_COUNTRY] == 0)
            continue;
        known += row_tokens(row->sums);
        if (row->columns[COLUMN_COUNTRY] != home)
            outside += row_tokens(row->sums);
    }
    write_scalar(document,
                 &(struct scalar){"C02", "Tokens from outside the United States", "share",
                                  "Share of other billing countries in the tokens of known countries, over the "
                                  "whole range.",
                                  quantity_share(outside, known), false});
}

/* How many different values a column has in the last week. */
static double count_of(struct dataset *dataset, enum row_rollup rollup, bool is_provider)
{
    struct row_range range = dataset_rows(dataset, rollup, WINDOW_WEEK);
    struct groups seen = {.has_failed = dataset->has_failed};
    double count;

    for (size_t index = 0; index < range.count; index++) {
        const struct summary_row *row = &range.rows[index];
        uint32_t name = is_provider ? row->columns[COLUMN_PROVIDER] : row->base;
        bool is_one = name != 0 && name != dataset->beyond;
        if (row->start_ms == dataset->last_week_ms && is_one && row->sums[M_REQUESTS] > 0)
            groups_add(&seen, 0, name, row, row->sums);
    }
    count = range.count == 0 ? (double)NAN : (double)seen.count;
    groups_close(&seen);
    return count;
}

static void write_pair(struct document *document, struct dataset *dataset)
{
    struct row_range range = dataset_rows(dataset, ROWS_MODEL, WINDOW_WEEK);
    uint32_t deepseek = dataset_name(dataset, "deepseek"), qwen = dataset_name(dataset, "qwen");
    struct groups all = {.has_failed = dataset->has_failed}, pair = all;
    double best = (double)NAN;
    char about[160] = "Share of DeepSeek and Qwen together in all tokens, in their best week.";

    for (size_t index = 0; index < range.count; index++) {
        const struct summary_row *row = &range.rows[index];
        groups_add(&all, row->start_ms, 0, row, row->sums);
        if (row->columns[COLUMN_AUTHOR] == deepseek || row->columns[COLUMN_AUTHOR] == qwen)
            groups_add(&pair, row->start_ms, 0, row, row->sums);
    }
    for (size_t index = 0; index < all.count; index++) {
        const struct group_sums *week = groups_find(&pair, all.items[index].x, 0);
        double share = quantity_share(week == NULL ? 0 : row_tokens(week->sums), row_tokens(all.items[index].sums));
        char start[32];
        if (!(share > best) && !isnan(best))
            continue;
        best = share;
        time_format(all.items[index].x, start, sizeof(start));
        snprintf(about, sizeof(about),
                 "Share of DeepSeek and Qwen together in all tokens, in their best week, that of %.10s.", start);
    }
    write_scalar(document, &(struct scalar){"C04", "DeepSeek and Qwen at their best", "share", about, best, false});
    groups_close(&all);
    groups_close(&pair);
}

/* A quantile of the last week's distribution, as summaries tell it of a row. */
static double quantile_of(const struct dataset *dataset, enum histogram histogram, enum quantile quantile)
{
    struct slot slots[HISTOGRAM_BUCKETS];
    uint32_t count = 0;
    int64_t value = 0;

    for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
        if (dataset->histograms[histogram][bucket] > 0)
            slots[count++] = (struct slot){bucket, dataset->histograms[histogram][bucket]};
    return slots_quantile(slots, count, quantile_percent(quantile), &value) ? (double)value : (double)NAN;
}

static void write_last_week(struct document *document, struct dataset *dataset)
{
    struct row_range range = dataset_rows(dataset, ROWS_TOTAL, WINDOW_WEEK);
    static const int64_t nothing[MEASURE_COUNT];
    const int64_t *sums = nothing;

    for (size_t index = 0; index < range.count; index++)
        if (range.rows[index].start_ms == dataset->last_week_ms)
            sums = range.rows[index].sums;
    int64_t tokens = row_tokens(sums), requests = sums[M_REQUESTS];
    const struct scalar scalars[] = {
        {"C06", "The median request", "integer",
         "Prompt and completion tokens of the median request of the last week, interpolated in its bucket, an eighth "
         "of an octave wide.",
         quantile_of(dataset, H_TOKENS_TOTAL, QUANTILE_50), true},
        {"C07", "Tokens with tools offered", "share",
         "Share of the last week's tokens in requests that offered tools, invoked or not.",
         quantity_share(sums[M_TOOLS_OFFERED_TOKENS], tokens), false},
        {"C07-invoked", "Tokens with a tool call", "share",
         "Share of the last week's tokens in requests that ended with a tool call.",
         quantity_share(sums[M_TOOL_TOKENS], tokens), false},
        {"C08", "Tail latency, ms", "integer",
         "The 99th percentile of the last week's latency in milliseconds, interpolated in its bucket.",
         quantile_of(dataset, H_LATENCY_MS, QUANTILE_99), true},
        {"C08-streamed", "Streamed requests", "share", "Share of the last week's requests that were streamed.",
         quantity_share(sums[M_STREAMED], requests), false},
        {"C08-cancelled", "Cancelled requests", "share", "Share of the last week's requests that were cancelled.",
         quantity_share(sums[M_CANCELLED], requests), false},
    };

    for (size_t at = 0; at < LENGTH_OF(scalars); at++)
        write_scalar(document, &scalars[at]);
}

void scalars_write(struct document *document, struct dataset *dataset)
{
    document_key(document, "scalars");
    document_raw(document, "[");
    if (*document->has_failed)
        return;
    struct open_models open = open_models_of(dataset);
    write_scalar(document, &(struct scalar){"C01", "Open models' share at the end", "share",
                                            "Share of open models in all tokens of the last week.",
                                            quantity_share(open.open, open.all), false});
    write_outside(document, dataset);
    write_scalar(document, &(struct scalar){"C03", "Active models", "integer",
                                            "Models with at least one request in the last week.",
                                            count_of(dataset, ROWS_MODEL, false), true});
    write_scalar(document, &(struct scalar){"C03-providers", "Active providers", "integer",
                                            "Providers that served at least one request in the last week.",
                                            count_of(dataset, ROWS_PROVIDER, true), true});
    write_pair(document, dataset);
    write_largest(document, &open);
    write_last_week(document, dataset);
    document_raw(document, "]");
}
