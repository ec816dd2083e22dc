/* Event -> one JSON line, the way json_read_event() takes it. Pure; no allocation. */
#ifndef GENTALLY_JSON_WRITE_H
#define GENTALLY_JSON_WRITE_H

#include "gentally/core/event.h"

/* Room for any event that event_check() lets pass. */
#define EVENT_JSON_MAX 65536

/* Writes the event without what is absent or has the schema's default, ended by a newline. Returns the size. */
size_t json_write_event(const struct event *event, char *text);

#endif
