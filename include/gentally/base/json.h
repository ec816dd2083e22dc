/*
 * Writers of JSON numbers and texts into the caller's memory, which must have room. Each returns the end of what it
 * wrote, where the next one goes on. Pure; no allocation. (JSON is read with jansson, in codec/json_read.c.)
 */
#ifndef GENTALLY_JSON_H
#define GENTALLY_JSON_H

#include "gentally/base/base.h"

/* The most bytes that json_put_text() writes for a text of `size` bytes; those of json_put_integer(), of
 * json_put_real(). */
#define JSON_TEXT_MAX(size) (6 * (size) + 2)
#define JSON_INTEGER_MAX 20
#define JSON_REAL_MAX 32

/* Writes `text` in quotes, escaped as RFC 8259 section 7 asks, and so that no control character is left (DEL, C1);
 * other UTF-8 passes through. */
char *json_put_text(char *target, struct span text);

/* Writes a decimal integer. */
char *json_put_integer(char *target, int64_t value);

/* Writes the shortest decimal that reads back as the same double (below 2^-1022 not quite the shortest), with a point
 * whatever the locale. NaN and the infinities become `null`. */
char *json_put_real(char *target, double value);

/* Writes `size` bytes as they are; JSON_RAW() writes a string literal. */
static inline char *json_put_raw(char *target, const char *bytes, size_t size)
{
    memcpy(target, bytes, size);
    return target + size;
}
#define JSON_RAW(target, literal) json_put_raw(target, literal, sizeof(literal) - 1)

#endif
