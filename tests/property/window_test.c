/* Windows against the C library's calendar, at random times of 1900..2200 and at every day of it. */
#include "gentally/core/window.h"

#include <time.h>

#include "suite.h"

#define FIRST_MS INT64_C(-2208988800000) /* 1900-01-01 */
#define END_MS INT64_C(7289654400000)    /* 2201-01-01 */
#define TIMES 20000

static int64_t random_time(uint64_t *state)
{
    return FIRST_MS + (int64_t)suite_below(state, (uint64_t)(END_MS - FIRST_MS));
}

static struct tm calendar_of(int64_t ms)
{
    time_t seconds = (time_t)(ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000));
    struct tm calendar;

    CU_ASSERT_PTR_NOT_NULL_FATAL(gmtime_r(&seconds, &calendar));
    return calendar;
}

/* What window_of() should answer, by timegm(). */
static int64_t oracle_start(enum window_kind kind, int64_t ms)
{
    struct tm calendar = calendar_of(ms);

    calendar.tm_sec = calendar.tm_min = 0;
    if (kind >= WINDOW_DAY)
        calendar.tm_hour = 0;
    if (kind == WINDOW_WEEK)
        calendar.tm_mday -= (calendar.tm_wday + 6) % 7;
    if (kind == WINDOW_MONTH)
        calendar.tm_mday = 1;
    return (int64_t)timegm(&calendar) * 1000;
}

static void a_window_is_what_the_calendar_says(void)
{
    uint64_t state = suite_seed();

    for (int i = 0; i < TIMES; i++) {
        int64_t ms = random_time(&state);
        for (unsigned kind = 0; kind < WINDOW_KINDS; kind++)
            CU_ASSERT_EQUAL(window_of((enum window_kind)kind, ms).start_ms, oracle_start((enum window_kind)kind, ms));
    }
}

static void windows_tile_all_time(void)
{
    uint64_t state = suite_seed();

    for (int i = 0; i < TIMES; i++) {
        /* Half of them far outside any calendar: up to 2^61 ms from the epoch. */
        int64_t ms = i % 2 == 0 ? random_time(&state) : (int64_t)(suite_random(&state) >> 2) - (INT64_C(1) << 61);
        for (unsigned k = 0; k < WINDOW_KINDS; k++) {
            enum window_kind kind = (enum window_kind)k;
            struct window window = window_of(kind, ms);
            int64_t end = window_end(window);
            CU_ASSERT(window.start_ms <= ms && ms < end);
            CU_ASSERT_EQUAL(window_of(kind, window.start_ms).start_ms, window.start_ms);
            CU_ASSERT_EQUAL(window_of(kind, end - 1).start_ms, window.start_ms);
            CU_ASSERT_EQUAL(window_of(kind, end).start_ms, end);
        }
    }
}

static void every_week_is_the_iso_week(void)
{
    for (int64_t ms = FIRST_MS; ms < END_MS; ms += DAY_MS) {
        char today[16], first[16], yesterday[16];
        struct window week = window_of(WINDOW_WEEK, ms);
        struct tm calendar = calendar_of(ms);
        strftime(today, sizeof(today), "%G-%V", &calendar);
        calendar = calendar_of(week.start_ms);
        strftime(first, sizeof(first), "%G-%V", &calendar);
        CU_ASSERT_EQUAL(calendar.tm_wday, 1);
        calendar = calendar_of(week.start_ms - 1);
        strftime(yesterday, sizeof(yesterday), "%G-%V", &calendar);
        CU_ASSERT(strcmp(today, first) == 0 && strcmp(today, yesterday) != 0);
    }
}

static void dates_and_days_are_inverse(void)
{
    int64_t year;
    unsigned month, day;

    for (int64_t days = -1000000; days <= 1000000; days++) { /* about the years -768..4707 */
        date_of_days(days, &year, &month, &day);
        if (days_of_date(year, month, day) != days)
            CU_FAIL("a day's date leads elsewhere");
    }
    for (int64_t ms = FIRST_MS; ms < END_MS; ms += DAY_MS) {
        struct tm calendar = calendar_of(ms);
        date_of_days(ms / DAY_MS, &year, &month, &day);
        CU_ASSERT(year == calendar.tm_year + 1900 && (int)month == calendar.tm_mon + 1 && (int)day == calendar.tm_mday);
    }
}

static void written_times_read_back(void)
{
    uint64_t state = suite_seed();

    for (int i = 0; i < TIMES; i++) {
        int64_t ms = random_time(&state), again;
        char text[32];
        if (i % 2 == 0)
            ms = ms / 1000 * 1000;
        time_format(ms, text, sizeof(text));
        CU_ASSERT(time_parse(span_of(text), &again));
        CU_ASSERT_EQUAL(again, ms);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a window is what the calendar says", a_window_is_what_the_calendar_says},
        {"windows tile all time", windows_tile_all_time},
        {"every week is the ISO week", every_week_is_the_iso_week},
        {"dates and days are inverse", dates_and_days_are_inverse},
        {"written times read back", written_times_read_back},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
