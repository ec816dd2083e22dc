/*
 * A part of recount.sql is copied, and the names in its braces are replaced: by what the table says of the figure, in
 * words of SQL. Names that stand in no row here are a mistake, and asserted.
 */
#include "gentally/report/figure_sql.h"

#include <assert.h>

#include "cohorts.h"
#include "gentally/base/bundled.h"
#include "maps.h"
#include "means.h"
#include "model_counts.h"
#include "shares.h"
#include "specs.h"
#include "tags.h"
#include "tool_shares.h"

/* Which parts make the figures of a maker, after the events. */
static const struct {
    figure_maker *make;
    const char *parts[3];
} makers[] = {
    {shares_make, {"labels", "shares"}},
    {means_make, {"means"}},
    {means_make_by_category, {"labels", "means_by_category"}},
    {means_make_beside_all, {"labels", "means_beside_all"}},
    {tool_shares_make, {"tool_shares"}},
    {model_counts_make, {"model_counts"}},
    {tags_make_first, {"labels", "tags"}},
    {tags_make_next, {"labels", "tags"}},
    {tags_make_of_category, {"labels", "tags"}},
    {cohorts_make, {"cohorts"}},
    {maps_make_by_category, {"labels", "points", "points_by_category"}},
    {maps_make_by_source, {"points", "points_by_source"}},
    {maps_make_by_author, {"points", "points_by_author"}},
    {maps_make_segments, {"points", "segments"}},
};

static const char *const quantities[QUANTITY_COUNT] = {
    [QUANTITY_TOKENS] = "t",
    [QUANTITY_PAID_TOKENS] = "CASE WHEN is_free THEN 0 ELSE t END",
    [QUANTITY_TOOL_TOKENS] = "CASE WHEN is_tool THEN t ELSE 0 END",
    [QUANTITY_SPEND] = "cost",
    [QUANTITY_PROMPT] = "p",
    [QUANTITY_COMPLETION] = "c",
};

/* Of a column with their sum. */
static const char *const names[QUANTITY_COUNT] = {
    [QUANTITY_TOKENS] = "tokens", [QUANTITY_PAID_TOKENS] = "paid_tokens", [QUANTITY_TOOL_TOKENS] = "tool_tokens",
    [QUANTITY_SPEND] = "spend",   [QUANTITY_PROMPT] = "tokens_prompt",    [QUANTITY_COMPLETION] = "tokens_completion",
};

static const char *const series[SERIES_COUNT] = {
    [SERIES_NONE] = "''",         [SERIES_SOURCE] = "source",
    [SERIES_SIZE] = "size",       [SERIES_REASONING] = "reasoning",
    [SERIES_AUTHOR] = "author",   [SERIES_FAMILY] = "family",
    [SERIES_BASE] = "base",       [SERIES_CATEGORY] = "category",
    [SERIES_TAG] = "tag",         [SERIES_CONTINENT] = "continent",
    [SERIES_COUNTRY] = "country", [SERIES_LANGUAGE] = "language",
};

#define INTERVAL                                                                                                       \
    "CASE WHEN n IS NULL THEN NULL WHEN share = 0 THEN 0 ELSE (share * n + 1.9207294103470618 - 1.959963984540054 * "  \
    "sqrt(share * (1 - share) * n + 0.9603647051735309)) / (n + 3.8414588206941236) END AS low,\n"                     \
    "    CASE WHEN n IS NULL THEN NULL WHEN share = 1 THEN 1 ELSE (share * n + 1.9207294103470618 + "                  \
    "1.959963984540054 * sqrt(share * (1 - share) * n + 0.9603647051735309)) / (n + 3.8414588206941236) END AS high"

#define FIRST_SIX "'roleplay', 'programming', 'translation', 'science', 'technology', 'health'"
#define NEXT_SIX "'finance', 'academia', 'legal', 'trivia', 'marketing', 'seo'"

static bool is_sampled(const struct figure_spec *spec)
{
    return spec->rollup == ROWS_CATEGORY;
}

/* ---- what names stand for ---- */

static void write_where(FILE *file, const struct figure_spec *spec)
{
    const struct spec_filter *filter = &spec->filter;

    fputs("true", file);
    if (filter->is_open)
        fputs(" AND source IN ('Chinese OSS', 'RoW OSS')", file);
    if (filter->is_open_cn)
        fputs(" AND source = 'Chinese OSS'", file);
    if (filter->is_always_reasoning)
        fputs(" AND is_always", file);
    if (filter->author != NULL)
        fprintf(file, " AND author = '%s'", filter->author);
    if (filter->category != NULL)
        fprintf(file, " AND category = '%s'", filter->category);
    if (spec->period == PERIOD_LAST_WEEK)
        fputs(" AND week = (SELECT max(week) FROM weekly)", file);
    if (spec->series == SERIES_CATEGORY)
        fputs(
            " AND category IN ('programming', 'roleplay', 'technology', 'science', 'translation', 'finance', "
            "'academia', 'health', 'legal', 'marketing', 'trivia')",
            file);
}

static void write_columns(FILE *file, const struct figure_spec *spec)
{
    if (!spec->is_summed)
        fputs(spec->window == WINDOW_MONTH ? "strftime(x, '%Y-%m') AS month, " : "x AS week, ", file);
    fprintf(file, "series AS \"%s\", ", row_series_name(spec->series));
    if (spec->quantity == QUANTITY_SPEND)
        fputs("coalesce(q, 0)::DOUBLE / 1e9 AS spend, all_q::DOUBLE / 1e9 AS total_spend, share", file);
    else
        fprintf(file, "coalesce(q, 0) AS %s, all_q AS total_%s, share", names[spec->quantity], names[spec->quantity]);
    if (spec->extras & EXTRA_INTERVAL)
        fputs(",\n    n AS n_effective, " INTERVAL, file);
    if (spec->extras & (EXTRA_REQUESTS | EXTRA_VOLUME))
        fputs(",\n    coalesce(requests, 0) AS requests, coalesce(requests, 0)::DOUBLE / all_requests AS request_share",
              file);
    if (spec->extras & EXTRA_REQUESTS)
        fputs(",\n    coalesce(divided, 0) AS split_tokens, coalesce(divided, 0)::DOUBLE / all_divided AS split_share",
              file);
    if (spec->extras & EXTRA_VOLUME)
        fputs(
            ",\n    coalesce(tokens, 0) AS tokens, coalesce(tokens, 0)::DOUBLE / all_tokens AS token_share,\n"
            "    coalesce(paid_requests, 0) AS paid_requests, "
            "coalesce(paid_requests, 0)::DOUBLE / all_paid_requests AS paid_request_share,\n"
            "    coalesce(paid_tokens, 0) AS paid_tokens, "
            "coalesce(paid_tokens, 0)::DOUBLE / all_paid_tokens AS paid_token_share",
            file);
}

static void write_place(FILE *file, const struct figure_spec *spec)
{
    bool has_place = spec->series == SERIES_SOURCE || spec->series == SERIES_SIZE || spec->series == SERIES_REASONING;

    fputs(has_place ? "list_position(['Chinese OSS', 'RoW OSS', 'Closed', 'Reasoning', 'Non-reasoning', 'small', "
                      "'medium', 'large'], series)"
                    : "0",
          file);
}

static void write_categories(FILE *file, const struct figure_spec *spec)
{
    if (spec->make == tags_make_first)
        fputs(FIRST_SIX, file);
    else if (spec->make == tags_make_next)
        fputs(NEXT_SIX, file);
    else
        fprintf(file, "'%s'", spec->filter.category);
}

struct filling {
    const struct figure_spec *spec;
    const char *from, *to;
};

static const char *period_of(const struct figure_spec *spec)
{
    return spec->is_summed ? "''" : spec->window == WINDOW_MONTH ? "month" : "week";
}

static const char *rows_of(const struct figure_spec *spec)
{
    return is_sampled(spec) ? "categories" : spec->window == WINDOW_MONTH ? "monthly" : "weekly";
}

/* False: there is no such name. */
static bool write_name(FILE *file, const struct filling *filling, struct span name)
{
    const struct figure_spec *spec = filling->spec;
    const struct {
        const char *name, *text;
    } texts[] = {
        {"id", spec->id},
        {"title", spec->title},
        {"about", spec->about},
        {"from", filling->from},
        {"to", filling->to},
        {"x", period_of(spec)},
        {"rows", rows_of(spec)},
        {"series", series[spec->series]},
        {"quantity", quantities[spec->quantity]},
        {"quantity_name", names[spec->quantity]},
        {"rest", spec->has_rest ? "true" : "false"},
        {"divided", is_sampled(spec) ? "divided" : "0"},
        {"interval", INTERVAL},
    };
    static const struct {
        const char *name;
        void (*write)(FILE *file, const struct figure_spec *spec);
    } writers[] = {
        {"where", write_where}, {"columns", write_columns}, {"place", write_place}, {"categories", write_categories}};

    for (size_t at = 0; at < LENGTH_OF(texts); at++)
        if (span_equal(name, span_of(texts[at].name)))
            return fputs(texts[at].text, file) >= 0;
    for (size_t at = 0; at < LENGTH_OF(writers); at++) {
        if (!span_equal(name, span_of(writers[at].name)))
            continue;
        writers[at].write(file, spec);
        return true;
    }
    if (!span_equal(name, span_of("top")))
        return false;
    fprintf(file, "%u", spec->top);
    return true;
}

/* ---- parts ---- */

/* The text of a part: from the line after its name to the next name, or the end. */
static struct span part_of(const char *name)
{
    struct span all = bundled_recount_sql;
    char line[64];
    int size = snprintf(line, sizeof(line), "\n--- %s\n", name);
    const char *begin = memmem(all.bytes, all.size, line, (size_t)size);

    assert(begin != NULL);
    begin += size;
    size_t rest = all.size - (size_t)(begin - all.bytes);
    const char *end = memmem(begin, rest, "\n--- ", 5);
    return (struct span){begin, end == NULL ? rest : (size_t)(end - begin) + 1};
}

/* Whether what stands in braces is a name, and no value of SQL's. */
static bool is_name(struct span text)
{
    for (size_t at = 0; at < text.size; at++)
        if ((text.bytes[at] < 'a' || text.bytes[at] > 'z') && text.bytes[at] != '_')
            return false;
    return text.size > 0;
}

static void write_part(FILE *file, const struct filling *filling, struct span part)
{
    while (part.size > 0) {
        const char *open = memchr(part.bytes, '{', part.size);
        size_t before = open == NULL ? part.size : (size_t)(open - part.bytes);
        fwrite(part.bytes, 1, before, file);
        part = (struct span){part.bytes + before, part.size - before};
        if (open == NULL)
            return;
        const char *close = memchr(part.bytes, '}', part.size);
        struct span name = {part.bytes + 1, close == NULL ? 0 : (size_t)(close - part.bytes) - 1};
        size_t size = 1;
        if (is_name(name)) {
            bool is_known = write_name(file, filling, name);
            assert(is_known);
            size = name.size + 2;
        } else {
            fputc('{', file);
        }
        part = (struct span){part.bytes + size, part.size - size};
    }
}

void figure_sql_write(FILE *file, uint32_t index, const char *from, const char *to)
{
    assert(index < SPECS_COUNT);
    const struct filling filling = {.spec = &specs[index], .from = from, .to = to};

    write_part(file, &filling, part_of("events"));
    for (size_t at = 0; at < LENGTH_OF(makers); at++) {
        if (makers[at].make != filling.spec->make)
            continue;
        for (size_t part = 0; part < LENGTH_OF(makers[at].parts) && makers[at].parts[part] != NULL; part++)
            write_part(file, &filling, part_of(makers[at].parts[part]));
    }
}
