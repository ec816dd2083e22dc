/*
 * Tumbling event-time windows in UTC: hour, day, ISO week (Monday 00:00), calendar month.
 * Pure arithmetic on milliseconds since the Unix epoch; negative times work too.
 */
#ifndef GENTALLY_WINDOW_H
#define GENTALLY_WINDOW_H

#include "gentally/base/calendar.h"

enum window_kind { WINDOW_HOUR, WINDOW_DAY, WINDOW_WEEK, WINDOW_MONTH, WINDOW_KINDS };

struct window {
    enum window_kind kind;
    int64_t start_ms; /* inclusive */
};

/* The window of `kind` that holds `event_ms`. */
struct window window_of(enum window_kind kind, int64_t event_ms);

/* The first millisecond after the window. */
int64_t window_end(struct window window);

/* Orders by end, then by kind (hour first): the order in which windows close. Returns <0, 0, >0. */
int window_compare(struct window left, struct window right);

/* "hour" "day" "week" "month". */
const char *window_kind_name(enum window_kind kind);
bool window_kind_parse(struct span text, enum window_kind *kind);

/* Months as numbers: 0 is January 1970. Those that are counted are below MONTHS_MAX. */
#define MONTHS_MAX 4096 /* to the year 2311 */

/* The month that holds `event_ms` (>= 0). */
uint32_t month_number(int64_t event_ms);
struct window month_window(uint32_t month);

/* Writes a month (< MONTHS_MAX) as "2025-11"; `size` >= 8. */
void month_write(uint32_t month, char *text, size_t size);

#endif
