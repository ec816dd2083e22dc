/* A model is listed some days before or after the day in its name; between snapshots of one model lie months. */
#include "snapshot_day.h"

#include <stdio.h>
#include <stdlib.h>

#include "gentally/core/window.h"
#include "name_words.h"

#define SNAPSHOT_DAYS 45
#define SHORT_DATE_DAYS 14 /* of six digits or fewer, which say less */

static int64_t ms_of(int32_t date)
{
    char text[32];
    int64_t ms = NO_TIME;

    snprintf(text, sizeof(text), "%04d-%02d-%02d", (int)(date / 10000 % 10000), (int)(date / 100 % 100),
             (int)(date % 100));
    return time_parse(span_of(text), &ms) ? ms : NO_TIME;
}

static int32_t date_of(int64_t ms)
{
    int64_t year;
    unsigned month, day;

    date_of_days(divide_down(ms, DAY_MS), &year, &month, &day);
    return (int32_t)(year * 10000 + month * 100 + day);
}

/* Days between `date`, as name_guess has it, and a whole date; without a year it is of that date's. */
static int64_t days_between(int32_t date, int32_t near)
{
    int64_t then_ms = ms_of(date < 10000 ? near / 10000 * 10000 + date : date), near_ms = ms_of(near);

    if (then_ms == NO_TIME || near_ms == NO_TIME)
        return INT64_MAX;
    return llabs(then_ms - near_ms) / DAY_MS;
}

static bool is_near(const struct name_guess *guess, int32_t near)
{
    if (near == 0)
        return false;
    if (guess->date > 10000 && guess->date % 100 == 0) /* a month */
        return guess->date / 100 == near / 100;
    return days_between(guess->date, near) <= (guess->is_date_short ? SHORT_DATE_DAYS : SNAPSHOT_DAYS);
}

/* Whether a name tells the day, and the model was listed at another time. */
static bool has_other_day(int32_t alias, int32_t released)
{
    return alias != 0 && released != 0 && days_between(alias, released) > SHORT_DATE_DAYS;
}

bool snapshot_day_fits(const struct snapshot_day *day, const struct name_guess *guess)
{
    int32_t released = day->released_ms == 0 ? 0 : date_of(day->released_ms);

    if (guess->date == 0)
        return true;
    if (is_near(guess, day->alias) || (!has_other_day(day->alias, released) && is_near(guess, released)))
        return true;
    return !guess->is_date_short && (!day->has_snapshots || released == 0);
}

int32_t snapshot_day_month(const struct snapshot_day *day)
{
    return day->released_ms == 0 ? 0 : date_of(day->released_ms) / 100 % 10000;
}
