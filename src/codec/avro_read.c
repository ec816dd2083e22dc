/*
 * Our own Avro bytes -> summary, ledger and signal, for `summaries`, `report`, `verify`, `signals` and the closer's
 * take-over. The schemas are fixed, so a cursor walks them field by field, without libavro: Avro C 1.11 allocates what
 * a length claims before it looks whether the bytes are there, and takes enum symbols that do not exist. Here every
 * byte is looked at before it is believed, nothing is allocated, and what encode.c would not have written is refused.
 */
#include "gentally/codec/avro_read.h"

#include <math.h>
#include <stdio.h>

#include "gentally/codec/decode.h"

/* Years 1 and 9999, as far as times can be written. */
#define TIME_FIRST_MS INT64_C(-62135596800000)
#define TIME_LAST_MS INT64_C(253402300799999)

/* Reads on from `at`. The first problem sticks: from then on there is nothing left to read, and
 * numbers are 0 or the least allowed, texts absent. */
struct cursor {
    const uint8_t *at, *end;
    const char *problem; /* NULL = none */
    char *text;          /* where copied texts go */
    size_t text_room;    /* bytes */
};

static void cursor_fail(struct cursor *cursor, const char *problem)
{
    if (cursor->problem == NULL)
        cursor->problem = problem;
    cursor->at = cursor->end;
}

#define FRAME_SIZE 5u

static bool is_framed(struct span bytes, uint32_t schema_id)
{
    const uint8_t frame[FRAME_SIZE] = {0, (uint8_t)(schema_id >> 24), (uint8_t)(schema_id >> 16),
                                       (uint8_t)(schema_id >> 8), (uint8_t)schema_id};

    return bytes.size >= FRAME_SIZE && memcmp(bytes.bytes, frame, FRAME_SIZE) == 0;
}

static struct cursor cursor_open(struct span bytes, uint32_t schema_id, char *text, size_t text_room)
{
    struct cursor cursor = {.text = text, .text_room = text_room};

    if (!is_framed(bytes, schema_id)) {
        cursor_fail(&cursor, "it does not begin with 0x00 and the schema's id");
        return cursor;
    }
    cursor.at = (const uint8_t *)bytes.bytes + FRAME_SIZE;
    cursor.end = (const uint8_t *)bytes.bytes + bytes.size;
    return cursor;
}

static int64_t cursor_long(struct cursor *cursor)
{
    uint64_t zigzag = 0;

    for (unsigned shift = 0; shift < 64 && cursor->at < cursor->end; shift += 7) {
        uint8_t byte = *cursor->at++;
        if (shift == 63 && byte > 1)
            break;
        zigzag |= (uint64_t)(byte & 0x7f) << shift;
        if (byte == 0 && shift > 0)
            cursor_fail(cursor, "a number is padded");
        if (byte < 0x80)
            return (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
    }
    cursor_fail(cursor, cursor->at < cursor->end ? "a number is longer than 64 bits" : "it ends inside a value");
    return 0;
}

/* A long that must lie in first..last. */
static int64_t cursor_within(struct cursor *cursor, int64_t first, int64_t last)
{
    int64_t number = cursor_long(cursor);

    if (number >= first && number <= last)
        return number;
    cursor_fail(cursor, "a number, enum or union branch is out of its range");
    return first;
}

/* A null union's branch: true if a value follows. */
static bool cursor_present(struct cursor *cursor)
{
    return cursor_within(cursor, 0, 1) == 1;
}

static bool cursor_flag(struct cursor *cursor)
{
    if (cursor->at < cursor->end && *cursor->at <= 1)
        return *cursor->at++ == 1;
    cursor_fail(cursor, cursor->at < cursor->end ? "a flag is neither 0 nor 1" : "it ends inside a value");
    return false;
}

/* Copies a text, with a NUL behind it. */
static struct span cursor_text(struct cursor *cursor)
{
    int64_t size = cursor_long(cursor);

    if (cursor->problem != NULL)
        return (struct span){NULL, 0};
    if (size < 0 || size > cursor->end - cursor->at) {
        cursor_fail(cursor, "it ends inside a text");
        return (struct span){NULL, 0};
    }
    if ((size_t)size >= cursor->text_room) {
        cursor_fail(cursor, "its texts are too long");
        return (struct span){NULL, 0};
    }
    if (memchr(cursor->at, '\0', (size_t)size) != NULL) /* whoever reads it as a string would see less */
        cursor_fail(cursor, "a text has a NUL byte");
    if (cursor->problem != NULL)
        return (struct span){NULL, 0};
    struct span text = {cursor->text, (size_t)size};
    memcpy(cursor->text, cursor->at, text.size);
    cursor->text[text.size] = '\0';
    cursor->at += text.size;
    cursor->text += text.size + 1;
    cursor->text_room -= text.size + 1;
    return text;
}

static struct span cursor_optional_text(struct cursor *cursor)
{
    if (!cursor_present(cursor))
        return (struct span){NULL, 0};
    struct span text = cursor_text(cursor);
    if (text.size == 0)
        cursor_fail(cursor, "an absent text is written as an empty one");
    return text;
}

static struct window cursor_window(struct cursor *cursor)
{
    struct window window = {.kind = (enum window_kind)cursor_within(cursor, 0, WINDOW_KINDS - 1)};

    window.start_ms = cursor_within(cursor, TIME_FIRST_MS, TIME_LAST_MS);
    int64_t end_ms = cursor_long(cursor);
    if (cursor->problem == NULL &&
        (window_of(window.kind, window.start_ms).start_ms != window.start_ms || window_end(window) != end_ms))
        cursor_fail(cursor, "its window does not begin or end where windows do");
    return window;
}

/* The age is a number on the wire and a text in the columns. */
static struct span cursor_age(struct cursor *cursor)
{
    if (!cursor_present(cursor))
        return (struct span){NULL, 0};
    int64_t age = cursor_within(cursor, 0, 999999);
    int size = snprintf(cursor->text, cursor->text_room, "%d", (int)age);
    if (size < 0 || (size_t)size >= cursor->text_room) {
        cursor_fail(cursor, "its texts are too long");
        return (struct span){NULL, 0};
    }
    struct span text = {cursor->text, (size_t)size};
    cursor->text += size + 1;
    cursor->text_room -= (size_t)size + 1;
    return text;
}

/* Opens an array: one block and an end mark, or the end mark alone. Returns its count. */
static uint32_t cursor_array(struct cursor *cursor, uint32_t count_max)
{
    return (uint32_t)cursor_within(cursor, 0, count_max);
}

static void cursor_array_end(struct cursor *cursor, uint32_t count)
{
    if (count > 0 && cursor_long(cursor) != 0)
        cursor_fail(cursor, "an array has more than one block");
}

static void cursor_histogram(struct cursor *cursor, uint32_t histogram, struct cell *cell)
{
    int64_t last_floor = -1;
    uint32_t count = cursor_array(cursor, HISTOGRAM_BUCKETS);

    for (uint32_t index = 0; index < count && cursor->problem == NULL; index++) {
        int64_t floor = cursor_within(cursor, last_floor + 1, INT64_MAX);
        uint32_t bucket = histogram_bucket(floor);
        uint64_t value = (uint64_t)cursor_within(cursor, 1, INT64_MAX);
        if (histogram_floor(bucket) != floor)
            cursor_fail(cursor, "a bucket does not begin where buckets do");
        if (cursor->problem != NULL)
            return;
        cell->slots[cell->slot_count++] = (struct slot){HISTOGRAM_BUCKETS * histogram + bucket, value};
        last_floor = floor;
    }
    cursor_array_end(cursor, count);
}

static void cursor_columns(struct cursor *cursor, bool is_old, struct span columns[COLUMN_COUNT])
{
    int count = is_old ? COLUMN_FAMILY : COLUMN_COUNT;

    for (int column = 0; column < count; column++)
        columns[column] = column == COLUMN_AGE ? cursor_age(cursor) : cursor_optional_text(cursor);
}

static void cursor_sums(struct cursor *cursor, bool is_old, int64_t sums[MEASURE_COUNT])
{
    int count = is_old ? M_FREE_REQUESTS : MEASURE_COUNT;

    memset(sums, 0, MEASURE_COUNT * sizeof(sums[0]));
    for (int measure = 0; measure < count; measure++)
        sums[measure] = cursor_long(cursor);
}

/* A row that is not told says nothing. */
static void check_suppressed(struct cursor *cursor, const struct summary_read *read)
{
    int64_t any = read->cell.slot_count | (read->accounts >= 0);

    for (int measure = 0; measure < MEASURE_COUNT; measure++)
        any |= read->cell.sums[measure];
    if (any != 0)
        cursor_fail(cursor, "it is suppressed, and has measures");
}

static const char *cursor_close(struct cursor *cursor)
{
    if (cursor->problem == NULL && cursor->at != cursor->end)
        cursor->problem = "there are bytes after its end";
    return cursor->problem;
}

enum verdict decode_summary(struct span bytes, struct summary_read *read, struct reason *why)
{
    bool is_old = is_framed(bytes, SCHEMA_ID_SUMMARY_OLD); /* its fields are the first of each kind of today's */
    struct cursor cursor =
        cursor_open(bytes, is_old ? SCHEMA_ID_SUMMARY_OLD : SCHEMA_ID_SUMMARY, read->text, sizeof(read->text));
    struct summary *summary = &read->summary;

    *summary = (struct summary){.cell = &read->cell};
    summary->rollup = cursor_text(&cursor);
    if (summary->rollup.size == 0)
        cursor_fail(&cursor, "it names no rollup");
    summary->window = cursor_window(&cursor);
    cursor_columns(&cursor, is_old, summary->columns);
    cursor_sums(&cursor, is_old, read->cell.sums);
    read->cell.slot_count = 0;
    for (uint32_t histogram = 0; histogram < HISTOGRAM_COUNT; histogram++)
        cursor_histogram(&cursor, histogram, &read->cell);
    read->accounts = cursor_present(&cursor) ? cursor_within(&cursor, 0, INT64_MAX) : -1;
    summary->pane = (enum pane)cursor_within(&cursor, PANE_EARLY, PANE_LATE);
    summary->generation = cursor_long(&cursor);
    summary->revision = cursor_long(&cursor);
    summary->tables_version = cursor_text(&cursor);
    summary->suppressed = !is_old && cursor_flag(&cursor);
    if (summary->suppressed)
        check_suppressed(&cursor, read);

    const char *problem = cursor_close(&cursor);
    if (problem != NULL)
        return reason_set(why, SET_ASIDE, SUMMARY_UNREADABLE, 0, "not a summary of this version: %s", problem);
    return GO_ON;
}

static void cursor_partition(struct cursor *cursor, struct ledger_partition *partition, struct ledger_misfit *misfit)
{
    int64_t counted = 0;
    bool has_overflown = false;

    partition->partition = (int32_t)cursor_within(cursor, 0, INT32_MAX);
    cursor->text = partition->incarnation;
    cursor->text_room = sizeof(partition->incarnation);
    (void)cursor_text(cursor);
    partition->first = cursor_long(cursor);
    partition->next = cursor_long(cursor);
    partition->watermark_ms = cursor_present(cursor) ? cursor_long(cursor) : NO_TIME;
    partition->records = cursor_long(cursor);
    int64_t consumed = cursor_long(cursor);
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        partition->outcomes[outcome] = cursor_long(cursor);
        has_overflown |= __builtin_add_overflow(counted, partition->outcomes[outcome], &counted);
    }
    if (cursor->problem != NULL || (!has_overflown && counted == consumed))
        return;
    *misfit = (struct ledger_misfit){true, partition->partition, consumed, has_overflown ? INT64_MAX : counted};
    cursor_fail(cursor, "a partition's outcomes do not add up to what it consumed");
}

enum verdict decode_ledger(struct span bytes, struct ledger_read *read, struct reason *why)
{
    struct cursor cursor = cursor_open(bytes, SCHEMA_ID_LEDGER, read->tables_version, sizeof(read->tables_version));
    struct ledger *ledger = &read->ledger;

    *ledger = (struct ledger){.partitions = read->partitions};
    read->misfit = (struct ledger_misfit){0};
    ledger->window = cursor_window(&cursor);
    ledger->pane = (enum pane)cursor_within(&cursor, PANE_EARLY, PANE_LATE);
    ledger->generation = cursor_long(&cursor);
    ledger->revision = cursor_long(&cursor);
    ledger->summaries = cursor_long(&cursor);
    ledger->tables_version = cursor_text(&cursor);
    ledger->partition_count = cursor_array(&cursor, LENGTH_OF(read->partitions));
    for (uint32_t index = 0; index < ledger->partition_count && cursor.problem == NULL; index++)
        cursor_partition(&cursor, &read->partitions[index], &read->misfit);
    cursor_array_end(&cursor, ledger->partition_count);
    if (cursor.at != cursor.end) /* Records from before there was retention end here. */
        ledger->retention = cursor_within(&cursor, 0, INT64_MAX);

    const char *problem = cursor_close(&cursor);
    if (problem != NULL)
        return reason_set(why, SET_ASIDE, LEDGER_UNREADABLE, 0, "not a ledger record of this version: %s", problem);
    return GO_ON;
}

static double cursor_double(struct cursor *cursor)
{
    uint64_t bits = 0;
    double number;

    if (cursor->end - cursor->at < 8) {
        cursor_fail(cursor, "it ends inside a number");
        return 0;
    }
    for (unsigned index = 0; index < 8; index++)
        bits |= (uint64_t)*cursor->at++ << (8 * index);
    memcpy(&number, &bits, sizeof(number));
    if (!isfinite(number))
        cursor_fail(cursor, "a number is not finite");
    return number;
}

static void cursor_number(struct cursor *cursor, struct signal_number *number)
{
    number->name = cursor_text(cursor);
    number->is_real = cursor_present(cursor);
    if (number->is_real)
        number->real = cursor_double(cursor);
    else
        number->integer = cursor_long(cursor);
}

enum verdict decode_signal(struct span bytes, struct signal_read *read, struct reason *why)
{
    struct cursor cursor = cursor_open(bytes, SCHEMA_ID_SIGNAL, read->text, sizeof(read->text));
    struct signal *signal = &read->signal;

    *signal = (struct signal){.kind = (enum signal_kind)cursor_within(&cursor, 0, SIGNAL_KINDS - 1)};
    signal->subject = cursor_text(&cursor);
    signal->cohort = cursor_optional_text(&cursor);
    signal->window.kind = (enum window_kind)cursor_within(&cursor, 0, WINDOW_KINDS - 1);
    signal->window.start_ms = cursor_within(&cursor, TIME_FIRST_MS, TIME_LAST_MS);
    signal->number_count = cursor_array(&cursor, SIGNAL_NUMBERS_MAX);
    for (uint32_t index = 0; index < signal->number_count && cursor.problem == NULL; index++)
        cursor_number(&cursor, &signal->numbers[index]);
    cursor_array_end(&cursor, signal->number_count);
    signal->rule = cursor_text(&cursor);
    signal->generation = cursor_long(&cursor);
    signal->revision = cursor_long(&cursor);
    signal->tables_version = cursor_text(&cursor);

    const char *problem = cursor_close(&cursor);
    if (problem != NULL)
        return reason_set(why, SET_ASIDE, SIGNAL_UNREADABLE, 0, "not a signal of this version: %s", problem);
    return GO_ON;
}
