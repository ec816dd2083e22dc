/*
 * Writing JSON, the little of it we need: numbers and quoted texts into the caller's memory. Pure; no allocation. (The
 * reader is jansson, in lines.c.)
 */
#ifndef GENTALLY_JSON_H
#define GENTALLY_JSON_H

#include "gentally/base/base.h"

/* Room a quoted text of `size` bytes can need. */
#define JSON_TEXT_MAX(size) (6 * (size) + 2)
#define JSON_INTEGER_MAX 20
#define JSON_REAL_MAX 32

/* Writes `text` in quotes, escaped as RFC 8259 section 7 asks; UTF-8 passes through. Returns the end of what it wrote.
 */
char *json_text(char *target, struct span text);

/* Writes a decimal integer. Returns the end of what it wrote. */
char *json_integer(char *target, int64_t value);

/* Writes the shortest decimal that reads back as the same double (below 2^-1022 not quite the shortest), with a point
 * whatever the locale; `null` if it is no number or not finite. Returns the end of what it wrote. */
char *json_real(char *target, double value);

/* Writes the bytes as they are. Returns the end of what it wrote. */
static inline char *json_raw(char *target, const char *bytes, size_t size)
{
    memcpy(target, bytes, size);
    return target + size;
}
#define JSON_RAW(target, literal) json_raw(target, literal, sizeof(literal) - 1)

#endif
