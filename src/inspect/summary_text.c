/* Summaries as JSON and as CSV. Both have the fields in the schema's order. */
#include "gentally/inspect/summary_text.h"

#include <assert.h>

#include "gentally/base/json.h"

static_assert(SUMMARY_TEXT_MAX >= 6 * 8192 + HISTOGRAM_COUNT * HISTOGRAM_BUCKETS * 64 + 8192,
              "room for the texts of a summary that was read, five full histograms, and the names");

static char *put(char *at, const char *text)
{
    return json_raw(at, text, strlen(text));
}

/* `,"name":` */
static char *name_put(char *at, const char *name)
{
    at = JSON_RAW(at, ",\"");
    at = put(at, name);
    return JSON_RAW(at, "\":");
}

static char *integer_put(char *at, const char *name, int64_t value)
{
    return json_integer(name_put(at, name), value);
}

static char *text_put(char *at, const char *name, struct span text)
{
    return json_text(name_put(at, name), text);
}

static char *columns_put(char *at, const struct summary *summary)
{
    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        struct span value = summary->columns[column];
        if (value.bytes == NULL)
            continue;
        if (column == COLUMN_AGE) /* the one column that is a number */
            at = json_raw(name_put(at, column_name(column)), value.bytes, value.size);
        else
            at = text_put(at, column_name(column), value);
    }
    return at;
}

static char *histogram_put(char *at, const struct cell *cell, enum histogram histogram)
{
    uint32_t first = (uint32_t)histogram * HISTOGRAM_BUCKETS, end = first + HISTOGRAM_BUCKETS;
    bool is_first = true;

    *at++ = '[';
    for (uint32_t index = 0; index < cell->slot_count; index++) {
        const struct slot *slot = &cell->slots[index];
        if (slot->id < first || slot->id >= end)
            continue;
        at = is_first ? JSON_RAW(at, "{\"floor\":") : JSON_RAW(at, ",{\"floor\":");
        at = json_integer(at, histogram_floor(slot->id - first));
        at = JSON_RAW(at, ",\"count\":");
        at = json_integer(at, (int64_t)slot->value);
        *at++ = '}';
        is_first = false;
    }
    *at++ = ']';
    return at;
}

size_t summary_json_write(const struct summary *summary, int64_t accounts, char *text)
{
    char *at = JSON_RAW(text, "{\"rollup\":");

    assert(summary->cell != NULL);
    at = json_text(at, summary->rollup);
    at = text_put(at, "window", span_of(window_kind_name(summary->window.kind)));
    at = integer_put(at, "window_start", summary->window.start_ms);
    at = integer_put(at, "window_end", window_end(summary->window));
    at = columns_put(at, summary);
    for (enum measure measure = 0; measure < MEASURE_COUNT; measure++)
        at = integer_put(at, measure_name(measure), summary->cell->sums[measure]);
    for (enum histogram histogram = 0; histogram < HISTOGRAM_COUNT; histogram++)
        at = histogram_put(name_put(at, histogram_name(histogram)), summary->cell, histogram);
    if (accounts >= 0)
        at = integer_put(at, "accounts", accounts);
    at = text_put(at, "pane", span_of(pane_name(summary->pane)));
    at = integer_put(at, "generation", summary->generation);
    at = integer_put(at, "revision", summary->revision);
    at = integer_put(at, "version", summary_version(summary->generation, summary->revision, summary->pane));
    at = text_put(at, "tables_version", summary->tables_version);
    at = put(name_put(at, "suppressed"), summary->suppressed ? "true" : "false");
    at = JSON_RAW(at, "}\n");
    return (size_t)(at - text);
}

size_t summary_csv_header_write(char *text)
{
    char *at = put(text, "rollup,window,window_start,window_end");

    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        *at++ = ',';
        at = put(at, column_name(column));
    }
    for (enum measure measure = 0; measure < MEASURE_COUNT; measure++) {
        *at++ = ',';
        at = put(at, measure_name(measure));
    }
    at = put(at, ",accounts,pane,generation,revision,version,tables_version,suppressed\n");
    return (size_t)(at - text);
}

/* Quoted only where RFC 4180 needs it. */
static char *field_put(char *at, struct span text)
{
    bool is_plain = true;

    for (size_t index = 0; index < text.size; index++)
        is_plain = is_plain && strchr(",\"\r\n", text.bytes[index]) == NULL;
    if (text.size == 0)
        return at;
    if (is_plain)
        return json_raw(at, text.bytes, text.size);
    *at++ = '"';
    for (size_t index = 0; index < text.size; index++) {
        if (text.bytes[index] == '"')
            *at++ = '"';
        *at++ = text.bytes[index];
    }
    *at++ = '"';
    return at;
}

static char *time_put(char *at, int64_t ms)
{
    char text[32];

    *at++ = ',';
    time_format(ms, text, sizeof(text));
    return put(at, text);
}

static char *number_put(char *at, int64_t value)
{
    *at++ = ',';
    return json_integer(at, value);
}

size_t summary_csv_write(const struct summary *summary, int64_t accounts, char *text)
{
    char *at = field_put(text, summary->rollup);

    assert(summary->cell != NULL);
    *at++ = ',';
    at = put(at, window_kind_name(summary->window.kind));
    at = time_put(at, summary->window.start_ms);
    at = time_put(at, window_end(summary->window));
    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        *at++ = ',';
        at = field_put(at, summary->columns[column]);
    }
    for (enum measure measure = 0; measure < MEASURE_COUNT; measure++)
        at = number_put(at, summary->cell->sums[measure]);
    *at++ = ',';
    if (accounts >= 0)
        at = json_integer(at, accounts);
    *at++ = ',';
    at = put(at, pane_name(summary->pane));
    at = number_put(at, summary->generation);
    at = number_put(at, summary->revision);
    at = number_put(at, summary_version(summary->generation, summary->revision, summary->pane));
    *at++ = ',';
    at = field_put(at, summary->tables_version);
    at = put(at, summary->suppressed ? ",true" : ",false");
    *at++ = '\n';
    return (size_t)(at - text);
}
