/*
 * Avro bytes, made with libavro's generic values.
 *
 *   0x00 | schema id, 4 bytes, big-endian | body
 *
 * One value per schema is made at open and filled again for every message; a `pen` walks its fields in the schema's
 * order. Texts are lent to libavro, not copied, since its copying setters read the NUL that spans do not have.
 */
#include "gentally/codec/avro_write.h"

#include <assert.h>
#include <avro.h>
#include <errno.h>
#include <stdlib.h>

#include "gentally/base/bundled.h"
#include "gentally/codec/decode.h"

#define FRAME_SIZE 5u
#define BUFFER_SIZE_MIN ((size_t)64 << 10) /* Holds any summary: 5 histograms x 255 buckets x 18 bytes, and texts. */
#define BUFFER_SIZE_MAX ((size_t)64 << 20)

struct avro_message {
    uint32_t schema_id;
    avro_schema_t schema;
    avro_value_iface_t *class;
    avro_value_t value;
};

struct encoder {
    struct avro_message event, summary, ledger, signal;
    avro_writer_t writer;
    char *buffer; /* frame and body of the last message */
    size_t buffer_size;
};

static enum verdict message_open(struct avro_message *message, uint32_t schema_id, struct span schema,
                                 struct reason *why)
{
    message->schema_id = schema_id;
    if (avro_schema_from_json_length(schema.bytes, schema.size, &message->schema) != 0)
        return reason_set(why, HALT, SCHEMA_INVALID, 0, "bundled schema %u: %s", schema_id, avro_strerror());
    message->class = avro_generic_class_from_schema(message->schema);
    if (message->class == NULL || avro_generic_value_new(message->class, &message->value) != 0)
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for values of bundled schema %u", schema_id);
    return GO_ON;
}

static void message_close(struct avro_message *message)
{
    if (message->value.self != NULL)
        avro_value_decref(&message->value);
    if (message->class != NULL)
        avro_value_iface_decref(message->class);
    if (message->schema != NULL)
        avro_schema_decref(message->schema);
}

static enum verdict encoder_fill(struct encoder *encoder, struct reason *why)
{
    enum verdict verdict = message_open(&encoder->event, SCHEMA_ID_GENERATION, bundled_generation_avsc, why);

    if (verdict == GO_ON)
        verdict = message_open(&encoder->summary, SCHEMA_ID_SUMMARY, bundled_summary_avsc, why);
    if (verdict == GO_ON)
        verdict = message_open(&encoder->ledger, SCHEMA_ID_LEDGER, bundled_ledger_avsc, why);
    if (verdict == GO_ON)
        verdict = message_open(&encoder->signal, SCHEMA_ID_SIGNAL, bundled_signal_avsc, why);
    if (verdict != GO_ON)
        return verdict;
    encoder->buffer = malloc(BUFFER_SIZE_MIN);
    encoder->buffer_size = BUFFER_SIZE_MIN;
    if (encoder->buffer != NULL)
        encoder->writer = avro_writer_memory(encoder->buffer, (int64_t)encoder->buffer_size);
    if (encoder->writer == NULL)
        return no_memory(why, "for an Avro writer");
    return GO_ON;
}

enum verdict encoder_open(struct encoder **encoder, struct reason *why)
{
    *encoder = calloc(1, sizeof(**encoder));
    if (*encoder == NULL)
        return no_memory(why, "for an encoder");
    enum verdict verdict = encoder_fill(*encoder, why);
    if (verdict != GO_ON) {
        encoder_close(*encoder);
        *encoder = NULL;
    }
    return verdict;
}

void encoder_close(struct encoder *encoder)
{
    if (encoder == NULL)
        return;
    if (encoder->writer != NULL)
        avro_writer_free(encoder->writer);
    free(encoder->buffer);
    message_close(&encoder->signal);
    message_close(&encoder->ledger);
    message_close(&encoder->summary);
    message_close(&encoder->event);
    free(encoder);
}

/* Fills a record, field after field. The first error sticks and the rest is skipped: one look at the end suffices. */
struct pen {
    avro_value_t record;
    size_t field; /* index of the next field */
    int error;    /* libavro's, 0 = none */
};

static bool pen_next(struct pen *pen, avro_value_t *field)
{
    if (pen->error == 0)
        pen->error = avro_value_get_by_index(&pen->record, pen->field++, field, NULL);
    return pen->error == 0;
}

static void pen_long(struct pen *pen, int64_t number)
{
    avro_value_t field;

    if (pen_next(pen, &field))
        pen->error = avro_value_set_long(&field, number);
}

static void pen_int(struct pen *pen, int32_t number)
{
    avro_value_t field;

    if (pen_next(pen, &field))
        pen->error = avro_value_set_int(&field, number);
}

static void pen_flag(struct pen *pen, bool flag)
{
    avro_value_t field;

    if (pen_next(pen, &field))
        pen->error = avro_value_set_boolean(&field, flag);
}

static void pen_enum(struct pen *pen, int symbol)
{
    avro_value_t field;

    if (pen_next(pen, &field))
        pen->error = avro_value_set_enum(&field, symbol);
}

/* libavro counts a NUL behind the text and never looks at it, so one more byte is claimed than lent. */
static int text_lend(avro_value_t *value, struct span text)
{
    avro_wrapped_buffer_t lent = {text.size == 0 ? "" : text.bytes, text.size + 1, NULL, NULL, NULL, NULL};

    return avro_value_give_string_len(value, &lent);
}

static void pen_text(struct pen *pen, struct span text)
{
    avro_value_t field;

    if (pen_next(pen, &field))
        pen->error = text_lend(&field, text);
}

/* Opens the next field, a union of null and something: true if the something is to be set in `branch`. */
static bool pen_optional(struct pen *pen, bool is_present, avro_value_t *branch)
{
    avro_value_t field;

    if (pen_next(pen, &field))
        pen->error = avro_value_set_branch(&field, is_present, branch);
    if (pen->error == 0 && !is_present)
        pen->error = avro_value_set_null(branch);
    return pen->error == 0 && is_present;
}

static void pen_optional_text(struct pen *pen, struct span text)
{
    avro_value_t branch;

    if (pen_optional(pen, text.size > 0, &branch))
        pen->error = text_lend(&branch, text);
}

static void pen_optional_int(struct pen *pen, bool is_present, int32_t number)
{
    avro_value_t branch;

    if (pen_optional(pen, is_present, &branch))
        pen->error = avro_value_set_int(&branch, number);
}

static void pen_optional_long(struct pen *pen, bool is_present, int64_t number)
{
    avro_value_t branch;

    if (pen_optional(pen, is_present, &branch))
        pen->error = avro_value_set_long(&branch, number);
}

/* Opens the next field, an array of records, empty. */
static void pen_array(struct pen *pen, avro_value_t *array)
{
    if (pen_next(pen, array))
        pen->error = avro_value_reset(array);
}

/* Appends a record to `array` and gives the pen for it; the error is carried along. */
static struct pen pen_append(const struct pen *pen, avro_value_t *array)
{
    struct pen inner = {.error = pen->error};

    if (inner.error == 0)
        inner.error = avro_value_append(array, &inner.record, NULL);
    return inner;
}

static bool buffer_grow(struct encoder *encoder)
{
    char *buffer = encoder->buffer_size < BUFFER_SIZE_MAX ? realloc(encoder->buffer, 2 * encoder->buffer_size) : NULL;

    if (buffer == NULL)
        return false;
    encoder->buffer = buffer;
    encoder->buffer_size *= 2;
    return true;
}

static void frame_write(char *buffer, uint32_t schema_id)
{
    buffer[0] = 0;
    for (unsigned index = 1; index < FRAME_SIZE; index++)
        buffer[index] = (char)(schema_id >> (8 * (FRAME_SIZE - 1 - index)) & 0xff);
}

/* Ends a message, of which the pen has written all fields, and gives out its bytes. */
static enum verdict message_write(struct encoder *encoder, struct avro_message *message, const struct pen *pen,
                                  struct span *bytes, struct reason *why)
{
    int error = pen->error;

    while (error == 0) {
        avro_writer_memory_set_dest(encoder->writer, encoder->buffer + FRAME_SIZE,
                                    (int64_t)(encoder->buffer_size - FRAME_SIZE));
        error = avro_value_write(encoder->writer, &message->value);
        if (error != ENOSPC || !buffer_grow(encoder))
            break;
        error = 0;
    }
    if (error != 0)
        return reason_set(why, HALT, ENCODE_FAILED, error, "schema %u: %s", message->schema_id, avro_strerror());
    assert(pen->field == avro_schema_record_size(message->schema));
    frame_write(encoder->buffer, message->schema_id);
    *bytes = (struct span){encoder->buffer, FRAME_SIZE + (size_t)avro_writer_tell(encoder->writer)};
    return GO_ON;
}

static void pen_labels(struct pen *pen, const struct event *event)
{
    avro_value_t array;

    assert(event->label_count <= EVENT_LABELS_MAX);
    pen_array(pen, &array);
    for (uint32_t index = 0; index < event->label_count; index++) {
        struct pen label = pen_append(pen, &array);
        avro_value_t confidence;
        pen_text(&label, event->labels[index].path);
        if (pen_next(&label, &confidence))
            label.error = avro_value_set_float(&confidence, event->labels[index].confidence);
        pen->error = label.error;
    }
}

enum verdict encode_event(struct encoder *encoder, const struct event *event, struct span *bytes, struct reason *why)
{
    struct pen pen = {.record = encoder->event.value};

    pen_text(&pen, event->id);
    pen_long(&pen, event->created_ms);
    pen_text(&pen, event->model);
    pen_optional_text(&pen, event->provider);
    pen_optional_text(&pen, event->account);
    pen_optional_text(&pen, event->app);
    pen_optional_text(&pen, event->country);
    pen_optional_text(&pen, event->language);
    pen_long(&pen, event->tokens_prompt);
    pen_long(&pen, event->tokens_completion);
    pen_long(&pen, event->tokens_reasoning);
    pen_long(&pen, event->tokens_cached);
    pen_long(&pen, event->cost_nano_usd);
    pen_flag(&pen, event->is_byok);
    pen_flag(&pen, event->is_free);
    pen_flag(&pen, event->streamed);
    pen_flag(&pen, event->cancelled);
    pen_optional_text(&pen, event->finish_reason);
    pen_flag(&pen, event->tools_offered);
    pen_optional_int(&pen, event->latency_ms != EVENT_ABSENT, event->latency_ms);
    pen_optional_int(&pen, event->first_token_ms != EVENT_ABSENT, event->first_token_ms);
    pen_optional_int(&pen, event->generation_ms != EVENT_ABSENT, event->generation_ms);
    pen_flag(&pen, event->classified);
    pen_labels(&pen, event);
    pen_enum(&pen, event->op);
    return message_write(encoder, &encoder->event, &pen, bytes, why);
}

static void pen_window(struct pen *pen, struct window window)
{
    pen_enum(pen, window.kind);
    pen_long(pen, window.start_ms);
    pen_long(pen, window_end(window));
}

/* Months between cohort and use: a handful of digits, made by us. */
static int32_t age_parse(struct span text)
{
    int32_t age = 0;

    assert(text.size <= 6);
    for (size_t index = 0; index < text.size; index++) {
        assert(text.bytes[index] >= '0' && text.bytes[index] <= '9');
        age = 10 * age + (text.bytes[index] - '0');
    }
    return age;
}

static void pen_columns(struct pen *pen, const struct span columns[COLUMN_COUNT])
{
    for (int column = 0; column < COLUMN_COUNT; column++) {
        if (column == COLUMN_AGE)
            pen_optional_int(pen, columns[column].size > 0, age_parse(columns[column]));
        else
            pen_optional_text(pen, columns[column]);
    }
}

/* The buckets are the cell's slots in their order, histogram after histogram, so `*slot` only moves on. */
static void pen_histogram(struct pen *pen, const struct cell *cell, uint32_t histogram, uint32_t *slot)
{
    const uint32_t first = histogram * HISTOGRAM_BUCKETS;
    avro_value_t array;

    pen_array(pen, &array);
    for (; *slot < cell->slot_count && cell->slots[*slot].id < first + HISTOGRAM_BUCKETS; (*slot)++) {
        struct pen bucket = pen_append(pen, &array);
        assert(cell->slots[*slot].id >= first);
        pen_long(&bucket, histogram_floor(cell->slots[*slot].id - first));
        pen_long(&bucket, (int64_t)cell->slots[*slot].value);
        pen->error = bucket.error;
    }
}

static void pen_cell(struct pen *pen, const struct cell *cell, int64_t retained)
{
    uint32_t slot = 0;

    for (int measure = 0; measure < MEASURE_COUNT; measure++)
        pen_long(pen, cell->sums[measure]);
    for (uint32_t histogram = 0; histogram < HISTOGRAM_COUNT; histogram++)
        pen_histogram(pen, cell, histogram, &slot);
    bool has_accounts = slot < cell->slot_count; /* what is left are account registers */
    assert(!has_accounts || retained == 0);
    pen_optional_long(pen, has_accounts || retained > 0, has_accounts ? cell_accounts(cell) : retained);
}

/* Writes the measures of a suppressed row: the same fields as pen_cell(), all 0, empty or null. */
static void pen_nothing(struct pen *pen)
{
    avro_value_t array;

    for (int measure = 0; measure < MEASURE_COUNT; measure++)
        pen_long(pen, 0);
    for (uint32_t histogram = 0; histogram < HISTOGRAM_COUNT; histogram++)
        pen_array(pen, &array);
    pen_optional_long(pen, false, 0);
}

enum verdict encode_summary(struct encoder *encoder, const struct summary *summary, struct span *bytes,
                            struct reason *why)
{
    struct pen pen = {.record = encoder->summary.value};

    assert(summary->cell != NULL); /* A tombstone has no bytes. */
    assert(summary->rollup.size > 0);
    pen_text(&pen, summary->rollup);
    pen_window(&pen, summary->window);
    pen_columns(&pen, summary->columns);
    if (summary->suppressed)
        pen_nothing(&pen);
    else
        pen_cell(&pen, summary->cell, summary->retained);
    pen_enum(&pen, summary->pane);
    pen_long(&pen, summary->generation);
    pen_long(&pen, summary->revision);
    pen_long(&pen, summary_version(summary->generation, summary->revision, summary->pane));
    pen_text(&pen, summary->tables_version);
    pen_flag(&pen, summary->suppressed);
    return message_write(encoder, &encoder->summary, &pen, bytes, why);
}

static void pen_partition(struct pen *pen, const struct ledger_partition *partition)
{
    int64_t consumed = 0;

    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        consumed += partition->outcomes[outcome];
    pen_int(pen, partition->partition);
    pen_text(pen, span_of(partition->incarnation));
    pen_long(pen, partition->first);
    pen_long(pen, partition->next);
    pen_optional_long(pen, partition->watermark_ms != NO_TIME, partition->watermark_ms);
    pen_long(pen, partition->records);
    pen_long(pen, consumed);
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        pen_long(pen, partition->outcomes[outcome]);
    bool is_stopped = partition->stopped[0] != '\0';
    pen_optional_text(pen, span_of(is_stopped ? partition->stopped : NULL));
    pen_optional_long(pen, is_stopped, partition->stopped_at);
    pen_flag(pen, partition->is_given_up);
    pen_optional_long(pen, partition->end >= 0, partition->end);
}

enum verdict encode_ledger(struct encoder *encoder, const struct ledger *ledger, struct span *bytes, struct reason *why)
{
    struct pen pen = {.record = encoder->ledger.value};
    avro_value_t array;

    pen_window(&pen, ledger->window);
    pen_enum(&pen, ledger->pane);
    pen_long(&pen, ledger->generation);
    pen_long(&pen, ledger->revision);
    pen_long(&pen, summary_version(ledger->generation, ledger->revision, ledger->pane));
    pen_long(&pen, ledger->summaries);
    pen_text(&pen, ledger->tables_version);
    pen_array(&pen, &array);
    for (uint32_t index = 0; index < ledger->partition_count; index++) {
        struct pen partition = pen_append(&pen, &array);
        pen_partition(&partition, &ledger->partitions[index]);
        pen.error = partition.error;
    }
    pen_long(&pen, ledger->retention);
    return message_write(encoder, &encoder->ledger, &pen, bytes, why);
}

static void pen_number(struct pen *pen, const struct signal_number *number)
{
    avro_value_t field, branch;

    pen_text(pen, number->name);
    if (pen_next(pen, &field))
        pen->error = avro_value_set_branch(&field, number->is_real, &branch);
    if (pen->error == 0)
        pen->error = number->is_real ? avro_value_set_double(&branch, number->real)
                                     : avro_value_set_long(&branch, number->integer);
}

enum verdict encode_signal(struct encoder *encoder, const struct signal *signal, struct span *bytes, struct reason *why)
{
    struct pen pen = {.record = encoder->signal.value};
    avro_value_t array;

    assert(signal->number_count <= SIGNAL_NUMBERS_MAX);
    pen_enum(&pen, (int)signal->kind);
    pen_text(&pen, signal->subject);
    pen_optional_text(&pen, signal->cohort);
    pen_enum(&pen, signal->window.kind);
    pen_long(&pen, signal->window.start_ms);
    pen_array(&pen, &array);
    for (uint32_t index = 0; index < signal->number_count; index++) {
        struct pen number = pen_append(&pen, &array);
        pen_number(&number, &signal->numbers[index]);
        pen.error = number.error;
    }
    pen_text(&pen, signal->rule);
    pen_long(&pen, signal->generation);
    pen_long(&pen, signal->revision);
    pen_text(&pen, signal->tables_version);
    return message_write(encoder, &encoder->signal, &pen, bytes, why);
}
