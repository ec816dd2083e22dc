/*
 * Reads events from JSON, for `produce`, which has lines, and for records of the input topic. Fields have the names of
 * schemas/generation.avsc; `cost_usd`, a decimal string exact to the nano, may stand for `cost_nano_usd`; `created_at`
 * is a text of time_read() or integer ms. Unknown fields, wrong types and duplicates are refused, since a misspelt
 * field would otherwise vanish.
 */
#ifndef GENTALLY_JSON_READ_H
#define GENTALLY_JSON_READ_H

#include "gentally/core/event.h"

struct json_reader;

/* Opens a reader, which holds the texts of one event. GO_ON gives `*reader` to the caller, to be closed once. HALT:
 * NO-MEMORY. */
MUST_CHECK enum verdict json_reader_open(struct json_reader **reader, struct reason *why);
void json_reader_close(struct json_reader *reader);

/* Reads one line. Texts of `event` borrow from `line`, or from `reader` until its next call; fields that are not given
 * have the schema's defaults. A plain line, as json_scan.h has it, costs no allocation. SET_ASIDE: LINE-NOT-JSON,
 * LINE-FIELD with field and problem. */
MUST_CHECK enum verdict json_read_event(struct json_reader *reader, struct span line, struct event *event,
                                        struct reason *why);

#endif
