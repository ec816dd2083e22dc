/*
 * Civil dates as pure arithmetic.
 *
 * Why not gmtime_r() and timegm(): they know leap-second tables and locales, cost a microsecond, and fail for years
 * that do not fit their struct. Here every 64-bit time has a date. Division rounds down everywhere, so times before
 * 1970 need no special case.
 */
#include "gentally/base/calendar.h"

#include <assert.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define SECOND_MS INT64_C(1000)

/* The calendar repeats every 400 years ("era"); 719468 days lie between 0000-03-01 and 1970-01-01. */
#define ERA_YEARS 400
#define ERA_DAYS 146097
#define EPOCH_DAYS 719468

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

static bool eat_either(struct span *text, char byte, char other)
{
    return eat_byte(text, byte) || eat_byte(text, other);
}

static bool eat_word(struct span *text, const char *word)
{
    size_t size = strlen(word);

    if (text->size < size || memcmp(text->bytes, word, size) != 0)
        return false;
    *text = (struct span){text->bytes + size, text->size - size};
    return true;
}

static bool is_digit(struct span text)
{
    return text.size > 0 && text.bytes[0] >= '0' && text.bytes[0] <= '9';
}

static bool eat_number(struct span *text, unsigned digits, unsigned *number)
{
    *number = 0;
    for (unsigned i = 0; i < digits; i++) {
        if (!is_digit(*text))
            return false;
        *number = *number * 10 + (unsigned)(*text->bytes++ - '0');
        text->size--;
    }
    return true;
}

/* The parts of a time; each parser returns NULL, or the problem as the end of a sentence. */

static const char *eat_date(struct span *text, int64_t *ms)
{
    unsigned year, month, day;

    if (!eat_number(text, 4, &year) || !eat_byte(text, '-') || !eat_number(text, 2, &month) || !eat_byte(text, '-') ||
        !eat_number(text, 2, &day))
        return "must begin with a date like 2026-11-02";
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_length(year, month))
        return "has a date that does not exist";
    *ms = days_of_date(year, month, day) * DAY_MS;
    return NULL;
}

/* Of any number of digits, as RFC 3339 has it; those beyond milliseconds are cut off. ISO 8601 takes a comma, too. */
static bool eat_fraction(struct span *text, unsigned *ms)
{
    unsigned digits = 0, digit;

    *ms = 0;
    if (!eat_either(text, '.', ','))
        return true;
    for (; eat_number(text, 1, &digit); digits++)
        if (digits < 3)
            *ms = *ms * 10 + digit;
    for (unsigned missing = digits; missing < 3; missing++)
        *ms *= 10;
    return digits >= 1;
}

/* `*is_leap`: it is the 61st second of its minute. */
static const char *eat_clock(struct span *text, int64_t *ms, bool *is_leap)
{
    unsigned hour, minute, second = 0, fraction = 0;

    if (!eat_number(text, 2, &hour) || !eat_byte(text, ':') || !eat_number(text, 2, &minute))
        return "must have a time of day like 10:00:00, or 10:00";
    if (eat_byte(text, ':') && !(eat_number(text, 2, &second) && eat_fraction(text, &fraction)))
        return "must have seconds like 00, or 00.433";
    if (hour > 23 || minute > 59 || second > 60)
        return "has a time of day that does not exist (the last is 23:59:59)";
    *is_leap = second == 60;
    *ms = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + fraction;
    return NULL;
}

/* "+05:30", "+0530" or "+05". */
static bool eat_offset(struct span *text, int64_t *ms)
{
    unsigned hour, minute = 0;
    bool is_west = eat_byte(text, '-');

    if ((!is_west && !eat_byte(text, '+')) || !eat_number(text, 2, &hour))
        return false;
    if ((eat_byte(text, ':') || is_digit(*text)) && !eat_number(text, 2, &minute))
        return false;
    *ms = (hour * HOUR_MS + minute * MINUTE_MS) * (is_west ? -1 : 1);
    return hour <= 23 && minute <= 59;
}

/* " CET" behind an offset, as Go prints it: the offset says it all. */
static void eat_abbreviation(struct span *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ+-0123456789";
    size_t size = 1;

    if (text->size < 2 || text->bytes[0] != ' ' || memchr(letters, text->bytes[1], 28) == NULL)
        return;
    while (size < text->size && memchr(letters, text->bytes[size], sizeof(letters) - 1) != NULL)
        size++;
    *text = (struct span){text->bytes + size, text->size - size};
}

/* "[Europe/Berlin]", as Java and JavaScript append it (RFC 9557); one with '!' must be understood, so it is not taken.
 */
static void eat_brackets(struct span *text)
{
    const char *end =
        text->size > 2 && text->bytes[0] == '[' && text->bytes[1] != '!' ? memchr(text->bytes, ']', text->size) : NULL;
    size_t size = end == NULL ? 0 : (size_t)(end - text->bytes) + 1;

    if (size > 2)
        *text = (struct span){text->bytes + size, text->size - size};
}

static const char *eat_zone(struct span *text, int64_t *ms)
{
    *ms = 0;
    if (text->size == 0)
        return NULL;
    (void)eat_byte(text, ' ');
    if (!eat_either(text, 'Z', 'z') && !eat_word(text, "UTC")) {
        if (!eat_offset(text, ms))
            return "must end with a zone like Z, +01:00, +0100, +01 or UTC, or with none, for UTC";
        eat_abbreviation(text);
    }
    eat_brackets(text);
    return text->size == 0 ? NULL : "goes on behind its zone";
}

static bool is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* A leap second is at the end of a month, in UTC; it counts as the second behind it, as POSIX has it. */
static bool is_month_begin(int64_t ms)
{
    int64_t year;
    unsigned month, day;

    date_of_days(divide_down(ms, DAY_MS), &year, &month, &day);
    return day == 1 && ms - divide_down(ms, DAY_MS) * DAY_MS < SECOND_MS;
}

const char *time_read(struct span text, int64_t *ms)
{
    int64_t date, clock = 0, offset = 0;
    bool is_leap = false;

    if (text.size > 0 && (is_blank(text.bytes[0]) || is_blank(text.bytes[text.size - 1])))
        return "must have no blanks at its ends";
    const char *problem = eat_date(&text, &date);
    if (problem == NULL && text.size > 0) {
        if (!eat_either(&text, 'T', 't') && !eat_byte(&text, ' '))
            return "must have a T or a blank behind its date";
        problem = eat_clock(&text, &clock, &is_leap);
        if (problem == NULL)
            problem = eat_zone(&text, &offset);
    }
    if (problem != NULL)
        return problem;
    if (is_leap && !is_month_begin(date + clock - offset))
        return "has a leap second where none can be";
    *ms = date + clock - offset;
    return NULL;
}

bool time_parse(struct span text, int64_t *ms)
{
    return time_read(text, ms) == NULL;
}

/* Writes a number with leading zeros, `digits` of them at least: by hand, since each summary's key has a time. */
static char *put_number(char *text, uint64_t number, unsigned digits)
{
    char reversed[20];
    unsigned count = 0;

    for (; number > 0 || count < digits; number /= 10)
        reversed[count++] = (char)('0' + number % 10);
    while (count > 0)
        *text++ = reversed[--count];
    return text;
}

static char *put_part(char *text, char mark, int64_t number, unsigned digits)
{
    *text = mark;
    return put_number(text + 1, (uint64_t)number, digits);
}

void time_format(int64_t ms, char *text, size_t size)
{
    assert(size >= 32);
    int64_t days = divide_down(ms, DAY_MS);
    int64_t rest = ms - days * DAY_MS;
    int64_t year;
    unsigned month, day;

    date_of_days(days, &year, &month, &day);
    if (year < 0)
        *text++ = '-';
    text = put_number(text, (uint64_t)(year < 0 ? -year : year), year < 0 ? 3 : 4);
    text = put_part(text, '-', month, 2);
    text = put_part(text, '-', day, 2);
    text = put_part(text, 'T', rest / HOUR_MS, 2);
    text = put_part(text, ':', rest / MINUTE_MS % 60, 2);
    text = put_part(text, ':', rest / SECOND_MS % 60, 2);
    if (rest % SECOND_MS > 0)
        text = put_part(text, '.', rest % SECOND_MS, 3);
    memcpy(text, "Z", 2);
}
