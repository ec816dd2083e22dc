/*
 * Numbers and times as platforms write them: as JSON numbers or in texts, costs as floats, times in four units. Each
 * reader returns NULL, or what is wrong, as the end of a sentence that begins with the field. Private to this room.
 */
#ifndef GENTALLY_QUANTITY_READ_H
#define GENTALLY_QUANTITY_READ_H

#include <jansson.h>

#include "gentally/base/base.h"

/* A count, >= 0, into an int64_t: 120, 120.0, "120". */
const char *read_count(const json_t *json, void *target);

/* Dollars, >= 0, into an int64_t of nano-dollars, rounded half up from the shortest decimal that is the number:
 * 0.0049099999999999994, 4.07e-05, "0.0125". */
const char *read_cost(const json_t *json, void *target);

/* A time into an int64_t of microseconds since 1970: a text of time_read(), or a number of seconds, milli-, micro- or
 * nanoseconds, told apart by their size (10, 13, 16, 19 digits), since sources change them from version to version. */
const char *read_time_us(const json_t *json, void *target);

/* A duration, >= 0, in seconds or in milliseconds, into an int64_t of microseconds. */
const char *read_seconds_us(const json_t *json, void *target);
const char *read_milliseconds_us(const json_t *json, void *target);

#endif
