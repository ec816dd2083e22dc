/*
 * Reads the Avro bytes that avro_write.c writes. The schemas are fixed, so a reader walks them field by field, without
 * libavro: Avro C 1.11 allocates what a length claims before it looks whether the bytes are there, and takes enum
 * symbols that do not exist. Here every byte is checked before it is believed, nothing is allocated, and bytes that
 * avro_write.c would not have written are refused.
 */
#include "gentally/codec/avro_read.h"

#include <math.h>
#include <stdio.h>

#include "gentally/base/text.h"
#include "gentally/codec/decode.h"
#include "gentally/codec/summary_json.h"

/* A message that is being read. The first problem sticks: from then on there is nothing left to read, numbers are 0 or
 * the least allowed, and texts are absent. */
struct reader {
    const uint8_t *at, *end;
    const char *problem; /* NULL = none */
    char *text;          /* where copied texts go */
    size_t text_room;    /* bytes */
};

static void reader_fail(struct reader *reader, const char *problem)
{
    if (reader->problem == NULL)
        reader->problem = problem;
    reader->at = reader->end;
}

#define FRAME_SIZE 5u

static bool is_framed(struct span bytes, uint32_t schema_id)
{
    const uint8_t frame[FRAME_SIZE] = {0, (uint8_t)(schema_id >> 24), (uint8_t)(schema_id >> 16),
                                       (uint8_t)(schema_id >> 8), (uint8_t)schema_id};

    return bytes.size >= FRAME_SIZE && memcmp(bytes.bytes, frame, FRAME_SIZE) == 0;
}

static struct reader reader_open(struct span bytes, uint32_t schema_id, char *text, size_t text_room)
{
    struct reader reader = {.text = text, .text_room = text_room};

    if (!is_framed(bytes, schema_id)) {
        reader_fail(&reader, "it does not begin with 0x00 and an id of our schema (a registry's needs registry_url)");
        return reader;
    }
    reader.at = (const uint8_t *)bytes.bytes + FRAME_SIZE;
    reader.end = (const uint8_t *)bytes.bytes + bytes.size;
    return reader;
}

static int64_t reader_long(struct reader *reader)
{
    uint64_t zigzag = 0;

    for (unsigned shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
        uint8_t byte = *reader->at++;
        if (shift == 63 && byte > 1)
            break;
        zigzag |= (uint64_t)(byte & 0x7f) << shift;
        if (byte == 0 && shift > 0)
            reader_fail(reader, "a number is padded");
        if (byte < 0x80)
            return (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
    }
    reader_fail(reader, reader->at < reader->end ? "a number is longer than 64 bits" : "it ends inside a value");
    return 0;
}

/* Reads a long that must lie in first..last. */
static int64_t reader_within(struct reader *reader, int64_t first, int64_t last)
{
    int64_t number = reader_long(reader);

    if (number >= first && number <= last)
        return number;
    reader_fail(reader, "a number, enum or union branch is out of its range");
    return first;
}

/* Reads the branch of a union with null: true if a value follows. */
static bool reader_present(struct reader *reader)
{
    return reader_within(reader, 0, 1) == 1;
}

static bool reader_flag(struct reader *reader)
{
    if (reader->at < reader->end && *reader->at <= 1)
        return *reader->at++ == 1;
    reader_fail(reader, reader->at < reader->end ? "a flag is neither 0 nor 1" : "it ends inside a value");
    return false;
}

/* Reads a text: copies it, with a NUL behind it. */
static struct span reader_text(struct reader *reader)
{
    int64_t size = reader_long(reader);

    if (reader->problem != NULL)
        return (struct span){NULL, 0};
    if (size < 0 || size > reader->end - reader->at) {
        reader_fail(reader, "it ends inside a text");
        return (struct span){NULL, 0};
    }
    if ((size_t)size >= reader->text_room) {
        reader_fail(reader, "its texts are too long");
        return (struct span){NULL, 0};
    }
    struct span text = {reader->text, (size_t)size};
    if (!text_is_sound((struct span){(const char *)reader->at, text.size})) /* what no event could have brought */
        reader_fail(reader, "a text is not UTF-8, or holds U+0000");
    if (reader->problem != NULL)
        return (struct span){NULL, 0};
    memcpy(reader->text, reader->at, text.size);
    reader->text[text.size] = '\0';
    reader->at += text.size;
    reader->text += text.size + 1;
    reader->text_room -= text.size + 1;
    return text;
}

static struct span reader_optional_text(struct reader *reader)
{
    if (!reader_present(reader))
        return (struct span){NULL, 0};
    struct span text = reader_text(reader);
    if (text.size == 0)
        reader_fail(reader, "an absent text is written as an empty one");
    return text;
}

/* Reads a text that has to be one of `count` names. Returns which. */
static int reader_choice(struct reader *reader, const char *(*name_of)(int), int count)
{
    int64_t size = reader_long(reader);

    for (int choice = 0; choice < count && size >= 0 && size <= reader->end - reader->at; choice++) {
        const char *name = name_of(choice);
        if ((size_t)size == strlen(name) && memcmp(reader->at, name, (size_t)size) == 0) {
            reader->at += size;
            return choice;
        }
    }
    reader_fail(reader, "a text is none of the names that may stand there");
    return 0;
}

static const char *kind_at(int place)
{
    return window_kind_name((enum window_kind)place);
}

static const char *pane_at(int place)
{
    return pane_name((enum pane)place);
}

static const char *signal_kind_at(int place)
{
    return signal_kind_name((enum signal_kind)place);
}

static struct window reader_window(struct reader *reader)
{
    struct window window = {.kind = (enum window_kind)reader_choice(reader, kind_at, WINDOW_KINDS)};

    window.start_ms = reader_within(reader, WINDOW_FIRST_MS, WINDOW_LAST_MS);
    int64_t end_ms = reader_long(reader);
    if (reader->problem == NULL &&
        (window_of(window.kind, window.start_ms).start_ms != window.start_ms || window_end(window) != end_ms))
        reader_fail(reader, "its window does not begin or end where windows do");
    return window;
}

/* Reads the age, a number on the wire, into the text that the columns have. */
static struct span reader_age(struct reader *reader)
{
    if (!reader_present(reader))
        return (struct span){NULL, 0};
    int64_t age = reader_within(reader, 0, 999999);
    int size = snprintf(reader->text, reader->text_room, "%d", (int)age);
    if (size < 0 || (size_t)size >= reader->text_room) {
        reader_fail(reader, "its texts are too long");
        return (struct span){NULL, 0};
    }
    struct span text = {reader->text, (size_t)size};
    reader->text += size + 1;
    reader->text_room -= (size_t)size + 1;
    return text;
}

/* Reads the head of an array, which has one block and an end mark, or the end mark alone. Returns its count. */
static uint32_t reader_array(struct reader *reader, uint32_t count_max)
{
    return (uint32_t)reader_within(reader, 0, count_max);
}

static void reader_array_end(struct reader *reader, uint32_t count)
{
    if (count > 0 && reader_long(reader) != 0)
        reader_fail(reader, "an array has more than one block");
}

static void reader_histogram(struct reader *reader, uint32_t histogram, struct cell *cell)
{
    int64_t last_floor = -1;
    uint32_t count = reader_array(reader, HISTOGRAM_BUCKETS);

    for (uint32_t index = 0; index < count && reader->problem == NULL; index++) {
        int64_t floor = reader_within(reader, last_floor + 1, INT64_MAX);
        uint32_t bucket = histogram_bucket(floor);
        uint64_t value = (uint64_t)reader_within(reader, 1, INT64_MAX);
        if (histogram_floor(bucket) != floor)
            reader_fail(reader, "a bucket does not begin where buckets do");
        if (reader->problem != NULL)
            return;
        cell->slots[cell->slot_count++] = (struct slot){HISTOGRAM_BUCKETS * histogram + bucket, value};
        last_floor = floor;
    }
    reader_array_end(reader, count);
}

static void reader_columns(struct reader *reader, struct span columns[COLUMN_COUNT])
{
    for (int column = 0; column < COLUMN_COUNT; column++)
        columns[column] = column == COLUMN_AGE ? reader_age(reader) : reader_optional_text(reader);
}

/* Reads the sums; of a row that was not measured they are null, and read as 0. Returns how many are there. */
static int reader_sums(struct reader *reader, int64_t sums[MEASURE_COUNT])
{
    int present = 0;

    for (int measure = 0; measure < MEASURE_COUNT; measure++) {
        bool is_present = reader_present(reader);
        sums[measure] = is_present ? reader_long(reader) : 0;
        present += is_present;
    }
    return present;
}

static struct quantiles reader_quantiles(struct reader *reader)
{
    struct quantiles quantiles = {0};
    int present = 0;

    for (int quantile = 0; quantile < QUANTILE_COUNT; quantile++) {
        bool is_present = reader_present(reader);
        quantiles.values[quantile] = is_present ? reader_long(reader) : 0;
        present += is_present;
    }
    quantiles.are_known = present > 0;
    if (present != 0 && present != QUANTILE_COUNT)
        reader_fail(reader, "some quantiles of a histogram are null, and some are not");
    return quantiles;
}

/* The quantiles follow from the histograms, and are not kept. */
static void check_quantiles(struct reader *reader, const struct quantiles read[HISTOGRAM_COUNT],
                            const struct cell *cell)
{
    for (enum histogram histogram = 0; histogram < HISTOGRAM_COUNT; histogram++) {
        struct quantiles quantiles = cell_quantiles(cell, histogram);
        if (quantiles.are_known != read[histogram].are_known ||
            memcmp(quantiles.values, read[histogram].values, sizeof(quantiles.values)) != 0)
            reader_fail(reader, "a quantile is not that of its histogram");
    }
}

/* Checks that a row has all sums, or none and nothing else that is measured. */
static void check_measured(struct reader *reader, const struct summary_read *read, int sums)
{
    bool is_measured = summary_is_measured(&read->summary);

    if (is_measured && sums != MEASURE_COUNT)
        reader_fail(reader, "a measure is null, and its row is neither suppressed nor one of retention");
    if (!is_measured && (sums > 0 || read->cell.slot_count > 0))
        reader_fail(reader, "it is suppressed, or a row of retention, and has measures");
    if (read->summary.suppressed && read->accounts >= 0)
        reader_fail(reader, "it is suppressed, and has accounts");
}

/* A pane, which stands there twice, as a text and as a number. */
static enum pane reader_pane(struct reader *reader)
{
    int pane = reader_choice(reader, pane_at, PANE_LATE + 1);

    if (reader_long(reader) != pane)
        reader_fail(reader, "its pane_number is not that of its pane");
    return (enum pane)pane;
}

/* The version follows from what was read before it, and is not kept. */
static void reader_version(struct reader *reader, int64_t generation, int64_t revision, enum pane pane)
{
    if (reader_long(reader) != summary_version(generation, revision, pane))
        reader_fail(reader, "its version is not that of its generation, revision and pane");
}

static const char *reader_close(struct reader *reader)
{
    if (reader->problem == NULL && reader->at != reader->end)
        reader->problem = "there are bytes after its end";
    return reader->problem;
}

enum verdict decode_summary(struct span bytes, struct summary_read *read, struct reason *why)
{
    if (bytes.size > 0 && bytes.bytes[0] == '{')
        return summary_json_read(bytes, read, why);
    struct reader reader = reader_open(bytes, SCHEMA_ID_SUMMARY, read->text, sizeof(read->text));
    struct summary *summary = &read->summary;
    struct quantiles quantiles[HISTOGRAM_COUNT];

    *summary = (struct summary){.cell = &read->cell};
    summary->rollup = reader_text(&reader);
    if (summary->rollup.size == 0)
        reader_fail(&reader, "it names no rollup");
    summary->window = reader_window(&reader);
    reader_columns(&reader, summary->columns);
    int sums = reader_sums(&reader, read->cell.sums);
    for (int histogram = 0; histogram < HISTOGRAM_COUNT; histogram++)
        quantiles[histogram] = reader_quantiles(&reader);
    read->cell.slot_count = 0;
    for (uint32_t histogram = 0; histogram < HISTOGRAM_COUNT; histogram++)
        reader_histogram(&reader, histogram, &read->cell);
    read->accounts = reader_present(&reader) ? reader_within(&reader, 0, INT64_MAX) : -1;
    summary->pane = reader_pane(&reader);
    summary->generation = reader_within(&reader, 0, INT64_MAX);
    summary->revision = reader_within(&reader, 0, INT64_MAX);
    reader_version(&reader, summary->generation, summary->revision, summary->pane);
    summary->tables_version = reader_text(&reader);
    summary->suppressed = reader_flag(&reader);
    if (reader.problem == NULL) {
        check_quantiles(&reader, quantiles, &read->cell);
        check_measured(&reader, read, sums);
    }

    const char *problem = reader_close(&reader);
    if (problem != NULL)
        return reason_set(why, SET_ASIDE, SUMMARY_UNREADABLE, 0, "not a summary of this version: %s", problem);
    return GO_ON;
}

/* Why a partition did not count, if it did not. */
static void reader_stop(struct reader *reader, struct ledger_partition *partition)
{
    reader->text = partition->stopped;
    reader->text_room = sizeof(partition->stopped);
    partition->stopped[0] = '\0';
    bool is_stopped = reader_optional_text(reader).size > 0;
    bool has_offset = reader_present(reader);
    partition->stopped_at = has_offset ? reader_long(reader) : 0;
    if (is_stopped != has_offset)
        reader_fail(reader, "a partition that stopped has an offset, and no other has");
    partition->is_given_up = reader_flag(reader);
}

static void reader_partition(struct reader *reader, struct ledger_partition *partition, struct ledger_misfit *misfit)
{
    int64_t counted = 0;
    bool has_overflown = false;

    partition->partition = (int32_t)reader_within(reader, 0, INT32_MAX);
    reader->text = partition->incarnation;
    reader->text_room = sizeof(partition->incarnation);
    (void)reader_text(reader);
    partition->first = reader_long(reader);
    partition->next = reader_long(reader);
    partition->watermark_ms = reader_present(reader) ? reader_long(reader) : NO_TIME;
    partition->records = reader_long(reader);
    int64_t consumed = reader_long(reader);
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        partition->outcomes[outcome] = reader_long(reader);
        has_overflown |= __builtin_add_overflow(counted, partition->outcomes[outcome], &counted);
    }
    reader_stop(reader, partition);
    partition->end = reader_present(reader) ? reader_within(reader, 0, INT64_MAX) : -1;
    if (reader->problem != NULL || (!has_overflown && counted == consumed))
        return;
    *misfit = (struct ledger_misfit){true, partition->partition, consumed, has_overflown ? INT64_MAX : counted};
    reader_fail(reader, "a partition's outcomes do not add up to what it consumed");
}

enum verdict decode_ledger(struct span bytes, struct ledger_read *read, struct reason *why)
{
    struct reader reader = reader_open(bytes, SCHEMA_ID_LEDGER, read->tables_version, sizeof(read->tables_version));
    struct ledger *ledger = &read->ledger;

    *ledger = (struct ledger){.partitions = read->partitions};
    read->misfit = (struct ledger_misfit){0};
    ledger->window = reader_window(&reader);
    ledger->pane = reader_pane(&reader);
    ledger->generation = reader_within(&reader, 0, INT64_MAX);
    ledger->revision = reader_within(&reader, 0, INT64_MAX);
    reader_version(&reader, ledger->generation, ledger->revision, ledger->pane);
    ledger->summaries = reader_long(&reader);
    ledger->tables_version = reader_text(&reader);
    ledger->partition_count = reader_array(&reader, LENGTH_OF(read->partitions));
    for (uint32_t index = 0; index < ledger->partition_count && reader.problem == NULL; index++)
        reader_partition(&reader, &read->partitions[index], &read->misfit);
    reader_array_end(&reader, ledger->partition_count);
    ledger->retention = reader_within(&reader, 0, INT64_MAX);

    const char *problem = reader_close(&reader);
    if (problem != NULL)
        return reason_set(why, SET_ASIDE, LEDGER_UNREADABLE, 0, "not a ledger record of this version: %s", problem);
    return GO_ON;
}

static double reader_double(struct reader *reader)
{
    uint64_t bits = 0;
    double number;

    if (reader->end - reader->at < 8) {
        reader_fail(reader, "it ends inside a number");
        return 0;
    }
    for (unsigned index = 0; index < 8; index++)
        bits |= (uint64_t)*reader->at++ << (8 * index);
    memcpy(&number, &bits, sizeof(number));
    if (!isfinite(number))
        reader_fail(reader, "a number is not finite");
    return number;
}

static void reader_number(struct reader *reader, struct signal_number *number)
{
    number->name = reader_text(reader);
    number->is_real = reader_present(reader);
    if (number->is_real)
        number->real = reader_double(reader);
    else
        number->integer = reader_long(reader);
}

enum verdict decode_signal(struct span bytes, struct signal_read *read, struct reason *why)
{
    struct reader reader = reader_open(bytes, SCHEMA_ID_SIGNAL, read->text, sizeof(read->text));
    struct signal *signal = &read->signal;

    *signal = (struct signal){.kind = (enum signal_kind)reader_choice(&reader, signal_kind_at, SIGNAL_KINDS)};
    signal->subject = reader_text(&reader);
    signal->cohort = reader_optional_text(&reader);
    signal->window.kind = (enum window_kind)reader_choice(&reader, kind_at, WINDOW_KINDS);
    signal->window.start_ms = reader_within(&reader, WINDOW_FIRST_MS, WINDOW_LAST_MS);
    signal->number_count = reader_array(&reader, SIGNAL_NUMBERS_MAX);
    for (uint32_t index = 0; index < signal->number_count && reader.problem == NULL; index++)
        reader_number(&reader, &signal->numbers[index]);
    reader_array_end(&reader, signal->number_count);
    signal->rule = reader_text(&reader);
    signal->generation = reader_long(&reader);
    signal->revision = reader_long(&reader);
    signal->tables_version = reader_text(&reader);

    const char *problem = reader_close(&reader);
    if (problem != NULL)
        return reason_set(why, SET_ASIDE, SIGNAL_UNREADABLE, 0, "not a signal of this version: %s", problem);
    return GO_ON;
}
