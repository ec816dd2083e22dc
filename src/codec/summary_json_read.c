/*
 * Reads summaries from JSON. What was read is written again, and must be the same bytes: so every check of a field, of
 * its order and of what follows from others is one comparison, and the parser only has to find the values.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/codec/summary_json.h"

#define AGE_MAX 999999

/* Texts are copied behind one another. */
struct room {
    char *at;
    size_t left;
};

/* A copy of a text; absent if the field is none, is empty or has no room. */
static struct span copy_text(struct room *room, const json_t *field)
{
    size_t size = json_string_length(field);

    if (size == 0 || size >= room->left)
        return (struct span){NULL, 0};
    struct span text = {room->at, size};
    memcpy(room->at, json_string_value(field), size);
    room->at[size] = '\0';
    room->at += size + 1;
    room->left -= size + 1;
    return text;
}

static int64_t integer_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name)); /* 0 if it is none */
}

/* A number stands there once as a text, and once as it is: the number is taken, and the comparison holds the text. */
static enum pane pane_of(const json_t *object)
{
    int64_t pane = integer_of(object, "pane_number");

    return pane > PANE_EARLY && pane <= PANE_LATE ? (enum pane)pane : PANE_EARLY;
}

static enum window_kind kind_of(const json_t *object)
{
    enum window_kind kind = WINDOW_HOUR; /* also of a text that is none, which the comparison finds */

    (void)window_kind_parse(span_of(json_string_value(json_object_get(object, "granularity"))), &kind);
    return kind;
}

static void read_columns(const json_t *object, struct room *room, struct span columns[COLUMN_COUNT])
{
    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        const json_t *field = json_object_get(object, column_name(column));
        if (column != COLUMN_AGE) {
            columns[column] = copy_text(room, field);
            continue;
        }
        int64_t age = json_integer_value(field);
        if (!json_is_integer(field) || age < 0 || age > AGE_MAX || room->left < 8)
            continue;
        int size = snprintf(room->at, room->left, "%d", (int)age);
        columns[column] = (struct span){room->at, (size_t)size};
        room->at += size + 1;
        room->left -= (size_t)size + 1;
    }
}

static void read_buckets(const json_t *buckets, enum histogram histogram, struct cell *cell)
{
    uint32_t next = 0; /* buckets stand by rising floor, so that there is room for all there are */

    for (size_t index = 0; index < json_array_size(buckets); index++) {
        const json_t *item = json_array_get(buckets, index);
        uint32_t bucket = histogram_bucket(integer_of(item, "at_least"));
        int64_t value = integer_of(item, "requests");
        if (bucket < next || value <= 0)
            return;
        cell->slots[cell->slot_count++] =
            (struct slot){HISTOGRAM_BUCKETS * (uint32_t)histogram + bucket, (uint64_t)value};
        next = bucket + 1;
    }
}

static void read_measures(const json_t *object, struct summary_read *read)
{
    read->cell.slot_count = 0;
    for (enum measure measure = 0; measure < MEASURE_COUNT; measure++)
        read->cell.sums[measure] = integer_of(object, measure_name(measure));
    for (enum histogram histogram = 0; histogram < HISTOGRAM_COUNT; histogram++)
        read_buckets(json_object_get(object, histogram_name(histogram)), histogram, &read->cell);
    const json_t *accounts = json_object_get(object, "accounts");
    read->accounts = json_is_integer(accounts) ? json_integer_value(accounts) : -1;
}

static void read_object(const json_t *object, struct summary_read *read)
{
    struct room room = {read->text, sizeof(read->text)};
    struct summary *summary = &read->summary;

    *summary = (struct summary){.cell = &read->cell};
    summary->rollup = copy_text(&room, json_object_get(object, "breakdown"));
    summary->window.kind = kind_of(object);
    summary->window.start_ms = integer_of(object, "window_start");
    read_columns(object, &room, summary->columns);
    read_measures(object, read);
    summary->pane = pane_of(object);
    summary->generation = integer_of(object, "generation");
    summary->revision = integer_of(object, "revision");
    summary->tables_version = copy_text(&room, json_object_get(object, "tables_version"));
    summary->suppressed = json_is_true(json_object_get(object, "suppressed"));
}

/* What could not be written again, before it is tried. */
static bool is_sound(const struct summary_read *read)
{
    const struct summary *summary = &read->summary;
    struct window window = summary->window;

    return summary->rollup.size > 0 && summary->generation >= 0 && summary->revision >= 0 &&
           window.start_ms >= WINDOW_FIRST_MS && window.start_ms <= WINDOW_LAST_MS &&
           window_of(window.kind, window.start_ms).start_ms == window.start_ms &&
           (summary_is_measured(summary) || read->cell.slot_count == 0) && (!summary->suppressed || read->accounts < 0);
}

static bool is_same_again(struct span json, const struct summary_read *read)
{
    char *again = malloc(SUMMARY_JSON_MAX);
    bool is_same = false;

    if (again != NULL)
        is_same = span_equal(json, (struct span){again, summary_json_write(&read->summary, read->accounts, again)});
    free(again);
    return is_same;
}

enum verdict summary_json_read(struct span json, struct summary_read *read, struct reason *why)
{
    json_error_t error;
    json_t *object = json_loadb(json.bytes, json.size, JSON_REJECT_DUPLICATES, &error);
    bool is_read = json_is_object(object);

    if (is_read)
        read_object(object, read);
    json_decref(object);
    if (!is_read)
        return reason_set(why, SET_ASIDE, SUMMARY_UNREADABLE, 0, "begins with '{', and is no JSON object");
    if (!is_sound(read) || !is_same_again(json, read))
        return reason_set(why, SET_ASIDE, SUMMARY_UNREADABLE, 0,
                          "JSON, but not as a summary of this version is written");
    return GO_ON;
}
