/*
 * The fast way of a JSON event: one walk over a plain line, without an allocation or a copy. It takes what most lines
 * are and gives up on the rest; then jansson decides. Private to this room, and to tests, which hold one to the other.
 */
#ifndef GENTALLY_JSON_SCAN_H
#define GENTALLY_JSON_SCAN_H

#include "gentally/core/event.h"

struct json_reader;

/* True: the line is an event, the one that json_parse_event() makes of it; its texts borrow from the line. False: not
 * known; `*event` is unusable. It gives up on escapes in texts, on fractions (but for those of confidences), numbers of
 * over 18 digits, fields given twice, and all that is wrong. */
bool json_scan_event(struct span line, struct event *event);

/* As json_read_event(), by jansson alone. Texts borrow from `reader`. */
MUST_CHECK enum verdict json_parse_event(struct json_reader *reader, struct span line, struct event *event,
                                         struct reason *why);

#endif
