/*
 * Civil dates and clock times in UTC. A time is milliseconds since the Unix epoch, and may be negative. Pure
 * arithmetic: no clock, no locale, no time zone of the machine.
 */
#ifndef GENTALLY_CALENDAR_H
#define GENTALLY_CALENDAR_H

#include "gentally/base/base.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

/* The time before all others, for "no time yet". */
#define NO_TIME INT64_MIN

/* Divides and rounds towards minus infinity, where C rounds towards 0. `divisor` > 0. */
static inline int64_t divide_down(int64_t dividend, int64_t divisor)
{
    int64_t quotient = dividend / divisor;
    return dividend % divisor < 0 ? quotient - 1 : quotient;
}

/*
 * The days from 1970-01-01 to a date of the proleptic Gregorian calendar, negative before it. `month` 1..12,
 * `day` 1..31. After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
 */
int64_t days_of_date(int64_t year, unsigned month, unsigned day);

/* The date of a number of days since 1970-01-01: the inverse of days_of_date() (Hinnant's civil_from_days). */
void date_of_days(int64_t days, int64_t *year, unsigned *month, unsigned *day);

/*
 * Reads a date or time as RFC 3339 has it, and as PostgreSQL, BigQuery, Python, Go, Java and JavaScript write it:
 *
 *     2025-11-24                                   a date alone is its midnight
 *     2025-11-24T10:00:00Z                         T and Z in either case; a blank for the T
 *     2025-11-24 10:00:00.433273+00                any number of digits, cut off behind milliseconds; a comma for the
 *                                                  point; offsets +05:30, +0530, +05
 *     2025-11-24T10:00                             no seconds: 0; no zone: UTC
 *     2025-11-24 10:00:00 UTC                      BigQuery, Ruby; a blank before any zone
 *     2025-11-24 11:00:00 +0100 CET                Go; T11:00+01:00[Europe/Berlin] Java: the offset counts
 *
 * Returns NULL, or what is wrong, as the end of a sentence that begins with the field: years are 1..9999, dates must
 * exist, and a second 60 is one only where leap seconds are, at the end of a month in UTC (it counts as the next one).
 */
const char *time_read(struct span text, int64_t *ms);

/* The same, for whom it is enough that something is wrong. */
bool time_parse(struct span text, int64_t *ms);

/* Writes a time as "2025-11-24T10:00:00Z", with ".123" before the Z if it has milliseconds; `size` >= 32 bytes. */
void time_format(int64_t ms, char *text, size_t size);

#endif
