/*
 * `gentally report`: reads the summary topics and the ledger once, and writes the study's figures and tables, as of
 * when the summaries were told.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/commands/commands.h"
#include "gentally/core/catalog.h"
#include "gentally/core/event.h"
#include "gentally/kafka/topics.h"
#include "gentally/publish/our_schemas.h"
#include "gentally/report/figures.h"
#include "gentally/report/page.h"
#include "gentally/report/page_server.h"
#include "option_secret.h"
#include "report_live.h"
#include "report_page.h"

enum option { OUT, FORMAT, EDITION, TIMES, FROM, TO, EXAMPLES, WATCH, PORT, LISTEN, HOST, TOKEN_FILE, EMBED };

static const char *const formats[] = {"html", "json"};
enum format { FORMAT_HTML, FORMAT_JSON };

static const char *const editions[] = {"own", "study"};

#define PORT_DEFAULT 8732

static const struct command_option option_table[] = {
    [OUT] = {"out", "FILE", "write there (default: standard output)", NULL},
    [FORMAT] = {"format", "F", "html or json (default html)", NULL},
    [EDITION] = {"edition", "E", "own (default), or study: with its dates, members and contradictions", NULL},
    [TIMES] = {"times", "N", "sums are told N times as large: of a replica made smaller (default 1)", NULL},
    [FROM] = {"from", "TIME", "only weeks and months that start then or later", NULL},
    [TO] = {"to", "TIME", "only weeks and months that start before", NULL},
    [EXAMPLES] = {"examples", "SLUGS", "models of table S38, separated by commas (default: the largest)", NULL},
    [WATCH] = {"watch", NULL, "serve the page on 127.0.0.1 and keep it live", NULL},
    [PORT] = {"port", "N", "of --watch; 0 = any free one, which is printed (default 8732)", NULL},
    [LISTEN] = {"listen", "ADDRESS:PORT", "of --watch: there; beyond this machine with --token-file only", NULL},
    [HOST] = {"host", "NAME[:PORT]", "of --watch: the name it is asked under, beside its address", NULL},
    [EMBED] = {"embed", "ID", "one figure alone, for the frame of another page", NULL},
    [TOKEN_FILE] = {"token-file", "FILE", "of --watch: the token without which nothing is told", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_report = {
    .name = "report",
    .purpose = "write the study's figures and tables from the summaries",
    .arguments =
        "[--out FILE] [--format html|json] [--embed ID] [--edition own|study] [--times N] [--from TIME] [--to TIME] "
        "[--examples SLUG,SLUG...] [--watch [--port N | --listen ADDRESS:PORT] [--host NAME] [--token-file FILE]]",
    .summary = "write the study's 41 figures and tables from the summary topics",
    .text =
        "Reads the ledger and the summary topics from beginning to end, committed records only, and writes one\n"
        "document: the figures and tables S01 to S41 of the study \"State of AI\", of your own traffic, with the\n"
        "scalars C01 to C08, the ledger's state and notes on what is missing or unknown. Nothing is changed.\n"
        "\n"
        "html is one page that needs no network; json is what it is drawn from. Tops are chosen over the whole\n"
        "range; shares are quotients of sums; category figures have 95 % intervals.\n"
        "\n"
        "--edition study is for traffic like the study's: dates of its releases, its models in S34 and S38, and\n"
        "notes on where it contradicts itself. The numbers are the same in both. --times 1000000 makes trillions of\n"
        "a replica of one millionth: sums of tokens, requests and money, and so it says; accounts, models, shares\n"
        "and intervals stay as they were counted.\n"
        "\n"
        "--watch serves the page at http://127.0.0.1:PORT/, to this machine alone, goes on reading, and renews it in\n"
        "open browsers; it says how old the newest figures are, and calls itself live while that is a few intervals\n"
        "of early_emit_interval_ms at most, or all that the log has. It ends with Ctrl-C or SIGTERM.\n"
        "\n"
        "It also answers /embed/S01, a figure for the frame of another page; for programs /figures,\n"
        "/figures/S01.json and .csv, and\n"
        "/summaries?rollup=R&window=W&by=...&where=...&format=json|csv: the options of `gentally summaries`, with\n"
        "the same rows and sums, JSON as one array. --listen serves others, who must say the token: as bearer, or\n"
        "as the password that a browser asks for. It is plain HTTP: for TLS put a proxy in front, and name the\n"
        "host that people ask for by --host.\n"
        "\n"
        "Examples:\n"
        "  gentally report --out report.html\n"
        "  gentally report --embed S01 --out s01.html\n"
        "  gentally report --watch\n"
        "  gentally report --format json --from 2024-10-28 --to 2025-12-01 --out report.json",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .is_reader = true,
    .run = run,
};

/* What is read, ledger first: what is published meanwhile is then newer than the ledger, and no gap. Retention is there
 * only where accounts are. */
static const char *const rollups[] = {REPORT_ROLLUPS};

struct request {
    const struct config *config;
    const char *out; /* NULL: standard output */
    uint32_t format;
    uint32_t embedded; /* the figure that is written alone; FIGURES_COUNT: all */
    bool is_watched;
    struct report_place place;
    char token[OPTION_SECRET_SIZE];
    struct figures_options options;
    struct catalog *catalog;
    struct figures *figures;
};

static enum verdict take_record(void *context, const struct record *record, struct reason *why)
{
    struct request *request = context;

    return figures_take(request->figures, record, why);
}

/* A rollup that is not configured has no topic, and its figures say so. The ledger and the total must be there. */
static enum verdict read_rollup(struct request *request, const char *rollup, struct reason *why)
{
    char topic[TOPIC_NAME_MAX + 1];

    topic_summaries(request->config, rollup, topic);
    enum verdict verdict = our_schemas_read(request->config, NULL, OUR_SUMMARY, topic, take_record, request, why);
    bool is_needed = strcmp(rollup, "total") == 0;
    if (verdict == HALT && !is_needed && why->id == SOURCE_TOPIC_MISSING)
        return GO_ON;
    return verdict;
}

static enum verdict read_topics(struct request *request, struct reason *why)
{
    char topic[TOPIC_NAME_MAX + 1];

    topic_ledger(request->config, topic);
    enum verdict verdict = our_schemas_read(request->config, NULL, OUR_LEDGER, topic, take_record, request, why);
    for (size_t at = 0; at < LENGTH_OF(rollups) && verdict == GO_ON; at++)
        verdict = read_rollup(request, rollups[at], why);
    return verdict;
}

static enum verdict output_failed(const char *path, struct reason *why)
{
    return reason_set(why, HALT, OUTPUT_FAILED, errno, "%s: %s", path, strerror(errno));
}

/* The one place where a format is chosen. */
static enum verdict write_format(const struct request *request, FILE *file, struct span json, const char *path,
                                 struct reason *why)
{
    if (request->embedded < FIGURES_COUNT)
        return report_page_embedded(file, request->figures, request->embedded, why);
    if (request->format == FORMAT_HTML)
        return report_page(file, json, 0, why);
    return fwrite(json.bytes, 1, json.size, file) == json.size ? GO_ON : output_failed(path, why);
}

/* A file is written beside its place and then moved there, so that no reader ever meets half of it. */
static enum verdict write_file(const struct request *request, struct span json, struct reason *why)
{
    size_t size = strlen(request->out) + 16;
    char *path = malloc(size);

    if (path == NULL)
        return no_memory(why, "for a path");
    snprintf(path, size, "%s.part", request->out);
    FILE *file = fopen(path, "wb");
    enum verdict verdict = file == NULL ? output_failed(path, why) : write_format(request, file, json, path, why);
    if (file != NULL && fclose(file) != 0 && verdict == GO_ON)
        verdict = output_failed(path, why);
    if (verdict == GO_ON && rename(path, request->out) != 0)
        verdict = output_failed(request->out, why);
    if (verdict != GO_ON && file != NULL)
        remove(path);
    free(path);
    return verdict;
}

static enum verdict write_report(struct request *request, struct reason *why)
{
    struct span json;
    enum verdict verdict = figures_write(request->figures, &json, why);

    if (verdict != GO_ON)
        return verdict;
    if (request->out != NULL)
        return write_file(request, json, why);
    verdict = write_format(request, stdout, json, "standard output", why);
    if (verdict == GO_ON && fflush(stdout) != 0)
        verdict = output_failed("standard output", why);
    return verdict;
}

/* What is served is the page, and nothing is written. */
static enum verdict check_watch(const struct command_option options[], uint32_t format, struct reason *why)
{
    for (enum option option = PORT; option <= TOKEN_FILE; option++)
        if (options[WATCH].value == NULL && options[option].value != NULL)
            return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s is of --watch", options[option].name);
    if (options[EMBED].value != NULL && (options[WATCH].value != NULL || format != FORMAT_HTML))
        return reason_set(why, HALT, CONFIG_VALUE, 0,
                          "--embed writes a page of one figure: without --watch, which has "
                          "it at /embed/%s, and --format json",
                          options[EMBED].value);
    if (options[WATCH].value != NULL && (options[OUT].value != NULL || format != FORMAT_HTML))
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--watch serves the page: without --out and --format json");
    if (format == FORMAT_HTML && !page_is_built()) /* better told now than when all is read */
        return report_page(stdout, (struct span){"", 0}, 0, why);
    return GO_ON;
}

/* Where it listens: on this machine alone, or for those who know a token. */
static enum verdict read_place(struct request *request, const struct command_option options[], struct reason *why)
{
    struct report_place *place = &request->place;
    int64_t port = place->endpoint.port;
    enum verdict verdict = option_integer(&options[PORT], 0, UINT16_MAX, &port, why);

    if (verdict == GO_ON && options[PORT].value != NULL && options[LISTEN].value != NULL)
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0, "--listen has a port: leave --port out");
    place->endpoint.port = (uint16_t)port;
    if (verdict == GO_ON && options[LISTEN].value != NULL && !endpoint_parse(options[LISTEN].value, &place->endpoint))
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0,
                             "--listen %s: want ADDRESS:PORT, like 0.0.0.0:8732 or [::]:8732", options[LISTEN].value);
    place->host = options[HOST].value;
    if (verdict == GO_ON && options[TOKEN_FILE].value != NULL) {
        verdict = option_secret_read(&options[TOKEN_FILE], request->token, why);
        place->token = request->token;
    }
    if (verdict == GO_ON && place->token == NULL && !endpoint_is_local(&place->endpoint))
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0, "--listen %s is for others, too: give --token-file FILE",
                             options[LISTEN].value);
    return verdict;
}

static enum verdict read_embedded(struct request *request, const struct command_option *option, struct reason *why)
{
    request->embedded = option->value == NULL ? FIGURES_COUNT : figures_find(span_of(option->value));
    if (option->value == NULL || request->embedded < FIGURES_COUNT)
        return GO_ON;
    return reason_set(why, HALT, CONFIG_VALUE, 0, "--embed %.64s: want the id of a figure, %s to %s", option->value,
                      figures_title(0).id, figures_title(FIGURES_COUNT - 1).id);
}

static enum verdict read_options(struct request *request, const struct command_option options[], struct reason *why)
{
    request->out = options[OUT].value;
    request->is_watched = options[WATCH].value != NULL;
    request->place = (struct report_place){.endpoint = {.address = {127, 0, 0, 1}, .port = PORT_DEFAULT}};
    request->options = (struct figures_options){.prefix = request->config->namespace_,
                                                .from_ms = INT64_MIN,
                                                .to_ms = INT64_MAX,
                                                .examples = options[EXAMPLES].value};
    if (request->out != NULL && strcmp(request->out, "-") == 0)
        request->out = NULL;
    enum verdict verdict = option_choice(&options[FORMAT], formats, LENGTH_OF(formats), &request->format, why);
    uint32_t edition = 0;
    if (verdict == GO_ON)
        verdict = option_choice(&options[EDITION], editions, LENGTH_OF(editions), &edition, why);
    request->options.is_study = edition == 1;
    request->options.times = 1;
    if (verdict == GO_ON)
        verdict = option_integer(&options[TIMES], 1, FIGURES_TIMES_MAX, &request->options.times, why);
    if (verdict == GO_ON)
        verdict = option_time(&options[FROM], &request->options.from_ms, why);
    if (verdict == GO_ON)
        verdict = option_time(&options[TO], &request->options.to_ms, why);
    if (verdict == GO_ON)
        verdict = check_watch(options, request->format, why);
    if (verdict == GO_ON)
        verdict = read_embedded(request, &options[EMBED], why);
    if (verdict == GO_ON)
        verdict = read_place(request, options, why);
    if (verdict == GO_ON && request->options.from_ms >= request->options.to_ms)
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0, "--from %s is not before --to %s", options[FROM].value,
                             options[TO].value);
    return verdict;
}

static enum verdict open_catalog(struct request *request, struct reason *why)
{
    enum verdict verdict = catalog_open(&request->catalog, request->config->catalog, why);

    if (verdict == GO_ON)
        catalog_use_steps(request->catalog, request->config->catalog_steps);
    request->options.catalog = request->catalog;
    return verdict;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct request request = {.config = call->config};
    enum verdict verdict = read_options(&request, call->options, why);

    if (verdict == GO_ON)
        verdict = open_catalog(&request, why);
    if (verdict == GO_ON)
        verdict = figures_open(&request.figures, &request.options, why);
    if (verdict == GO_ON && request.is_watched) {
        verdict = report_live(call->config, request.figures, &request.place, why);
    } else if (verdict == GO_ON) {
        verdict = read_topics(&request, why);
        if (verdict == GO_ON)
            verdict = write_report(&request, why);
        if (verdict == GO_ON && figures_unreadable(request.figures) > 0)
            verdict = reason_set(why, HALT, SUMMARY_UNREADABLE, 0,
                                 "%zu rows and ledger records cannot be read, and the report does without them",
                                 figures_unreadable(request.figures));
    }
    figures_close(request.figures);
    catalog_close(request.catalog);
    return verdict;
}
