/*
 * The few words every other header is written in: `span`, a borrowed run of bytes, and attributes that let the compiler
 * check a caller. Includes no header of ours.
 */
#ifndef GENTALLY_BASE_H
#define GENTALLY_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The caller must look at the returned value. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* Parameter `format_index` is a printf() format, whose arguments begin with parameter `first`; both count from 1. */
#define PRINTF_LIKE(format_index, first) __attribute__((format(printf, format_index, first)))

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Borrowed bytes. No NUL follows them unless a contract says so. `bytes == NULL` means: absent, there is no text. */
struct span {
    const char *bytes;
    size_t size; /* bytes */
};

/* The span of a NUL-terminated text, without its NUL; borrows from the text. NULL gives the absent span. */
static inline struct span span_of(const char *text)
{
    return (struct span){text, text == NULL ? 0 : strlen(text)};
}

/* True if both spans have the same bytes. An absent span equals an empty one. */
static inline bool span_equal(struct span left, struct span right)
{
    return left.size == right.size && (left.size == 0 || memcmp(left.bytes, right.bytes, left.size) == 0);
}

/* Orders two spans by their bytes, as memcmp() does; a prefix comes first. Returns <0, 0, >0. */
static inline int span_compare(struct span left, struct span right)
{
    size_t size = left.size < right.size ? left.size : right.size;
    int order = size == 0 ? 0 : memcmp(left.bytes, right.bytes, size);

    return order != 0 ? order : (left.size > right.size) - (left.size < right.size);
}

#endif
