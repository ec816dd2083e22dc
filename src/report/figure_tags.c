/*
 * What categories are made of: tags by category. A tag's share is of its category's tokens, each request counted once
 * there, so that the tags of a category can come to more than the whole: a request may have two.
 */
#include "figure_parts.h"

struct composing {
    struct figure_groups tags;       /* by (category, tag) */
    struct figure_groups categories; /* by category: what the shares are of */
};

static void take_tag(void *context, const struct figure_row *row)
{
    struct composing *composing = context;

    groups_add(&composing->tags, row->columns[COLUMN_CATEGORY], row->columns[COLUMN_TAG], row, row->sums);
}

static void take_category(void *context, const struct figure_row *row)
{
    struct composing *composing = context;

    groups_add(&composing->categories, row->columns[COLUMN_CATEGORY], 0, row, row->sums);
}

static void compose(const struct figure_spec *spec, struct figure_data *data, struct figure *figure,
                    struct composing *composing)
{
    struct figure_spec whole = *spec;

    whole.rollup = ROWS_CATEGORY;
    figure_each(spec, data, figure, take_tag, composing);
    figure_each(&whole, data, figure, take_category, composing);
}

static void add_columns(struct figure *figure)
{
    figure_column(figure, "category", "Category", TYPE_TEXT);
    figure_column(figure, "tag", "Tag", TYPE_TEXT);
    figure_column(figure, "tokens", "Tokens", TYPE_INTEGER);
    figure_column(figure, "category_tokens", "Tokens of the category", TYPE_INTEGER);
    figure_column(figure, "share", "Share", TYPE_SHARE);
    figure_sample_columns(figure);
    figure->chart.y = "share";
    figure->chart.y_title = "Share of the category's tokens";
}

/* The tags of one category, the largest first; `order` is of all tags. */
static void put_category(struct figure *figure, const struct figure_data *data, const struct composing *composing,
                         uint32_t category)
{
    const struct figure_group *whole = groups_find(&composing->categories, category, 0);

    if (whole == NULL || row_tokens(whole->sums) == 0)
        return;
    for (uint32_t at = 0; at < figure->order_count; at++) {
        const struct figure_group *tag = groups_find(&composing->tags, category, figure->order[at]);
        if (tag == NULL)
            continue;
        double share = figure_share(row_tokens(tag->sums), row_tokens(whole->sums));
        figure_text(figure, names_text(&data->names, category));
        figure_text(figure, names_text(&data->names, tag->series));
        figure_integer(figure, row_tokens(tag->sums));
        figure_integer(figure, row_tokens(whole->sums));
        figure_real(figure, share);
        figure_interval(figure, share, whole->sums);
    }
}

static void close(struct figure *figure, struct composing *composing)
{
    figure->has_failed |= composing->tags.has_failed || composing->categories.has_failed;
    groups_close(&composing->tags);
    groups_close(&composing->categories);
}

#define SIX 6

static void make_six(const struct figure_spec *spec, struct figure_data *data, struct figure *figure,
                     const char *const names[SIX])
{
    struct composing composing = {0};
    struct figure_groups shown = {0};

    compose(spec, data, figure, &composing);
    for (size_t index = 0; index < composing.tags.count; index++) {
        const struct figure_group *tag = &composing.tags.items[index];
        for (int at = 0; at < SIX; at++)
            if (tag->x == figure_name(data, names[at]))
                groups_add(&shown, 0, tag->series, NULL, tag->sums);
    }
    add_columns(figure);
    figure->chart.x = "category";
    figure->chart.x_title = "Category";
    figure->chart.series = "tag";
    figure_order_by(figure, data, &shown, QUANTITY_TOKENS);
    for (int at = 0; at < SIX; at++)
        put_category(figure, data, &composing, figure_name(data, names[at]));
    figure_note(figure, "The twelve categories are divided as in the study. Its text and its figures differ by up to a "
                        "point, and have the halves of translation the other way round: this is what was counted.");
    figure_note(figure,
                "A request with several tags of a category counts in full for each, so together they may have more "
                "than the category.");
    figure->has_failed |= shown.has_failed;
    groups_close(&shown);
    close(figure, &composing);
}

void make_tags_first(const struct figure_spec *spec, struct figure_data *data, struct figure *figure)
{
    static const char *const names[SIX] = {"roleplay", "programming", "translation", "science", "technology", "health"};

    make_six(spec, data, figure, names);
}

void make_tags_next(const struct figure_spec *spec, struct figure_data *data, struct figure *figure)
{
    static const char *const names[SIX] = {"finance", "academia", "legal", "trivia", "marketing", "seo"};

    make_six(spec, data, figure, names);
}

void make_sub_tags(const struct figure_spec *spec, struct figure_data *data, struct figure *figure)
{
    struct composing composing = {0};

    compose(spec, data, figure, &composing);
    add_columns(figure);
    figure->chart.x = "tag";
    figure->chart.x_title = "Tag";
    figure_order_by(figure, data, &composing.tags, QUANTITY_TOKENS);
    put_category(figure, data, &composing, figure_name(data, spec->filter.category));
    figure_note(figure,
                "A request with several tags of a category counts in full for each, so together they may have more "
                "than the category.");
    close(figure, &composing);
}
