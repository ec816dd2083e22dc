/*
 * Civil dates and clock times in UTC as milliseconds since the Unix epoch; negative times work too. Pure arithmetic.
 */
#ifndef GENTALLY_CALENDAR_H
#define GENTALLY_CALENDAR_H

#include "gentally/base/base.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

/* Earlier than any event: "no time yet". */
#define NO_TIME INT64_MIN

/* The quotient, rounded towards minus infinity; `divisor` > 0. */
static inline int64_t divide_down(int64_t dividend, int64_t divisor)
{
    int64_t quotient = dividend / divisor;
    return dividend % divisor < 0 ? quotient - 1 : quotient;
}

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
