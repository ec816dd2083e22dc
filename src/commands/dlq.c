/*
 * `gentally dlq`: looks at dead letters (records that could not be counted) and sends their records back to the input
 * topic once the cause is repaired. A payload is shown only to a user who asks for it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/commands/commands.h"
#include "gentally/core/event.h"
#include "gentally/core/window.h"
#include "gentally/kafka/topic_read.h"
#include "gentally/kafka/topics.h"
#include "printable.h"
#include "redrive.h"
#include "table.h"
#include "unseal.h"

enum option { REASON, PARTITION, FROM, TO, LETTER, RECORD, PAYLOAD, LIMIT, YES, UNSURE, PRIVATE_KEY, FORMAT };

static const char *const formats[] = {"text", "json"};
enum format { FORMAT_TEXT, FORMAT_JSON };

static const struct command_option option_table[] = {
    [REASON] = {"reason", "ID", "only letters of this reason, like DECODE-UTF8", NULL},
    [PARTITION] = {"partition", "N", "only letters of records of this input partition", NULL},
    [FROM] = {"from", "TIME", "only letters written then or later", NULL},
    [TO] = {"to", "TIME", "only letters written before", NULL},
    [LETTER] = {"letter", "P:O", "show: partition and offset in the dead-letter topic", NULL},
    [RECORD] = {"record", "P:O", "show: partition and offset in the input topic", NULL},
    [PAYLOAD] = {"payload", NULL, "show: key and value too, as hex and text", NULL},
    [LIMIT] = {"limit", "N", "list: only the first N", NULL},
    [YES] = {"yes", NULL, "redrive: do it; without, only say what would be done", NULL},
    [UNSURE] = {"unsure", NULL, "redrive: also letters of which nobody knows whether they are final", NULL},
    [PRIVATE_KEY] = {"private-key", "FILE", "redrive, show: PEM file of the keys that open sealed letters", NULL},
    [FORMAT] = {"format", "F", "text or json (default text)", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_dlq = {
    .name = "dlq",
    .purpose = "look at dead letters; send them back once their cause is repaired",
    .arguments = "list|count|show|redrive [options]",
    .summary = "look at dead letters, and send them back once their cause is repaired",
    .text =
        "list     every dead letter: place, time, reason, the record it was made of, detail\n"
        "count    how many by reason; `records` counts a record once, however often it was set aside\n"
        "show     one letter, by its place (--letter P:O) or by that of its record (--record P:O)\n"
        "redrive  puts the original key and value back into the partition they came from, with headers\n"
        "         gentally.redriven-from and gentally.redriven-letter. Each record once for good: repeating\n"
        "         it, or a crash, sends nothing twice. A letter is written before its record is decided: what a\n"
        "         killed worker's successor decided otherwise, perhaps counted, is not sent; Redis is asked\n"
        "         for it. Without --yes it only says what it would do.\n"
        "\n"
        "Payloads are shown by `show --payload` alone. A letter whose value was left out because it was too\n"
        "large cannot be sent again: take the record from the input topic while the log has it. Of sealed\n"
        "letters (dead_letters_keep = sealed) --private-key opens key, value and headers.\n"
        "\n"
        "Example: writers' schema 7 is known now, so count what failed for want of it:\n"
        "  gentally dlq count\n"
        "  gentally dlq redrive --reason DECODE-SCHEMA-UNKNOWN --yes",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .is_reader = true,
    .has_positional = true,
    .run = run,
};

struct reason_count {
    char id[64];
    uint64_t letters;
    struct dead_letter_set *records;
};

struct request {
    const struct config *config;
    struct dead_letter_filter filter;
    uint32_t format;
    int64_t limit, printed;
    bool has_letter, has_record, has_payload, is_real, is_unsure;
    struct letter_opener *opener; /* NULL: no private key was given */
    int32_t partition;            /* of the letter or record to show */
    int64_t offset;
    uint32_t reason_count;
    size_t reason_room;
    struct reason_count *reasons;
};

/* ---- list and show ---- */

static void write_time(int64_t ms, char text[40])
{
    if (ms < 0)
        snprintf(text, 40, "-");
    else
        time_format(ms, text, 40);
}

static void print_line(const struct dead_letter *letter)
{
    char time[40], reason[PRINTABLE_MAX(64)], topic[PRINTABLE_MAX(255)], detail[PRINTABLE_MAX(512)];

    write_time(letter->time_ms, time);
    printable_text(letter->reason, reason, sizeof(reason));
    printable_text(letter->origin.topic, topic, sizeof(topic));
    printable_text(letter->detail, detail, sizeof(detail));
    printf("%" PRId32 ":%" PRId64 "  %s  %s  ", letter->partition, letter->offset, time,
           reason[0] == '\0' ? "-" : reason);
    if (letter->has_origin)
        printf("%s:%" PRId32 ":%" PRId64, topic, letter->origin.partition, letter->origin.offset);
    else
        printf("-");
    if (letter->omitted_size >= 0)
        printf("  (value of %" PRId64 " bytes left out)", letter->omitted_size);
    if (letter->is_sealed)
        printf("  (sealed)");
    printf("  %s\n", detail);
}

static void print_json_hex(const char *name, struct span bytes)
{
    if (bytes.bytes == NULL) {
        printf(",\"%s\":null", name);
        return;
    }
    printf(",\"%s\":\"", name);
    for (size_t i = 0; i < bytes.size; i++)
        printf("%02x", (unsigned char)bytes.bytes[i]);
    printf("\"");
}

static void print_json(const struct dead_letter *letter, bool has_payload)
{
    printf("{\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"time\":%" PRId64 ",", letter->partition, letter->offset,
           letter->time_ms);
    printable_json("reason", letter->reason, ",");
    printable_json("detail", letter->detail, "");
    if (letter->has_origin) {
        printf(",");
        printable_json("record_topic", letter->origin.topic, "");
        printf(",\"record_partition\":%" PRId32 ",\"record_offset\":%" PRId64 ",\"record_timestamp\":%" PRId64,
               letter->origin.partition, letter->origin.offset, letter->origin.timestamp_ms);
    }
    printf(",\"value_%s\":%" PRId64, letter->omitted_size >= 0 ? "omitted" : "size", letter->value_size);
    if (letter->is_sealed) {
        printf(",");
        printable_json("sealed_for", letter->sealed_for, "");
    }
    if (has_payload) {
        print_json_hex("key_hex", letter->key);
        print_json_hex("value_hex", letter->value);
    }
    printf("}\n");
}

static enum verdict list_letter(void *context, const struct record *record, struct reason *why)
{
    struct request *request = context;
    struct dead_letter letter;

    (void)why;
    dead_letter_read(record, topic_header, &letter);
    if (!dead_letter_fits(&letter, &request->filter) || request->printed == request->limit)
        return GO_ON;
    request->printed++;
    if (request->format == FORMAT_JSON)
        print_json(&letter, false);
    else
        print_line(&letter);
    return GO_ON;
}

/* As `hexdump -C` has it. */
static void print_bytes(const char *name, struct span bytes)
{
    if (bytes.bytes == NULL) {
        printf("%-10s null\n", name);
        return;
    }
    printf("%-10s %zu bytes\n", name, bytes.size);
    for (size_t at = 0; at < bytes.size; at += 16) {
        printf("  %08zx ", at);
        for (size_t i = at; i < at + 16; i++)
            if (i < bytes.size)
                printf(" %02x", (unsigned char)bytes.bytes[i]);
            else
                printf("   ");
        printf("  |");
        for (size_t i = at; i < at + 16 && i < bytes.size; i++)
            printf("%c", bytes.bytes[i] >= 0x20 && bytes.bytes[i] <= 0x7e ? bytes.bytes[i] : '.');
        printf("|\n");
    }
}

static void print_whole(const struct dead_letter *letter, bool has_payload)
{
    char time[40], text[PRINTABLE_MAX(512)];

    write_time(letter->time_ms, time);
    printf("letter     %" PRId32 ":%" PRId64 ", written %s\n", letter->partition, letter->offset, time);
    printable_text(letter->reason, text, sizeof(text));
    printf("reason     %s\n", text);
    printable_text(letter->detail, text, sizeof(text));
    printf("detail     %s\n", text);
    if (letter->is_sealed) {
        printable_text(letter->sealed_for, text, sizeof(text));
        printf("sealed     for key %s\n", text);
    }
    if (letter->has_origin) {
        printable_text(letter->origin.topic, text, sizeof(text));
        write_time(letter->origin.timestamp_ms, time);
        printf("record     topic %s, partition %" PRId32 ", offset %" PRId64 ", written %s\n", text,
               letter->origin.partition, letter->origin.offset, time);
    } else {
        printf("record     unknown: the letter lacks the headers of gentally\n");
    }
    if (letter->omitted_size >= 0)
        printf("value      %" PRId64 " bytes, left out: %s\n", letter->omitted_size,
               letter->is_stripped ? "written with dead_letters_keep = headers, as is the key"
                                   : "too large for the dead-letter topic");
    else if (!has_payload)
        printf("value      %" PRId64 " bytes (--payload shows them)\n", letter->value_size);
    if (!has_payload)
        return;
    print_bytes("key", letter->key);
    if (letter->omitted_size < 0)
        print_bytes("value", letter->value);
}

static enum verdict show_letter(void *context, const struct record *record, struct reason *why)
{
    struct request *request = context;
    struct dead_letter letter;
    struct letter_content content;
    enum letter_state state = LETTER_OPENED;

    dead_letter_read(record, topic_header, &letter);
    bool is_it = request->has_letter ? letter.partition == request->partition && letter.offset == request->offset
                                     : letter.has_origin && letter.origin.partition == request->partition &&
                                           letter.origin.offset == request->offset &&
                                           span_equal(letter.origin.topic, span_of(request->config->topic));
    if (!is_it)
        return GO_ON;
    enum verdict verdict = letter.is_sealed && (request->has_payload || request->opener != NULL)
                               ? unseal(request->opener, &letter, &content, &state, why)
                               : GO_ON;
    if (verdict == GO_ON && state != LETTER_OPENED)
        verdict = unseal_refuse(request->opener, &letter, state, why);
    if (verdict != GO_ON)
        return verdict;
    request->printed++;
    if (request->format == FORMAT_JSON)
        print_json(&letter, request->has_payload);
    else
        print_whole(&letter, request->has_payload);
    return GO_ON;
}

/* ---- count ---- */

static struct reason_count *find_reason(struct request *request, struct span id)
{
    if (id.size >= sizeof(request->reasons->id))
        id.size = sizeof(request->reasons->id) - 1;
    for (uint32_t i = 0; i < request->reason_count; i++)
        if (span_equal(id, span_of(request->reasons[i].id)))
            return &request->reasons[i];
    struct reason_count *reasons =
        grow(request->reasons, &request->reason_room, request->reason_count + 1, sizeof(*reasons));
    if (reasons == NULL)
        return NULL;
    request->reasons = reasons;
    struct reason_count *added = &request->reasons[request->reason_count];
    *added = (struct reason_count){0};
    if (id.size > 0)
        memcpy(added->id, id.bytes, id.size);
    struct reason why;
    if (dead_letter_set_open(&added->records, &why) != GO_ON)
        return NULL;
    request->reason_count++;
    return added;
}

static enum verdict count_letter(void *context, const struct record *record, struct reason *why)
{
    struct request *request = context;
    struct dead_letter letter;

    dead_letter_read(record, topic_header, &letter);
    if (!dead_letter_fits(&letter, &request->filter))
        return GO_ON;
    struct reason_count *count = find_reason(request, letter.reason);
    if (count == NULL)
        return no_memory(why, "to count dead letters");
    count->letters++;
    if (!letter.has_origin) /* Each is a record of its own, as far as anybody knows. */
        letter.origin = (struct dead_letter_origin){span_of(""), letter.partition, letter.offset, 0};
    return dead_letter_set_put(count->records, &letter.origin, why);
}

static int most_first(const void *left_count, const void *right_count)
{
    const struct reason_count *left = left_count, *right = right_count;

    if (left->letters != right->letters)
        return left->letters > right->letters ? -1 : 1;
    return strcmp(left->id, right->id);
}

static enum verdict print_counts(struct request *request, struct reason *why)
{
    static const struct table_column columns[] = {{"reason", false}, {"letters", true}, {"records", true}};
    struct table *table = NULL;
    char id[PRINTABLE_MAX(64)];
    enum verdict verdict = GO_ON;

    if (request->reason_count > 0)
        qsort(request->reasons, request->reason_count, sizeof(*request->reasons), most_first);
    if (request->format == FORMAT_TEXT)
        verdict = table_open(&table, columns, LENGTH_OF(columns), why);
    for (uint32_t i = 0; i < request->reason_count && verdict == GO_ON; i++) {
        const struct reason_count *count = &request->reasons[i];
        printable_text(span_of(count->id), id, sizeof(id));
        if (request->format == FORMAT_JSON) {
            printf("{");
            printable_json("reason", span_of(count->id), ",");
            printf("\"letters\":%" PRIu64 ",\"records\":%zu}\n", count->letters, dead_letter_set_count(count->records));
            continue;
        }
        table_text(table, span_of(id[0] == '\0' ? "-" : id));
        table_integer(table, (int64_t)count->letters);
        table_integer(table, (int64_t)dead_letter_set_count(count->records));
    }
    if (verdict == GO_ON && table != NULL)
        verdict = table_print(table, stdout, why);
    table_close(table);
    return verdict;
}

/* ---- redrive ---- */

static void print_redrive(const struct request *request, const struct redrive_counts *counts)
{
    if (request->format == FORMAT_JSON) {
        printf("{\"is_dry\":%s,\"letters\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"sent_before\":%" PRIu64
               ",\"doubles\":%" PRIu64 ",\"superseded\":%" PRIu64 ",\"undecided\":%" PRIu64 ",\"unsure\":%" PRIu64
               ",\"value_omitted\":%" PRIu64 ",\"stripped\":%" PRIu64 ",\"sealed\":%" PRIu64 ",\"torn\":%" PRIu64
               ",\"other_topic\":%" PRIu64 ",\"foreign\":%" PRIu64 "}\n",
               request->is_real ? "false" : "true", counts->letters, counts->sent, counts->before, counts->doubles,
               counts->superseded, counts->undecided, counts->unsure, counts->omitted, counts->stripped, counts->sealed,
               counts->torn, counts->elsewhere, counts->foreign);
        return;
    }
    printf("letters: %" PRIu64 "\n%s: %" PRIu64 "\n", counts->letters, request->is_real ? "sent" : "would be sent",
           counts->sent);
    if (counts->before > 0)
        printf("sent by an earlier redrive: %" PRIu64 "\n", counts->before);
    if (counts->doubles > 0)
        printf("of the same record as another: %" PRIu64 "\n", counts->doubles);
    if (counts->superseded > 0)
        printf("not sent, their record was decided again by another worker: %" PRIu64 "\n", counts->superseded);
    if (counts->undecided > 0)
        printf("not sent, their record is not decided yet: %" PRIu64 "; repeat once the workers have passed it\n",
               counts->undecided);
    if (counts->unsure > 0)
        printf("refused: %" PRIu64
               ", nobody knows any more who decided their record, so it may be counted already; "
               "--unsure sends them all the same\n",
               counts->unsure);
    if (counts->omitted > 0)
        printf("cannot be sent, their value was left out: %" PRIu64 "\n", counts->omitted);
    if (counts->stripped > 0)
        printf("refused: %" PRIu64
               ", written with dead_letters_keep = headers, so without key and value; take their records "
               "from the input topic while the log has them\n",
               counts->stripped);
    if (counts->sealed > 0)
        printf("refused: %" PRIu64 ", sealed%s\n", counts->sealed,
               request->opener == NULL ? "; --private-key FILE opens them"
                                       : " for another key, or by a newer gentally; `dlq show --record P:O` tells the "
                                         "key, and one file may hold several private ones");
    if (counts->torn > 0)
        printf("cannot be sent, they were altered since they were sealed: %" PRIu64 "\n", counts->torn);
    if (counts->elsewhere > 0)
        printf("of another topic than %s: %" PRIu64 "\n", request->config->topic, counts->elsewhere);
    if (counts->foreign > 0)
        printf("without the headers of gentally: %" PRIu64 "\n", counts->foreign);
    if (!request->is_real && counts->sent > 0)
        printf("nothing was sent; --yes sends\n");
}

static enum verdict run_redrive(struct request *request, struct reason *why)
{
    struct redrive_counts counts = {0};
    struct redrive_options options = {
        .is_dry = !request->is_real, .is_unsure = request->is_unsure, .opener = request->opener};
    enum verdict verdict = redrive(request->config, &request->filter, options, &counts, why);

    if (verdict == GO_ON || counts.sent > 0)
        print_redrive(request, &counts);
    return verdict;
}

/* ---- the command ---- */

static enum verdict read_place(struct request *request, const struct command_option *option, struct reason *why)
{
    if (option->value == NULL || dead_letter_place_read(span_of(option->value), &request->partition, &request->offset))
        return GO_ON;
    return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s %s: want PARTITION:OFFSET, like 3:17", option->name,
                      option->value);
}

static enum verdict read_options(struct request *request, const struct command_option options[], struct reason *why)
{
    enum verdict verdict = option_choice(&options[FORMAT], formats, LENGTH_OF(formats), &request->format, why);

    request->filter = (struct dead_letter_filter){span_of(options[REASON].value), -1, INT64_MIN, INT64_MAX};
    request->has_letter = options[LETTER].value != NULL;
    request->has_record = options[RECORD].value != NULL;
    request->has_payload = options[PAYLOAD].value != NULL;
    request->is_real = options[YES].value != NULL;
    request->is_unsure = options[UNSURE].value != NULL;
    if (verdict == GO_ON)
        verdict = option_integer(&options[PARTITION], 0, INT32_MAX, &request->filter.partition, why);
    if (verdict == GO_ON)
        verdict = option_time(&options[FROM], &request->filter.from_ms, why);
    if (verdict == GO_ON)
        verdict = option_time(&options[TO], &request->filter.to_ms, why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[LIMIT], 1, INT64_MAX, &request->limit, why);
    if (verdict == GO_ON)
        verdict = read_place(request, &options[LETTER], why);
    if (verdict == GO_ON)
        verdict = read_place(request, &options[RECORD], why);
    return verdict;
}

static enum verdict run_show(struct request *request, const char *topic, struct reason *why)
{
    if (request->has_letter == request->has_record)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "show: want either --letter P:O or --record P:O");
    enum verdict verdict = topic_read(request->config, topic, show_letter, request, why);
    if (verdict == GO_ON && request->printed == 0)
        return reason_set(why, HALT, DLQ_NONE, 0, "there is no such dead letter, or it is over its retention");
    return verdict;
}

static enum verdict run_action(struct request *request, const char *action, struct reason *why)
{
    char topic[TOPIC_NAME_MAX + 1];

    topic_dead_letters(request->config, topic);
    if (action != NULL && strcmp(action, "list") == 0)
        return topic_read(request->config, topic, list_letter, request, why);
    if (action != NULL && strcmp(action, "show") == 0)
        return run_show(request, topic, why);
    if (action != NULL && strcmp(action, "redrive") == 0)
        return run_redrive(request, why);
    if (action == NULL || strcmp(action, "count") != 0)
        return reason_set(why, HALT, CONFIG_POSITIONAL, 0, "say what to do: list, count, show or redrive");
    enum verdict verdict = topic_read(request->config, topic, count_letter, request, why);
    return verdict == GO_ON ? print_counts(request, why) : verdict;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct request request = {.config = call->config, .limit = INT64_MAX};
    enum verdict verdict = read_options(&request, call->options, why);

    if (verdict == GO_ON && call->options[PRIVATE_KEY].value != NULL)
        verdict = letter_opener_open(&request.opener, call->options[PRIVATE_KEY].value, why);
    if (verdict == GO_ON)
        verdict = run_action(&request, call->positional, why);
    letter_opener_close(request.opener);
    for (uint32_t i = 0; i < request.reason_count; i++)
        dead_letter_set_close(request.reasons[i].records);
    free(request.reasons);
    return verdict;
}
