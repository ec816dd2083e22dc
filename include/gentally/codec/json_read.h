/*
 * One JSON line -> event, for `produce`: the field names of schemas/generation.avsc, plus `cost_usd` (a decimal string,
 * exact to the nano) for `cost_nano_usd`, and `created_at` as ISO 8601 or integer ms. Unknown fields, wrong types and
 * duplicates are errors: a misspelt field would otherwise vanish.
 */
#ifndef GENTALLY_JSON_READ_H
#define GENTALLY_JSON_READ_H

#include "gentally/core/event.h"

struct json_reader;
MUST_CHECK enum verdict json_reader_open(struct json_reader **reader, struct reason *why);
void json_reader_close(struct json_reader *reader);

/* Parses one line. Strings of `event` live in `reader` until the next call. Applies the schema's defaults. SET_ASIDE:
 * LINE-NOT-JSON, LINE-FIELD (names field and problem). */
MUST_CHECK enum verdict json_read_event(struct json_reader *reader, struct span line, struct event *event,
                                        struct reason *why);

#endif
