/*
 * A tag's share is of its category's tokens, in which each request is counted once: a request may have two tags, so the
 * tags of a category can come to more than the whole. What is stacked are parts of tokens that were divided among a
 * request's tags: these come to the whole.
 */
#include "tags.h"

#include "groups.h"
#include "sample.h"

struct tag_table {
    struct groups tags;       /* by (category, tag) */
    struct groups categories; /* by category: what the shares are of */
};

static void take_tag(void *context, const struct summary_row *row)
{
    struct tag_table *table = context;

    groups_add(&table->tags, row->columns[COLUMN_CATEGORY], row->columns[COLUMN_TAG], row, row->sums);
}

static void take_category(void *context, const struct summary_row *row)
{
    struct tag_table *table = context;

    groups_add(&table->categories, row->columns[COLUMN_CATEGORY], 0, row, row->sums);
}

static struct tag_table open_table(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    struct tag_table table = {.tags = {.has_failed = dataset->has_failed},
                              .categories = {.has_failed = dataset->has_failed}};
    struct figure_spec whole = *spec;

    whole.rollup = ROWS_CATEGORY;
    spec_each_row(spec, dataset, figure, take_tag, &table);
    spec_each_row(&whole, dataset, figure, take_category, &table);
    return table;
}

static void close_table(struct tag_table *table)
{
    groups_close(&table->tags);
    groups_close(&table->categories);
}

static void add_columns(struct figure *figure)
{
    figure_column(figure, "category", "Category", TYPE_TEXT);
    figure_column(figure, "tag", "Tag", TYPE_TEXT);
    figure_column(figure, "tokens", "Tokens", TYPE_INTEGER);
    figure_column(figure, "category_tokens", "Tokens of the category", TYPE_INTEGER);
    figure_column(figure, "share", "Share", TYPE_SHARE);
    sample_columns(figure);
    figure_column(figure, "split_tokens", "Tokens, divided", TYPE_INTEGER);
    figure_column(figure, "split_share", "Share of divided tokens", TYPE_SHARE);
    figure->chart.y = "share";
    figure->chart.y_title = "Share of the category's tokens";
}

/* What was divided among the tags of a category. */
static int64_t divided_tokens(const struct tag_table *table, uint32_t category)
{
    int64_t sum = 0;

    for (size_t index = 0; index < table->tags.count; index++)
        if (table->tags.items[index].x == category)
            sum = sum_told(sum, table->tags.items[index].sums[M_SPLIT_TOKENS]);
    return sum;
}

/* The tags of one category, the largest first; `order` is of all tags. */
static void put_category(struct figure *figure, const struct dataset *dataset, const struct tag_table *table,
                         uint32_t category)
{
    const struct group_sums *whole = groups_find(&table->categories, category, 0);

    if (whole == NULL || row_tokens(whole->sums) == 0)
        return;
    int64_t divided = divided_tokens(table, category);
    for (uint32_t at = 0; at < figure->order_count; at++) {
        const struct group_sums *tag = groups_find(&table->tags, category, figure->order[at]);
        if (tag == NULL)
            continue;
        double share = quantity_share(row_tokens(tag->sums), row_tokens(whole->sums));
        figure_text(figure, names_text(&dataset->names, category));
        figure_text(figure, names_text(&dataset->names, tag->series));
        figure_integer(figure, row_tokens(tag->sums));
        figure_integer(figure, row_tokens(whole->sums));
        figure_real(figure, share);
        sample_interval(figure, share, whole->sums);
        figure_integer(figure, tag->sums[M_SPLIT_TOKENS]);
        figure_real(figure, quantity_share(tag->sums[M_SPLIT_TOKENS], divided));
    }
}

#define SIX 6

static void make_six(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure,
                     const char *const names[SIX])
{
    struct tag_table table = open_table(spec, dataset, figure);
    struct groups shown = {.has_failed = dataset->has_failed};

    for (size_t index = 0; index < table.tags.count; index++) {
        const struct group_sums *tag = &table.tags.items[index];
        for (int at = 0; at < SIX; at++)
            if (tag->x == dataset_name(dataset, names[at]))
                groups_add(&shown, 0, tag->series, NULL, tag->sums);
    }
    add_columns(figure);
    figure->chart.x = "category";
    figure->chart.x_title = "Category";
    figure->chart.y = "split_share";
    figure->chart.y_title = "Share of the category's tokens, divided among tags";
    figure->chart.series = "tag";
    figure_order_by(figure, &shown, &dataset->names, QUANTITY_TOKENS);
    for (int at = 0; at < SIX; at++)
        put_category(figure, dataset, &table, dataset_name(dataset, names[at]));
    groups_close(&shown);
    close_table(&table);
}

void tags_make_first(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    static const char *const names[SIX] = {"roleplay", "programming", "translation", "science", "technology", "health"};

    make_six(spec, dataset, figure, names);
}

void tags_make_next(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    static const char *const names[SIX] = {"finance", "academia", "legal", "trivia", "marketing", "seo"};

    make_six(spec, dataset, figure, names);
}

void tags_make_of_category(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    struct tag_table table = open_table(spec, dataset, figure);

    add_columns(figure);
    figure->chart.x = "tag";
    figure->chart.x_title = "Tag";
    figure_order_by(figure, &table.tags, &dataset->names, QUANTITY_TOKENS);
    put_category(figure, dataset, &table, dataset_name(dataset, spec->filter.category));
    close_table(&table);
}
