/*
 * The few words every other header is written in: a borrowed run of bytes, and the attribute for
 * "you must look at what this returned". Level 0: includes nothing of ours.
 */
#ifndef GENTALLY_BASE_H
#define GENTALLY_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first) __attribute__((format(printf, format_index, first)))

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Borrowed bytes, never NUL-terminated by assumption. `bytes == NULL` means absent. */
struct span {
    const char *bytes;
    size_t size; /* bytes */
};

/* Borrows a NUL-terminated text; NULL gives the absent span. */
static inline struct span span_of(const char *text)
{
    return (struct span){text, text == NULL ? 0 : strlen(text)};
}

static inline bool span_equal(struct span left, struct span right)
{
    return left.size == right.size && (left.size == 0 || memcmp(left.bytes, right.bytes, left.size) == 0);
}

/* Orders by bytes, as memcmp() does, a text before a longer one that begins with it. Returns <0, 0, >0. */
static inline int span_compare(struct span left, struct span right)
{
    size_t size = left.size < right.size ? left.size : right.size;
    int order = size == 0 ? 0 : memcmp(left.bytes, right.bytes, size);

    return order != 0 ? order : (left.size > right.size) - (left.size < right.size);
}

#endif
