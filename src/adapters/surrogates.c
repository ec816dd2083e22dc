#include "surrogates.h"

#define ESCAPE_SIZE 6 /* \ud83d */

enum half { NO_HALF, HIGH_HALF, LOW_HALF };

/* What the escape at `at` is. */
static enum half half_at(const char *at, const char *end)
{
    if (end - at < ESCAPE_SIZE || at[0] != '\\' || at[1] != 'u' || (at[2] | 0x20) != 'd' || at[3] == '\0')
        return NO_HALF;
    return strchr("89abAB", at[3]) != NULL ? HIGH_HALF : strchr("cdefCDEF", at[3]) != NULL ? LOW_HALF : NO_HALF;
}

size_t surrogates_mend(char *json, size_t size)
{
    const char *end = json + size;
    size_t count = 0;

    for (char *at = json; at < end;) {
        enum half half = half_at(at, end);
        if (half == HIGH_HALF && half_at(at + ESCAPE_SIZE, end) == LOW_HALF) {
            at += 2 * ESCAPE_SIZE;
        } else if (half != NO_HALF) {
            memcpy(at + 2, "fffd", 4);
            at += ESCAPE_SIZE;
            count++;
        } else {
            at += *at == '\\' && at + 1 < end ? 2 : 1; /* an escaped backslash begins no escape */
        }
    }
    return count;
}
