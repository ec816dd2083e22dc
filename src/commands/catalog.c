/* `gentally catalog`: lists the models of the traffic that the catalog does not know, shows the entry of a model, or
 * adds models out of somebody else's list. */
#include "gentally/core/catalog.h"

#include <stdio.h>
#include <string.h>

#include "catalog_missing.h"
#include "gentally/base/clock.h"
#include "gentally/base/json.h"
#include "gentally/base/text.h"
#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/commands/commands.h"
#include "leaderboard.h"
#include "list_import.h"

enum option { FORMAT, ALL, OUT, VALID_FROM };

#define YEAR_2000_MS INT64_C(946684800000)
#define YEAR_2100_MS INT64_C(4102444800000)
#define STEPS_TEXT_MAX 128 /* the names of all steps, and ", " between them */

static const struct command_option option_table[] = {
    [FORMAT] = {"format", "F", "table, json or csv (default table)", NULL},
    [ALL] = {"all", NULL, "missing: also countries, languages and finish reasons that are in no vocabulary", NULL},
    [OUT] = {"out", "FILE", "import: write the catalog with the new rows there (default: only tell them)", NULL},
    [VALID_FROM] = {"valid-from", "DATE", "import: the day from which prices hold (default today)", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_catalog = {
    .name = "catalog",
    .purpose = "look models up; list those the catalog does not know; add models from a list",
    .arguments = "missing [options] | show NAME [options] | import FILE [options]",
    .summary = "lists models the catalog does not know, shows what it knows of one, or adds models",
    .text =
        "missing  reads the counters in Redis (the largest windows that are kept) and lists the models with\n"
        "         traffic but without an entry, largest first. They are counted under their own names with\n"
        "         source, size and reasoning `unknown`. Add them to the catalog file, under just the name that\n"
        "         is listed, and send the worker SIGHUP: windows that are still kept are emitted again with\n"
        "         the new attributes.\n"
        "         With --all also lists countries that are no ISO 3166-1 codes (UK is none: it is GB), languages\n"
        "         that are no tags of BCP 47, and finish reasons that are not documented. All of them are counted\n"
        "         as they are; only the case of codes and tags, and codes that were replaced, make no difference.\n"
        "show     prints author, source, size class, reasoning and list prices of a model, its name and its\n"
        "         maker's for people where the catalog has them, and by which steps (see the option\n"
        "         `catalog_steps`) its name was found. `show -` reads names from standard input, a line each,\n"
        "         and prints of each: the name, the slug or nothing, the steps.\n"
        "import   holds a list of models against the catalog (the option `catalog`, or the bundled one):\n"
        "         LiteLLM's model_prices_and_context_window.json, models.dev's api.json, or what OpenRouter\n"
        "         answers to /api/v1/models; - is standard input. It tells which models are new, which have\n"
        "         another list price (USD per million tokens of prompt / completion), and where the list says\n"
        "         otherwise of weights or reasoning. Only vendors' own lists and OpenRouter's count. With --out\n"
        "         the catalog is written with a row more for each new model, each new price and each name for\n"
        "         people that it had not (if it has the column `name`), every byte of before with it: nothing\n"
        "         that was judged changes, and what the list does not say stays empty, to be judged by you.\n"
        "\n"
        "Examples:\n"
        "  gentally catalog missing\n"
        "  gentally catalog show us.anthropic.claude-sonnet-4-5-20250929-v1:0\n"
        "  gentally catalog import api.json --out catalog.csv",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .is_reader = true,
    .has_verb = true,
    .has_positional = true,
    .run = run,
};

/* Names are somebody else's: what would steer a terminal is blank. */
static void print_name(FILE *file, struct span name)
{
    char text[EVENT_TEXT_MAX];
    size_t size = name.size < sizeof(text) ? name.size : sizeof(text);

    memcpy(text, size == 0 ? "" : name.bytes, size);
    text_make_one_line(text, size);
    fwrite(text, 1, size, file);
}

static void print_field(const char *name, struct span value)
{
    printf("%-10s ", name);
    print_name(stdout, value);
    fputc('\n', stdout);
}

/* "host, spelling"; "its own name" if no step was needed. */
static void steps_text(uint32_t steps, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned step = 0; step < NAME_STEPS && used < size; step++)
        if ((steps & NAME_STEP(step)) != 0)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ", name_step_name(step));
}

/* The price of now, and the day of the next one, which counts for nothing yet. */
static void print_price(const struct catalog *catalog, struct span slug, int64_t now_ms)
{
    const char *name = "price";
    struct list_price price;
    char day[32] = "";

    for (int64_t at_ms = now_ms; at_ms != NO_TIME; at_ms = price.until_ms, name = "from") {
        price = catalog_price(catalog, slug, at_ms);
        if (at_ms > now_ms)
            time_format(at_ms, day, sizeof(day));
        printf("%-10s %.*s", name, (int)strcspn(day, "T"), day);
        if (at_ms > now_ms)
            fputs(": ", stdout);
        if (price.prompt > 0 || price.completion > 0)
            printf("%g USD per million prompt tokens, %g per million completion tokens\n", price.prompt,
                   price.completion);
        else
            puts("none listed");
    }
}

static void print_model(const struct catalog *catalog, const struct model *model, uint32_t steps)
{
    char released[32] = "unknown", by[STEPS_TEXT_MAX];

    if (model->released_ms != 0)
        time_format(model->released_ms, released, sizeof(released));
    steps_text(steps, by, sizeof(by));
    print_field("slug", model->slug);
    if (steps != 0)
        printf("%-10s as %.*s by %s\n", "matched", (int)model->slug.size, model->slug.bytes, by);
    if (model->name.size > 0)
        print_field("name", model->name);
    print_field("family", model->family);
    print_field("author", model->author);
    if (model->author_name.size > 0)
        print_field("maker", model->author_name);
    print_field("source", span_of(model->is_router ? "a router, not a model" : model_source_name(model->source)));
    print_field("size", span_of(model_size_name(model->size)));
    print_field("reasoning", span_of(model_reasoning_name(model->reasoning)));
    print_field("released", (struct span){released, strcspn(released, "T")});
    print_price(catalog, model->slug, clock_ms(CLOCK_REALTIME));
}

static void print_steps_json(uint32_t steps)
{
    const char *comma = "";

    printf("\"matched_by\":[");
    for (unsigned step = 0; step < NAME_STEPS; step++) {
        if ((steps & NAME_STEP(step)) != 0) {
            printf("%s\"%s\"", comma, name_step_name(step));
            comma = ",";
        }
    }
    printf("]");
}

static void print_member(const char *name, struct span value)
{
    char text[JSON_TEXT_MAX(EVENT_TEXT_MAX)];

    if (value.size > 0)
        printf("\"%s\":%.*s,", name, (int)(json_put_text(text, value) - text), text);
}

static void print_model_json(const struct model *model, uint32_t steps)
{
    putchar('{');
    print_member("model", model->slug);
    print_member("model_name", model->name);
    print_member("author", model->author);
    print_member("author_name", model->author_name);
    printf("\"source\":\"%s\",\"size\":\"%s\",\"reasoning\":\"%s\",\"router\":%s,", model_source_name(model->source),
           model_size_name(model->size), model_reasoning_name(model->reasoning), model->is_router ? "true" : "false");
    print_steps_json(steps);
    printf("}\n");
}

/* One line of `catalog show -`: of an unknown name the slug is empty, or null. */
static void print_match(const struct catalog *catalog, struct span name, uint32_t format)
{
    char text[JSON_TEXT_MAX(EVENT_TEXT_MAX)], slug[JSON_TEXT_MAX(EVENT_TEXT_MAX)] = "null", by[STEPS_TEXT_MAX];
    uint32_t steps;
    struct model model = catalog_match(catalog, name, &steps);

    steps_text(steps, by, sizeof(by));
    if (format != FORMAT_JSON) {
        print_name(stdout, name);
        fputc('\t', stdout);
        print_name(stdout, model.is_known ? model.slug : (struct span){NULL, 0});
        printf("\t%s\n", by);
        return;
    }
    size_t slug_size = model.is_known ? (size_t)(json_put_text(slug, model.slug) - slug) : strlen(slug);
    printf("{\"name\":%.*s,\"model\":%.*s,", (int)(json_put_text(text, name) - text), text, (int)slug_size, slug);
    print_steps_json(steps);
    printf("}\n");
}

static enum verdict show_lines(const struct catalog *catalog, uint32_t format, struct reason *why)
{
    char line[EVENT_TEXT_MAX + 3];

    for (uint32_t number = 1; fgets(line, sizeof(line), stdin) != NULL; number++) {
        size_t size = strcspn(line, "\r\n");
        if (size > EVENT_TEXT_MAX)
            return reason_set(why, HALT, CONFIG_VALUE, 0, "line %u: a name has at most %d bytes", number,
                              EVENT_TEXT_MAX);
        if (size > 0)
            print_match(catalog, (struct span){line, size}, format);
    }
    return GO_ON;
}

static enum verdict show(const struct catalog *catalog, const char *name, uint32_t format, struct reason *why)
{
    struct model model;
    uint32_t steps = 0;

    if (name == NULL || *name == '\0' || strlen(name) > EVENT_TEXT_MAX)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "catalog show wants a name like openai/gpt-4o");
    if (format == FORMAT_CSV)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--format csv: catalog show has table and json");
    if (strcmp(name, "-") == 0)
        return show_lines(catalog, format, why);
    model = catalog_match(catalog, span_of(name), &steps);
    if (!model.is_known) {
        print_name(stderr, span_of(name));
        fputs(": the catalog does not know it; it is counted as ", stderr);
        print_name(stderr, model.slug);
        fputs(", all attributes unknown\n", stderr);
        return GO_ON;
    }
    if (format == FORMAT_JSON)
        print_model_json(&model, steps);
    else
        print_model(catalog, &model, steps);
    return GO_ON;
}

static enum verdict import(const struct command_call *call, uint32_t format, struct reason *why)
{
    struct list_import order = {.list = call->positional,
                                .out = call->options[OUT].value,
                                .valid_from_ms = clock_ms(CLOCK_REALTIME),
                                .format = format};
    enum verdict verdict = option_time(&call->options[VALID_FROM], &order.valid_from_ms, why);

    if (verdict == GO_ON && (order.valid_from_ms < YEAR_2000_MS || order.valid_from_ms >= YEAR_2100_MS))
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0, "--valid-from: a catalog's dates are of this century");
    if (verdict == GO_ON && (order.list == NULL || *order.list == '\0'))
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0, "catalog import wants a file, or - for standard input");
    return verdict == GO_ON ? list_import_run(call->config, &order, why) : verdict;
}

static enum verdict look_up(const struct command_call *call, uint32_t format, struct reason *why)
{
    struct catalog *catalog = NULL;
    bool is_show = strcmp(call->verb, "show") == 0;
    enum verdict verdict = catalog_open(&catalog, call->config->catalog, why);

    if (verdict == GO_ON)
        catalog_use_steps(catalog, call->config->catalog_steps);
    if (verdict == GO_ON)
        verdict = is_show ? show(catalog, call->positional, format, why)
                          : catalog_missing_print(call->config, catalog, call->options[ALL].value != NULL, format, why);
    catalog_close(catalog);
    return verdict;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    uint32_t format = FORMAT_TABLE;
    bool is_show = strcmp(call->verb, "show") == 0, is_missing = strcmp(call->verb, "missing") == 0;
    bool is_import = strcmp(call->verb, "import") == 0;
    enum verdict verdict =
        option_choice(&call->options[FORMAT], leaderboard_formats, LEADERBOARD_FORMATS, &format, why);

    if (verdict == GO_ON && ((!is_show && !is_missing && !is_import) || (is_missing && call->positional != NULL)))
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0,
                             "want `catalog missing`, `catalog show NAME` or `catalog import FILE`");
    if (verdict == GO_ON && !is_import && (call->options[OUT].value != NULL || call->options[VALID_FROM].value != NULL))
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0, "--out and --valid-from are of `catalog import`");
    if (verdict != GO_ON)
        return verdict;
    return is_import ? import(call, format, why) : look_up(call, format, why);
}
