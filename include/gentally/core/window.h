/*
 * Windows: the spans of event time that rows are counted in. There are four kinds, all in UTC: hour, day, ISO week
 * (from Monday 00:00) and calendar month. Windows of a kind follow each other without gap or overlap, so a time lies in
 * exactly one window of each kind. Pure arithmetic on milliseconds since the Unix epoch; negative times work too.
 */
#ifndef GENTALLY_WINDOW_H
#define GENTALLY_WINDOW_H

#include "gentally/base/calendar.h"

enum window_kind { WINDOW_HOUR, WINDOW_DAY, WINDOW_WEEK, WINDOW_MONTH, WINDOW_KINDS };

struct window {
    enum window_kind kind;
    int64_t start_ms; /* inclusive */
};

/* The first and the last time that a window which is told can begin at: years 1 to 9999. */
#define WINDOW_FIRST_MS INT64_C(-62135596800000)
#define WINDOW_LAST_MS INT64_C(253402300799999)

/* The window of `kind` that holds `event_ms`. */
struct window window_of(enum window_kind kind, int64_t event_ms);

/* The first millisecond after the window. */
int64_t window_end(struct window window);

/* Orders windows by their end, then by kind (hour first): the order in which they close. Returns <0, 0, >0. */
int window_compare(struct window left, struct window right);

/* The name of a kind: "hour", "day", "week" or "month". The parser returns false for any other text. */
const char *window_kind_name(enum window_kind kind);
bool window_kind_parse(struct span text, enum window_kind *kind);

/* Months as numbers: 0 is January 1970. Retention counts months below MONTHS_MAX. */
#define MONTHS_MAX 4096 /* May 2311 */

/* The number of the month that holds `event_ms` (>= 0). */
uint32_t month_number(int64_t event_ms);

/* The window of a month. */
struct window month_window(uint32_t month);

/* Writes a month (< MONTHS_MAX) as "2025-11"; `size` >= 8. */
void month_write(uint32_t month, char *text, size_t size);

#endif
