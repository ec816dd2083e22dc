/*
 * `gentally adapt`: a topic of another platform's records -> events in the input topic, exactly once. A turn reads some
 * records, puts what each is made of into the transaction of its partition, and commits. A record that gives no event
 * is a dead letter that says where it lies, and not what is in it: it may hold what nobody is to keep.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "foreign.h"
#include "gentally/base/clock.h"
#include "gentally/cli/command.h"
#include "gentally/codec/avro_write.h"
#include "gentally/commands/commands.h"
#include "gentally/kafka/producer.h"
#include "gentally/kafka/relay.h"
#include "leaving.h"

#define RECORDS_MAX 2000u
#define WAIT_MS 200
#define RETRY_MS 1000
#define TELL_MS 60000
#define LETTERS_SUFFIX ".dead-letters"

enum option { FROM, IN, DEAD_LETTERS, DRAIN };

static const struct command_option option_table[] = {
    [FROM] = {"from", "SOURCE", "records of openrouter, litellm, langfuse or otel", NULL},
    [IN] = {"in", "TOPIC", "the topic that has them", NULL},
    [DEAD_LETTERS] = {"dead-letters", "TOPIC", "what cannot be read; TOPIC of --in with .dead-letters, if not given",
                      NULL},
    [DRAIN] = {"drain", NULL, "end when all that is there is adapted", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_adapt = {
    .name = "adapt",
    .purpose = "make events of a topic of another platform's records",
    .arguments = "--from SOURCE --in TOPIC [options]",
    .summary = "makes events of a topic of another platform's records, exactly once",
    .text =
        "Reads records as the platform writes them, one a message or many (an OTLP request), and writes the\n"
        "events they are into the input topic, as `produce --from` does; see runbooks/adapters.md. Events and\n"
        "the offsets of what they were made of are one Kafka transaction: it can be killed at any time, and\n"
        "each record counts once. Start it several times over to share the partitions.\n"
        "\n"
        "A record that cannot be read is a dead letter, with its reason and place, without its contents. The\n"
        "three topics must be there.\n"
        "\n"
        "Example:\n"
        "  gentally adapt --from otel --in otlp_spans",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

struct counts {
    int64_t records, events, left_out, letters;
};

struct adaptation {
    const struct config *config;
    const char *in, *dead_letters;
    enum adapter_source source;
    bool is_drain, is_ready;
    char letters_name[256], prefix[256];
    struct foreign foreign;
    struct encoder *encoder;
    struct relay *relay;
    struct record *records;
    struct logger *logger;
    struct counts counts; /* of what is committed, or about to be */
    int64_t told_ms;
    size_t remarks_told;
};

/* One item that is no event (`item` from 1 on), or a record that holds none (0). */
static enum verdict put_letter(struct adaptation *adaptation, const struct record *record, size_t item,
                               const struct reason *because, struct reason *why)
{
    char partition[24], offset[24], timestamp[24], number[24], size[24];

    snprintf(partition, sizeof(partition), "%" PRId32, record->partition);
    snprintf(offset, sizeof(offset), "%" PRId64, record->offset);
    snprintf(timestamp, sizeof(timestamp), "%" PRId64, record->timestamp_ms);
    snprintf(number, sizeof(number), "%zu", item);
    snprintf(size, sizeof(size), "%zu", record->value.size);
    const struct transaction_header headers[] = {
        {"gentally.reason", span_of(reason_name(because->id))},
        {"gentally.detail", span_of(because->text)},
        {"gentally.topic", span_of(adaptation->in)},
        {"gentally.partition", span_of(partition)},
        {"gentally.offset", span_of(offset)},
        {"gentally.timestamp", span_of(timestamp)},
        {"gentally.item", span_of(number)},
        {"gentally.value-omitted", span_of(size)},
    };
    adaptation->counts.letters++;
    return relay_put(adaptation->relay, record->partition, adaptation->dead_letters, (struct span){NULL, 0},
                     (struct span){NULL, 0}, headers, LENGTH_OF(headers), why);
}

static enum verdict put_event(struct adaptation *adaptation, const struct record *record, const struct event *event,
                              struct reason *why)
{
    struct span value;
    enum verdict verdict = encode_event(adaptation->encoder, event, &value, why);

    adaptation->counts.events++;
    if (verdict != GO_ON)
        return verdict;
    return relay_put(adaptation->relay, record->partition, adaptation->config->topic, event->id, value, NULL, 0, why);
}

static enum verdict adapt_record(struct adaptation *adaptation, const struct record *record, struct reason *why)
{
    struct reason because = {0};
    struct event event;
    enum verdict verdict = adapter_take(adaptation->foreign.adapter, record->value, &because);

    if (verdict == SET_ASIDE)
        return put_letter(adaptation, record, 0, &because, why);
    if (verdict != GO_ON) {
        *why = because;
        return verdict;
    }
    for (size_t item = 1; verdict == GO_ON; item++) {
        switch (adapter_next(adaptation->foreign.adapter, &event, &because)) {
        case ADAPTED_EVENT:
            verdict = put_event(adaptation, record, &event, why);
            break;
        case ADAPTED_LEFT_OUT:
            adaptation->counts.left_out++;
            break;
        case ADAPTED_SET_ASIDE:
            verdict = put_letter(adaptation, record, item, &because, why);
            break;
        case ADAPTED_END:
            return GO_ON;
        }
    }
    return verdict;
}

static void tell(struct adaptation *adaptation, const char *id)
{
    log_line(adaptation->logger, LOG_LEVEL_INFO, id,
             "records=%" PRId64 " events=%" PRId64 " left_out=%" PRId64 " dead_letters=%" PRId64,
             adaptation->counts.records, adaptation->counts.events, adaptation->counts.left_out,
             adaptation->counts.letters);
}

/* Each kind without a rule, once when it is first met, and all with their counts at the end. */
static void tell_remarks(struct adaptation *adaptation, size_t first)
{
    struct adapter_remark remark;
    size_t i;

    for (i = first; adapter_remark(adaptation->foreign.adapter, i, &remark); i++)
        log_line(adaptation->logger, LOG_LEVEL_INFO, "ADAPT-UNMAPPED", "count=%" PRIu64 " word=\"%s\" %s", remark.count,
                 remark.word, remark.text);
    adaptation->remarks_told = i;
}

/* Reads, adapts and commits once. */
static enum verdict turn(struct adaptation *adaptation, bool *is_done, struct reason *why)
{
    uint32_t count;
    enum verdict verdict = relay_read(adaptation->relay, adaptation->records, RECORDS_MAX, WAIT_MS, &count, why);

    for (uint32_t i = 0; i < count && verdict == GO_ON; i++)
        verdict = adapt_record(adaptation, &adaptation->records[i], why);
    if (verdict == GO_ON)
        verdict = relay_commit(adaptation->relay, why);
    if (verdict != GO_ON)
        return verdict;
    adaptation->counts.records += count;
    *is_done = adaptation->is_drain && count == 0 && relay_is_at_end(adaptation->relay);
    tell_remarks(adaptation, adaptation->remarks_told);
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
    if (now_ms - adaptation->told_ms >= TELL_MS) {
        tell(adaptation, "ADAPT-PROGRESS");
        adaptation->told_ms = now_ms;
    }
    return GO_ON;
}

/* The topics that are written to: a transaction would wait for one that is not there. */
static enum verdict check_topics(struct adaptation *adaptation, struct reason *why)
{
    struct producer *producer;
    enum verdict verdict = producer_open(&producer, adaptation->config, adaptation->logger, why);

    if (verdict != GO_ON)
        return verdict;
    verdict = producer_check_topic(producer, adaptation->config->topic, why);
    if (verdict == GO_ON)
        verdict = producer_check_topic(producer, adaptation->dead_letters, why);
    producer_close(producer);
    return verdict;
}

/* What is asked of servers before the first record: whoever is away is waited for. */
static enum verdict get_ready(struct adaptation *adaptation, struct reason *why)
{
    enum verdict verdict = GO_ON;

    if (adaptation->is_ready)
        return GO_ON;
    if (adaptation->foreign.adapter == NULL)
        verdict = foreign_open(&adaptation->foreign, adaptation->config, adaptation->source, adaptation->logger, why);
    if (verdict == GO_ON)
        verdict = check_topics(adaptation, why);
    adaptation->is_ready = verdict == GO_ON;
    return verdict;
}

/* A relay that cannot go on is closed, and another begins behind what was committed. */
static enum verdict work(struct adaptation *adaptation, struct leaving *leaving, struct reason *why)
{
    const struct relay_options options = {adaptation->config, adaptation->in, adaptation->prefix, adaptation->logger};
    bool is_done = false;
    int64_t asked_ms;

    while (!is_done && leaving_signal(leaving, &asked_ms) == 0) {
        const struct counts before = adaptation->counts;
        enum verdict verdict = get_ready(adaptation, why);
        if (verdict == GO_ON && adaptation->relay == NULL)
            verdict = relay_open(&adaptation->relay, &options, why);
        if (verdict == GO_ON)
            verdict = turn(adaptation, &is_done, why);
        if (verdict == HALT)
            return HALT;
        if (verdict == GO_ON)
            continue;
        log_reason(adaptation->logger, LOG_LEVEL_WARN, why);
        adaptation->counts = before; /* What it put is aborted, and comes again. */
        relay_close(adaptation->relay);
        adaptation->relay = NULL;
        leaving_wait(leaving, RETRY_MS);
    }
    return GO_ON;
}

static enum verdict read_options(struct adaptation *adaptation, const struct command_option *options,
                                 struct reason *why)
{
    if (options[FROM].value == NULL || options[IN].value == NULL)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--from and --in are to be given");
    if (strlen(options[IN].value) > 200)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--in: a topic's name of over 200 bytes");
    if (strcmp(options[IN].value, adaptation->config->topic) == 0)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--in is the input topic, which events are written to");
    adaptation->in = options[IN].value;
    adaptation->is_drain = options[DRAIN].value != NULL;
    snprintf(adaptation->letters_name, sizeof(adaptation->letters_name), "%s" LETTERS_SUFFIX, adaptation->in);
    adaptation->dead_letters =
        options[DEAD_LETTERS].value != NULL ? options[DEAD_LETTERS].value : adaptation->letters_name;
    int size = snprintf(adaptation->prefix, sizeof(adaptation->prefix), "%s.adapt.%s", adaptation->config->namespace_,
                        adaptation->in);
    if (size > 240)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--in: its name and that of the namespace are over 230 bytes");
    return foreign_source(&options[FROM], &adaptation->source, why);
}

static enum verdict open_parts(struct adaptation *adaptation, struct reason *why)
{
    enum verdict verdict = encoder_open(&adaptation->encoder, why);

    adaptation->records = calloc(RECORDS_MAX, sizeof(*adaptation->records));
    return verdict == GO_ON && adaptation->records == NULL ? no_memory(why, "for records") : verdict;
}

static void close_parts(struct adaptation *adaptation)
{
    relay_close(adaptation->relay);
    if (adaptation->encoder != NULL)
        encoder_close(adaptation->encoder);
    foreign_close(&adaptation->foreign);
    free(adaptation->records);
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    const struct leaving_options how_to_leave = {.wait_ms = {10000, 10000, 10000},
                                                 .level = call->config->log_level,
                                                 .format = call->config->log_format,
                                                 .program = command_adapt.name};
    struct adaptation adaptation = {.config = call->config, .told_ms = clock_ms(CLOCK_MONOTONIC)};
    struct leaving *leaving = NULL;
    struct logger logger;
    enum verdict verdict = read_options(&adaptation, call->options, why);

    if (verdict != GO_ON)
        return verdict;
    log_open_as(&logger, call->config->log_level, call->config->log_format, command_adapt.name);
    adaptation.logger = &logger;
    verdict = leaving_open(&leaving, &how_to_leave, why);
    if (verdict == GO_ON)
        verdict = open_parts(&adaptation, why);
    if (verdict == GO_ON) {
        leaving_reach(leaving, LEAVING_COUNTING, EX_TEMPFAIL);
        verdict = work(&adaptation, leaving, why);
    }
    if (adaptation.is_ready) {
        tell_remarks(&adaptation, 0);
        tell(&adaptation, "ADAPT-ENDED");
    }
    if (leaving != NULL)
        leaving_reach(leaving, LEAVING_CLOSING, verdict == GO_ON ? EX_OK : reason_exit_status(why->id));
    close_parts(&adaptation);
    log_close(&logger);
    leaving_close(leaving);
    return verdict;
}
