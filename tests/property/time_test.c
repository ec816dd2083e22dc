/*
 * Times as RFC 3339 has them and as databases and languages write them, against an oracle that shares no code with the
 * reader: a regular expression of the C library says what is a time, and its timegm() which.
 */
#include <regex.h>
#include <time.h>

#include "gentally/base/calendar.h"
#include "suite.h"

#define TIMES 20000
#define MUTATIONS 200000

/* 1: year, 2: month, 3: day, 5: hour, 6: minute, 8: second, 10: fraction, 14: sign, 15: hours, 17: minutes. */
#define GROUPS 18
static const char pattern[] =
    "^([0-9]{4})-([0-9]{2})-([0-9]{2})"
    "([Tt ]([0-9]{2}):([0-9]{2})(:([0-9]{2})([.,]([0-9]+))?)?"
    "( ?([Zz]|UTC|(([+-])([0-9]{2})(:?([0-9]{2}))?( [A-Z+-][A-Z0-9+-]*)?))"
    "(\\[[^]!][^]]*\\])?)?)?$";

static int number_of(const char *text, regmatch_t part)
{
    return part.rm_so < 0
               ? 0
               : (int)strtol(text + part.rm_so, NULL, 10); /* a digit never follows: the next part begins otherwise */
}

/* An offset without a colon is four digits in a row. */
static int two_digits(const char *text, regmatch_t part)
{
    return part.rm_so < 0 ? 0 : (text[part.rm_so] - '0') * 10 + text[part.rm_so + 1] - '0';
}

static int64_t oracle_fraction(const char *text, regmatch_t part)
{
    char padded[4] = "000";

    for (int i = 0; i < 3 && part.rm_so >= 0 && part.rm_so + i < part.rm_eo; i++)
        padded[i] = text[part.rm_so + i];
    return strtol(padded, NULL, 10);
}

static bool oracle_reads(const regex_t *regex, const char *text, int64_t *ms)
{
    regmatch_t parts[GROUPS + 2];

    if (regexec(regex, text, LENGTH_OF(parts), parts, 0) != 0)
        return false;
    struct tm calendar = {
        .tm_year = number_of(text, parts[1]) - 1900,
        .tm_mon = number_of(text, parts[2]) - 1,
        .tm_mday = number_of(text, parts[3]),
        .tm_hour = number_of(text, parts[5]),
        .tm_min = number_of(text, parts[6]),
        .tm_sec = number_of(text, parts[8]),
    };
    const struct tm asked = calendar;
    bool is_leap = asked.tm_sec == 60;
    if (is_leap)
        calendar.tm_sec = 59;
    time_t seconds = timegm(&calendar); /* which carries what does not exist over */
    if (asked.tm_year < 1 - 1900 || calendar.tm_year != asked.tm_year || calendar.tm_mon != asked.tm_mon ||
        calendar.tm_mday != asked.tm_mday || calendar.tm_hour != asked.tm_hour || calendar.tm_min != asked.tm_min ||
        asked.tm_sec > 60)
        return false;
    int hours = two_digits(text, parts[15]), minutes = two_digits(text, parts[17]);
    if (hours > 23 || minutes > 59)
        return false;
    int offset = (hours * 60 + minutes) * 60;
    seconds += parts[14].rm_so >= 0 && text[parts[14].rm_so] == '-' ? offset : -offset;
    if (is_leap) {
        struct tm behind;
        seconds++;
        gmtime_r(&seconds, &behind);
        if (behind.tm_mday != 1 || behind.tm_hour != 0 || behind.tm_min != 0 || behind.tm_sec != 0)
            return false;
    }
    *ms = (int64_t)seconds * 1000 + oracle_fraction(text, parts[10]);
    return true;
}

static unsigned below(uint64_t *state, unsigned count)
{
    return (unsigned)(suite_random(state) % count);
}

/* A time in one of the spellings, or nearly one: a part may be beyond its range. */
static void write_time(uint64_t *state, char *text, size_t size)
{
    static const char *const zones[] = {"",       "Z",      "z",          "+00",        "-00:00",
                                        "+0000",  "+05:30", "-0800",      " UTC",       " Z",
                                        "+14:00", "-05",    " +0100 CET", " +0400 +04", "+01:00[Europe/Berlin]",
                                        "Z[UTC]", "+24:00", "+0160",      " utc",       "[UTC]",
                                        "UTC",    " CET",   "+1",         "+01:0",      "Z[!x]"};
    char fraction[16] = "";
    unsigned digits = below(state, 11);
    int used = snprintf(text, size, "%04u-%02u-%02u", 1 + below(state, 9999),
                        1 + below(state, 12) + (below(state, 50) == 0), 1 + below(state, 31));

    if (below(state, 20) == 0)
        return;
    if (digits > 0)
        snprintf(fraction, sizeof(fraction), "%c%0*u", ".,"[below(state, 4) == 0], (int)digits,
                 below(state, 1000000000));
    used += snprintf(text + used, size - (size_t)used, "%c%02u:%02u", "T t"[below(state, 3)], below(state, 24),
                     below(state, 60));
    if (below(state, 6) != 0)
        used += snprintf(text + used, size - (size_t)used, ":%02u%s", below(state, 62), fraction);
    snprintf(text + used, size - (size_t)used, "%s", zones[below(state, LENGTH_OF(zones))]);
}

static void compare(const regex_t *regex, const char *text, int *taken)
{
    int64_t ms = 0, want = 0;
    const char *problem = time_read(span_of(text), &ms);
    bool is_time = oracle_reads(regex, text, &want);

    *taken += is_time;
    if ((problem == NULL) == is_time && ms == want)
        return;
    printf("'%s': %s, the oracle %s; %lld and %lld\n", text, problem == NULL ? "taken" : problem,
           is_time ? "takes it" : "refuses it", (long long)ms, (long long)want);
    CU_FAIL("reader and oracle differ");
}

static void every_spelling_is_what_the_oracle_says(void)
{
    uint64_t state = suite_seed();
    regex_t regex;
    int taken = 0;
    char text[96];

    CU_ASSERT_EQUAL_FATAL(regcomp(&regex, pattern, REG_EXTENDED), 0);
    for (int i = 0; i < TIMES; i++) {
        write_time(&state, text, sizeof(text));
        compare(&regex, text, &taken);
    }
    CU_ASSERT_TRUE(taken > TIMES / 4);
    CU_ASSERT_TRUE(taken < TIMES);
    regfree(&regex);
}

static void so_is_whatever_a_slip_makes_of_it(void)
{
    static const char bytes[] = "0123456789-+:.,TtZz UTC[]/\t";
    uint64_t state = suite_seed();
    regex_t regex;
    int taken = 0;
    char text[96];

    CU_ASSERT_EQUAL_FATAL(regcomp(&regex, pattern, REG_EXTENDED), 0);
    for (int i = 0; i < MUTATIONS; i++) {
        write_time(&state, text, sizeof(text) - 1);
        size_t size = strlen(text), at = below(&state, (unsigned)size);
        unsigned what = below(&state, 3);
        if (what == 0)
            memmove(text + at, text + at + 1, size - at);
        if (what == 1)
            memmove(text + at + 1, text + at, size - at + 1);
        if (what >= 1)
            text[at] = bytes[below(&state, sizeof(bytes) - 1)];
        compare(&regex, text, &taken);
    }
    CU_ASSERT_TRUE(taken > MUTATIONS / 50);
    regfree(&regex);
}

static void leap_seconds_are_at_the_end_of_a_month(void)
{
    uint64_t state = suite_seed();
    regex_t regex;
    int taken = 0;
    char text[96];

    CU_ASSERT_EQUAL_FATAL(regcomp(&regex, pattern, REG_EXTENDED), 0);
    for (int i = 0; i < TIMES; i++) {
        int quarters = (int)below(&state, 9) - 4;
        unsigned year = 2010 + below(&state, 30), month = 1 + below(&state, 12);
        int64_t end = days_of_date(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) * 86400;
        time_t local = (time_t)end - 1 + quarters * 900 - (below(&state, 4) == 0 ? 60 : 0);
        struct tm calendar;
        gmtime_r(&local, &calendar);
        snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d:60%c%02d:%02d", calendar.tm_year + 1900,
                 calendar.tm_mon + 1, calendar.tm_mday, calendar.tm_hour, calendar.tm_min, quarters < 0 ? '-' : '+',
                 abs(quarters) / 4, abs(quarters) % 4 * 15);
        compare(&regex, text, &taken);
    }
    CU_ASSERT_TRUE(taken > TIMES / 2);
    CU_ASSERT_TRUE(taken < TIMES);
    regfree(&regex);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"every spelling is what the oracle says", every_spelling_is_what_the_oracle_says},
        {"so is whatever a slip makes of it", so_is_whatever_a_slip_makes_of_it},
        {"leap seconds are at the end of a month", leap_seconds_are_at_the_end_of_a_month},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
