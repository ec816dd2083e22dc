/* Entries as bytes: written where there is room, read without trust. */
#include "gentally/core/journal_entry.h"

#include <assert.h>

#define ENTRY_VERSION 1
#define HAS_PLACE 1u
#define IS_TAKEN 2u
#define KINDS_ALL ((1u << WINDOW_KINDS) - 1)

/* ---- writing ---- */

static uint8_t *put_varint(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static uint8_t *put_time(uint8_t *at, int64_t ms)
{
    return put_varint(at, (uint64_t)ms << 1 ^ (uint64_t)(ms < 0 ? -1 : 0));
}

static uint8_t *put_bytes(uint8_t *at, struct span bytes)
{
    at = put_varint(at, bytes.size);
    if (bytes.size > 0)
        memcpy(at, bytes.bytes, bytes.size);
    return at + bytes.size;
}

void entry_begin(struct entry_writer *writer, uint8_t *bytes, int64_t rows_max, const struct entry_window windows[],
                 uint32_t window_count, uint32_t rows)
{
    uint8_t *at = bytes;

    assert(rows_max >= 1);
    *at++ = ENTRY_VERSION;
    at = put_varint(at, (uint64_t)rows_max);
    at = put_varint(at, window_count);
    for (uint32_t i = 0; i < window_count; i++) {
        *at++ = (uint8_t)windows[i].window.kind;
        at = put_time(at, windows[i].window.start_ms);
        at = put_varint(at, (uint64_t)windows[i].records);
    }
    *writer = (struct entry_writer){.at = put_varint(at, rows)};
}

void entry_put_row(struct entry_writer *writer, const struct entry_row *row)
{
    bool has_place = row->kinds != writer->kinds || row->base_ms != writer->base_ms;
    uint8_t *at = writer->at;

    assert(row->kinds != 0 && row->kinds <= KINDS_ALL);
    *at++ = (uint8_t)((has_place ? HAS_PLACE : 0) | (row->is_taken ? IS_TAKEN : 0));
    if (has_place) {
        at = put_time(at, row->base_ms);
        *at++ = (uint8_t)row->kinds;
    }
    at = put_bytes(at, row->key);
    writer->at = put_bytes(at, row->packed);
    writer->base_ms = row->base_ms;
    writer->kinds = row->kinds;
}

/* ---- reading ---- */

static bool get_byte(struct entry_reader *reader, uint32_t *byte)
{
    if (reader->at == reader->end)
        return false;
    *byte = *reader->at++;
    return true;
}

static bool get_varint(struct entry_reader *reader, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; reader->at < reader->end && shift < 64; shift += 7) {
        uint8_t byte = *reader->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

/* A number that is no less than nothing. */
static bool get_number(struct entry_reader *reader, int64_t *number)
{
    uint64_t value;

    if (!get_varint(reader, &value) || value > INT64_MAX)
        return false;
    *number = (int64_t)value;
    return true;
}

static bool get_time(struct entry_reader *reader, int64_t *ms)
{
    uint64_t value;

    if (!get_varint(reader, &value))
        return false;
    *ms = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
    return true;
}

static bool get_bytes(struct entry_reader *reader, struct span *bytes)
{
    uint64_t size;

    if (!get_varint(reader, &size) || size > (uint64_t)(reader->end - reader->at))
        return false;
    *bytes = (struct span){(const char *)reader->at, (size_t)size};
    reader->at += size;
    return true;
}

bool entry_open(struct entry_reader *reader, struct span bytes)
{
    uint32_t version;

    *reader =
        (struct entry_reader){.at = (const uint8_t *)bytes.bytes, .end = (const uint8_t *)bytes.bytes + bytes.size};
    return get_byte(reader, &version) && version == ENTRY_VERSION && get_number(reader, &reader->rows_max) &&
           reader->rows_max >= 1 && get_varint(reader, &reader->windows) &&
           (reader->windows > 0 || get_varint(reader, &reader->rows));
}

/* The count of rows stands behind the last window. */
bool entry_next_window(struct entry_reader *reader, struct entry_window *window)
{
    uint32_t kind;

    assert(reader->windows > 0);
    if (!get_byte(reader, &kind) || kind >= WINDOW_KINDS || !get_time(reader, &window->window.start_ms) ||
        !get_number(reader, &window->records))
        return false;
    window->window.kind = (enum window_kind)kind;
    reader->windows--;
    return reader->windows > 0 || get_varint(reader, &reader->rows);
}

bool entry_next_row(struct entry_reader *reader, struct entry_row *row)
{
    uint32_t flags;

    assert(reader->windows == 0 && reader->rows > 0);
    if (!get_byte(reader, &flags) || flags > (HAS_PLACE | IS_TAKEN))
        return false;
    if ((flags & HAS_PLACE) != 0 && (!get_time(reader, &reader->base_ms) || !get_byte(reader, &reader->kinds)))
        return false;
    if (reader->kinds == 0 || reader->kinds > KINDS_ALL || (reader->is_taken && (flags & IS_TAKEN) == 0))
        return false;
    reader->is_taken = (flags & IS_TAKEN) != 0;
    *row = (struct entry_row){.base_ms = reader->base_ms, .kinds = reader->kinds, .is_taken = reader->is_taken};
    reader->rows--;
    return get_bytes(reader, &row->key) && row->key.size > 0 && get_bytes(reader, &row->packed);
}

bool entry_close(struct entry_reader *reader)
{
    struct span block;
    uint32_t tag;

    assert(reader->windows == 0 && reader->rows == 0);
    while (reader->at < reader->end)
        if (!get_byte(reader, &tag) || !get_bytes(reader, &block))
            return false;
    return true;
}
