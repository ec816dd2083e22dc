/* S13: tokens of requests that called tools, and of those that were offered some, in all tokens of the week. */
#include "tool_shares.h"

#include "groups.h"

static void take_week(void *context, const struct summary_row *row)
{
    groups_add(context, row->start_ms, 0, row, row->sums);
}

void tool_shares_make(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    static const struct {
        const char *name;
        enum measure measure;
    } kinds[] = {{"Tool calls", M_TOOL_TOKENS}, {"Tools offered", M_TOOLS_OFFERED_TOKENS}};
    struct groups weeks = {.has_failed = dataset->has_failed};

    figure_column(figure, "week", "Week", TYPE_DATE);
    figure_column(figure, "kind", "Requests with", TYPE_TEXT);
    figure_column(figure, "tokens", "Tokens", TYPE_INTEGER);
    figure_column(figure, "total_tokens", "Total tokens", TYPE_INTEGER);
    figure_column(figure, "share", "Share", TYPE_SHARE);
    figure->chart.x = "week";
    figure->chart.y = "share";
    figure->chart.series = "kind";
    figure->chart.x_title = "Week";
    figure->chart.y_title = "Share of tokens";
    spec_each_row(spec, dataset, figure, take_week, &weeks);
    groups_sort(&weeks);
    for (size_t index = 0; index < weeks.count; index++) {
        const int64_t *sums = weeks.items[index].sums;
        for (size_t at = 0; at < LENGTH_OF(kinds) && row_tokens(sums) > 0; at++) {
            figure_date(figure, weeks.items[index].x);
            figure_text(figure, span_of(kinds[at].name));
            figure_integer(figure, sums[kinds[at].measure]);
            figure_integer(figure, row_tokens(sums));
            figure_real(figure, quantity_share(sums[kinds[at].measure], row_tokens(sums)));
        }
    }
    for (size_t at = 0; at < LENGTH_OF(kinds) && figure->cell_count > 0; at++)
        figure_order(figure, dataset_name(dataset, kinds[at].name));
    groups_close(&weeks);
}
