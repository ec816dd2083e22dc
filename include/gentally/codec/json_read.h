/*
 * One JSON line -> event, for `produce`: the field names of schemas/generation.avsc, plus `cost_usd` (a decimal string,
 * exact to the nano) for `cost_nano_usd`, and `created_at` as ISO 8601 or integer ms. Unknown fields, wrong types and
 * duplicates are errors: a misspelt field would otherwise vanish.
 */
#ifndef GENTALLY_JSON_READ_H
#define GENTALLY_JSON_READ_H

#include "gentally/core/event.h"

struct lines;
MUST_CHECK enum verdict lines_open(struct lines **lines, struct reason *why);
void lines_close(struct lines *lines);

/* Parses one line. Strings of `event` live in `lines` until the next call. Applies the schema's defaults. SET_ASIDE:
 * LINE-NOT-JSON, LINE-FIELD (names field and problem). */
MUST_CHECK enum verdict lines_read(struct lines *lines, struct span line, struct event *event, struct reason *why);

#endif
