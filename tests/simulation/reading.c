/* A small Avro reader of our own for what is published: summaries and ledger records. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "committed.h"

struct reader {
    const char *at, *end;
    bool is_bad;
};

static int64_t read_long(struct reader *reader)
{
    int64_t value = 0;

    if (!oracle_varint(&reader->at, reader->end, &value))
        reader->is_bad = true;
    return value;
}

static struct span read_text(struct reader *reader)
{
    int64_t size = read_long(reader);

    if (reader->is_bad || size < 0 || size > reader->end - reader->at) {
        reader->is_bad = true;
        return span_of("");
    }
    reader->at += size;
    return (struct span){reader->at - size, (size_t)size};
}

static bool read_framing(struct reader *reader, struct span value, char schema)
{
    *reader = (struct reader){value.bytes + 5, value.bytes + value.size, value.size < 6};
    return !reader->is_bad && memcmp(value.bytes, "\0\0\0\0", 4) == 0 && value.bytes[4] == schema;
}

/* Which of the names a text is. */
static int64_t read_choice(struct reader *reader, const char *const names[], int64_t count)
{
    struct span text = read_text(reader);

    for (int64_t i = 0; i < count; i++)
        if (span_equal(text, span_of(names[i])))
            return i;
    reader->is_bad = true;
    return 0;
}

/* A pane: once as a text, once as a number. */
static int64_t read_pane(struct reader *reader)
{
    static const char *const panes[] = {"early", "on_time", "late"};
    int64_t pane = read_choice(reader, panes, LENGTH_OF(panes));

    if (read_long(reader) != pane)
        reader->is_bad = true;
    return pane;
}

/* An array of (floor, count). */
static void read_buckets(struct reader *reader, int histogram, struct sums *sums)
{
    for (int64_t count = read_long(reader); count != 0 && !reader->is_bad; count = read_long(reader)) {
        if (count < 0) {
            (void)read_long(reader);
            count = -count;
        }
        for (int64_t i = 0; i < count && !reader->is_bad; i++) {
            int64_t floor = read_long(reader);
            sums->histograms += (uint64_t)read_long(reader) * oracle_bucket_number(histogram, floor);
        }
    }
}

static void write_time(int64_t ms, char *text, size_t size)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm date;

    gmtime_r(&seconds, &date);
    strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &date);
}

/* Adds a part of a key, in which a bar is a bar no more. */
static void put_part(char *text, size_t size, struct span part)
{
    size_t at = strlen(text);

    for (size_t i = 0; i < part.size && at + 4 < size; i++)
        at += (size_t)snprintf(text + at, size - at, part.bytes[i] == '|' ? "%%7C" : "%c", part.bytes[i]);
}

/* Reads what a row says it is, and makes its key of it. */
static void read_names(struct reader *reader, int64_t *kind, int64_t *start_ms, char *text, size_t size)
{
    enum { MODEL = 0, PROVIDER = 5, CATEGORY = 6, COUNTRY = 8, COHORT = 12, NAMES };
    static const int parts[] = {PROVIDER, MODEL, CATEGORY, COUNTRY, COHORT};
    char start[32];
    struct span names[NAMES] = {{NULL, 0}};
    struct span rollup = read_text(reader);

    *kind = read_choice(reader, oracle_kinds, 4);
    *start_ms = read_long(reader);
    if (read_long(reader) != oracle_window_over((int)*kind & 3, *start_ms))
        reader->is_bad = true;
    for (int i = 0; i < NAMES; i++)
        if (read_long(reader) == 1)
            names[i] = read_text(reader);
    write_time(*start_ms, start, sizeof(start));
    snprintf(text, size, "%.*s|%s|%s", (int)rollup.size, rollup.bytes, oracle_kinds[*kind & 3], start);
    for (size_t i = 0; i < LENGTH_OF(parts); i++) {
        if (names[parts[i]].bytes == NULL)
            continue;
        strncat(text, "|", size - strlen(text) - 1);
        put_part(text, size, names[parts[i]]);
    }
    if (read_long(reader) == 1) {
        int64_t age = read_long(reader);
        snprintf(text + strlen(text), size - strlen(text), "|%" PRId64, age);
    }
}

bool reading_summary(const struct entry *entry, struct version *version, int64_t *kind, int64_t *start_ms)
{
    struct reader reader;
    char text[256];

    if (!read_framing(&reader, entry->value, 6))
        return false;
    read_names(&reader, kind, start_ms, text, sizeof(text));
    if (!span_equal(entry->key, span_of(text)))
        return false;
    for (int i = 0; i < 6; i++) /* family, account, app, tag_bucket, model_name, author_name */
        if (read_long(&reader) == 1)
            (void)read_text(&reader);
    bool is_measured = memcmp(text, "retention|", strlen("retention|")) != 0;
    for (int i = 0; i < SUMS; i++) {
        reader.is_bad |= read_long(&reader) != is_measured;
        version->sums.of[i] = is_measured ? read_long(&reader) : 0;
    }
    for (int i = 0; i < 15; i++) /* quantiles, which follow from the histograms */
        if (read_long(&reader) == 1)
            (void)read_long(&reader);
    for (int i = 0; i < 5; i++)
        read_buckets(&reader, i, &version->sums);
    version->accounts = read_long(&reader) == 1 ? read_long(&reader) : 0;
    version->pane = read_pane(&reader);
    version->generation = read_long(&reader);
    version->revision = read_long(&reader);
    version->number = read_long(&reader);
    (void)read_text(&reader);
    (void)read_long(&reader); /* suppressed: a byte of 0, as a number has it */
    return !reader.is_bad && reader.at == reader.end;
}

static void read_ledger_partition(struct reader *reader, struct ledger_entry *ledger)
{
    struct told_part part = {.watermark_ms = NONE, .end = NONE};
    int64_t partition = read_long(reader);

    struct span incarnation = read_text(reader);
    part.state = incarnation.size == 0 ? 0 : published_hash(incarnation);
    part.first = read_long(reader);
    part.next = read_long(reader);
    if (read_long(reader) == 1)
        part.watermark_ms = read_long(reader);
    part.records = read_long(reader);
    part.consumed = read_long(reader);
    for (int i = 0; i < OUTCOMES; i++)
        part.outcomes += read_long(reader);
    bool is_stopped = read_long(reader) == 1;
    if (is_stopped)
        (void)read_text(reader);
    if (read_long(reader) == 1) /* stopped_at */
        (void)read_long(reader);
    bool is_given_up = read_long(reader) != 0; /* a byte of 0, or 1, which a number has as -1 */
    if (read_long(reader) == 1)
        part.end = read_long(reader);
    if (reader->is_bad || partition < 0 || partition >= SIM_PARTITIONS)
        return;
    part.is_waited_for = is_stopped && !is_given_up;
    ledger->records += part.records;
    ledger->partitions++;
    ledger->parts[partition] = part;
    if (part.watermark_ms > ledger->watermark_ms)
        ledger->watermark_ms = part.watermark_ms;
}

bool reading_ledger(struct span value, struct ledger_entry *ledger)
{
    struct reader reader;

    *ledger = (struct ledger_entry){.watermark_ms = NONE};
    if (!read_framing(&reader, value, 7))
        return false;
    ledger->kind = read_choice(&reader, oracle_kinds, 4);
    ledger->start_ms = read_long(&reader);
    ledger->end_ms = read_long(&reader);
    ledger->pane = read_pane(&reader);
    ledger->generation = read_long(&reader);
    ledger->revision = read_long(&reader);
    ledger->number = read_long(&reader);
    ledger->rows = read_long(&reader);
    (void)read_text(&reader);
    for (int64_t count = read_long(&reader); count != 0 && !reader.is_bad; count = read_long(&reader)) {
        if (count < 0) {
            (void)read_long(&reader);
            count = -count;
        }
        for (int64_t i = 0; i < count; i++)
            read_ledger_partition(&reader, ledger);
    }
    ledger->retention = read_long(&reader);
    return !reader.is_bad && reader.at == reader.end;
}
