/*
 * A cursor over one message reads the primitives of Avro's binary encoding: strict, bounds-checked, never allocating.
 * All functions are inline, because a call for each of some thirty small values would cost as much as reading them.
 *
 * Every function moves the cursor over the value that it reads and returns SOUND, or returns a fault and leaves the
 * cursor somewhere in the value. No byte at or after `end` is ever read.
 */
#ifndef GENTALLY_CURSOR_H
#define GENTALLY_CURSOR_H

#include <endian.h>

#include "gentally/base/text.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#define HIGH_BITS UINT64_C(0x8080808080808080)
#define LOW_BITS UINT64_C(0x0101010101010101)
#define VARINT_BYTES_MAX 10
#define EMPTY_ELEMENTS_MAX 65536 /* elements of a block that take no bytes: nothing else limits them */

enum fault {
    SOUND,
    FAULT_TRUNCATED,
    FAULT_LENGTH,
    FAULT_VARINT,
    FAULT_RANGE,
    FAULT_NESTING,
    FAULT_UTF8,
    FAULT_NUL,
    FAULT_LABELS,
    FAULT_TRAILING,
    FAULT_COUNT
};

struct cursor {
    const unsigned char *at, *end;
};

static ALWAYS_INLINE size_t cursor_left(const struct cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

static ALWAYS_INLINE uint64_t load_word(const unsigned char *at) /* little-endian everywhere */
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return le64toh(word);
}

/* Reads a varint byte by byte: near the end of the message, and where it has nine or ten bytes. */
static inline enum fault cursor_varint_slowly(struct cursor *cursor, uint64_t *raw)
{
    *raw = 0;
    for (unsigned i = 0; i < VARINT_BYTES_MAX; i++) {
        if (cursor->at == cursor->end)
            return FAULT_TRUNCATED;
        unsigned char byte = *cursor->at++;
        if (i == VARINT_BYTES_MAX - 1 && byte > 1) /* a 65th bit, or an eleventh byte */
            return FAULT_VARINT;
        *raw |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80)
            return SOUND;
    }
    return FAULT_VARINT;
}

/*
 * Reads a varint of up to eight bytes at once: finds its last byte (the first without a high bit), cuts what follows,
 * then closes the gaps of one bit between groups of 7, 14 and 28 bits. No branch depends on the length, which no
 * predictor could guess.
 */
static ALWAYS_INLINE enum fault cursor_varint(struct cursor *cursor, uint64_t *raw)
{
    if (LIKELY(cursor_left(cursor) >= sizeof(uint64_t))) {
        uint64_t word = load_word(cursor->at);
        uint64_t last = ~word & HIGH_BITS;
        if (LIKELY(last != 0)) {
            unsigned top = (unsigned)__builtin_ctzll(last); /* 7, 15, ... 63 */
            word &= UINT64_MAX >> (63 - top);
            word = ((word & UINT64_C(0x7f007f007f007f00)) >> 1) | (word & UINT64_C(0x007f007f007f007f));
            word = ((word & UINT64_C(0x3fff00003fff0000)) >> 2) | (word & UINT64_C(0x00003fff00003fff));
            word = ((word & UINT64_C(0x0fffffff00000000)) >> 4) | (word & UINT64_C(0x000000000fffffff));
            *raw = word;
            cursor->at += (top + 1) / 8;
            return SOUND;
        }
    }
    struct cursor aside = *cursor; /* a copy, so that the caller's cursor can stay in registers */
    enum fault fault = cursor_varint_slowly(&aside, raw);
    *cursor = aside;
    return fault;
}

static ALWAYS_INLINE enum fault cursor_long(struct cursor *cursor, int64_t *value)
{
    uint64_t raw;
    enum fault fault = cursor_varint(cursor, &raw);

    *value = (int64_t)((raw >> 1) ^ (0 - (raw & 1))); /* zigzag */
    return fault;
}

static ALWAYS_INLINE enum fault cursor_int(struct cursor *cursor, int32_t *value)
{
    int64_t wide;
    enum fault fault = cursor_long(cursor, &wide);

    if (LIKELY(fault == SOUND) && UNLIKELY(wide < INT32_MIN || wide > INT32_MAX))
        fault = FAULT_RANGE;
    *value = (int32_t)wide;
    return fault;
}

/* Reads a union's branch or an enum's symbol: 0 <= index < count, nearly always one byte. */
static ALWAYS_INLINE enum fault cursor_index(struct cursor *cursor, uint32_t count, uint32_t *index)
{
    int64_t wide;

    if (LIKELY(cursor->at < cursor->end && *cursor->at < 0x80)) {
        unsigned char byte = *cursor->at++;
        *index = byte >> 1;
        return (byte & 1) == 0 && *index < count ? SOUND : FAULT_RANGE;
    }
    enum fault fault = cursor_long(cursor, &wide);
    if (fault == SOUND && (wide < 0 || wide >= (int64_t)count))
        fault = FAULT_RANGE;
    *index = (uint32_t)wide;
    return fault;
}

static ALWAYS_INLINE enum fault cursor_boolean(struct cursor *cursor, bool *value)
{
    if (UNLIKELY(cursor->at == cursor->end))
        return FAULT_TRUNCATED;
    unsigned char byte = *cursor->at++;
    *value = byte == 1;
    return LIKELY(byte <= 1) ? SOUND : FAULT_RANGE;
}

static ALWAYS_INLINE enum fault cursor_skip(struct cursor *cursor, size_t size)
{
    if (UNLIKELY(size > cursor_left(cursor)))
        return FAULT_TRUNCATED;
    cursor->at += size;
    return SOUND;
}

static ALWAYS_INLINE enum fault cursor_double(struct cursor *cursor, double *value)
{
    if (UNLIKELY(cursor_left(cursor) < sizeof(*value)))
        return FAULT_TRUNCATED;
    uint64_t bits = load_word(cursor->at);
    memcpy(value, &bits, sizeof(*value));
    cursor->at += sizeof(*value);
    return SOUND;
}

static ALWAYS_INLINE enum fault cursor_float(struct cursor *cursor, float *value)
{
    uint32_t bits;

    if (UNLIKELY(cursor_left(cursor) < sizeof(bits)))
        return FAULT_TRUNCATED;
    memcpy(&bits, cursor->at, sizeof(bits));
    bits = le32toh(bits);
    memcpy(value, &bits, sizeof(bits));
    cursor->at += sizeof(bits);
    return SOUND;
}

/* Reads a length, then as many bytes; borrows them from the message. */
static ALWAYS_INLINE enum fault cursor_bytes(struct cursor *cursor, const unsigned char **bytes, size_t *size)
{
    int64_t length;

    if (LIKELY(cursor->at < cursor->end && *cursor->at < 0x80)) {
        unsigned char byte = *cursor->at++;
        if (UNLIKELY((byte & 1) != 0))
            return FAULT_LENGTH;
        length = byte >> 1;
    } else {
        enum fault fault = cursor_long(cursor, &length);
        if (fault != SOUND)
            return fault;
        if (length < 0)
            return FAULT_LENGTH;
    }
    if (UNLIKELY((uint64_t)length > cursor_left(cursor)))
        return FAULT_TRUNCATED;
    *bytes = cursor->at;
    *size = (size_t)length;
    cursor->at += length;
    return SOUND;
}

/*
 * True if all bytes are ASCII and none is zero: where all are below 0x80, taking 1 from each sets a high bit only at a
 * zero. Takes eight bytes a step; the last step overlaps the one before. `end` is the message's, so that a short text
 * can be read as one word where the message goes on.
 */
static ALWAYS_INLINE bool is_plain(const unsigned char *bytes, size_t size, const unsigned char *end)
{
    uint64_t seen = 0;

    if (size >= sizeof(seen)) {
        uint64_t word = load_word(bytes + size - sizeof(word));
        seen = word | (word - LOW_BITS);
        for (size_t i = 0; i + sizeof(seen) < size; i += sizeof(seen)) {
            word = load_word(bytes + i);
            seen |= word | (word - LOW_BITS);
        }
    } else if (LIKELY((size_t)(end - bytes) >= sizeof(seen))) {
        uint64_t beyond = UINT64_MAX << (8 * size);
        uint64_t word = (load_word(bytes) & ~beyond) | (LOW_BITS & beyond);
        seen = word | (word - LOW_BITS);
    } else {
        for (size_t i = 0; i < size; i++)
            seen |= bytes[i] | (bytes[i] - UINT64_C(1));
    }
    return (seen & HIGH_BITS) == 0;
}

/* Reads a string; the empty string gives the absent span. */
static ALWAYS_INLINE enum fault cursor_text(struct cursor *cursor, struct span *text)
{
    const unsigned char *bytes = NULL;
    size_t size = 0;
    enum fault fault = cursor_bytes(cursor, &bytes, &size);

    if (UNLIKELY(fault != SOUND))
        return fault;
    *text = (struct span){size > 0 ? (const char *)bytes : NULL, size};
    if (LIKELY(is_plain(bytes, size, cursor->end)) || text_is_sound(*text))
        return SOUND;
    return memchr(bytes, '\0', size) != NULL ? FAULT_NUL : FAULT_UTF8;
}

/* The head of a block of an array or map. */
struct block {
    uint64_t count;           /* 0: the collection ends here */
    const unsigned char *end; /* where the block says it ends; NULL if it does not say */
};

/* Reads a block's head and checks that `count` elements of `least` bytes can follow. */
static inline enum fault cursor_block(struct cursor *cursor, uint64_t least, struct block *block)
{
    int64_t count;
    int64_t size;
    enum fault fault = cursor_long(cursor, &count);

    if (fault != SOUND)
        return fault;
    *block = (struct block){.count = (uint64_t)count, .end = NULL};
    if (count < 0) { /* then its size in bytes comes too */
        block->count = 0 - (uint64_t)count;
        fault = cursor_long(cursor, &size);
        if (fault != SOUND)
            return fault;
        if (size < 0)
            return FAULT_LENGTH;
        if ((uint64_t)size > cursor_left(cursor))
            return FAULT_TRUNCATED;
        block->end = cursor->at + size;
    }
    if (least == 0)
        return block->count > EMPTY_ELEMENTS_MAX ? FAULT_LENGTH : SOUND;
    return block->count > cursor_left(cursor) / least ? FAULT_TRUNCATED : SOUND;
}

/* Checks, after its elements, that a block ends where it said. */
static inline enum fault cursor_block_end(const struct cursor *cursor, const struct block *block)
{
    return block->end == NULL || block->end == cursor->at ? SOUND : FAULT_LENGTH;
}

#endif
