/* Sizes are told before what they are of, and nothing may be left over. */
#include "gentally/kafka/letter_content.h"

#include <assert.h>

#define ABSENT UINT32_MAX
#define SIZE_SIZE 4u

static_assert(TOPIC_HEADERS_MAX <= UINT8_MAX, "a byte tells how many headers there are");

static size_t add(size_t sum, size_t size)
{
    return __builtin_add_overflow(sum, size, &sum) ? SIZE_MAX : sum;
}

static size_t part_size(struct span part)
{
    if (part.bytes == NULL)
        return SIZE_SIZE;
    return part.size < ABSENT ? SIZE_SIZE + part.size : SIZE_MAX;
}

size_t letter_content_size(const struct letter_content *content)
{
    size_t size = add(add(part_size(content->detail), part_size(content->key)), add(part_size(content->value), 1));

    for (uint32_t i = 0; i < content->header_count; i++)
        size = add(size, add(strlen(content->headers[i].name) + 1, part_size(content->headers[i].value)));
    return size;
}

static char *write_part(struct span part, char *at)
{
    uint32_t size = part.bytes == NULL ? ABSENT : (uint32_t)part.size;

    for (unsigned i = 0; i < SIZE_SIZE; i++)
        *at++ = (char)(size >> (8 * (SIZE_SIZE - 1 - i)));
    if (part.bytes != NULL && part.size > 0)
        memcpy(at, part.bytes, part.size);
    return at + (part.bytes == NULL ? 0 : part.size);
}

void letter_content_write(const struct letter_content *content, char *bytes)
{
    char *at = write_part(content->value, write_part(content->key, write_part(content->detail, bytes)));

    assert(content->header_count <= TOPIC_HEADERS_MAX);
    *at++ = (char)content->header_count;
    for (uint32_t i = 0; i < content->header_count; i++) {
        size_t size = strlen(content->headers[i].name) + 1;
        memcpy(at, content->headers[i].name, size);
        at = write_part(content->headers[i].value, at + size);
    }
    assert((size_t)(at - bytes) == letter_content_size(content));
}

/* Takes bytes off the front. */
static bool take(struct span *left, size_t size, struct span *taken)
{
    if (left->size < size)
        return false;
    *taken = (struct span){left->bytes, size};
    *left = (struct span){left->bytes + size, left->size - size};
    return true;
}

static bool read_part(struct span *left, struct span *part)
{
    struct span told;
    uint32_t size = 0;

    if (!take(left, SIZE_SIZE, &told))
        return false;
    for (unsigned i = 0; i < SIZE_SIZE; i++)
        size = size << 8 | (unsigned char)told.bytes[i];
    *part = (struct span){NULL, 0};
    return size == ABSENT || take(left, size, part);
}

static bool read_header(struct span *left, struct topic_header *header)
{
    const char *end = left->size == 0 ? NULL : memchr(left->bytes, '\0', left->size);
    struct span name;

    if (end == NULL || !take(left, (size_t)(end - left->bytes) + 1, &name))
        return false;
    header->name = name.bytes;
    return read_part(left, &header->value);
}

bool letter_content_read(struct span bytes, struct letter_content *content)
{
    struct span count;

    if (!read_part(&bytes, &content->detail) || !read_part(&bytes, &content->key) ||
        !read_part(&bytes, &content->value) || !take(&bytes, 1, &count))
        return false;
    content->header_count = (unsigned char)count.bytes[0];
    if (content->header_count > TOPIC_HEADERS_MAX)
        return false;
    for (uint32_t i = 0; i < content->header_count; i++)
        if (!read_header(&bytes, &content->headers[i]))
            return false;
    return bytes.size == 0;
}
