/* `gentally catalog`: lists the models of the traffic that the catalog does not know, or shows the entry of a model. */
#include "gentally/core/catalog.h"

#include <stdio.h>

#include "gentally/base/json.h"
#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/commands/commands.h"
#include "leaderboard.h"
#include "live_counters.h"

enum option { FORMAT };

static const struct command_option option_table[] = {
    [FORMAT] = {"format", "F", "table, json or csv (default table)", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_catalog = {
    .name = "catalog",
    .purpose = "look models up; list those the catalog does not know",
    .arguments = "missing [options] | show SLUG [options]",
    .summary = "lists models the catalog does not know, or shows what it knows of one",
    .text =
        "missing  reads the counters in Redis (the largest windows that are kept) and lists the models with\n"
        "         traffic but without an entry, largest first. They are counted under their own names with\n"
        "         source, size and reasoning `unknown`. Add them to the catalog file and send the worker\n"
        "         SIGHUP: windows that are still kept are emitted again with the new attributes.\n"
        "show     prints author, source, size class, reasoning and list prices of a slug, after its variant\n"
        "         (\":free\"), alias or date is resolved.\n"
        "\n"
        "Example:\n"
        "  gentally catalog missing\n"
        "  gentally catalog show anthropic/claude-4.5-sonnet-20250929",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .has_verb = true,
    .has_positional = true,
    .run = run,
};

/* The model of a row key of the rollup `model`, without its variant. */
static struct span model_of(const struct rollups *rollups, struct span key, char text[ROW_KEY_MAX])
{
    struct span values[ROLLUP_DIMS_MAX] = {{NULL, 0}};
    const struct rollup *rollup;

    if (!row_key_read(key, rollups, &rollup, values, text))
        return (struct span){NULL, 0};
    for (uint32_t index = 0; index < rollup->dim_count; index++) {
        if (rollup->dims[index] == DIM_MODEL) {
            struct span base = slug_base(values[index]);
            return base.size > 0 ? base : values[index]; /* ":free" alone is a name, too */
        }
    }
    return (struct span){NULL, 0};
}

/* The smallest rollup that names the model: `model` in the default configuration. */
static const struct rollup *rollup_with_model(const struct rollups *rollups)
{
    const struct rollup *found = NULL;

    for (uint32_t index = 0; index < rollups->count; index++) {
        const struct rollup *rollup = &rollups->items[index];
        bool counts_once = true, has_model = false;
        for (uint32_t at = 0; at < rollup->dim_count; at++) {
            has_model = has_model || rollup->dims[at] == DIM_MODEL;
            counts_once = counts_once && rollup->dims[at] != DIM_CATEGORY && rollup->dims[at] != DIM_TAG;
        }
        if (has_model && counts_once && (found == NULL || rollup->dim_count < found->dim_count))
            found = rollup;
    }
    return found;
}

/* Sums the rows of every window of the kind, by unknown model. */
static enum verdict add_missing(struct live_counters *counters, const struct rollup *rollup, enum window_kind kind,
                                const struct catalog *catalog, struct totals *missing, struct reason *why)
{
    struct totals *rows = NULL;
    char text[ROW_KEY_MAX];
    enum verdict verdict = totals_open(&rows, why);

    for (uint32_t index = 0; index < counters->list.count && verdict == GO_ON; index++) {
        if (counters->list.windows[index].window.kind == kind)
            verdict = live_counters_add(counters, counters->list.windows[index].window, rollup, rows, why);
    }
    if (verdict == GO_ON)
        totals_sort(rows, BY_TOKENS);
    for (size_t index = 0; verdict == GO_ON && index < totals_count(rows); index++) {
        const struct totals_row *row = totals_row(rows, index);
        struct span model = model_of(&counters->config->rollups, row->name, text);
        int64_t sums[MEASURE_COUNT] = {
            [M_REQUESTS] = row->requests, [M_TOKENS_PROMPT] = row->tokens, [M_COST_NANO_USD] = row->cost_nano_usd};
        if (model.size > 0 && !catalog_find(catalog, model).is_known)
            verdict = totals_add(missing, 0, model, sums, why);
    }
    totals_close(rows);
    return verdict;
}

static enum verdict print_missing(const struct config *config, const struct catalog *catalog, uint32_t format,
                                  struct reason *why)
{
    const struct rollup *rollup = rollup_with_model(&config->rollups);
    const struct leaderboard leaderboard = {
        .titles = {"model"}, .title_count = 1, .measure = "tokens", .format = format, .limit = INT64_MAX};
    struct live_counters counters = {0};
    struct totals *missing = NULL;
    enum window_kind kind = WINDOW_MONTH;

    while (kind > WINDOW_HOUR && !config->windows[kind])
        kind--;
    if (rollup == NULL)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "no configured rollup counts by model (%s)",
                          config->rollups_text);
    enum verdict verdict = totals_open(&missing, why);
    if (verdict == GO_ON)
        verdict = live_counters_open(&counters, config, why);
    if (verdict == GO_ON)
        verdict = add_missing(&counters, rollup, kind, catalog, missing, why);
    if (verdict == GO_ON) {
        totals_sort(missing, BY_TOKENS);
        if (totals_count(missing) == 0)
            fprintf(stderr, "no unknown models\n");
        else
            verdict = leaderboard_print(&leaderboard, missing, why);
    }
    live_counters_close(&counters);
    totals_close(missing);
    return verdict;
}

static void print_field(const char *name, struct span value)
{
    printf("%-10s %.*s\n", name, (int)value.size, value.size == 0 ? "" : value.bytes);
}

static void print_model(const struct model *model, double prompt_usd, double completion_usd)
{
    char released[32] = "unknown";

    if (model->released_ms != 0)
        time_format(model->released_ms, released, sizeof(released));
    print_field("slug", model->slug);
    print_field("family", model->family);
    print_field("author", model->author);
    print_field("source", span_of(model_source_name(model->source)));
    print_field("size", span_of(model_size_name(model->size)));
    print_field("reasoning", span_of(model_reasoning_name(model->reasoning)));
    print_field("released", (struct span){released, strcspn(released, "T")});
    if (prompt_usd > 0 || completion_usd > 0)
        printf("%-10s %g USD per million prompt tokens, %g per million completion tokens\n", "price", prompt_usd,
               completion_usd);
    else
        print_field("price", span_of("none listed"));
}

static void print_model_json(const struct model *model)
{
    char slug[JSON_TEXT_MAX(EVENT_TEXT_MAX)], author[JSON_TEXT_MAX(EVENT_TEXT_MAX)];

    printf("{\"model\":%.*s,", (int)(json_text(slug, model->slug) - slug), slug);
    if (model->author.size > 0)
        printf("\"author\":%.*s,", (int)(json_text(author, model->author) - author), author);
    printf("\"source\":\"%s\",\"size\":\"%s\",\"reasoning\":\"%s\"}\n", model_source_name(model->source),
           model_size_name(model->size), model_reasoning_name(model->reasoning));
}

static enum verdict show(const struct catalog *catalog, const char *slug, uint32_t format, struct reason *why)
{
    struct model model, listed;
    double prompt_usd = 0, completion_usd = 0;

    if (slug == NULL || *slug == '\0' || strlen(slug) > EVENT_TEXT_MAX)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "catalog show wants a slug like openai/gpt-4o");
    if (format == FORMAT_CSV)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--format csv: catalog show has table and json");
    model = catalog_find(catalog, span_of(slug));
    if (!model.is_known) {
        fprintf(stderr, "%s: the catalog does not know it; it is counted as %.*s, all attributes unknown\n", slug,
                (int)model.slug.size, model.slug.bytes);
        return GO_ON;
    }
    for (size_t index = 0; catalog_at(catalog, index, &listed, &prompt_usd, &completion_usd); index++) {
        if (span_equal(listed.slug, model.slug))
            break;
    }
    if (format == FORMAT_JSON)
        print_model_json(&model);
    else
        print_model(&model, prompt_usd, completion_usd);
    return GO_ON;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct catalog *catalog = NULL;
    uint32_t format = FORMAT_TABLE;
    bool is_show = strcmp(call->verb, "show") == 0, is_missing = strcmp(call->verb, "missing") == 0;
    enum verdict verdict =
        option_choice(&call->options[FORMAT], leaderboard_formats, LEADERBOARD_FORMATS, &format, why);

    if (verdict == GO_ON && ((!is_show && !is_missing) || (is_missing && call->positional != NULL)))
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0, "want `catalog missing` or `catalog show SLUG`");
    if (verdict == GO_ON)
        verdict = catalog_open(&catalog, call->config->catalog, why);
    if (verdict == GO_ON)
        verdict =
            is_show ? show(catalog, call->positional, format, why) : print_missing(call->config, catalog, format, why);
    catalog_close(catalog);
    return verdict;
}
