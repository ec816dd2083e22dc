/*
 * `gentally verify`: reads the ledger and the summaries, and proves that nothing was lost, counted twice or taken away.
 * See inspect/audit.h for what is checked and in which order the topics are read. Redis is asked where it can be: for
 * the settings, and for the windows that it has.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gentally/base/clock.h"
#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/codec/record_read.h"
#include "gentally/commands/commands.h"
#include "gentally/core/event.h"
#include "gentally/inspect/audit.h"
#include "gentally/kafka/topic_places.h"
#include "gentally/kafka/topics.h"
#include "gentally/publish/our_schemas.h"
#include "printable.h"
#include "verify_store.h"

enum option { FORMAT, STRICT, SHOW };

static const char *const formats[] = {"text", "json"};
enum format { FORMAT_TEXT, FORMAT_JSON };

#define SHOWN_KEY_MAX 200u

static const struct command_option option_table[] = {
    [FORMAT] = {"format", "F", "text or json (default text)", NULL},
    [STRICT] = {"strict", NULL, "holes, steps back and amendments are violations, too", NULL},
    [SHOW] = {"show", "N", "print the first N violations (default 1)", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_verify = {
    .name = "verify",
    .purpose = "prove from the ledger and the summaries that nothing was lost or counted twice",
    .arguments = "[--format text|json] [--strict] [--show N] [configuration]",
    .summary = "prove from the ledger and the summaries that nothing was lost or counted twice",
    .text =
        "Reads the ledger and the summary topics from beginning to end, committed records only; does not ask the\n"
        "input topic, and changes nothing. Checks that\n"
        "  of each partition, consumed = counted + duplicate + filtered + too_late + dead_lettered + conflicting, and\n"
        "    no more was consumed than offsets were passed; successive offset ranges have neither gap nor overlap;\n"
        "  versions of a window and of a row only rise; a rebuilt partition raises the generation;\n"
        "  no partition's windows hold more records than it counted;\n"
        "  each window has all the rows its ledger record announces, of that version, or, if it did not tell all,\n"
        "    of one before;\n"
        "  rows add up: every rollup without labels to the total, the total to the revision;\n"
        "  rows of retention fit their revision, and no cohort has more accounts later than began in it;\n"
        "  each key is in the partition where it goes, so that its last value is one value;\n"
        "  no row, ledger record or topic was taken away; where Redis can be asked, no window that it has, either.\n"
        "Prints the first violation with its place, and how many there are; exit status 65 if there is any.\n"
        "\n"
        "Holes (offsets without a record: transactions, compaction), steps back (a store that rolled back and counted\n"
        "again) and amendments are told, and are violations with --strict. Windows that are published while they are\n"
        "read are told as moved: their rows are not checked. Where Redis cannot be asked, give it the workers'\n"
        "`rollups` and `ids`.\n"
        "\n"
        "Example:\n"
        "  gentally verify || gentally verify --format json --show 1000",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .is_reader = true,
    .run = run,
};

/* A violation, with what its place borrowed. */
struct kept {
    struct finding finding;
    char topic[TOPIC_NAME_MAX + 1], key[SHOWN_KEY_MAX];
};

struct request {
    const struct config *config;
    uint32_t format;
    bool is_strict;
    int64_t show;
    struct audit *audit;
    struct verify_store store;
    struct rollups rollups; /* those of the settings, or, where there are none, of the configuration */
    int64_t since_ms[ROLLUPS_MAX];
    int64_t forgotten_ms;
    uint32_t missing;                   /* topics */
    char forgetful[TOPIC_NAME_MAX + 1]; /* a topic that keeps its records for a time; empty: none does */
    struct ledger_read *ledger;
    struct summary_read *summary;
    char ledger_topic[TOPIC_NAME_MAX + 1];
    char topic[TOPIC_NAME_MAX + 1]; /* being read */
    int32_t partitions;             /* of that topic */
    const struct rollup *rollup;    /* of that topic; NULL: retention */
    bool is_second;                 /* reading of the ledger */
    struct kept *kept;              /* the first `show` violations */
    int64_t found;                  /* so many of them */
};

static void keep(void *context, const struct finding *finding)
{
    struct request *request = context;

    if (request->found == request->show)
        return;
    struct kept *kept = &request->kept[request->found++];
    kept->finding = *finding;
    struct audit_place *place = &kept->finding.place;
    if (place->key.size > SHOWN_KEY_MAX)
        place->key.size = SHOWN_KEY_MAX;
    if (place->key.size > 0)
        memcpy(kept->key, place->key.bytes, place->key.size);
    snprintf(kept->topic, sizeof(kept->topic), "%s", place->topic);
    place->key.bytes = kept->key;
    place->topic = kept->topic;
}

/* ---- reading ---- */

/* Where the topic has another number of partitions than it was filled with, or somebody else put the record. */
static void check_place(struct request *request, const struct audit_place *place)
{
    if (place->key.size == 0 || request->partitions <= 1)
        return;
    int32_t belongs = topic_place(place->key, request->partitions);
    if (belongs != place->partition)
        audit_elsewhere(request->audit, place, belongs);
}

static enum verdict take_ledger(void *context, const struct record *record, struct reason *why)
{
    struct request *request = context;
    const struct audit_place place = {request->ledger_topic, record->partition, record->offset, record->key,
                                      record->timestamp_ms};
    struct window window;
    struct reason because = {0};
    enum verdict verdict = ledger_record_read(record, request->ledger, &window, &because);
    bool is_foreign = verdict != GO_ON && because.id == SOURCE_FOREIGN;

    if (!is_foreign && !request->is_second)
        check_place(request, &place);
    if (verdict == GO_ON && record->value.bytes == NULL)
        return request->is_second ? GO_ON : audit_ledger_dropped(request->audit, &place, why);
    if (is_foreign && record->key.bytes != NULL && record->value.bytes == NULL) /* So a topic is cleaned of it. */
        return GO_ON;
    if (is_foreign || decode_ledger(record->value, request->ledger, &because) != GO_ON) {
        if (request->is_second)
            return GO_ON;
        if (!is_foreign && request->ledger->misfit.is_found)
            audit_misfit(request->audit, &place, &request->ledger->misfit);
        else
            audit_unreadable(request->audit, AUDIT_LEDGER_READABLE, &place, &because);
        return GO_ON;
    }
    if (request->is_second)
        return audit_again(request->audit, &request->ledger->ledger, why);
    return audit_ledger(request->audit, &place, &request->ledger->ledger, why);
}

static enum verdict take_summary(void *context, const struct record *record, struct reason *why)
{
    struct request *request = context;
    const struct audit_place place = {request->topic, record->partition, record->offset, record->key,
                                      record->timestamp_ms};
    struct window window;
    struct reason because = {0};
    enum verdict verdict = summary_record_read(record, request->summary, &window, &because);

    bool is_foreign = verdict != GO_ON && because.id == SOURCE_FOREIGN;
    if (!is_foreign)
        check_place(request, &place);
    if (verdict == GO_ON && record->value.bytes == NULL) {
        audit_dropped(request->audit, &place);
        return GO_ON;
    }
    if (is_foreign && record->key.bytes != NULL && record->value.bytes == NULL) /* So a topic is cleaned of it. */
        return GO_ON;
    if (is_foreign || decode_summary(record->value, request->summary, &because) != GO_ON) {
        audit_unreadable(request->audit, AUDIT_SUMMARY_READABLE, &place, &because);
        return GO_ON;
    }
    if (request->rollup == NULL)
        return audit_retained(request->audit, &place, request->summary, why);
    return audit_summary(request->audit, &place, request->rollup, request->summary, why);
}

/* A topic's first records go by its retention, or somebody deletes them. `is_missing`: there is no such topic. */
static enum verdict check_begin(struct request *request, const char *topic, bool *is_missing, struct reason *why)
{
    struct topic_begin begin;
    struct audit_place place = {.topic = topic};
    char found[64];
    enum verdict verdict = topic_begin(request->config, topic, &begin, why);

    request->partitions = begin.partitions;
    *is_missing = verdict == HALT && why->id == SOURCE_TOPIC_MISSING;
    if (verdict != GO_ON || begin.first == 0)
        return *is_missing ? GO_ON : verdict;
    if (begin.kept_ms != INT64_MAX) {
        int64_t before_ms = clock_ms(CLOCK_REALTIME) - begin.kept_ms;
        snprintf(request->forgetful, sizeof(request->forgetful), "%s", topic);
        if (before_ms > request->forgotten_ms)
            request->forgotten_ms = before_ms;
        return GO_ON;
    }
    place.partition = begin.partition;
    place.offset = begin.first;
    snprintf(found, sizeof(found), "%" PRId64 ": what was before is deleted", begin.first);
    audit_lacks(request->audit, &place, "first offset", "0", found);
    return GO_ON;
}

static enum verdict read_topic(struct request *request, enum our_schema schema, const char *topic, topic_reader *take,
                               struct reason *why)
{
    const struct audit_place place = {.topic = topic};
    bool is_missing = false;
    enum verdict verdict = check_begin(request, topic, &is_missing, why);

    if (verdict != GO_ON)
        return verdict;
    if (!is_missing)
        return our_schemas_read(request->config, NULL, schema, topic, take, request, why);
    request->missing++;
    audit_lacks(request->audit, &place, "topic", "a topic, as setup makes it", "none of this name");
    return GO_ON;
}

static enum verdict read_rollup(struct request *request, const struct rollup *rollup, struct reason *why)
{
    request->rollup = rollup;
    topic_summaries(request->config, rollup->name, request->topic);
    return read_topic(request, OUR_SUMMARY, request->topic, take_summary, why);
}

/* Where there is no such topic nothing is to be read: whoever verifies need not have the workers' account key. That the
 * ledger announces rows of it shows all the same. */
static enum verdict read_retention(struct request *request, struct reason *why)
{
    request->rollup = NULL;
    topic_summaries(request->config, ROLLUP_RETENTION, request->topic);
    if (request->store.is_asked && request->store.settings.retention != RETENTION_NEVER)
        return read_topic(request, OUR_SUMMARY, request->topic, take_summary, why);
    request->partitions = 0;
    enum verdict verdict =
        our_schemas_read(request->config, NULL, OUR_SUMMARY, request->topic, take_summary, request, why);
    return verdict == HALT && why->id == SOURCE_TOPIC_MISSING ? GO_ON : verdict;
}

static enum verdict read_all(struct request *request, struct reason *why)
{
    const struct rollups *rollups = &request->rollups;
    const struct rollup *total = rollups_find(rollups, span_of("total"));
    enum verdict verdict = GO_ON;

    request->is_second = false;
    for (uint32_t i = 0; i < request->store.count && verdict == GO_ON; i++)
        verdict = audit_stored(request->audit, &request->store.windows[i], why);
    if (verdict == GO_ON)
        verdict = read_topic(request, OUR_LEDGER, request->ledger_topic, take_ledger, why);
    if (verdict == GO_ON)
        verdict = read_rollup(request, total, why);
    for (uint32_t i = 0; i < rollups->count && verdict == GO_ON; i++)
        if (&rollups->items[i] != total)
            verdict = read_rollup(request, &rollups->items[i], why);
    if (verdict == GO_ON)
        verdict = read_retention(request, why);
    if (verdict == GO_ON && request->missing > rollups->count) /* None of them is there, nor is the ledger. */
        return reason_set(why, HALT, SOURCE_TOPIC_MISSING, 0,
                          "namespace %.100s has no topics: `gentally setup` creates them", request->config->namespace_);
    request->is_second = true;
    if (verdict == GO_ON)
        verdict = our_schemas_read(request->config, NULL, OUR_LEDGER, request->ledger_topic, take_ledger, request, why);
    if (verdict == HALT && why->id == SOURCE_TOPIC_MISSING)
        verdict = GO_ON; /* That was told. */
    if (verdict == GO_ON)
        audit_finish(request->audit);
    return verdict;
}

/* What the namespace is counted by, where it says so: rollups of before, too. */
static void take_settings(struct request *request)
{
    const struct settings *settings = &request->store.settings;

    request->rollups = request->config->rollups;
    for (size_t i = 0; i < ROLLUPS_MAX; i++)
        request->since_ms[i] = NO_TIME;
    if (!request->store.is_asked || settings->version[0] == '\0')
        return;
    request->rollups.count = settings->rollup_count;
    for (uint32_t i = 0; i < settings->rollup_count; i++) {
        request->rollups.items[i] = settings->rollups[i].rollup;
        request->since_ms[i] = settings->rollups[i].is_on ? settings->rollups[i].since_ms : INT64_MAX;
    }
}

static enum verdict audit_once(struct request *request, struct reason *why)
{
    audit_close(request->audit);
    request->audit = NULL;
    request->found = 0;
    request->missing = 0;
    enum verdict verdict = verify_store_read(&request->store, request->config, why);
    if (verdict != GO_ON)
        return verdict;
    take_settings(request);
    const struct audit_options options = {.rollups = &request->rollups,
                                          .ledger_topic = request->ledger_topic,
                                          .is_strict = request->is_strict,
                                          .since_ms = request->since_ms,
                                          .forgotten_ms = &request->forgotten_ms,
                                          .may_amend = request->config->ids == IDS_AMEND ||
                                                       (request->store.is_asked && request->store.settings.has_amended),
                                          .tell = keep,
                                          .context = request};
    verdict = audit_open(&request->audit, &options, why);
    return verdict == GO_ON ? read_all(request, why) : verdict;
}

/* A transaction ends in one partition a moment before it ends in the next, so a reader in between sees half of what was
 * published just now. What is really wrong is still wrong a moment later. */
static enum verdict audit_twice(struct request *request, struct reason *why)
{
    static const struct timespec pause = {1, 0};
    enum verdict verdict = audit_once(request, why);

    if (verdict != GO_ON || audit_counts(request->audit)->violations == 0)
        return verdict;
    nanosleep(&pause, NULL);
    return audit_once(request, why);
}

/* ---- printing ---- */

static void print_finding(const struct finding *finding)
{
    char key[PRINTABLE_MAX(SHOWN_KEY_MAX)], expected[PRINTABLE_MAX(sizeof(finding->expected))],
        found[PRINTABLE_MAX(sizeof(finding->found))];

    printable_text(finding->place.key, key, sizeof(key));
    printable_text(span_of(finding->expected), expected, sizeof(expected));
    printable_text(span_of(finding->found), found, sizeof(found));
    printf("violated %s: topic %s, partition %" PRId32 ", offset %" PRId64 "%s%s\n  %s: expected %s, found %s\n",
           audit_check_name(finding->check), finding->place.topic, finding->place.partition, finding->place.offset,
           key[0] == '\0' ? "" : ", key ", key, finding->field, expected, found);
}

static void print_text(const struct request *request)
{
    const struct audit_counts *counts = audit_counts(request->audit);

    printf("ledger: %" PRIu64 " records of %" PRIu64 " windows, %" PRIu64 " histories\n", counts->ledger_records,
           counts->windows, counts->chains);
    printf("consumed: %" PRId64, counts->consumed);
    for (enum outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        printf("%s%s %" PRId64, outcome == 0 ? " = " : " + ", outcome_name(outcome), counts->outcomes[outcome]);
    printf("\nsummaries: %" PRIu64 " records of %" PRIu64 " rows\n", counts->summaries, counts->rows);
    if (counts->holes > 0)
        printf("holes: %" PRId64 " offsets without a record (transactions, compaction)\n", counts->holes);
    if (counts->steps_back > 0)
        printf("steps back: %" PRIu64 " (the store had rolled back, and counted again)\n", counts->steps_back);
    if (counts->amendments > 0)
        printf("amendments: %" PRId64 " records without a request\n", counts->amendments);
    if (counts->windows_moved > 0)
        printf("moved: %" PRIu64 " windows were published while they were read; their rows were not checked\n",
               counts->windows_moved);
    if (counts->windows_under_way > 0)
        printf("under way: %" PRIu64 " of them have more rows to come\n", counts->windows_under_way);
    if (request->store.why_not[0] == '\0')
        printf("store: %" PRIu64 " windows held against the ledger\n", counts->stored);
    else
        printf("store: not asked; %s\n", request->store.why_not);
    if (request->forgetful[0] != '\0')
        printf(
            "forgets: %s keeps its records for a time only; windows that were told last before that are not held "
            "against their rows\n",
            request->forgetful);
    for (int64_t i = 0; i < request->found; i++)
        print_finding(&request->kept[i].finding);
    printf("violations: %" PRIu64 "\n", counts->violations);
}

static void print_json_finding(const struct finding *finding)
{
    printf("{");
    printable_json("check", span_of(audit_check_name(finding->check)), ",");
    printable_json("topic", span_of(finding->place.topic), ",");
    printf("\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",", finding->place.partition, finding->place.offset);
    printable_json("key", finding->place.key, ",");
    printable_json("field", span_of(finding->field), ",");
    printable_json("expected", span_of(finding->expected), ",");
    printable_json("found", span_of(finding->found), "}");
}

static void print_json(const struct request *request)
{
    const struct audit_counts *counts = audit_counts(request->audit);

    printf("{\"ledger_records\":%" PRIu64 ",\"windows\":%" PRIu64 ",\"windows_moved\":%" PRIu64
           ",\"windows_under_way\":%" PRIu64 ",\"histories\":%" PRIu64 ",\"summaries\":%" PRIu64 ",\"rows\":%" PRIu64
           ",\"consumed\":%" PRId64 ",",
           counts->ledger_records, counts->windows, counts->windows_moved, counts->windows_under_way, counts->chains,
           counts->summaries, counts->rows, counts->consumed);
    for (enum outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        printf("\"%s\":%" PRId64 ",", outcome_name(outcome), counts->outcomes[outcome]);
    printf("\"stored\":%" PRIu64 ",\"holes\":%" PRId64 ",\"steps_back\":%" PRIu64 ",\"amendments\":%" PRId64
           ",\"violations\":%" PRIu64 ",\"checks\":{",
           counts->stored, counts->holes, counts->steps_back, counts->amendments, counts->violations);
    for (enum audit_check check = 0; check < AUDIT_CHECKS; check++)
        printf("%s\"%s\":%" PRIu64, check == 0 ? "" : ",", audit_check_name(check), counts->by_check[check]);
    printf("},\"shown\":[");
    for (int64_t i = 0; i < request->found; i++) {
        printf("%s", i == 0 ? "" : ",");
        print_json_finding(&request->kept[i].finding);
    }
    printf("]}\n");
}

/* ---- the command ---- */

static enum verdict open_parts(struct request *request, const struct command_option options[], struct reason *why)
{
    enum verdict verdict = option_choice(&options[FORMAT], formats, LENGTH_OF(formats), &request->format, why);

    if (verdict == GO_ON)
        verdict = option_integer(&options[SHOW], 1, 100000, &request->show, why);
    if (verdict != GO_ON)
        return verdict;
    request->is_strict = options[STRICT].value != NULL;
    topic_ledger(request->config, request->ledger_topic);
    request->ledger = calloc(1, sizeof(*request->ledger));
    request->summary = calloc(1, sizeof(*request->summary));
    request->kept = calloc((size_t)request->show, sizeof(*request->kept));
    if (request->ledger == NULL || request->summary == NULL || request->kept == NULL)
        return no_memory(why, "to verify");
    return GO_ON;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct request request = {.config = call->config, .show = 1};
    enum verdict verdict = open_parts(&request, call->options, why);

    if (verdict == GO_ON)
        verdict = audit_twice(&request, why);
    if (verdict == GO_ON) {
        const struct audit_counts *counts = audit_counts(request.audit);
        if (request.format == FORMAT_JSON)
            print_json(&request);
        else
            print_text(&request);
        if (counts->violations > 0)
            verdict = reason_set(why, HALT, VERIFY_VIOLATED, 0, "%" PRIu64 " violations, the first of \"%s\"",
                                 counts->violations, audit_check_name(request.kept[0].finding.check));
        else if (counts->ledger_records == 0)
            fprintf(stderr, "verify: nothing has been published yet\n");
    }
    audit_close(request.audit);
    verify_store_close(&request.store);
    free(request.ledger);
    free(request.summary);
    free(request.kept);
    return verdict;
}
