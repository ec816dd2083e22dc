/* Writes events as JSON lines, the way json_read_event() takes them. Pure; no allocation. */
#ifndef GENTALLY_JSON_WRITE_H
#define GENTALLY_JSON_WRITE_H

#include "gentally/core/event.h"

/* The most bytes of any event that event_check() lets pass. */
#define EVENT_JSON_MAX 65536

/* Writes one event, whose `op` is OP_CREATE, and a newline to `text` (room for EVENT_JSON_MAX), without fields that are
 * absent or have the schema's default, and without a NUL. Returns the size. */
size_t json_write_event(const struct event *event, char *text);

#endif
