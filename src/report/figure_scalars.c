/* The numbers the study claims in prose, C01 to C08. Those of a moment are of the last week with traffic. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "figure_parts.h"

struct scalar {
    const char *id, *title, *type, *about;
    double value; /* no number: null */
    bool is_integer;
};

static void write_scalar(struct figure_writer *writer, const struct scalar *scalar)
{
    if (writer->bytes[writer->size - 1] == '}')
        write_raw(writer, ",");
    write_raw(writer, "{");
    write_key(writer, "id");
    write_text(writer, span_of(scalar->id));
    write_key(writer, "title");
    write_text(writer, span_of(scalar->title));
    write_key(writer, "value");
    if (scalar->is_integer && isfinite(scalar->value))
        write_integer(writer, (int64_t)scalar->value);
    else
        write_real(writer, scalar->value);
    write_key(writer, "type");
    write_text(writer, span_of(scalar->type));
    write_key(writer, "about");
    write_text(writer, span_of(scalar->about));
    write_raw(writer, "}");
}

static bool is_open(const struct figure_data *data, const struct figure_row *row)
{
    return row->columns[COLUMN_SOURCE] == data->open_cn || row->columns[COLUMN_SOURCE] == data->open_row;
}

struct open_models {
    int64_t all, open, top; /* tokens: of all models, of the open ones, of the largest of these */
    struct span name;       /* of the largest */
};

/* Of the last week. The name is the data's. */
static struct open_models open_models_of(struct figure_writer *writer, struct figure_data *data)
{
    struct figure_rows rows = figure_rows_of(data, ROWS_MODEL, WINDOW_WEEK);
    struct figure_groups families = {0};
    struct open_models models = {.name = span_of("none")};
    uint32_t count;

    for (size_t index = 0; index < rows.count; index++) {
        const struct figure_row *row = &rows.rows[index];
        if (row->start_ms != data->last_week_ms)
            continue;
        models.all += row_tokens(row->sums);
        if (!is_open(data, row))
            continue;
        models.open += row_tokens(row->sums);
        groups_add(&families, 0, figure_family(row), row, row->sums);
    }
    uint32_t *ranked = groups_rank(&families, data, QUANTITY_TOKENS, &count);
    if (count > 0) {
        models.top = row_tokens(groups_find(&families, 0, ranked[0])->sums);
        models.name = names_text(&data->names, ranked[0]);
    }
    writer->has_failed |= families.has_failed;
    free(ranked);
    groups_close(&families);
    return models;
}

static void write_largest(struct figure_writer *writer, const struct open_models *models)
{
    char about[160];

    snprintf(about, sizeof(about), "Share of the largest open model in the tokens of open models, last week: %.*s.",
             (int)(models->name.size < 80 ? models->name.size : 80), models->name.bytes);
    write_scalar(writer, &(struct scalar){"C05", "The largest open model among the open ones", "share", about,
                                          figure_share(models->top, models->open), false});
}

static void write_outside(struct figure_writer *writer, struct figure_data *data)
{
    struct figure_rows rows = figure_rows_of(data, ROWS_GEOGRAPHY, WINDOW_WEEK);
    uint32_t home = figure_name(data, "US");
    int64_t known = 0, outside = 0;

    for (size_t index = 0; index < rows.count; index++) {
        const struct figure_row *row = &rows.rows[index];
        if (row->columns[COLUMN_COUNTRY] == 0)
            continue;
        known += row_tokens(row->sums);
        if (row->columns[COLUMN_COUNTRY] != home)
            outside += row_tokens(row->sums);
    }
    write_scalar(writer, &(struct scalar){"C02", "Tokens from outside the United States", "share",
                                          "Share of other billing countries in the tokens of known countries, over the "
                                          "whole range.",
                                          figure_share(outside, known), false});
}

/* How many different values a column has in the last week. */
static double count_of(struct figure_data *data, enum figure_rollup rollup, bool is_provider)
{
    struct figure_rows rows = figure_rows_of(data, rollup, WINDOW_WEEK);
    struct figure_groups seen = {0};
    double count;

    for (size_t index = 0; index < rows.count; index++) {
        const struct figure_row *row = &rows.rows[index];
        uint32_t name = is_provider ? row->columns[COLUMN_PROVIDER] : row->base;
        if (row->start_ms == data->last_week_ms && name != 0 && row->sums[M_REQUESTS] > 0)
            groups_add(&seen, 0, name, row, row->sums);
    }
    count = rows.count == 0 ? (double)NAN : (double)seen.count;
    data->has_failed |= seen.has_failed;
    groups_close(&seen);
    return count;
}

static void write_pair(struct figure_writer *writer, struct figure_data *data)
{
    struct figure_rows rows = figure_rows_of(data, ROWS_MODEL, WINDOW_WEEK);
    uint32_t deepseek = figure_name(data, "deepseek"), qwen = figure_name(data, "qwen");
    struct figure_groups all = {0}, pair = {0};
    double best = (double)NAN;
    char about[160] = "Share of DeepSeek and Qwen together in all tokens, in their best week.";

    for (size_t index = 0; index < rows.count; index++) {
        const struct figure_row *row = &rows.rows[index];
        groups_add(&all, row->start_ms, 0, row, row->sums);
        if (row->columns[COLUMN_AUTHOR] == deepseek || row->columns[COLUMN_AUTHOR] == qwen)
            groups_add(&pair, row->start_ms, 0, row, row->sums);
    }
    for (size_t index = 0; index < all.count; index++) {
        const struct figure_group *week = groups_find(&pair, all.items[index].x, 0);
        double share = figure_share(week == NULL ? 0 : row_tokens(week->sums), row_tokens(all.items[index].sums));
        char start[32];
        if (!(share > best) && !isnan(best))
            continue;
        best = share;
        time_format(all.items[index].x, start, sizeof(start));
        snprintf(about, sizeof(about),
                 "Share of DeepSeek and Qwen together in all tokens, in their best week, that of %.10s.", start);
    }
    write_scalar(writer, &(struct scalar){"C04", "DeepSeek and Qwen at their best", "share", about, best, false});
    writer->has_failed |= all.has_failed || pair.has_failed;
    groups_close(&all);
    groups_close(&pair);
}

/* The floor of the bucket that holds the value at `per_mille` of the last week's distribution. */
static double quantile_of(const struct figure_data *data, enum histogram histogram, uint64_t per_mille)
{
    uint64_t count = 0, seen = 0;

    for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
        count += data->histograms[histogram][bucket];
    for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS && count > 0; bucket++) {
        seen += data->histograms[histogram][bucket];
        if (seen * 1000 >= count * per_mille)
            return (double)histogram_floor(bucket);
    }
    return (double)NAN;
}

static void write_last_week(struct figure_writer *writer, struct figure_data *data)
{
    struct figure_rows rows = figure_rows_of(data, ROWS_TOTAL, WINDOW_WEEK);
    static const int64_t nothing[MEASURE_COUNT];
    const int64_t *sums = nothing;

    for (size_t index = 0; index < rows.count; index++)
        if (rows.rows[index].start_ms == data->last_week_ms)
            sums = rows.rows[index].sums;
    int64_t tokens = row_tokens(sums), requests = sums[M_REQUESTS];
    const struct scalar scalars[] = {
        {"C06", "The median request", "integer",
         "Prompt and completion tokens of the median request of the last week: the floor of its bucket, an eighth of "
         "an octave wide.",
         quantile_of(data, H_TOKENS_TOTAL, 500), true},
        {"C07", "Tokens with tools offered", "share",
         "Share of the last week's tokens in requests that offered tools, invoked or not.",
         figure_share(sums[M_TOOLS_OFFERED_TOKENS], tokens), false},
        {"C07-invoked", "Tokens with a tool call", "share",
         "Share of the last week's tokens in requests that ended with a tool call.",
         figure_share(sums[M_TOOL_TOKENS], tokens), false},
        {"C08", "Tail latency, ms", "integer",
         "The 99th percentile of the last week's latency in milliseconds: the floor of its bucket.",
         quantile_of(data, H_LATENCY_MS, 990), true},
        {"C08-streamed", "Streamed requests", "share", "Share of the last week's requests that were streamed.",
         figure_share(sums[M_STREAMED], requests), false},
        {"C08-cancelled", "Cancelled requests", "share", "Share of the last week's requests that were cancelled.",
         figure_share(sums[M_CANCELLED], requests), false},
    };

    for (size_t at = 0; at < LENGTH_OF(scalars); at++)
        write_scalar(writer, &scalars[at]);
}

void write_scalars(struct figure_writer *writer, struct figure_data *data)
{
    write_key(writer, "scalars");
    write_raw(writer, "[");
    if (writer->has_failed)
        return;
    struct open_models open = open_models_of(writer, data);
    write_scalar(writer, &(struct scalar){"C01", "Open models' share at the end", "share",
                                          "Share of open models in all tokens of the last week.",
                                          figure_share(open.open, open.all), false});
    write_outside(writer, data);
    write_scalar(writer, &(struct scalar){"C03", "Active models", "integer",
                                          "Models with at least one request in the last week.",
                                          count_of(data, ROWS_MODEL, false), true});
    write_scalar(writer, &(struct scalar){"C03-providers", "Active providers", "integer",
                                          "Providers that served at least one request in the last week.",
                                          count_of(data, ROWS_PROVIDER, true), true});
    write_pair(writer, data);
    write_largest(writer, &open);
    write_last_week(writer, data);
    write_raw(writer, "]");
}
