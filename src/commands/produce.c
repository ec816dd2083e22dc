/*
 * `gentally produce`: JSON lines -> events -> Avro -> the input topic. A line is sent, or named on standard error with
 * its number; nothing is skipped in silence. Events that were sent are acknowledged before the command ends, however it
 * ends.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "gentally/base/clock.h"
#include "gentally/cli/command.h"
#include "gentally/cli/progress.h"
#include "gentally/codec/avro_write.h"
#include "gentally/codec/json_read.h"
#include "gentally/commands/commands.h"
#include "gentally/kafka/producer.h"
#include "input.h"
#include "input_kind.h"

#define SETTLE_MS 10000
#define SETTLE_ATTEMPTS 30

enum option { SKIP_BAD };

static const struct command_option option_table[] = {
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
        "Example:\n"
        "  gentally-demo generate --events 1000 | gentally produce --topic generations",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

struct production {
    const struct config *config;
    bool skips_bad;
    struct input input;
    struct json_reader *reader;
    struct encoder *encoder;
    struct producer *producer;
    int64_t line, produced, rejected;
};

static bool is_blank(struct span line)
{
    for (size_t index = 0; index < line.size; index++) {
        if (line.bytes[index] != ' ' && line.bytes[index] != '\t' && line.bytes[index] != '\r')
            return false;
    }
    return true;
}

/* SET_ASIDE: the line is bad. */
static enum verdict send_line(struct production *production, struct span line, struct reason *why)
{
    struct event event;
    struct span value;
    enum verdict verdict = json_read_event(production->reader, line, &event, why);

    if (verdict == GO_ON)
        verdict = event_check(&event, why);
    if (verdict == GO_ON)
        verdict = encode_event(production->encoder, &event, &value, why);
    if (verdict == GO_ON)
        verdict = producer_put(production->producer, production->config->topic, event.id, value, why);
    return verdict;
}

/* GO_ON at the end of the input; SET_ASIDE at a bad line that shall not be skipped. */
static enum verdict send_all(struct production *production, struct reason *why)
{
    struct progress progress;
    struct span line;
    enum verdict verdict;

    progress_begin(&progress, "produced");
    for (;;) {
        verdict = input_line(&production->input, &line, why);
        if (verdict != GO_ON || line.bytes == NULL)
            break;
        production->line++;
        if (is_blank(line))
            continue;
        if (production->produced + production->rejected == 0)
            verdict = input_kind_check(line, why);
        if (verdict == GO_ON)
            verdict = send_line(production, line, why);
        if (verdict == GO_ON && ++production->produced % 1024 == 0)
            progress_step(&progress, production->produced);
        if (verdict == SET_ASIDE) {
            progress_end(&progress);
            production->rejected++;
            fprintf(stderr, "produce: line %" PRId64 ": %s: %s\n", production->line, reason_name(why->id), why->text);
        }
        if (verdict != GO_ON && (verdict != SET_ASIDE || !production->skips_bad))
            break;
    }
    progress_end(&progress);
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
        verdict = json_reader_open(&production->reader, why);
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
    if (production->reader != NULL)
        json_reader_close(production->reader);
    input_close(&production->input);
}

static void report(const struct production *production, int64_t ms)
{
    double seconds = (double)ms / 1000.0;
    double rate = ms == 0 ? 0.0 : (double)production->produced / seconds;

    fprintf(stderr, "produced=%" PRId64 " rejected=%" PRId64 " seconds=%.1f rate=%.0f/s\n", production->produced,
            production->rejected, seconds, rate);
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct production production = {.config = call->config, .skips_bad = call->options[SKIP_BAD].value != NULL};
    struct reason why_settle = {0};
    struct logger logger;
    int64_t begin_ms = clock_ms(CLOCK_MONOTONIC);

    log_open_as(&logger, call->config->log_level, call->config->log_format, command_produce.name);
    enum verdict verdict = open_parts(&production, &logger, why);
    if (verdict != GO_ON) {
        close_parts(&production);
        log_close(&logger);
        return verdict;
    }
    verdict = send_all(&production, why);
    bool is_stopped = production.input.is_stopped;
    enum verdict settled = settle(&production, &why_settle);
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
        fprintf(stderr, "produce: stopped by a signal after line %" PRId64 "\n", production.line);
    return verdict;
}
