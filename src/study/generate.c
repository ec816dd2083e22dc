/* `gentally-demo generate`: a seeded workload as JSON lines. Its events come from workload.c (--profile demo) or from
 * study_traffic.c (--profile study). */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arrivals.h"
#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/cli/output.h"
#include "gentally/cli/progress.h"
#include "gentally/codec/json_write.h"
#include "gentally/study/demo.h"
#include "study_traffic.h"
#include "workload.h"

#define BLOCK_SIZE ((size_t)1 << 18)
#define WEEK_MS (7 * DAY_MS)
#define TO_MAX_MS INT64_C(4102444800000)       /* 2100-01-01 */
#define FROM_DEFAULT_MS INT64_C(1759708800000) /* Monday 2025-10-06: the study's last eight weeks */

enum option { PROFILE, EVENTS, SEED, FROM, WEEKS, TO, ACCOUNTS, LOYAL, CLASSIFIED, ERRORS, DISORDER, SCALE, EXACT };

enum profile { PROFILE_DEMO, PROFILE_STUDY };
static const char *const profiles[] = {"demo", "study"};

/* Makes the events; one of the two is NULL. */
struct maker {
    struct workload *workload;
    struct study_traffic *traffic;
};

static const struct command_option option_table[] = {
    [PROFILE] = {"profile", "NAME", "demo (default): so many events; study: the study's 57 weeks, to scale", NULL},
    [EVENTS] = {"events", "N", "demo: how many events (default 200000)", NULL},
    [SEED] = {"seed", "S", "another seed is another workload of the same shape (default 1)", NULL},
    [FROM] = {"from", "TIME", "the first moment (default 2025-10-06, a Monday; study: 2024-10-28)", NULL},
    [WEEKS] = {"weeks", "W", "how many weeks from there (default 8; study: all)", NULL},
    [TO] = {"to", "TIME", "instead of --weeks: the moment to end before", NULL},
    [ACCOUNTS] = {"accounts", "N", "demo: how many accounts share the traffic (default 5000)", NULL},
    [LOYAL] = {"loyal", NULL, "demo: each account keeps to two to five models, its favourite first", NULL},
    [CLASSIFIED] = {"classified", "SHARE",
                    "share of events the classifier saw (default 0.05, study 1; the study's own: 0.0025)", NULL},
    [ERRORS] = {"errors", "SHARE", "share of requests that fail (default 0.01)", NULL},
    [DISORDER] = {"disorder", "MS", "events may come so much after newer ones (default 0: in order)", NULL},
    [SCALE] = {"scale", "S", "study: events and tokens as a part of the real ones, 1e-6 (default) to 1", NULL},
    [EXACT] = {"exact", NULL, "study: the sums of its tables, to the token", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_generate = {
    .name = "generate",
    .purpose = "make events with the shape of real traffic, from a seed",
    .arguments = "[options]",
    .summary = "writes a made-up workload with the study's shape, as JSON lines",
    .text =
        "Writes events to standard output, one JSON object a line, with the field names of\n"
        "schemas/generation.avsc: models, providers, accounts, countries, languages, categories,\n"
        "lengths and prices as in the \"State of AI\" study of December 2025. The same options give\n"
        "the same bytes on every machine. Nothing is sent anywhere: pipe it to `gentally produce`.\n"
        "\n"
        "The classifier of the study saw 0.25 % of events; the default here is 5 %, so that the\n"
        "categories of a small demo are not noise.\n"
        "\n"
        "--profile study replicates the study itself: its 57 weeks, 2024-10-28 to 2025-11-30, with\n"
        "the models, categories, prices, countries and accounts its charts and tables show, at a\n"
        "scale of your choice: 1e-6 (a millionth, the least) is 186 million tokens in about 45,000\n"
        "events. All events since 2025-05-19 are classified unless --classified says otherwise, none\n"
        "before. With --exact sizes and countries are dealt rather than drawn, so that the study's\n"
        "tables come out to the published digit. Its weekly and monthly charts do within what they\n"
        "can be read to, half a percent point (two under notes in a figure, 500 tokens of a prompt);\n"
        "those of authors, prices and cohorts as its prose has them. S10 and a part of S30 do not: other\n"
        "charts of the study leave no room for them.\n"
        "A part of the range (--from, --to) has the very events the whole has there.\n"
        "\n"
        "Example: ten thousand events of one week, some of them up to a minute late:\n"
        "  gentally-demo generate --events 10000 --from 2025-11-17 --weeks 1 --disorder 60000 > events.jsonl\n"
        "\n"
        "Example: the study at a millionth of its volume, its tables exact:\n"
        "  gentally-demo generate --profile study --exact > study.jsonl",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

/* `*from_ms` and `*to_ms` hold the defaults on entry. */
static enum verdict read_range(const struct command_option options[], int64_t *from_ms, int64_t *to_ms,
                               struct reason *why)
{
    int64_t weeks = 0;
    enum verdict verdict = option_time(&options[FROM], from_ms, why);

    if (verdict == GO_ON)
        verdict = option_integer(&options[WEEKS], 1, ARRIVALS_MS_MAX / WEEK_MS, &weeks, why);
    if (verdict == GO_ON && weeks > 0 && *from_ms < TO_MAX_MS)
        *to_ms = *from_ms + weeks * WEEK_MS;
    if (verdict == GO_ON && options[TO].value != NULL && options[WEEKS].value != NULL)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--to and --weeks both say where to end: give one of them");
    if (verdict == GO_ON)
        verdict = option_time(&options[TO], to_ms, why);
    if (verdict == GO_ON && (*from_ms < 0 || *from_ms >= TO_MAX_MS || *to_ms > TO_MAX_MS))
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--from and --to have to lie between 1970 and 2100");
    if (verdict == GO_ON && *to_ms <= *from_ms)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--to has to be later than --from");
    if (verdict == GO_ON && *to_ms - *from_ms > ARRIVALS_MS_MAX)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--from and --to may be ten years apart at most");
    return verdict;
}

/* Options that mean nothing to a profile are refused, not ignored. */
static enum verdict refuse(const struct command_option options[], const enum option unmeant[], size_t count,
                           const char *profile, struct reason *why)
{
    for (size_t index = 0; index < count; index++) {
        if (options[unmeant[index]].value != NULL)
            return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s is not for --profile %s", options[unmeant[index]].name,
                              profile);
    }
    return GO_ON;
}

static enum verdict read_workload(const struct command_option options[], struct workload_options *workload,
                                  struct reason *why)
{
    static const enum option unmeant[] = {SCALE, EXACT};
    int64_t seed = 1;

    *workload = (struct workload_options){.events = 200000,
                                          .from_ms = FROM_DEFAULT_MS,
                                          .to_ms = FROM_DEFAULT_MS + 8 * WEEK_MS,
                                          .accounts = 5000,
                                          .is_loyal = options[LOYAL].value != NULL,
                                          .classified = 50000,
                                          .errors = 10000};
    enum verdict verdict = refuse(options, unmeant, LENGTH_OF(unmeant), "demo", why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[EVENTS], 1, WORKLOAD_EVENTS_MAX, &workload->events, why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[SEED], 0, INT64_MAX, &seed, why);
    workload->seed = (uint64_t)seed;
    if (verdict == GO_ON && options[FROM].value != NULL && options[WEEKS].value == NULL && options[TO].value == NULL) {
        verdict = option_time(&options[FROM], &workload->from_ms, why);
        workload->to_ms = workload->from_ms < TO_MAX_MS ? workload->from_ms + 8 * WEEK_MS : TO_MAX_MS;
    }
    if (verdict == GO_ON)
        verdict = read_range(options, &workload->from_ms, &workload->to_ms, why);
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

static enum verdict read_study_traffic(const struct command_option options[], struct study_traffic_options *traffic,
                                       struct reason *why)
{
    static const enum option unmeant[] = {EVENTS, ACCOUNTS, LOYAL};
    int64_t seed = 1;

    *traffic = (struct study_traffic_options){.scale = STUDY_TRAFFIC_SCALE_MIN,
                                              .from_ms = STUDY_TRAFFIC_FROM_MS,
                                              .to_ms = STUDY_TRAFFIC_UNTIL_MS,
                                              .is_exact = options[EXACT].value != NULL,
                                              .classified = 1000000,
                                              .errors = 10000};
    enum verdict verdict = refuse(options, unmeant, LENGTH_OF(unmeant), "study", why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[SEED], 0, INT64_MAX, &seed, why);
    traffic->seed = (uint64_t)seed;
    if (verdict == GO_ON)
        verdict = option_scale(&options[SCALE], STUDY_TRAFFIC_SCALE_MIN, &traffic->scale, why);
    if (verdict == GO_ON)
        verdict = read_range(options, &traffic->from_ms, &traffic->to_ms, why);
    if (verdict == GO_ON && (traffic->from_ms < STUDY_TRAFFIC_FROM_MS || traffic->to_ms > STUDY_TRAFFIC_UNTIL_MS))
        return reason_set(why, HALT, CONFIG_VALUE, 0,
                          "--from and --to have to lie in the study's weeks, 2024-10-28 to 2025-12-01");
    if (verdict == GO_ON)
        verdict = option_share(&options[CLASSIFIED], &traffic->classified, why);
    if (verdict == GO_ON)
        verdict = option_share(&options[ERRORS], &traffic->errors, why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[DISORDER], 0, WORKLOAD_DISORDER_MS_MAX, &traffic->disorder_ms, why);
    return verdict;
}

static enum verdict make_event(const struct maker *maker, struct event *event, bool *is_end, struct reason *why)
{
    if (maker->traffic != NULL)
        return study_traffic_next(maker->traffic, event, is_end, why);
    *is_end = !workload_next(maker->workload, event);
    return GO_ON;
}

static enum verdict write_events(const struct maker *maker, struct reason *why)
{
    char *block = malloc(BLOCK_SIZE + EVENT_JSON_MAX);
    struct progress progress;
    struct event event;
    size_t size = 0;
    int64_t count = 0;
    bool is_end = false;
    enum verdict verdict = GO_ON;

    if (block == NULL)
        return no_memory(why, "for a block of lines");
    progress_begin(&progress, "generated");
    progress.is_shown = progress.is_shown && isatty(STDOUT_FILENO) == 0; /* not between the lines themselves */
    while (verdict == GO_ON) {
        verdict = make_event(maker, &event, &is_end, why);
        if (is_end || verdict != GO_ON)
            break;
        size += json_write_event(&event, block + size);
        count++;
        if (size >= BLOCK_SIZE) {
            verdict = output_write((struct span){block, size}, why);
            size = 0;
            progress_step(&progress, count);
        }
    }
    if (verdict == GO_ON)
        verdict = output_write((struct span){block, size}, why);
    if (verdict == GO_ON)
        verdict = output_flush(why);
    progress_end(&progress);
    free(block);
    return verdict;
}

static enum verdict open_maker(struct maker *maker, const struct command_option options[],
                               const struct catalog *catalog, const struct taxonomy *taxonomy, struct reason *why)
{
    uint32_t profile = PROFILE_DEMO;
    struct workload_options workload;
    struct study_traffic_options traffic;
    enum verdict verdict = option_choice(&options[PROFILE], profiles, LENGTH_OF(profiles), &profile, why);

    if (verdict == GO_ON && profile == PROFILE_STUDY) {
        verdict = read_study_traffic(options, &traffic, why);
        return verdict == GO_ON ? study_traffic_open(&maker->traffic, &traffic, catalog, why) : verdict;
    }
    if (verdict == GO_ON)
        verdict = read_workload(options, &workload, why);
    return verdict == GO_ON ? workload_open(&maker->workload, &workload, catalog, taxonomy, why) : verdict;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct catalog *catalog = NULL;
    struct taxonomy *taxonomy = NULL;
    struct maker maker = {0};
    enum verdict verdict = catalog_open(&catalog, call->config->catalog, why);

    if (verdict == GO_ON)
        verdict = taxonomy_open(&taxonomy, call->config->taxonomy, why);
    if (verdict == GO_ON)
        verdict = open_maker(&maker, call->options, catalog, taxonomy, why);
    if (verdict == GO_ON)
        verdict = write_events(&maker, why);
    workload_close(maker.workload);
    study_traffic_close(maker.traffic);
    taxonomy_close(taxonomy);
    catalog_close(catalog);
    return verdict;
}
