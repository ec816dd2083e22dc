/*
 * Forms are told by their first bytes, as their makers document them. A guess is told as one ("it looks like"): what
 * becomes of the message does not depend on it.
 *
 *   Confluent    00 | id, 4 bytes big-endian | body          Protobuf: 00, then the index of the message, then a body
 *   Confluent    01 | GUID, 16 bytes | body, or the GUID in a header and the body alone
 *   Apicurio     00 | id, 8 bytes | body
 *   AWS Glue     03 | compression, 00 or 05 | UUID, 16 bytes | body
 *   Avro         c3 01 | fingerprint, 8 bytes | body         (single-object encoding)
 */
#include "gentally/codec/wire_look.h"

#include "gentally/base/looks.h"
#include "gentally/base/text.h"

#define ID_SIZE 4
#define FRAME_SIZE (1 + ID_SIZE)
#define SMALL_ID 1000000u /* registries count from 1 */

/* Events begin with a text, the id: its length as a zigzag number, then its bytes. */
static bool is_bare_body(struct span value)
{
    size_t size = value.size == 0 ? 0 : (unsigned char)value.bytes[0] / 2u;

    if (value.size < 2 || (value.bytes[0] & 0x81) != 0 || size == 0 || size >= value.size)
        return false;
    for (size_t i = 1; i <= size; i++)
        if ((unsigned char)value.bytes[i] < ' ')
            return false;
    return text_is_sound((struct span){value.bytes + 1, size});
}

static bool has_word(struct span value, const char *word)
{
    size_t size = strlen(word);

    for (size_t i = 0; i + size <= value.size; i++)
        if (memcmp(value.bytes + i, word, size) == 0)
            return true;
    return false;
}

static const char *unframed_looks_like(struct span value)
{
    const unsigned char *bytes = (const unsigned char *)value.bytes;

    if (value.size >= 18 && bytes[0] == 3 && (bytes[1] == 0 || bytes[1] == 5))
        return "the framing of AWS Glue (byte 3, compression, UUID)";
    if (value.size >= 10 && bytes[0] == 0xc3 && bytes[1] == 1)
        return "Avro's single-object encoding (a fingerprint instead of an id)";
    if (value.size >= 17 && bytes[0] == 1)
        return "Confluent's framing by a schema's GUID (byte 1, 16 bytes); an id is wanted";
    if (value.size >= 1 && bytes[0] == '{')
        return has_word(value, "\"specversion\"") ? "a CloudEvent in JSON" : NULL; /* JSON is read */
    if (value.size >= 1 && bytes[0] == '[')
        return "a JSON array";
    if (looks_like(value) != NULL)
        return looks_like(value);
    return is_bare_body(value) ? "an Avro body alone (its schema's id may be in a header)" : NULL;
}

static uint32_t number_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static const char *framed_looks_like(struct span value)
{
    const unsigned char *bytes = (const unsigned char *)value.bytes;
    uint32_t id = value.size < FRAME_SIZE ? 0 : number_at(bytes + 1);

    if (id == 0 && value.size >= FRAME_SIZE + ID_SIZE && number_at(bytes + FRAME_SIZE) < SMALL_ID)
        return "Apicurio's ids of 8 bytes, where 4 are wanted";
    if (id > INT32_MAX)
        return "an id below 0, which no registry gives";
    if (id >= SMALL_ID && __builtin_bswap32(id) < SMALL_ID)
        return "an id with its bytes in the wrong order, least significant first";
    if (value.size > FRAME_SIZE && bytes[FRAME_SIZE] == '{')
        return "the framing of JSON Schema, not of Avro";
    if (value.size > FRAME_SIZE && bytes[FRAME_SIZE] == 0)
        return "the framing of Protobuf, not of Avro"; /* in Avro it would be an empty id */
    return NULL;
}

static const char *form_of(struct span value)
{
    return value.size > 0 && value.bytes[0] == 0 ? framed_looks_like(value) : unframed_looks_like(value);
}

enum verdict wire_tell(struct span value, enum verdict verdict, struct reason *why)
{
    const char *look = form_of(value);

    if (why == NULL || look == NULL)
        return verdict;
    const struct reason plain = *why;
    return reason_set(why, verdict, plain.id, plain.code, "%.300s: it looks like %s", plain.text, look);
}
