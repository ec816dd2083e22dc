/*
 * `gentally produce`: JSON lines -> events -> Avro -> the input topic. A line is sent, or named on standard error with
 * its number; nothing is skipped in silence. Events that were sent are acknowledged before the command ends, however it
 * ends. With --from the lines are another platform's records, which an adapter makes events of: a record may hold many.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "foreign.h"
#include "gentally/base/clock.h"
#include "gentally/cli/command.h"
#include "gentally/cli/progress.h"
#include "gentally/codec/avro_write.h"
#include "gentally/codec/json_read.h"
#include "gentally/commands/commands.h"
#include "gentally/kafka/producer.h"
#include "input_kind.h"
#include "json_values.h"

#define SETTLE_MS 10000
#define SETTLE_ATTEMPTS 30

enum option { FROM, SKIP_BAD };

static const struct command_option option_table[] = {
    [FROM] = {"from", "SOURCE", "records of openrouter, litellm, langfuse or otel", NULL},
    [SKIP_BAD] = {"skip-bad", NULL, "report bad lines and go on", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_produce = {
    .name = "produce",
    .purpose = "send events, JSON lines on standard input, to the topic",
    .arguments = "[options] < events.jsonl",
    .summary = "sends JSON lines from standard input to the input topic, as Avro",
    .text =
        "Reads one event a line, with the field names of schemas/generation.avsc (created_at as RFC 3339\n"
        "or as PostgreSQL, BigQuery and programming languages write times, UTC where there is no zone, or\n"
        "in milliseconds; cost_usd as a decimal string instead of cost_nano_usd), checks it, and sends it\n"
        "to the topic. Tokens and cost that nobody knows are null, which is not 0; a cost that is left out\n"
        "is 0. The message key is the event's id, so the partitions fill evenly.\n"
        "\n"
        "A bad line is reported with its number and reason. Without --skip-bad it ends the command\n"
        "(exit code 65) after everything before it is safely in the topic. Ctrl-C ends it the same way.\n"
        "A file that is no JSON lines at all (an array, compressed, UTF-16) ends it with what makes lines of it.\n"
        "Of other fields null is as good as leaving one out that may be left out.\n"
        "The last line on standard error counts what was produced and what was rejected.\n"
        "\n"
        "--from takes records as another platform writes them, in lines or in one JSON array, and says\n"
        "what it has no rule for: OpenRouter's generations, LiteLLM's log payloads and spend rows,\n"
        "Langfuse's exported observations, OpenTelemetry's spans in OTLP/JSON. Texts, addresses and\n"
        "keys never pass; accounts do as hashes by account_key. See runbooks/adapters.md.\n"
        "\n"
        "Examples:\n"
        "  gentally-demo generate --events 1000 | gentally produce --topic generations\n"
        "  gentally produce --from litellm --skip-bad < spend_logs.jsonl",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

struct production {
    const struct config *config;
    bool skips_bad, is_foreign;
    enum adapter_source source; /* if it is foreign */
    struct input input;
    struct json_values values; /* of foreign input */
    struct json_reader *reader;
    struct foreign foreign;
    struct encoder *encoder;
    struct producer *producer;
    int64_t line, produced, rejected, left_out;
    struct progress progress;
};

static bool is_blank(struct span line)
{
    for (size_t index = 0; index < line.size; index++) {
        if (line.bytes[index] != ' ' && line.bytes[index] != '\t' && line.bytes[index] != '\r')
            return false;
    }
    return true;
}

static enum verdict send_event(struct production *production, const struct event *event, struct reason *why)
{
    struct span value;
    enum verdict verdict = encode_event(production->encoder, event, &value, why);

    if (verdict == GO_ON)
        verdict = producer_put(production->producer, production->config->topic, event->id, value, why);
    if (verdict == GO_ON && ++production->produced % 1024 == 0)
        progress_step(&production->progress, production->produced);
    return verdict;
}

/* SET_ASIDE: the line is bad. */
static enum verdict send_line(struct production *production, struct span line, struct reason *why)
{
    struct event event;
    enum verdict verdict = json_read_event(production->reader, line, &event, why);

    if (verdict == GO_ON)
        verdict = event_check(&event, why);
    return verdict == GO_ON ? send_event(production, &event, why) : verdict;
}

/* Says why a line, or one item of it (from 1 on; 0: the whole line), is not sent. */
static void tell_bad(struct production *production, const char *unit, size_t item, const struct reason *why)
{
    char place[32] = "";

    progress_end(&production->progress);
    production->rejected++;
    if (item > 0)
        snprintf(place, sizeof(place), ", item %zu", item);
    fprintf(stderr, "produce: %s %" PRId64 "%s: %s: %s\n", unit, production->line, place, reason_name(why->id),
            why->text);
}

/* GO_ON at the end of the input; SET_ASIDE at a bad line that shall not be skipped. */
static enum verdict send_lines(struct production *production, struct reason *why)
{
    struct span line;
    enum verdict verdict;

    for (;;) {
        verdict = input_line(&production->input, &line, why);
        if (verdict != GO_ON || line.bytes == NULL)
            return verdict;
        production->line++;
        if (is_blank(line))
            continue;
        if (production->produced + production->rejected == 0)
            verdict = input_kind_check(line, why);
        if (verdict == GO_ON)
            verdict = send_line(production, line, why);
        if (verdict == SET_ASIDE)
            tell_bad(production, "line", 0, why);
        if (verdict != GO_ON && (verdict != SET_ASIDE || !production->skips_bad))
            return verdict;
    }
}

/* Sends the items of the record that the adapter holds. SET_ASIDE as send_lines(). */
static enum verdict send_items(struct production *production, struct reason *why)
{
    const char *unit = json_values_unit(&production->values);

    for (size_t item = 1;; item++) {
        struct event event;
        enum verdict verdict = GO_ON;
        switch (adapter_next(production->foreign.adapter, &event, why)) {
        case ADAPTED_EVENT:
            verdict = send_event(production, &event, why);
            break;
        case ADAPTED_LEFT_OUT:
            production->left_out++;
            break;
        case ADAPTED_SET_ASIDE:
            tell_bad(production, unit, item, why);
            verdict = production->skips_bad ? GO_ON : SET_ASIDE;
            break;
        case ADAPTED_END:
            return GO_ON;
        }
        if (verdict != GO_ON)
            return verdict;
    }
}

/* As send_lines(), of another platform's records. */
static enum verdict send_records(struct production *production, struct reason *why)
{
    struct span record;

    for (;;) {
        enum verdict verdict = json_values_next(&production->values, &record, why);
        if (verdict != GO_ON || record.bytes == NULL)
            return verdict;
        production->line = production->values.number;
        verdict = adapter_take(production->foreign.adapter, record, why);
        if (verdict == SET_ASIDE) {
            tell_bad(production, json_values_unit(&production->values), 0, why);
            verdict = production->skips_bad ? GO_ON : SET_ASIDE;
        } else if (verdict == GO_ON) {
            verdict = send_items(production, why);
        }
        if (verdict != GO_ON)
            return verdict;
    }
}

static enum verdict send_all(struct production *production, struct reason *why)
{
    progress_begin(&production->progress, "produced");
    enum verdict verdict = production->is_foreign ? send_records(production, why) : send_lines(production, why);
    progress_end(&production->progress);
    return verdict;
}

static enum verdict settle(struct production *production, struct reason *why)
{
    enum verdict verdict = TRY_LATER;

    for (int attempt = 0; attempt < SETTLE_ATTEMPTS && verdict == TRY_LATER; attempt++) {
        verdict = producer_settle(production->producer, SETTLE_MS, why);
        if (verdict == TRY_LATER)
            fprintf(stderr, "produce: still waiting: %s: %s\n", reason_name(why->id), why->text);
    }
    return verdict;
}

static enum verdict open_parts(struct production *production, struct logger *logger, struct reason *why)
{
    enum verdict verdict = input_open(&production->input, STDIN_FILENO, why);

    if (verdict == GO_ON)
        verdict = production->is_foreign
                      ? foreign_open(&production->foreign, production->config, production->source, logger, why)
                      : json_reader_open(&production->reader, why);
    production->values = (struct json_values){.input = &production->input};
    if (verdict == GO_ON)
        verdict = encoder_open(&production->encoder, why);
    if (verdict == GO_ON)
        verdict = producer_open(&production->producer, production->config, logger, why);
    if (verdict == GO_ON)
        verdict = producer_check_topic(production->producer, production->config->topic, why);
    return verdict;
}

static void close_parts(struct production *production)
{
    if (production->producer != NULL)
        producer_close(production->producer);
    if (production->encoder != NULL)
        encoder_close(production->encoder);
    json_reader_close(production->reader);
    foreign_close(&production->foreign);
    input_close(&production->input);
}

/* What the adapter met and has no rule for. */
static void tell_remarks(const struct adapter *adapter)
{
    struct adapter_remark remark;

    for (size_t i = 0; adapter_remark(adapter, i, &remark); i++)
        fprintf(stderr, "produce: %" PRIu64 " x %s%s%s\n", remark.count, remark.text,
                remark.word[0] == '\0' ? "" : ": ", remark.word);
}

static void report(const struct production *production, int64_t ms)
{
    double seconds = (double)ms / 1000.0;
    double rate = ms == 0 ? 0.0 : (double)production->produced / seconds;

    fprintf(stderr, "produced=%" PRId64 " rejected=%" PRId64, production->produced, production->rejected);
    if (production->is_foreign)
        fprintf(stderr, " left_out=%" PRId64, production->left_out);
    fprintf(stderr, " seconds=%.1f rate=%.0f/s\n", seconds, rate);
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct production production = {.config = call->config, .skips_bad = call->options[SKIP_BAD].value != NULL};
    struct reason why_settle = {0};
    struct logger logger;
    int64_t begin_ms = clock_ms(CLOCK_MONOTONIC);

    production.is_foreign = call->options[FROM].value != NULL;
    enum verdict verdict = foreign_source(&call->options[FROM], &production.source, why);
    if (verdict != GO_ON)
        return verdict;
    log_open_as(&logger, call->config->log_level, call->config->log_format, command_produce.name);
    verdict = open_parts(&production, &logger, why);
    if (verdict != GO_ON) {
        close_parts(&production);
        log_close(&logger);
        return verdict;
    }
    verdict = send_all(&production, why);
    bool is_stopped = production.input.is_stopped;
    enum verdict settled = settle(&production, &why_settle);
    if (production.is_foreign)
        tell_remarks(production.foreign.adapter);
    close_parts(&production);
    log_close(&logger);
    if (settled != GO_ON) {
        fprintf(stderr, "produce: of %" PRId64 " events sent some may be missing from the topic\n",
                production.produced);
        *why = why_settle;
        return settled;
    }
    report(&production, clock_ms(CLOCK_MONOTONIC) - begin_ms);
    if (verdict == SET_ASIDE) { /* The line is named already. */
        call->status = EX_DATAERR;
        return GO_ON;
    }
    if (verdict == GO_ON && is_stopped)
        fprintf(stderr, "produce: stopped by a signal after %s %" PRId64 "\n",
                production.is_foreign ? json_values_unit(&production.values) : "line", production.line);
    return verdict;
}
