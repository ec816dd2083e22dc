/* `gentally figures`: lists the figures of the report, or prints how one of them is recounted from raw events. */
#include <stdio.h>

#include "gentally/base/calendar.h"
#include "gentally/base/json.h"
#include "gentally/base/text.h"
#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/cli/output.h"
#include "gentally/commands/commands.h"
#include "gentally/report/figure_sql.h"
#include "gentally/report/figures.h"
#include "table.h"

enum option { SQL, FROM, TO, FORMAT };

static const char *const formats[] = {"table", "json"};
enum format { FORMAT_TABLE, FORMAT_JSON };

static const struct command_option option_table[] = {
    [SQL] = {"sql", "ID", "print the SQL that recounts this figure from raw events", NULL},
    [FROM] = {"from", "TIME", "with --sql: only weeks and months that start then or later", NULL},
    [TO] = {"to", "TIME", "with --sql: only weeks and months that start before", NULL},
    [FORMAT] = {"format", "F", "of the list: table or json (default table)", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_figures = {
    .name = "figures",
    .purpose = "list the report's figures; print the SQL that recounts one",
    .arguments = "[--sql ID [--from TIME] [--to TIME] | --format table|json]",
    .summary = "lists the figures of the report, or prints how one is recounted from raw events",
    .text =
        "Without options: the 41 figures of `gentally report`, with what each is of.\n"
        "\n"
        "--sql S20 prints one statement for DuckDB. It reads the raw events (events.jsonl, a JSON object a line) and\n"
        "the tables that they are enriched with (catalog.csv, taxonomy.csv, countries.csv), none of our summaries,\n"
        "and gives the figure's rows in its columns and order: so anybody can check a number. Events that amend or\n"
        "retract others have to be applied first. Nothing is read or changed.\n"
        "\n"
        "Example:\n"
        "  gentally figures --sql S20 | duckdb",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .is_reader = true,
    .run = run,
};

static enum verdict find(const char *id, uint32_t *index, struct reason *why)
{
    *index = figures_find(span_of(id));
    if (*index < FIGURES_COUNT)
        return GO_ON;
    return reason_set(why, HALT, CONFIG_VALUE, 0, "--sql %.64s: want the id of a figure, %s to %s", id,
                      figures_title(0).id, figures_title(FIGURES_COUNT - 1).id);
}

/* A day for SQL; weeks and months start with one. */
static enum verdict read_day(const struct command_option *option, const char *otherwise, char day[32],
                             struct reason *why)
{
    int64_t ms = 0;
    enum verdict verdict = option_time(option, &ms, why);

    if (option->value == NULL)
        snprintf(day, 32, "%s", otherwise);
    else if (verdict == GO_ON)
        time_format(ms, day, 32);
    day[10] = '\0';
    return verdict;
}

static enum verdict print_sql(const struct command_option options[], struct reason *why)
{
    char from[32] = "", to[32] = "";
    uint32_t index = 0;
    enum verdict verdict = find(options[SQL].value, &index, why);

    if (verdict == GO_ON)
        verdict = read_day(&options[FROM], "0001-01-01", from, why);
    if (verdict == GO_ON)
        verdict = read_day(&options[TO], "9999-12-31", to, why);
    if (verdict != GO_ON)
        return verdict;
    figure_sql_write(stdout, index, from, to);
    return output_flush(why);
}

static void print_json(struct figures_title title)
{
    const struct {
        const char *name, *text;
    } fields[] = {{"id", title.id}, {"section", title.section}, {"title", title.title}, {"about", title.about}};
    char text[JSON_TEXT_MAX(512)];

    for (size_t at = 0; at < LENGTH_OF(fields); at++)
        printf("%s\"%s\":%.*s", at == 0 ? "{" : ",", fields[at].name,
               (int)(json_put_text(text, span_of(fields[at].text)) - text), text);
    puts("}");
}

static enum verdict print_list(uint32_t format, struct reason *why)
{
    static const struct table_column columns[] = {{"id", false}, {"section", false}, {"title", false}};
    struct table *table = NULL;
    enum verdict verdict = table_open(&table, columns, LENGTH_OF(columns), why);

    for (uint32_t index = 0; index < FIGURES_COUNT && verdict == GO_ON; index++) {
        struct figures_title title = figures_title(index);
        if (format == FORMAT_JSON) {
            print_json(title);
            continue;
        }
        table_text(table, span_of(title.id));
        table_text(table, span_of(title.section));
        table_text(table, span_of(title.title));
    }
    if (verdict == GO_ON && format == FORMAT_TABLE)
        verdict = table_print(table, stdout, why);
    table_close(table);
    return verdict == GO_ON ? output_flush(why) : verdict;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    const struct command_option *options = call->options;
    uint32_t format = FORMAT_TABLE;
    enum verdict verdict = option_choice(&options[FORMAT], formats, LENGTH_OF(formats), &format, why);

    if (verdict == GO_ON && options[SQL].value != NULL && options[FORMAT].value != NULL)
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0, "--format is of the list, and --sql prints none");
    if (verdict == GO_ON && options[SQL].value == NULL && (options[FROM].value != NULL || options[TO].value != NULL))
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0, "--from and --to are of --sql");
    if (verdict != GO_ON)
        return verdict;
    return options[SQL].value != NULL ? print_sql(options, why) : print_list(format, why);
}
