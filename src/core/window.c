/*
 * Windows as pure arithmetic: a window takes two divisions, and every 64-bit time has one of each kind. Division rounds
 * down everywhere, so times before 1970 need no special case.
 */
#include "gentally/core/window.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* Beyond it (146 million years) times are clamped, so that no window's edge leaves 64 bits. */
#define TIME_MS_LIMIT (INT64_MAX / 2)

/* 1970-01-01 was a Thursday: three days after the Monday its week began with. */
#define EPOCH_WEEKDAY 3

static const char *const kind_names[WINDOW_KINDS] = {
    [WINDOW_HOUR] = "hour",
    [WINDOW_DAY] = "day",
    [WINDOW_WEEK] = "week",
    [WINDOW_MONTH] = "month",
};

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

uint32_t month_number(int64_t event_ms)
{
    int64_t year;
    unsigned month, day;

    assert(event_ms >= 0);
    date_of_days(event_ms / DAY_MS, &year, &month, &day);
    return (uint32_t)(year - 1970) * 12 + month - 1;
}

struct window month_window(uint32_t month)
{
    return (struct window){WINDOW_MONTH, days_of_date(1970 + month / 12, month % 12 + 1, 1) * DAY_MS};
}

void month_write(uint32_t month, char *text, size_t size)
{
    assert(size >= 8 && month < MONTHS_MAX);
    snprintf(text, size, "%04" PRIu32 "-%02" PRIu32, 1970 + month / 12, month % 12 + 1);
}
