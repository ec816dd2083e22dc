/*
 *   time=2026-11-24T08:00:00.123Z level=warn id=CLOSER-SKIPPED program=worker attempt=3 text="a \"text\""
 *   {"time":"2026-11-24T08:00:00.123Z","level":"warn","id":"CLOSER-SKIPPED","program":"worker","attempt":3,...}
 *
 * Both escape as JSON does (logfmt's readers take the same), and both are well-formed UTF-8: a byte that is not becomes
 * U+FFFD. Besides what RFC 8259 asks, DEL, the C1 controls and the two separators of lines are escaped, which some
 * readers and terminals take for more than a character.
 */
#include "log_record.h"

#include <assert.h>
#include <stdio.h>

#include "gentally/base/text.h"

/* Kept free for the end of a value and of the line: `","cut":true}` and a newline. */
#define RESERVE 24

static void put_raw(struct log_record *record, const char *bytes, size_t size)
{
    assert(size <= sizeof(record->bytes) - record->size);
    memcpy(record->bytes + record->size, bytes, size);
    record->size += size;
}

static bool has_room(const struct log_record *record, size_t size)
{
    return record->size + size <= sizeof(record->bytes) - RESERVE;
}

/* How many bytes the character at the front of `text` has; 0: it is no UTF-8. */
static size_t character_size(struct span text)
{
    unsigned char lead = (unsigned char)text.bytes[0];
    size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

    return size <= text.size && text_is_sound((struct span){text.bytes, size}) ? size : 0;
}

/* The code point of a character of up to three bytes that is to be escaped; 0: it goes as it is. */
static unsigned escaped(const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;

    if (size == 0)
        return 0xfffd;
    if (size == 1)
        return at[0] < ' ' || at[0] == 0x7f ? at[0] : 0;
    if (size == 2 && at[0] == 0xc2 && at[1] < 0xa0)
        return at[1];
    if (size == 3 && at[0] == 0xe2 && at[1] == 0x80 && (at[2] & ~1U) == 0xa8)
        return 0x2000U | (at[2] & 0x3fU);
    return 0;
}

/* Writes the front of `text` into `unit`; returns how many of its bytes that were. */
static size_t make_unit(struct span text, char unit[8], size_t *unit_size)
{
    size_t size = character_size(text);
    unsigned code = text.bytes[0] == '\0' ? 0xfffd : escaped(text.bytes, size);

    if (text.bytes[0] == '"' || text.bytes[0] == '\\')
        *unit_size = (size_t)snprintf(unit, 8, "\\%c", text.bytes[0]);
    else if (code == '\n' || code == '\t' || code == '\r')
        *unit_size = (size_t)snprintf(unit, 8, "\\%c", code == '\n' ? 'n' : code == '\t' ? 't' : 'r');
    else if (code != 0)
        *unit_size = (size_t)snprintf(unit, 8, "\\u%04x", code & 0xffffU);
    else
        memcpy(unit, text.bytes, *unit_size = size);
    return size == 0 ? 1 : size;
}

static void put_text(struct log_record *record, struct span text)
{
    char unit[8];
    size_t unit_size;

    while (text.size > 0) {
        size_t taken = make_unit(text, unit, &unit_size);
        if (!has_room(record, unit_size)) {
            record->is_cut = true;
            return;
        }
        put_raw(record, unit, unit_size);
        text = (struct span){text.bytes + taken, text.size - taken};
    }
}

/* Whether logfmt takes the value without quotes. */
static bool is_bare(struct span value)
{
    for (size_t i = 0; i < value.size; i++)
        if (value.bytes[i] <= ' ' || value.bytes[i] >= 0x7f || strchr("\"=\\", value.bytes[i]) != NULL)
            return false;
    return value.size > 0;
}

static void put_key(struct log_record *record, struct span key)
{
    const char *before = record->is_json ? (record->size == 0 ? "{\"" : ",\"") : (record->size == 0 ? "" : " ");
    const char *behind = record->is_json ? "\":" : "=";

    put_raw(record, before, strlen(before));
    put_raw(record, key.bytes, key.size);
    put_raw(record, behind, strlen(behind));
}

void log_record_begin(struct log_record *record, bool is_json)
{
    record->is_json = is_json;
    record->is_cut = false;
    record->size = 0;
}

void log_record_add(struct log_record *record, struct span key, struct span value, bool is_number)
{
    bool is_whole = is_number || (!record->is_json && is_bare(value) && value.size <= LOG_RECORD_SIZE / 4);

    /* Its four marks beside the key, its quotes, and a whole value or the beginning of a text. */
    if (!has_room(record, key.size + 8 + (is_whole ? value.size : 16))) {
        record->is_cut = true;
        return;
    }
    put_key(record, key);
    if (is_whole) {
        put_raw(record, value.bytes, value.size);
        return;
    }
    put_raw(record, "\"", 1);
    put_text(record, value);
    put_raw(record, "\"", 1);
}

void log_record_end(struct log_record *record)
{
    if (record->is_cut) {
        put_key(record, span_of("cut"));
        put_raw(record, "true", strlen("true"));
    }
    if (record->is_json)
        put_raw(record, "}", 1);
    put_raw(record, "\n", 1);
}
