/* A cube's rows are chosen as those of a figure are; its members are numbered as they come, week by week. */
#include "cubes.h"

#include <stdlib.h>

#include "maps.h"
#include "means.h"
#include "model_counts.h"
#include "shares.h"
#include "tags.h"
#include "tool_shares.h"

#define KEYS_MAX 4
#define PARTS_MAX 8

/* What a cube sums, each a number of a row's sums. */
enum part {
    PART_TOKENS,
    PART_COMPLETION,
    PART_REQUESTS,
    PART_UNKNOWN,
    PART_TOOL,
    PART_OFFERED,
    PART_MODELS,
    PART_COST,
    PART_COST_UNKNOWN,
    PART_KEYED_TOKENS,
    PART_KEYED_COST,
    PART_SPLIT,
    PART_COUNT
};

static const char *const part_names[PART_COUNT] = {
    [PART_TOKENS] = "tokens",
    [PART_COMPLETION] = "tokens_completion",
    [PART_REQUESTS] = "requests",
    [PART_UNKNOWN] = "tokens_unknown",
    [PART_TOOL] = "tool_tokens",
    [PART_OFFERED] = "tools_offered_tokens",
    [PART_MODELS] = "models",
    [PART_COST] = "cost_nano_usd",
    [PART_COST_UNKNOWN] = "cost_unknown",
    [PART_KEYED_TOKENS] = "own_key_tokens",
    [PART_KEYED_COST] = "own_key_cost_nano_usd",
    [PART_SPLIT] = "split_tokens",
};

struct cube_spec {
    const char *name;
    struct figure_spec rows; /* which */
    uint32_t key_count, part_count;
    enum row_series keys[KEYS_MAX];
    enum part parts[PARTS_MAX];
};

#define WEEKS .window = WINDOW_WEEK
#define CLASSIFIED WEEKS, .period = PERIOD_CATEGORY

static const struct cube_spec cubes[] = {
    {.name = "model",
     .rows = {.rollup = ROWS_MODEL, WEEKS},
     .key_count = 4,
     .keys = {SERIES_AUTHOR, SERIES_SOURCE, SERIES_SIZE, SERIES_REASONING},
     .part_count = 7,
     .parts = {PART_TOKENS, PART_COMPLETION, PART_REQUESTS, PART_UNKNOWN, PART_TOOL, PART_OFFERED, PART_MODELS}},
    {.name = "category",
     .rows = {.rollup = ROWS_CATEGORY, CLASSIFIED},
     .key_count = 3,
     .keys = {SERIES_AUTHOR, SERIES_SOURCE, SERIES_CATEGORY},
     .part_count = 8,
     .parts = {PART_TOKENS, PART_COMPLETION, PART_REQUESTS, PART_UNKNOWN, PART_COST, PART_COST_UNKNOWN,
               PART_KEYED_TOKENS, PART_KEYED_COST}},
    {.name = "tag",
     .rows = {.rollup = ROWS_TAG, CLASSIFIED},
     .key_count = 2,
     .keys = {SERIES_CATEGORY, SERIES_TAG},
     .part_count = 2,
     .parts = {PART_TOKENS, PART_SPLIT}},
    {.name = "geography",
     .rows = {.rollup = ROWS_GEOGRAPHY, WEEKS},
     .key_count = 2,
     .keys = {SERIES_CONTINENT, SERIES_COUNTRY},
     .part_count = 1,
     .parts = {PART_TOKENS}},
    {.name = "language",
     .rows = {.rollup = ROWS_LANGUAGE, WEEKS},
     .key_count = 1,
     .keys = {SERIES_LANGUAGE},
     .part_count = 1,
     .parts = {PART_TOKENS}},
};

static int64_t part_of(enum part part, const int64_t sums[MEASURE_COUNT], int64_t models)
{
    switch (part) {
    case PART_TOKENS:
        return row_tokens(sums);
    case PART_KEYED_TOKENS:
        return row_tokens(sums) - sums[M_BILLED_TOKENS];
    case PART_KEYED_COST:
        return sums[M_COST_NANO_USD] - sums[M_BILLED_COST_NANO_USD];
    case PART_MODELS:
        return models;
    default: {
        static const enum measure measures[PART_COUNT] = {
            [PART_COMPLETION] = M_TOKENS_COMPLETION, [PART_REQUESTS] = M_REQUESTS,
            [PART_UNKNOWN] = M_TOKENS_UNKNOWN,       [PART_TOOL] = M_TOOL_TOKENS,
            [PART_OFFERED] = M_TOOLS_OFFERED_TOKENS, [PART_COST] = M_COST_NANO_USD,
            [PART_COST_UNKNOWN] = M_COST_UNKNOWN,    [PART_SPLIT] = M_SPLIT_TOKENS,
        };
        return sums[measures[part]];
    }
    }
}

struct cube {
    const struct cube_spec *spec;
    struct dataset *dataset;
    struct names members;  /* by the numbers of their keys */
    struct groups weeks;   /* by (week, member) */
    struct groups models;  /* by (week, model): how many there are */
    struct groups counted; /* by (week, member): models, as requests */
};

static uint32_t member_of(struct cube *cube, const struct summary_row *row)
{
    uint32_t keys[KEYS_MAX];

    for (uint32_t at = 0; at < cube->spec->key_count; at++)
        keys[at] = row_series_of(cube->dataset, row, cube->spec->keys[at]);
    return names_put(&cube->members, (struct span){(const char *)keys, cube->spec->key_count * sizeof(*keys)});
}

static void take(void *context, const struct summary_row *row)
{
    struct cube *cube = context;

    groups_add(&cube->weeks, row->start_ms, member_of(cube, row), row, row->sums);
    if (cube->spec->rows.rollup == ROWS_MODEL)
        groups_add(&cube->models, row->start_ms, row->base, row, row->sums);
}

/* As in S06: a model is counted once in a week, as what it was last; what has no row of its own is none. */
static void count_models(struct cube *cube)
{
    static const int64_t one[MEASURE_COUNT] = {[M_REQUESTS] = 1};

    for (size_t index = 0; index < cube->models.count; index++) {
        const struct group_sums *model = &cube->models.items[index];
        if (model->sums[M_REQUESTS] > 0 && !dataset_is_beyond(cube->dataset, model->latest))
            groups_add(&cube->counted, model->x, member_of(cube, model->latest), NULL, one);
    }
}

static int64_t value_of(const struct cube *cube, enum part part, const struct group_sums *group)
{
    const struct group_sums *models = part == PART_MODELS ? groups_find(&cube->counted, group->x, group->series) : NULL;

    return part_of(part, group->sums, models == NULL ? 0 : models->sums[M_REQUESTS]);
}

static bool is_any(const struct cube *cube, enum part part)
{
    for (size_t index = 0; index < cube->weeks.count; index++)
        if (value_of(cube, part, &cube->weeks.items[index]) != 0)
            return true;
    return false;
}

static void write_members(struct document *document, const struct cube *cube)
{
    const struct cube_spec *spec = cube->spec;

    document_key(document, "keys");
    document_raw(document, "[");
    for (uint32_t at = 0; at < spec->key_count; at++)
        document_text(document, span_of(row_series_name(spec->keys[at])));
    document_raw(document, "]");
    document_key(document, "members");
    document_raw(document, "[");
    for (uint32_t member = 1; member <= cube->members.count; member++) {
        uint32_t keys[KEYS_MAX];
        memcpy(keys, names_text(&cube->members, member).bytes, spec->key_count * sizeof(*keys));
        document_comma(document);
        document_raw(document, "[");
        for (uint32_t at = 0; at < spec->key_count; at++)
            document_text(document, names_text(&cube->dataset->names, keys[at]));
        document_raw(document, "]");
    }
    document_raw(document, "]");
}

/* The categories that figures of categories draw: the cube has all, since tags are of all. */
static void write_drawn(struct document *document, const struct cube *cube)
{
    document_key(document, "drawn");
    document_raw(document, "[");
    for (int at = 0; at < CATEGORIES_DRAWN; at++)
        document_text(document, names_text(&cube->dataset->names, cube->dataset->drawn[at]));
    document_raw(document, "]");
}

static void write_weeks(struct document *document, const struct cube *cube, const enum part parts[], uint32_t count)
{
    int64_t week = NO_TIME;

    document_key(document, "weeks");
    document_raw(document, "[");
    for (size_t index = 0; index < cube->weeks.count; index++) {
        const struct group_sums *group = &cube->weeks.items[index];
        if (group->x != week) {
            document_raw(document, week == NO_TIME ? "[" : "]],\n[");
            document_date(document, group->x);
            document_raw(document, ",[");
            week = group->x;
        }
        document_integer(document, group->series - 1);
        for (uint32_t at = 0; at < count; at++)
            document_integer(document, value_of(cube, parts[at], group));
    }
    document_raw(document, week == NO_TIME ? "]" : "]]]");
}

static void write_cube(struct document *document, struct dataset *dataset, const struct cube_spec *spec)
{
    const struct groups empty = {.has_failed = dataset->has_failed};
    struct cube cube = {spec, dataset, {.has_failed = dataset->has_failed}, empty, empty, empty};
    struct figure unsaid = {.has_failed = dataset->has_failed}; /* its notes are those of the figures */
    enum part parts[PARTS_MAX];
    uint32_t count = 0;

    spec_each_row(&spec->rows, dataset, &unsaid, take, &cube);
    figure_close(&unsaid);
    count_models(&cube);
    for (uint32_t at = 0; at < spec->part_count; at++)
        if (is_any(&cube, spec->parts[at]))
            parts[count++] = spec->parts[at];
    groups_sort(&cube.weeks);
    document_key(document, spec->name);
    document_raw(document, "{");
    write_members(document, &cube);
    if (spec->rows.rollup == ROWS_CATEGORY)
        write_drawn(document, &cube);
    document_key(document, "measures");
    document_raw(document, "[");
    for (uint32_t at = 0; at < count; at++)
        document_text(document, span_of(part_names[parts[at]]));
    document_raw(document, "]");
    write_weeks(document, &cube, parts, count);
    document_raw(document, "}");
    names_close(&cube.members);
    groups_close(&cube.weeks);
    groups_close(&cube.models);
    groups_close(&cube.counted);
}

void cubes_write(struct document *document, struct dataset *dataset)
{
    document_key(document, "cubes");
    document_raw(document, "{");
    for (size_t at = 0; at < LENGTH_OF(cubes); at++)
        write_cube(document, dataset, &cubes[at]);
    document_raw(document, "}");
}

/* ---- How figures are made of them. */

static const struct {
    figure_maker *make;
    const char *name;
} makers[] = {
    {shares_make, "shares"},         {model_counts_make, "counts"},     {tool_shares_make, "tools"},
    {means_make, "means"},           {means_make_by_category, "means"}, {means_make_beside_all, "means beside all"},
    {maps_make_by_category, "map"},  {tags_make_first, "tags"},         {tags_make_next, "tags"},
    {tags_make_of_category, "tags"},
};

static bool has_part(const struct cube_spec *cube, enum part part)
{
    for (uint32_t at = 0; at < cube->part_count; at++)
        if (cube->parts[at] == part)
            return true;
    return false;
}

/* Authors are summed up in the cube of models, so figures of models themselves cannot be made of it. */
static const char *cube_of(const struct figure_spec *spec)
{
    bool is_of_models = spec->series == SERIES_FAMILY || spec->series == SERIES_BASE;

    if (is_of_models || spec->window != WINDOW_WEEK || spec->period == PERIOD_LAST_WEEK)
        return NULL;
    if (spec->rollup == ROWS_TOTAL)
        return "model";
    for (size_t at = 0; at < LENGTH_OF(cubes); at++)
        if (cubes[at].rows.rollup == spec->rollup &&
            (spec->quantity != QUANTITY_SPEND || has_part(&cubes[at], PART_COST)))
            return cubes[at].name;
    return NULL;
}

static const char *maker_of(const struct figure_spec *spec)
{
    for (size_t at = 0; at < LENGTH_OF(makers); at++)
        if (makers[at].make == spec->make)
            return makers[at].name;
    return NULL;
}

static void write_named(struct document *document, const char *name, const char *text)
{
    if (text == NULL)
        return;
    document_key(document, name);
    document_text(document, span_of(text));
}

static const char *quantity_name(enum quantity quantity)
{
    static const char *const names[QUANTITY_COUNT] = {
        [QUANTITY_TOKENS] = "tokens",           [QUANTITY_PAID_TOKENS] = "paid_tokens",
        [QUANTITY_TOOL_TOKENS] = "tool_tokens", [QUANTITY_SPEND] = "spend",
        [QUANTITY_PROMPT] = "tokens_prompt",    [QUANTITY_COMPLETION] = "tokens_completion",
        [QUANTITY_REQUESTS] = "requests",       [QUANTITY_BILLED_TOKENS] = "billed_tokens",
    };

    return names[quantity];
}

void cubes_write_recipe(struct document *document, const struct figure_spec *spec)
{
    const char *cube = cube_of(spec), *maker = maker_of(spec);
    const struct spec_filter *filter = &spec->filter;

    document_key(document, "recipe");
    if (cube == NULL || maker == NULL) {
        document_null(document);
        return;
    }
    document_raw(document, "{");
    write_named(document, "cube", cube);
    write_named(document, "maker", maker);
    write_named(document, "quantity", quantity_name(spec->quantity));
    write_named(document, "source", filter->is_open_cn ? "Chinese OSS" : filter->is_open ? "OSS" : NULL);
    write_named(document, "author", filter->author);
    write_named(document, "category", filter->category);
    if (spec->top > 0) {
        document_key(document, "top");
        document_integer(document, spec->top);
    }
    document_key(document, "has_rest");
    document_raw(document, spec->has_rest ? "true" : "false");
    document_raw(document, "}");
}
