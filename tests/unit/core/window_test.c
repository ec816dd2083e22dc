/* Windows and times: edges by table. */
#include "gentally/core/window.h"

#include "suite.h"

#define AT(text) parsed(text)

static int64_t parsed(const char *text)
{
    int64_t ms = INT64_MIN;
    bool is_time = time_parse(span_of(text), &ms);

    if (!is_time)
        printf("no time: '%s'\n", text);
    CU_ASSERT(is_time);
    return ms;
}

static void windows_begin_and_end(void)
{
    static const struct {
        enum window_kind kind;
        const char *event, *start, *end;
    } rows[] = {
        {WINDOW_HOUR, "2025-11-24T10:00:00Z", "2025-11-24T10:00:00Z", "2025-11-24T11:00:00Z"},
        {WINDOW_HOUR, "2025-11-24T10:59:59.999Z", "2025-11-24T10:00:00Z", "2025-11-24T11:00:00Z"},
        {WINDOW_HOUR, "1969-12-31T23:59:59.999Z", "1969-12-31T23:00:00Z", "1970-01-01"},
        {WINDOW_DAY, "2025-11-24T23:59:59.999Z", "2025-11-24", "2025-11-25"},
        {WINDOW_DAY, "1969-12-31T23:59:59.999Z", "1969-12-31", "1970-01-01"},
        {WINDOW_WEEK, "1970-01-01", "1969-12-29", "1970-01-05"},
        {WINDOW_WEEK, "2025-11-23T23:59:59.999Z", "2025-11-17", "2025-11-24"},
        {WINDOW_WEEK, "2025-11-24", "2025-11-24", "2025-12-01"},
        {WINDOW_WEEK, "2026-01-01", "2025-12-29", "2026-01-05"},
        {WINDOW_MONTH, "2024-02-29T12:00:00Z", "2024-02-01", "2024-03-01"},
        {WINDOW_MONTH, "2025-12-31T23:59:59.999Z", "2025-12-01", "2026-01-01"},
        {WINDOW_MONTH, "1900-02-28T23:59:59Z", "1900-02-01", "1900-03-01"},
        {WINDOW_MONTH, "0001-01-01", "0001-01-01", "0001-02-01"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct window window = window_of(rows[i].kind, AT(rows[i].event));
        if (window.start_ms != AT(rows[i].start) || window_end(window) != AT(rows[i].end))
            printf("window of %s: %s\n", window_kind_name(rows[i].kind), rows[i].event);
        CU_ASSERT_EQUAL(window.kind, rows[i].kind);
        CU_ASSERT_EQUAL(window.start_ms, AT(rows[i].start));
        CU_ASSERT_EQUAL(window_end(window), AT(rows[i].end));
    }
}

static void the_ends_of_64_bits_have_windows(void)
{
    static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX};

    for (size_t i = 0; i < LENGTH_OF(times); i++) {
        for (unsigned kind = 0; kind < WINDOW_KINDS; kind++) {
            struct window window = window_of((enum window_kind)kind, times[i]);
            CU_ASSERT(window_end(window) > window.start_ms);
            CU_ASSERT((window.start_ms < 0) == (times[i] < 0));
        }
    }
}

static void windows_close_in_order(void)
{
    int64_t midnight = AT("2025-12-01"); /* hour, day, week and month end here */
    struct window before = window_of(WINDOW_HOUR, midnight - 1);
    struct window after = window_of(WINDOW_HOUR, midnight);

    for (unsigned kind = 1; kind < WINDOW_KINDS; kind++) {
        struct window smaller = window_of((enum window_kind)(kind - 1), midnight - 1);
        struct window larger = window_of((enum window_kind)kind, midnight - 1);
        CU_ASSERT_EQUAL(window_end(larger), midnight);
        CU_ASSERT(window_compare(smaller, larger) < 0);
        CU_ASSERT(window_compare(larger, smaller) > 0);
        CU_ASSERT(window_compare(larger, after) < 0);
    }
    CU_ASSERT_EQUAL(window_compare(before, before), 0);
}

static void kind_names_read_back(void)
{
    static const char *const names[] = {"hour", "day", "week", "month"};
    static const char *const others[] = {"", "Hour", "hours", "hou", "month ", "year"};
    enum window_kind kind;

    for (unsigned i = 0; i < WINDOW_KINDS; i++) {
        CU_ASSERT_STRING_EQUAL(window_kind_name((enum window_kind)i), names[i]);
        CU_ASSERT(window_kind_parse(span_of(names[i]), &kind));
        CU_ASSERT_EQUAL(kind, i);
    }
    for (size_t i = 0; i < LENGTH_OF(others); i++)
        CU_ASSERT_FALSE(window_kind_parse(span_of(others[i]), &kind));
    CU_ASSERT_FALSE(window_kind_parse((struct span){NULL, 0}, &kind));
}

static void times_are_parsed(void)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"1970-01-01", 0},
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00", 0},
        {"1970-01-01 00:00:01Z", 1000},
        {"1970-01-01T00:00:00.1Z", 100},
        {"1970-01-01T00:00:00.12", 120},
        {"1970-01-01T00:00:00.999999999Z", 999},
        {"1969-12-31T23:59:59.9999Z", -1},
        {"1970-01-01T05:30:00+05:30", 0},
        {"1969-12-31T16:00:00-08:00", 0},
        {"1970-01-01T00:00:00.5-00:00", 500},
        {"2024-02-29", INT64_C(1709164800000)},
        {"2000-02-29", INT64_C(951782400000)},
        {"2025-11-24T10:00:00Z", INT64_C(1763978400000)},
        {"2025-11-24T10:00", INT64_C(1763978400000)},
        {"2025-11-24T10:00Z", INT64_C(1763978400000)}, /* Java leaves out seconds that are 0 */
        {"2025-11-24t10:00:00z", INT64_C(1763978400000)},
        {"2025-11-24T10:00:00.433273+00:00", INT64_C(1763978400433)},      /* Python */
        {"2025-11-24 10:00:00+00:00", INT64_C(1763978400000)},             /* Python's str() */
        {"2025-11-24 10:00:00.433+00", INT64_C(1763978400433)},            /* PostgreSQL */
        {"2025-11-24 05:00:00-05", INT64_C(1763978400000)},                /* PostgreSQL */
        {"2025-11-24 15:30:00+05:30", INT64_C(1763978400000)},             /* PostgreSQL */
        {"2025-11-24 10:00:00.433273 UTC", INT64_C(1763978400433)},        /* BigQuery */
        {"2025-11-24 10:00:00.433273", INT64_C(1763978400433)},            /* ClickHouse, in UTC */
        {"2025-11-24T10:00:00.123456789Z", INT64_C(1763978400123)},        /* Go's RFC3339Nano */
        {"2025-11-24 11:00:00.5 +0100 CET", INT64_C(1763978400500)},       /* Go's String() */
        {"2025-11-24 10:00:00 +0000 UTC", INT64_C(1763978400000)},         /* Go's String() */
        {"2025-11-24T11:00+01:00[Europe/Berlin]", INT64_C(1763978400000)}, /* Java's ZonedDateTime, RFC 9557 */
        {"2025-11-24T10:00:00.433Z", INT64_C(1763978400433)},              /* JavaScript */
        {"2025-11-24 10:00:00 +0000", INT64_C(1763978400000)},             /* Ruby */
        {"2025-11-24T10:00:00,433Z", INT64_C(1763978400433)},              /* Python's logging */
        {"2025-11-24T10:00:00+0000", INT64_C(1763978400000)},              /* strftime's %z */
        {"2025-11-24T10:00:00.1234567890123Z", INT64_C(1763978400123)},    /* RFC 3339 limits no digits */
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
        {"1990-12-31T15:59:60-08:00", INT64_C(662688000000)}, /* RFC 3339's own example */
        {"0001-01-01T00:00:00Z", INT64_C(-62135596800000)},
        {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        int64_t ms = AT(rows[i].text);
        if (ms != rows[i].ms)
            printf("'%s' gave %" PRId64 "\n", rows[i].text, ms);
        CU_ASSERT_EQUAL(ms, rows[i].ms);
    }
}

static const char *const no_times[] = {
    "",
    "2025",
    "2025-11",
    "2025-11-2",
    "2025-1-24",
    "2025-11-24T",
    "2025-11-24Z",
    "2025-11-24T10",
    "2025-11-24T10:00:00.Z",
    "2025-11-24T10:00:00.",
    "2025-11-24T10:00:00Z ",
    " 2025-11-24",
    "2025-11-24T10:00:00ZZ",
    "2025-11-24T10:0",
    "2025-11-24T10:00:0",
    "2025-11-24T10:00.5",
    "2025-11-24T1000",
    "20251124T100000Z",
    "2025-W48-1T10:00:00Z",
    "2025-328T10:00:00Z",
    "2025-11-24T10:00:00  UTC",
    "2025-11-24T10:00:00 utc",
    "2025-11-24T10:00:00 CET",
    "2025-11-24T10:00:00Z CET",
    "2025-11-24T10:00:00+1",
    "2025-11-24T10:00:00+01:0",
    "2025-11-24T10:00:00+010",
    "2025-11-24T10:00:00+01:00:00",
    "2025-11-24T10:00:00[Europe/Berlin]",
    "2025-11-24T10:00:00+01:00[]",
    "2025-11-24T10:00:00+01:00[!Europe/Berlin]",
    "2025-11-24T10:00:00+01:00[Europe/Berlin",
    "2025-11-24Z",
    "2025-11-24T23:59:61Z",
    "2025-11-29T23:59:60Z",
    "Mon, 24 Nov 2025 10:00:00 GMT",
    "11/24/2025 10:00:00",
    "2025-11-24\n",
    "2025-11-24T24:00:00Z",
    "2025-11-24T23:60:00Z",
    "2025-11-24T23:59:60Z",
    "2025-11-24T10:00:00+5:30",
    "2025-11-24T10:00:00+24:00",
    "2025-11-24T10:00:00+05:60",
    "2025-11-24T10:00:00+05:30Z",
    "2025-11-24T-1:00:00Z",
    "0000-01-01",
    "10000-01-01",
    "-001-01-01",
    "2025-00-01",
    "2025-13-01",
    "2025-01-00",
    "2025-01-32",
    "2025-04-31",
    "2025-02-29",
    "1900-02-29",
    "2025/11/24",
    "1763978400000",
    "now",
};

static void nothing_else_is_a_time(void)
{
    for (size_t i = 0; i < LENGTH_OF(no_times); i++) {
        int64_t ms;
        bool is_time = time_parse(span_of(no_times[i]), &ms);
        if (is_time)
            printf("took '%s' for a time\n", no_times[i]);
        CU_ASSERT_FALSE(is_time);
    }
    int64_t ms;
    CU_ASSERT_FALSE(time_parse((struct span){NULL, 0}, &ms));
    CU_ASSERT_FALSE(time_parse((struct span){"2025-11-24\0", 11}, &ms));
}

static void what_is_wrong_with_a_time_is_said(void)
{
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"20251124T100000Z", "begin with a date"},
        {"2025-W48-1", "begin with a date"},
        {"Mon, 24 Nov 2025 10:00:00 GMT", "begin with a date"},
        {"2026-02-29T00:00:00Z", "date that does not exist"},
        {"2025-11-24_10:00", "a T or a blank"},
        {"2025-11-24T10", "time of day like"},
        {"2025-11-24T10:00:00.Z", "seconds like"},
        {"2025-11-24T24:00:00Z", "the last is 23:59:59"},
        {"2025-11-24T23:59:60Z", "leap second"},
        {"2025-11-24T10:00:00 CET", "must end with a zone"},
        {"2025-11-24T10:00:00+25:00", "must end with a zone"},
        {"2025-11-24T10:00:00Z CET", "goes on behind its zone"},
        {" 2025-11-24", "blanks"},
        {"2025-11-24T10:00:00Z ", "blanks"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        int64_t ms;
        const char *problem = time_read(span_of(rows[i].text), &ms);
        if (problem == NULL || strstr(problem, rows[i].problem) == NULL)
            printf("'%s': %s\n", rows[i].text, problem == NULL ? "taken" : problem);
        CU_ASSERT_PTR_NOT_NULL_FATAL(problem);
        CU_ASSERT_PTR_NOT_NULL(strstr(problem, rows[i].problem));
    }
}

static void times_are_written(void)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {INT64_C(1763978400007), "2025-11-24T10:00:00.007Z"},
        {INT64_C(-62135596800000), "0001-01-01T00:00:00Z"},
        {INT64_C(-62167219200000), "0000-01-01T00:00:00Z"},
        {INT64_C(-62198755200000), "-001-01-01T00:00:00Z"},
        {INT64_C(253402300799999), "9999-12-31T23:59:59.999Z"},
        {INT64_MAX, "292278994-08-17T07:12:55.807Z"},
        {INT64_MIN, "-292275055-05-16T16:47:04.192Z"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        char text[32];
        time_format(rows[i].ms, text, sizeof(text));
        CU_ASSERT_STRING_EQUAL(text, rows[i].text);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"windows begin and end", windows_begin_and_end},
        {"the ends of 64 bits have windows", the_ends_of_64_bits_have_windows},
        {"windows close in order", windows_close_in_order},
        {"kind names read back", kind_names_read_back},
        {"times are parsed", times_are_parsed},
        {"nothing else is a time", nothing_else_is_a_time},
        {"what is wrong with a time is said", what_is_wrong_with_a_time_is_said},
        {"times are written", times_are_written},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
