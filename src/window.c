/*
 * Tumbling windows and civil dates as pure arithmetic.
 *
 * Why not gmtime_r() and timegm(): they know leap-second tables and locales, cost a microsecond, and end where their
 * struct ends. Here a window is two divisions, and every 64-bit time has one. Division rounds down everywhere, so times
 * before 1970 need no case of their own.
 */
#include "gentally/window.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define MINUTE_MS INT64_C(60000)
#define SECOND_MS INT64_C(1000)

/* Beyond it (146 million years) times are clamped, so that no window's edge leaves 64 bits. */
#define TIME_MS_LIMIT (INT64_MAX / 2)

/* 1970-01-01 was a Thursday: three days after the Monday its week began with. */
#define EPOCH_WEEKDAY 3

/* The calendar repeats every 400 years ("era"); 719468 days lie between 0000-03-01 and 1970-01-01. */
#define ERA_YEARS 400
#define ERA_DAYS 146097
#define EPOCH_DAYS 719468

static const char *const kind_names[WINDOW_KINDS] = {
    [WINDOW_HOUR] = "hour",
    [WINDOW_DAY] = "day",
    [WINDOW_WEEK] = "week",
    [WINDOW_MONTH] = "month",
};

static int64_t divide_down(int64_t dividend, int64_t divisor)
{
    int64_t quotient = dividend / divisor;
    return dividend % divisor < 0 ? quotient - 1 : quotient;
}

struct window window_of(enum window_kind kind, int64_t event_ms)
{
    assert(kind < WINDOW_KINDS);
    if (event_ms > TIME_MS_LIMIT)
        event_ms = TIME_MS_LIMIT;
    if (event_ms < -TIME_MS_LIMIT)
        event_ms = -TIME_MS_LIMIT;

    int64_t days = divide_down(event_ms, DAY_MS);
    int64_t year;
    unsigned month, day;
    switch (kind) {
    case WINDOW_HOUR:
        return (struct window){kind, divide_down(event_ms, HOUR_MS) * HOUR_MS};
    case WINDOW_WEEK:
        return (struct window){kind, (divide_down(days + EPOCH_WEEKDAY, 7) * 7 - EPOCH_WEEKDAY) * DAY_MS};
    case WINDOW_MONTH:
        date_of_days(days, &year, &month, &day);
        return (struct window){kind, (days - (day - 1)) * DAY_MS};
    case WINDOW_DAY:
    case WINDOW_KINDS:
        break;
    }
    return (struct window){kind, days * DAY_MS};
}

int64_t window_end(struct window window)
{
    int64_t year;
    unsigned month, day;

    switch (window.kind) {
    case WINDOW_HOUR:
        return window.start_ms + HOUR_MS;
    case WINDOW_DAY:
        return window.start_ms + DAY_MS;
    case WINDOW_WEEK:
        return window.start_ms + 7 * DAY_MS;
    case WINDOW_MONTH:
    case WINDOW_KINDS:
        break;
    }
    assert(window.kind == WINDOW_MONTH);
    date_of_days(divide_down(window.start_ms, DAY_MS), &year, &month, &day);
    return (month == 12 ? days_of_date(year + 1, 1, 1) : days_of_date(year, month + 1, 1)) * DAY_MS;
}

int window_compare(struct window left, struct window right)
{
    int64_t left_end = window_end(left), right_end = window_end(right);

    if (left_end != right_end)
        return left_end < right_end ? -1 : 1;
    return (left.kind > right.kind) - (left.kind < right.kind);
}

const char *window_kind_name(enum window_kind kind)
{
    assert(kind < WINDOW_KINDS);
    return kind_names[kind];
}

bool window_kind_parse(struct span text, enum window_kind *kind)
{
    for (unsigned i = 0; i < WINDOW_KINDS; i++) {
        if (span_equal(text, span_of(kind_names[i]))) {
            *kind = (enum window_kind)i;
            return true;
        }
    }
    return false;
}

/* Years are counted from March, so that the leap day is the last of its year and month lengths follow 153 days per five
 * months. */
int64_t days_of_date(int64_t year, unsigned month, unsigned day)
{
    assert(month >= 1 && month <= 12);
    assert(day >= 1 && day <= 31);

    int64_t march_year = month <= 2 ? year - 1 : year;
    int64_t era = divide_down(march_year, ERA_YEARS);
    int64_t year_of_era = march_year - era * ERA_YEARS;
    int64_t day_of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - EPOCH_DAYS;
}

void date_of_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    int64_t shifted = days + EPOCH_DAYS;
    int64_t era = divide_down(shifted, ERA_DAYS);
    int64_t day_of_era = shifted - era * ERA_DAYS;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;

    *day = (unsigned)(day_of_year - (153 * march_month + 2) / 5 + 1);
    *month = (unsigned)(march_month < 10 ? march_month + 3 : march_month - 9);
    *year = year_of_era + era * ERA_YEARS + (*month <= 2);
}

static unsigned month_length(int64_t year, unsigned month)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && is_leap ? 29 : lengths[month - 1];
}

/* The parsers below eat from the front of `text` and say whether they could. */

static bool eat_byte(struct span *text, char byte)
{
    if (text->size == 0 || text->bytes[0] != byte)
        return false;
    text->bytes++;
    text->size--;
    return true;
}

static bool eat_number(struct span *text, unsigned digits, unsigned *number)
{
    if (text->size < digits)
        return false;
    *number = 0;
    for (unsigned i = 0; i < digits; i++) {
        char byte = text->bytes[i];
        if (byte < '0' || byte > '9')
            return false;
        *number = *number * 10 + (unsigned)(byte - '0');
    }
    text->bytes += digits;
    text->size -= digits;
    return true;
}

static bool eat_date(struct span *text, int64_t *ms)
{
    unsigned year, month, day;

    if (!eat_number(text, 4, &year) || !eat_byte(text, '-') || !eat_number(text, 2, &month) || !eat_byte(text, '-') ||
        !eat_number(text, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_length(year, month))
        return false;
    *ms = days_of_date(year, month, day) * DAY_MS;
    return true;
}

static bool eat_fraction(struct span *text, unsigned *ms)
{
    unsigned digits = 0, digit;

    *ms = 0;
    if (!eat_byte(text, '.'))
        return true;
    for (; eat_number(text, 1, &digit); digits++) {
        if (digits < 3)
            *ms = *ms * 10 + digit;
    }
    for (unsigned missing = digits; missing < 3; missing++)
        *ms *= 10;
    return digits >= 1 && digits <= 9;
}

static bool eat_clock(struct span *text, int64_t *ms)
{
    unsigned hour, minute, second, fraction;

    if (!eat_number(text, 2, &hour) || !eat_byte(text, ':') || !eat_number(text, 2, &minute) || !eat_byte(text, ':') ||
        !eat_number(text, 2, &second) || !eat_fraction(text, &fraction))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *ms = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + fraction;
    return true;
}

static bool eat_offset(struct span *text, int64_t *ms)
{
    unsigned hour, minute;

    *ms = 0;
    if (text->size == 0 || eat_byte(text, 'Z'))
        return true;
    bool is_west = eat_byte(text, '-');
    if (!is_west && !eat_byte(text, '+'))
        return false;
    if (!eat_number(text, 2, &hour) || !eat_byte(text, ':') || !eat_number(text, 2, &minute))
        return false;
    if (hour > 23 || minute > 59)
        return false;
    *ms = (hour * HOUR_MS + minute * MINUTE_MS) * (is_west ? -1 : 1);
    return true;
}

bool time_parse(struct span text, int64_t *ms)
{
    int64_t date, clock = 0, offset = 0;

    if (!eat_date(&text, &date))
        return false;
    if (text.size > 0) {
        if (!eat_byte(&text, 'T') && !eat_byte(&text, ' '))
            return false;
        if (!eat_clock(&text, &clock) || !eat_offset(&text, &offset))
            return false;
    }
    if (text.size > 0)
        return false;
    *ms = date + clock - offset;
    return true;
}

void time_format(int64_t ms, char *text, size_t size)
{
    assert(size >= 32);
    int64_t days = divide_down(ms, DAY_MS);
    int64_t rest = ms - days * DAY_MS;
    int64_t year;
    unsigned month, day;

    date_of_days(days, &year, &month, &day);
    int length =
        snprintf(text, size, "%04" PRId64 "-%02u-%02uT%02u:%02u:%02u", year, month, day, (unsigned)(rest / HOUR_MS),
                 (unsigned)(rest / MINUTE_MS % 60), (unsigned)(rest / SECOND_MS % 60));
    assert(length > 0);
    unsigned fraction = (unsigned)(rest % SECOND_MS);
    if (fraction == 0)
        snprintf(text + length, size - (size_t)length, "Z");
    else
        snprintf(text + length, size - (size_t)length, ".%03uZ", fraction);
}
