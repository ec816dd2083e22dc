/*
 * Tumbling event-time windows in UTC: hour, day, ISO week (Monday 00:00), calendar month.
 * Pure arithmetic on milliseconds since the Unix epoch; negative times work too.
 */
#ifndef GENTALLY_WINDOW_H
#define GENTALLY_WINDOW_H

#include "base.h"

enum window_kind { WINDOW_HOUR, WINDOW_DAY, WINDOW_WEEK, WINDOW_MONTH, WINDOW_KINDS };

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

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

/* Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant, chrono-Compatible Low-Level Date Algorithms,
 * days_from_civil). */
int64_t days_of_date(int64_t year, unsigned month, unsigned day);

/* Its inverse (civil_from_days). */
void date_of_days(int64_t days, int64_t *year, unsigned *month, unsigned *day);

/*
 * Parses ISO 8601 ("2025-11-24", "2025-11-24T10:00:00Z", fraction up to 9 digits (cut to ms), offset "+05:30", blank
 * instead of T) to ms; no offset means UTC. False on anything else, on impossible dates, or years outside 1..9999.
 */
bool time_parse(struct span text, int64_t *ms);

/* Writes "2025-11-24T10:00:00Z" (or with .123 when there are milliseconds); `size` >= 32. */
void time_format(int64_t ms, char *text, size_t size);

#endif
