/*
 * Avro bytes, written field after field in the order of the bundled schemas:
 *
 *   0x00 | schema id, 4 bytes, big-endian | body
 *
 * No generic value is filled first: a summary has some eighty fields, and a closer writes a hundred thousand a second.
 * That what is written is of the schema, the tests say, with another encoder's bytes and with libavro as reader.
 */
#include "gentally/codec/avro_write.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/codec/decode.h"
#include "gentally/codec/summary_json.h"

#define FRAME_SIZE 5u
#define LONG_SIZE_MAX 10u
#define BUFFER_SIZE_MIN ((size_t)64 << 10) /* Holds any summary: 5 histograms x 255 buckets x 18 bytes, and texts. */
#define BUFFER_SIZE_MAX ((size_t)64 << 20)

struct encoder {
    uint8_t *buffer; /* frame and body of the last message */
    size_t buffer_size;
    struct schema_ids ids; /* what the messages are framed with */
    bool has_json;         /* summaries are JSON */
};

enum verdict encoder_open(struct encoder **encoder, struct reason *why)
{
    *encoder = calloc(1, sizeof(**encoder));
    if (*encoder != NULL)
        (*encoder)->buffer = malloc(BUFFER_SIZE_MIN);
    if (*encoder == NULL || (*encoder)->buffer == NULL) {
        encoder_close(*encoder);
        *encoder = NULL;
        return no_memory(why, "for an encoder");
    }
    (*encoder)->buffer_size = BUFFER_SIZE_MIN;
    (*encoder)->ids = (struct schema_ids){SCHEMA_ID_SUMMARY, SCHEMA_ID_LEDGER, SCHEMA_ID_SIGNAL};
    return GO_ON;
}

void encoder_use(struct encoder *encoder, const struct schema_ids *ids)
{
    if (ids->summary != 0)
        encoder->ids.summary = ids->summary;
    if (ids->ledger != 0)
        encoder->ids.ledger = ids->ledger;
    if (ids->signal != 0)
        encoder->ids.signal = ids->signal;
}

void encoder_use_json(struct encoder *encoder)
{
    encoder->has_json = true;
}

void encoder_close(struct encoder *encoder)
{
    if (encoder == NULL)
        return;
    free(encoder->buffer);
    free(encoder);
}

/* Writes a message from front to back. What finds no room is skipped, and so is all after it: one look at the end
 * suffices. */
struct pen {
    struct encoder *encoder;
    size_t size; /* written */
    bool is_full;
};

static bool pen_grow(struct pen *pen, size_t size)
{
    struct encoder *encoder = pen->encoder;
    size_t wanted = encoder->buffer_size;

    while (wanted - pen->size < size && wanted <= BUFFER_SIZE_MAX / 2)
        wanted *= 2;
    uint8_t *buffer = wanted - pen->size < size ? NULL : realloc(encoder->buffer, wanted);
    pen->is_full = buffer == NULL;
    if (pen->is_full)
        return false;
    encoder->buffer = buffer;
    encoder->buffer_size = wanted;
    return true;
}

static inline bool pen_has_room(struct pen *pen, size_t size)
{
    return !pen->is_full && (pen->encoder->buffer_size - pen->size >= size || pen_grow(pen, size));
}

static void pen_bytes(struct pen *pen, const void *bytes, size_t size)
{
    if (!pen_has_room(pen, size) || size == 0)
        return;
    memcpy(pen->encoder->buffer + pen->size, bytes, size);
    pen->size += size;
}

/* Seven bits a byte, the lowest first, of a number whose sign is its lowest bit. */
static void pen_long(struct pen *pen, int64_t number)
{
    uint64_t rest = (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);

    if (!pen_has_room(pen, LONG_SIZE_MAX))
        return;
    uint8_t *to = pen->encoder->buffer + pen->size;
    for (; rest >= 0x80; rest >>= 7)
        *to++ = (uint8_t)(rest | 0x80);
    *to++ = (uint8_t)rest;
    pen->size = (size_t)(to - pen->encoder->buffer);
}

static void pen_flag(struct pen *pen, bool flag)
{
    const uint8_t byte = flag;

    pen_bytes(pen, &byte, sizeof(byte));
}

static void pen_enum(struct pen *pen, int symbol)
{
    pen_long(pen, symbol);
}

static void pen_text(struct pen *pen, struct span text)
{
    pen_long(pen, (int64_t)text.size);
    pen_bytes(pen, text.bytes, text.size);
}

/* A number of `size` bytes, the lowest first. */
static void pen_fixed(struct pen *pen, uint64_t number, size_t size)
{
    uint8_t bytes[sizeof(number)];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
    pen_bytes(pen, bytes, size);
}

static void pen_float(struct pen *pen, float number)
{
    uint32_t bits;

    memcpy(&bits, &number, sizeof(bits));
    pen_fixed(pen, bits, sizeof(bits));
}

static void pen_double(struct pen *pen, double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof(bits));
    pen_fixed(pen, bits, sizeof(bits));
}

/* A union of null and something: the something is to be written next, if it is there. */
static bool pen_optional(struct pen *pen, bool is_present)
{
    pen_long(pen, is_present);
    return is_present;
}

static void pen_optional_text(struct pen *pen, struct span text)
{
    if (pen_optional(pen, text.size > 0))
        pen_text(pen, text);
}

static void pen_optional_long(struct pen *pen, bool is_present, int64_t number)
{
    if (pen_optional(pen, is_present))
        pen_long(pen, number);
}

static void pen_amount(struct pen *pen, int64_t number)
{
    pen_optional_long(pen, number != EVENT_UNKNOWN, number);
}

/* As above, but null is the union's second branch. */
static void pen_cost(struct pen *pen, int64_t number)
{
    pen_long(pen, number == EVENT_UNKNOWN);
    if (number != EVENT_UNKNOWN)
        pen_long(pen, number);
}

/* An array is a block of so many items, which are to be written next, and the end: a block of none. */
static void pen_items(struct pen *pen, uint32_t count)
{
    if (count > 0)
        pen_long(pen, count);
}

static void pen_items_end(struct pen *pen)
{
    pen_long(pen, 0);
}

static struct pen pen_begin(struct encoder *encoder, uint32_t schema_id)
{
    struct pen pen = {.encoder = encoder};

    encoder->buffer[pen.size++] = 0;
    for (unsigned index = 1; index < FRAME_SIZE; index++)
        encoder->buffer[pen.size++] = (uint8_t)(schema_id >> (8 * (FRAME_SIZE - 1 - index)));
    return pen;
}

/* Gives out the bytes of a message, of which the pen has written all fields. */
static enum verdict pen_end(const struct pen *pen, struct span *bytes, struct reason *why)
{
    if (pen->is_full)
        return reason_set(why, HALT, ENCODE_FAILED, 0,
                          "a message has more than %zu bytes, or there is no memory for it", BUFFER_SIZE_MAX);
    *bytes = (struct span){(const char *)pen->encoder->buffer, pen->size};
    return GO_ON;
}

static void pen_labels(struct pen *pen, const struct event *event)
{
    assert(event->label_count <= EVENT_LABELS_MAX);
    pen_items(pen, event->label_count);
    for (uint32_t index = 0; index < event->label_count; index++) {
        pen_text(pen, event->labels[index].path);
        pen_float(pen, event->labels[index].confidence);
    }
    pen_items_end(pen);
}

enum verdict encode_event(struct encoder *encoder, const struct event *event, struct span *bytes, struct reason *why)
{
    struct pen pen = pen_begin(encoder, SCHEMA_ID_GENERATION);

    pen_text(&pen, event->id);
    pen_long(&pen, event->created_ms);
    pen_text(&pen, event->model);
    pen_optional_text(&pen, event->provider);
    pen_optional_text(&pen, event->account);
    pen_optional_text(&pen, event->app);
    pen_optional_text(&pen, event->country);
    pen_optional_text(&pen, event->language);
    pen_amount(&pen, event->tokens_prompt);
    pen_amount(&pen, event->tokens_completion);
    pen_long(&pen, event->tokens_reasoning);
    pen_long(&pen, event->tokens_cached);
    pen_long(&pen, event->tokens_cache_write);
    pen_cost(&pen, event->cost_nano_usd);
    pen_flag(&pen, event->is_byok);
    pen_flag(&pen, event->is_free);
    pen_flag(&pen, event->is_gateway_cache_hit);
    pen_flag(&pen, event->streamed);
    pen_flag(&pen, event->cancelled);
    pen_optional_text(&pen, event->finish_reason);
    pen_flag(&pen, event->tools_offered);
    pen_optional_long(&pen, event->latency_ms != EVENT_ABSENT, event->latency_ms);
    pen_optional_long(&pen, event->first_token_ms != EVENT_ABSENT, event->first_token_ms);
    pen_optional_long(&pen, event->generation_ms != EVENT_ABSENT, event->generation_ms);
    pen_flag(&pen, event->classified);
    pen_labels(&pen, event);
    pen_enum(&pen, event->op);
    return pen_end(&pen, bytes, why);
}

static void pen_pane(struct pen *pen, enum pane pane)
{
    pen_text(pen, span_of(pane_name(pane)));
    pen_long(pen, (int)pane); /* which sorts */
}

static void pen_window(struct pen *pen, struct window window)
{
    pen_text(pen, span_of(window_kind_name(window.kind)));
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
            pen_optional_long(pen, columns[column].size > 0, age_parse(columns[column]));
        else
            pen_optional_text(pen, columns[column]);
    }
}

static void pen_quantiles(struct pen *pen, const struct cell *cell)
{
    for (enum histogram histogram = 0; histogram < HISTOGRAM_COUNT; histogram++) {
        struct quantiles quantiles = cell_quantiles(cell, histogram);
        for (int quantile = 0; quantile < QUANTILE_COUNT; quantile++)
            pen_optional_long(pen, quantiles.are_known, quantiles.values[quantile]);
    }
}

/* The buckets are the cell's slots in their order, histogram after histogram, so `*slot` only moves on. */
static void pen_histogram(struct pen *pen, const struct cell *cell, uint32_t histogram, uint32_t *slot)
{
    const uint32_t first = histogram * HISTOGRAM_BUCKETS;
    uint32_t end = *slot;

    while (end < cell->slot_count && cell->slots[end].id < first + HISTOGRAM_BUCKETS)
        end++;
    pen_items(pen, end - *slot);
    for (; *slot < end; (*slot)++) {
        assert(cell->slots[*slot].id >= first);
        pen_long(pen, histogram_floor(cell->slots[*slot].id - first));
        pen_long(pen, (int64_t)cell->slots[*slot].value);
    }
    pen_items_end(pen);
}

static void pen_cell(struct pen *pen, const struct cell *cell)
{
    uint32_t slot = 0;

    for (int measure = 0; measure < MEASURE_COUNT; measure++)
        pen_optional_long(pen, true, cell->sums[measure]);
    pen_quantiles(pen, cell);
    for (uint32_t histogram = 0; histogram < HISTOGRAM_COUNT; histogram++)
        pen_histogram(pen, cell, histogram, &slot);
}

/* Writes the same fields as pen_cell(), null or empty. */
static void pen_unmeasured(struct pen *pen)
{
    for (int field = 0; field < MEASURE_COUNT + HISTOGRAM_COUNT * QUANTILE_COUNT; field++)
        pen_optional(pen, false);
    for (uint32_t histogram = 0; histogram < HISTOGRAM_COUNT; histogram++)
        pen_items_end(pen);
}

/* What a row has in `accounts`: an estimate by its registers, or the number that it is told with. -1 = null. */
static int64_t accounts_of(const struct summary *summary)
{
    const struct cell *cell = summary->cell;

    if (summary->suppressed)
        return -1;
    if (!summary_is_measured(summary) || summary->retained > 0)
        return summary->retained > 0 ? summary->retained : -1;
    bool has_registers = cell->slot_count > 0 && cell->slots[cell->slot_count - 1].id >= ACCOUNT_SLOT;
    return has_registers ? cell_accounts(cell) : -1;
}

static enum verdict encode_json(struct encoder *encoder, const struct summary *summary, struct span *bytes,
                                struct reason *why)
{
    struct pen pen = {.encoder = encoder};

    if (pen_has_room(&pen, SUMMARY_JSON_MAX))
        pen.size = summary_json_write(summary, accounts_of(summary), (char *)encoder->buffer);
    return pen_end(&pen, bytes, why);
}

enum verdict encode_summary(struct encoder *encoder, const struct summary *summary, struct span *bytes,
                            struct reason *why)
{
    assert(summary->cell != NULL); /* A tombstone has no bytes. */
    assert(summary->rollup.size > 0);
    if (encoder->has_json)
        return encode_json(encoder, summary, bytes, why);
    struct pen pen = pen_begin(encoder, encoder->ids.summary);
    int64_t accounts = accounts_of(summary);
    pen_text(&pen, summary->rollup);
    pen_window(&pen, summary->window);
    pen_columns(&pen, summary->columns);
    if (summary_is_measured(summary))
        pen_cell(&pen, summary->cell);
    else
        pen_unmeasured(&pen);
    pen_optional_long(&pen, accounts >= 0, accounts);
    pen_pane(&pen, summary->pane);
    pen_long(&pen, summary->generation);
    pen_long(&pen, summary->revision);
    pen_long(&pen, summary_version(summary->generation, summary->revision, summary->pane));
    pen_text(&pen, summary->tables_version);
    pen_flag(&pen, summary->suppressed);
    return pen_end(&pen, bytes, why);
}

static void pen_partition(struct pen *pen, const struct ledger_partition *partition)
{
    int64_t consumed = 0;

    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        consumed += partition->outcomes[outcome];
    pen_long(pen, partition->partition);
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
    struct pen pen = pen_begin(encoder, encoder->ids.ledger);

    pen_window(&pen, ledger->window);
    pen_pane(&pen, ledger->pane);
    pen_long(&pen, ledger->generation);
    pen_long(&pen, ledger->revision);
    pen_long(&pen, summary_version(ledger->generation, ledger->revision, ledger->pane));
    pen_long(&pen, ledger->summaries);
    pen_text(&pen, ledger->tables_version);
    pen_items(&pen, ledger->partition_count);
    for (uint32_t index = 0; index < ledger->partition_count; index++)
        pen_partition(&pen, &ledger->partitions[index]);
    pen_items_end(&pen);
    pen_long(&pen, ledger->retention);
    return pen_end(&pen, bytes, why);
}

static void pen_number(struct pen *pen, const struct signal_number *number)
{
    pen_text(pen, number->name);
    pen_long(pen, number->is_real); /* the branch of the union */
    if (number->is_real)
        pen_double(pen, number->real);
    else
        pen_long(pen, number->integer);
}

enum verdict encode_signal(struct encoder *encoder, const struct signal *signal, struct span *bytes, struct reason *why)
{
    struct pen pen = pen_begin(encoder, encoder->ids.signal);

    assert(signal->number_count <= SIGNAL_NUMBERS_MAX);
    pen_text(&pen, span_of(signal_kind_name(signal->kind)));
    pen_text(&pen, signal->subject);
    pen_optional_text(&pen, signal->cohort);
    pen_text(&pen, span_of(window_kind_name(signal->window.kind)));
    pen_long(&pen, signal->window.start_ms);
    pen_items(&pen, signal->number_count);
    for (uint32_t index = 0; index < signal->number_count; index++)
        pen_number(&pen, &signal->numbers[index]);
    pen_items_end(&pen);
    pen_text(&pen, signal->rule);
    pen_long(&pen, signal->generation);
    pen_long(&pen, signal->revision);
    pen_text(&pen, signal->tables_version);
    return pen_end(&pen, bytes, why);
}
