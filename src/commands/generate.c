/* `gentally generate`: the seeded workload as JSON lines. Everything that is drawn is drawn in workload.c. */
#include "commands.h"

#include "gentally/event_json.h"
#include "gentally/timetable.h"
#include "gentally/workload.h"
#include "options.h"
#include "progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define BLOCK_SIZE ((size_t)1 << 18)
#define WEEK_MS (7 * DAY_MS)
#define TO_MAX_MS INT64_C(4102444800000)       /* 2100-01-01 */
#define FROM_DEFAULT_MS INT64_C(1759708800000) /* Monday 2025-10-06: the study's last eight weeks */

enum option { EVENTS, SEED, FROM, WEEKS, TO, ACCOUNTS, CLASSIFIED, ERRORS, DISORDER, OPTION_COUNT };

static const struct command_help help = {
    .name = "generate",
    .arguments = "[options]",
    .summary = "writes a made-up workload with the study's shape, as JSON lines",
    .text = "Writes events to standard output, one JSON object a line, with the field names of\n"
            "schemas/generation.avsc: models, providers, accounts, countries, languages, categories,\n"
            "lengths and prices as in the \"State of AI\" study of December 2025. The same options give\n"
            "the same bytes on every machine. Nothing is sent anywhere: pipe it to `gentally produce`.\n"
            "\n"
            "The classifier of the study saw 0.25 % of events; the default here is 5 %, so that the\n"
            "categories of a small demo are not noise.\n"
            "\n"
            "Example: ten thousand events of one week, some of them up to a minute late:\n"
            "  gentally generate --events 10000 --from 2025-11-17 --weeks 1 --disorder 60000 > events.jsonl",
};

static enum verdict read_range(const struct command_option options[], struct workload_options *workload,
                               struct reason *why)
{
    int64_t weeks = 8;
    enum verdict verdict = option_time(&options[FROM], &workload->from_ms, why);

    if (verdict == GO_ON)
        verdict = option_integer(&options[WEEKS], 1, TIMETABLE_MS_MAX / WEEK_MS, &weeks, why);
    if (verdict == GO_ON && workload->from_ms < TO_MAX_MS)
        workload->to_ms = workload->from_ms + weeks * WEEK_MS;
    if (verdict == GO_ON && options[TO].value != NULL && options[WEEKS].value != NULL)
        return reason_set(why, HALT, "CONFIG-VALUE", 0, "--to and --weeks both say where to end: give one of them");
    if (verdict == GO_ON)
        verdict = option_time(&options[TO], &workload->to_ms, why);
    if (verdict == GO_ON && (workload->from_ms < 0 || workload->from_ms >= TO_MAX_MS || workload->to_ms > TO_MAX_MS))
        return reason_set(why, HALT, "CONFIG-VALUE", 0, "--from and --to have to lie between 1970 and 2100");
    if (verdict == GO_ON && workload->to_ms <= workload->from_ms)
        return reason_set(why, HALT, "CONFIG-VALUE", 0, "--to has to be later than --from");
    if (verdict == GO_ON && workload->to_ms - workload->from_ms > TIMETABLE_MS_MAX)
        return reason_set(why, HALT, "CONFIG-VALUE", 0, "--from and --to may be ten years apart at most");
    return verdict;
}

static enum verdict read_options(const struct command_option options[], struct workload_options *workload,
                                 struct reason *why)
{
    int64_t seed = 1;

    *workload = (struct workload_options){
        .events = 200000, .from_ms = FROM_DEFAULT_MS, .accounts = 5000, .classified = 50000, .errors = 10000};
    enum verdict verdict = option_integer(&options[EVENTS], 1, WORKLOAD_EVENTS_MAX, &workload->events, why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[SEED], 0, INT64_MAX, &seed, why);
    workload->seed = (uint64_t)seed;
    if (verdict == GO_ON)
        verdict = read_range(options, workload, why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[ACCOUNTS], 1, WORKLOAD_ACCOUNTS_MAX, &workload->accounts, why);
    if (verdict == GO_ON)
        verdict = option_share(&options[CLASSIFIED], &workload->classified, why);
    if (verdict == GO_ON)
        verdict = option_share(&options[ERRORS], &workload->errors, why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[DISORDER], 0, WORKLOAD_DISORDER_MS_MAX, &workload->disorder_ms, why);
    return verdict;
}

static enum verdict write_all(const char *block, size_t size, struct reason *why)
{
    if (fwrite(block, 1, size, stdout) == size)
        return GO_ON;
    return reason_set(why, HALT, "OUTPUT-FAILED", errno, "standard output: %s", strerror(errno));
}

static enum verdict write_events(struct workload *workload, struct reason *why)
{
    char *block = malloc(BLOCK_SIZE + EVENT_JSON_MAX);
    struct progress progress;
    struct event event;
    size_t size = 0;
    int64_t count = 0;
    enum verdict verdict = GO_ON;

    if (block == NULL)
        return reason_set(why, HALT, "NO-MEMORY", 0, "no memory for a block of lines");
    progress_begin(&progress, "generated");
    progress.is_shown = progress.is_shown && isatty(STDOUT_FILENO) == 0; /* not between the lines themselves */
    while (verdict == GO_ON && workload_next(workload, &event)) {
        size += event_json_write(&event, block + size);
        count++;
        if (size >= BLOCK_SIZE) {
            verdict = write_all(block, size, why);
            size = 0;
            progress_step(&progress, count);
        }
    }
    if (verdict == GO_ON)
        verdict = write_all(block, size, why);
    if (verdict == GO_ON && fflush(stdout) != 0)
        verdict = reason_set(why, HALT, "OUTPUT-FAILED", errno, "standard output: %s", strerror(errno));
    progress_end(&progress);
    free(block);
    return verdict;
}

static int run(const struct config *config, const struct command_option options[])
{
    struct workload_options wanted;
    struct catalog *catalog = NULL;
    struct taxonomy *taxonomy = NULL;
    struct workload *workload = NULL;
    struct reason why = {0};
    enum verdict verdict = read_options(options, &wanted, &why);

    if (verdict == GO_ON)
        verdict = catalog_open(&catalog, config->catalog, &why);
    if (verdict == GO_ON)
        verdict = taxonomy_open(&taxonomy, config->taxonomy, &why);
    if (verdict == GO_ON)
        verdict = workload_open(&workload, &wanted, catalog, taxonomy, &why);
    if (verdict == GO_ON)
        verdict = write_events(workload, &why);
    workload_close(workload);
    taxonomy_close(taxonomy);
    catalog_close(catalog);
    return verdict == GO_ON ? EX_OK : command_fail(help.name, &why);
}

int command_generate(int argc, char **argv)
{
    struct command_option options[OPTION_COUNT] = {
        [EVENTS] = {"events", "N", "how many events (default 200000)", NULL},
        [SEED] = {"seed", "S", "another seed is another workload of the same shape (default 1)", NULL},
        [FROM] = {"from", "TIME", "the first moment (default 2025-10-06, a Monday)", NULL},
        [WEEKS] = {"weeks", "W", "how many weeks from there (default 8)", NULL},
        [TO] = {"to", "TIME", "instead of --weeks: the moment to end before", NULL},
        [ACCOUNTS] = {"accounts", "N", "how many accounts share the traffic (default 5000)", NULL},
        [CLASSIFIED] = {"classified", "SHARE", "share of events the classifier saw (default 0.05; the study: 0.0025)",
                        NULL},
        [ERRORS] = {"errors", "SHARE", "share of requests that fail (default 0.01)", NULL},
        [DISORDER] = {"disorder", "MS", "events may come so much after newer ones (default 0: in order)", NULL},
    };
    struct config *config = calloc(1, sizeof *config);
    int code = EX_OSERR;

    if (config != NULL && command_begin(&help, config, argc, argv, options, OPTION_COUNT, NULL, &code))
        code = run(config, options);
    free(config);
    return code;
}
