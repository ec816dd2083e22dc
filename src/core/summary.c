/*
 * The columns, keys and versions of summaries. The store counts by raw slug and country; catalog and countries are
 * joined here, and the bucket of a tag, so a corrected catalog shows in every window that is told after it.
 */
#include "gentally/core/summary.h"

#include <assert.h>

#include "gentally/base/hash.h"

static const char *const pane_names[] = {[PANE_EARLY] = "early", [PANE_ON_TIME] = "on_time", [PANE_LATE] = "late"};

const char *pane_name(enum pane pane)
{
    assert((size_t)pane < LENGTH_OF(pane_names));
    return pane_names[pane];
}

const char *column_name(enum column column)
{
    static const char *const names[COLUMN_COUNT] = {
        [COLUMN_MODEL] = "model_slug",
        [COLUMN_AUTHOR] = "author",
        [COLUMN_SOURCE] = "source",
        [COLUMN_SIZE] = "size",
        [COLUMN_REASONING] = "reasoning",
        [COLUMN_PROVIDER] = "provider",
        [COLUMN_CATEGORY] = "category",
        [COLUMN_TAG] = "tag",
        [COLUMN_COUNTRY] = "country",
        [COLUMN_CONTINENT] = "continent",
        [COLUMN_LANGUAGE] = "lang",
        [COLUMN_FINISH_REASON] = "finish_reason",
        [COLUMN_COHORT] = "cohort",
        [COLUMN_AGE] = "age",
        [COLUMN_FAMILY] = "family",
        [COLUMN_ACCOUNT] = "account",
        [COLUMN_APP] = "app",
        [COLUMN_TAG_BUCKET] = "tag_bucket",
        [COLUMN_MODEL_NAME] = "model_name",
        [COLUMN_AUTHOR_NAME] = "author_name",
    };

    assert(column < COLUMN_COUNT);
    return names[column];
}

enum column column_of(enum dimension dimension)
{
    static const enum column columns[DIM_COUNT] = {
        [DIM_MODEL] = COLUMN_MODEL,
        [DIM_PROVIDER] = COLUMN_PROVIDER,
        [DIM_CATEGORY] = COLUMN_CATEGORY,
        [DIM_TAG] = COLUMN_TAG,
        [DIM_COUNTRY] = COLUMN_COUNTRY,
        [DIM_LANGUAGE] = COLUMN_LANGUAGE,
        [DIM_FINISH_REASON] = COLUMN_FINISH_REASON,
        [DIM_ACCOUNT] = COLUMN_ACCOUNT,
        [DIM_APP] = COLUMN_APP,
    };

    assert(dimension < DIM_COUNT);
    return columns[dimension];
}

static void model_fill(struct summary *summary, const struct catalog *catalog)
{
    struct model model = catalog_find(catalog, summary->columns[COLUMN_MODEL]);

    summary->columns[COLUMN_FAMILY] = model.family;
    summary->columns[COLUMN_AUTHOR] = model.author;
    summary->columns[COLUMN_SOURCE] = span_of(model_source_name(model.source));
    summary->columns[COLUMN_SIZE] = span_of(model_size_name(model.size));
    summary->columns[COLUMN_REASONING] = span_of(model_reasoning_name(model.reasoning));
    summary->columns[COLUMN_AUTHOR_NAME] = model.author_name;
    if (!span_equal(model.family, model.slug)) /* what is counted as one has one name */
        model = catalog_find(catalog, model.family);
    summary->columns[COLUMN_MODEL_NAME] = model.name;
}

void summary_fill(struct summary *summary, const struct rollup *rollup, const struct span values[],
                  const struct join_tables *tables)
{
    assert(rollup->dim_count <= ROLLUP_DIMS_MAX);
    summary->rollup = span_of(rollup->name);
    memset(summary->columns, 0, sizeof(summary->columns));
    for (uint32_t index = 0; index < rollup->dim_count; index++) {
        assert(rollup->dims[index] < DIM_COUNT);
        if (values[index].size > 0) /* A row key cannot tell empty from absent, so the column shall not either. */
            summary->columns[column_of(rollup->dims[index])] = values[index];
    }
    if (summary->columns[COLUMN_MODEL].size > 0 && !dimension_is_other(summary->columns[COLUMN_MODEL]))
        model_fill(summary, tables->catalog);
    if (summary->columns[COLUMN_COUNTRY].size > 0 && !dimension_is_other(summary->columns[COLUMN_COUNTRY]))
        summary->columns[COLUMN_CONTINENT] = countries_continent(tables->countries, summary->columns[COLUMN_COUNTRY]);
    if (summary->columns[COLUMN_TAG].size > 0 && !dimension_is_other(summary->columns[COLUMN_TAG]))
        summary->columns[COLUMN_TAG_BUCKET] = taxonomy_bucket(tables->taxonomy, summary->columns[COLUMN_TAG]);
}

uint32_t summary_columns(const struct rollup *rollup)
{
    static const uint32_t of_model = 1u << COLUMN_AUTHOR | 1u << COLUMN_SOURCE | 1u << COLUMN_SIZE |
                                     1u << COLUMN_REASONING | 1u << COLUMN_FAMILY | 1u << COLUMN_MODEL_NAME |
                                     1u << COLUMN_AUTHOR_NAME;
    uint32_t columns = 0;

    static_assert(COLUMN_COUNT <= 32, "a column has a bit");
    for (uint32_t index = 0; index < rollup->dim_count; index++) {
        columns |= 1u << column_of(rollup->dims[index]);
        columns |= rollup->dims[index] == DIM_MODEL     ? of_model
                   : rollup->dims[index] == DIM_COUNTRY ? 1u << COLUMN_CONTINENT
                   : rollup->dims[index] == DIM_TAG     ? 1u << COLUMN_TAG_BUCKET
                                                        : 0;
    }
    if (strcmp(rollup->name, ROLLUP_RETENTION) == 0)
        columns |= 1u << COLUMN_COHORT | 1u << COLUMN_AGE;
    return columns;
}

void summary_suppress(struct summary *summary, int64_t accounts, int64_t below)
{
    summary->suppressed = accounts < below;
}

void summary_fill_retention(struct summary *summary, struct span model, struct span cohort, struct span age,
                            const struct catalog *catalog)
{
    summary->rollup = span_of(ROLLUP_RETENTION);
    memset(summary->columns, 0, sizeof(summary->columns));
    summary->columns[COLUMN_MODEL] = model;
    summary->columns[COLUMN_COHORT] = cohort;
    summary->columns[COLUMN_AGE] = age;
    model_fill(summary, catalog);
}

static size_t text_put(char *text, size_t size, struct span part)
{
    if (part.size > 0)
        memcpy(text + size, part.bytes, part.size);
    return size + part.size;
}

size_t ledger_key_write(struct window window, char *text)
{
    char start[32];
    size_t size = text_put(text, 0, span_of(window_kind_name(window.kind)));

    time_format(window.start_ms, start, sizeof(start));
    size = text_put(text, size, span_of("|"));
    return text_put(text, size, span_of(start));
}

size_t summary_key_write(struct span row_key, struct window window, char *text)
{
    assert(row_key.size > 0);
    assert(row_key.size <= ROW_KEY_MAX);
    const char *bar = memchr(row_key.bytes, '|', row_key.size);
    size_t name_size = bar == NULL ? row_key.size : (size_t)(bar - row_key.bytes);

    size_t size = text_put(text, 0, (struct span){row_key.bytes, name_size});
    size = text_put(text, size, span_of("|"));
    size += ledger_key_write(window, text + size);
    return text_put(text, size, (struct span){row_key.bytes + name_size, row_key.size - name_size});
}

size_t summary_retention_key_write(struct span model, struct span cohort, struct span age, struct window window,
                                   char *text)
{
    static const struct rollup retention = {.name = ROLLUP_RETENTION, .dim_count = 3}; /* for its key alone */
    const struct span values[] = {model, cohort, age};
    char row_key[ROW_KEY_MAX];

    return summary_key_write((struct span){row_key, row_key_write(&retention, values, row_key)}, window, text);
}

static int number_compare(int64_t left, int64_t right)
{
    return (left > right) - (left < right);
}

int summary_version_compare(int64_t left_generation, int64_t left_revision, enum pane left_pane,
                            int64_t right_generation, int64_t right_revision, enum pane right_pane)
{
    int order = number_compare(left_generation, right_generation);

    if (order == 0)
        order = number_compare(left_revision, right_revision);
    if (order == 0)
        order = number_compare(left_pane, right_pane);
    return order;
}

int64_t summary_version(int64_t generation, int64_t revision, enum pane pane)
{
    static_assert(PANE_LATE < 3, "with two bits for it, 3 is above every pane");
    assert(generation >= 0);
    assert(revision >= 0);
    if (generation > VERSION_GENERATION_MAX)
        return INT64_MAX;
    if (revision > VERSION_REVISION_MAX)
        return generation << 50 | VERSION_REVISION_MAX << 2 | 3;
    return generation << 50 | revision << 2 | (int64_t)pane;
}

uint64_t tables_version_hash(struct span tables_version)
{
    static const char end[] = " taxonomy=";
    const char *cut = memmem(tables_version.bytes, tables_version.size, end, sizeof(end) - 1);
    size_t size = cut == NULL ? tables_version.size : (size_t)(cut - tables_version.bytes);

    return hash_fnv1a((struct span){tables_version.bytes, size});
}
