/* Digits 0 to 11 are the milliseconds, 12 is the version, 16 has the variant in its two high bits. */
#include "gentally/core/incarnation.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TIME_DIGITS 12

void incarnation_write(int64_t made_ms, const uint8_t random[16], char text[INCARNATION_SIZE])
{
    assert(made_ms >= 0);
    assert(made_ms < INT64_C(1) << 48);
    snprintf(text, INCARNATION_SIZE, "%012" PRIx64 "7%01x%02x%02x", (uint64_t)made_ms, random[6] & 0x0Fu, random[7],
             (random[8] & 0x3Fu) | 0x80u);
    for (size_t i = 9; i < 16; i++)
        snprintf(text + 2 * i, 3, "%02x", random[i]);
}

int64_t incarnation_made_ms(const char *incarnation)
{
    int64_t ms = 0;

    if (strlen(incarnation) != INCARNATION_SIZE - 1 || strspn(incarnation, "0123456789abcdef") != INCARNATION_SIZE - 1)
        return NO_TIME;
    if (incarnation[TIME_DIGITS] != '7' || strchr("89ab", incarnation[16]) == NULL)
        return NO_TIME;
    for (size_t i = 0; i < TIME_DIGITS; i++)
        ms = ms * 16 + (incarnation[i] <= '9' ? incarnation[i] - '0' : incarnation[i] - 'a' + 10);
    return ms;
}

bool incarnation_is_before(const char *incarnation, const char *other)
{
    int64_t made_ms = incarnation_made_ms(incarnation), other_ms = incarnation_made_ms(other);

    return made_ms != NO_TIME && other_ms != NO_TIME && made_ms < other_ms;
}
