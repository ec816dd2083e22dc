/* Whose signature it has is the broker's to judge: of a token only its end is looked for here. */
#include "token_text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/calendar.h"

#define SECOND_MS 1000
#define SECONDS_MAX (INT64_C(253402300800)) /* the year 10000 */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static struct span without_blanks(struct span text)
{
    while (text.size > 0 && is_blank(text.bytes[0]))
        text = (struct span){text.bytes + 1, text.size - 1};
    while (text.size > 0 && is_blank(text.bytes[text.size - 1]))
        text.size--;
    return text;
}

/* The value of a letter of base64 or base64url; -1: it is none. */
static int digit_of(char letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A';
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9')
        return letter - '0' + 52;
    if (letter == '-' || letter == '+')
        return 62;
    return letter == '_' || letter == '/' ? 63 : -1;
}

/* Decodes up to the padding; a new text that ends with NUL, or NULL: it is no base64, or there is no memory. */
static char *decode(struct span text, size_t *size)
{
    char *decoded = malloc(text.size + 1);
    uint32_t bits = 0;
    int count = 0;

    *size = 0;
    for (size_t i = 0; decoded != NULL && i < text.size && text.bytes[i] != '='; i++) {
        int digit = digit_of(text.bytes[i]);
        if (digit < 0) {
            free(decoded);
            return NULL;
        }
        bits = bits << 6 | (uint32_t)digit;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        decoded[(*size)++] = (char)(bits >> count & 0xff);
    }
    if (decoded != NULL)
        decoded[*size] = '\0';
    return decoded;
}

/* `exp` of the second of three parts; 0: it is no JSON web token, or has none. */
static int64_t end_of_web_token(struct span token)
{
    const char *first = memchr(token.bytes, '.', token.size);
    const char *second = first == NULL ? NULL : memchr(first + 1, '.', token.size - (size_t)(first + 1 - token.bytes));
    size_t size = 0;

    if (second == NULL)
        return 0;
    char *claims = decode((struct span){first + 1, (size_t)(second - first) - 1}, &size);
    json_t *root = claims == NULL ? NULL : json_loadb(claims, size, 0, NULL);
    double seconds = json_number_value(json_object_get(root, "exp")); /* Servers write 1.7e9, too. */
    json_decref(root);
    free(claims);
    return seconds > 0 && seconds < (double)SECONDS_MAX ? (int64_t)(seconds * SECOND_MS) : 0;
}

/* The number of `count` digits at `text`; -1: there are other bytes. */
static int number_of(const char *text, int count)
{
    int number = 0;

    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

/* X-Amz-Date=20251124T100000Z, in ms; 0: there is no such parameter. */
static int64_t amazon_date(const char *url)
{
    const char *date = strstr(url, "X-Amz-Date=");

    date = date == NULL ? "" : date + strlen("X-Amz-Date=");
    if (strlen(date) < strlen("20251124T100000Z") || date[8] != 'T' || date[15] != 'Z')
        return 0;
    int year = number_of(date, 4), month = number_of(date + 4, 2), day = number_of(date + 6, 2);
    int hour = number_of(date + 9, 2), minute = number_of(date + 11, 2), second = number_of(date + 13, 2);
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || minute < 0 || second < 0)
        return 0;
    return days_of_date(year, (unsigned)month, (unsigned)day) * DAY_MS +
           ((hour * INT64_C(60) + minute) * 60 + second) * SECOND_MS;
}

/* MSK's tokens are presigned URLs in base64: the date they were signed, and for how long. */
static int64_t end_of_signed_url(struct span token)
{
    size_t size = 0;
    int64_t end_ms = 0;
    char *url = decode(token, &size);

    if (url != NULL && strncmp(url, "https://", 8) == 0) {
        const char *seconds = strstr(url, "X-Amz-Expires=");
        int64_t date_ms = amazon_date(url);
        long long lasts = seconds == NULL ? 0 : strtoll(seconds + strlen("X-Amz-Expires="), NULL, 10);
        if (date_ms > 0 && lasts > 0 && lasts < SECONDS_MAX)
            end_ms = date_ms + lasts * SECOND_MS;
    }
    free(url);
    return end_ms;
}

/* RFC 6750, b64token: what cannot be mistaken for a part of the message that carries it. */
static bool is_sound(struct span token)
{
    static const char others[] = "-._~+/=";

    for (size_t i = 0; i < token.size; i++) {
        char byte = token.bytes[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
        if (!is_letter && (byte == '\0' || strchr(others, byte) == NULL))
            return false;
    }
    return true;
}

static bool keep(struct span text, int64_t ends_ms, int64_t now_ms, struct token *token,
                 char problem[TOKEN_PROBLEM_SIZE])
{
    char time[40];

    if (text.size == 0 || text.size >= sizeof(token->text) || !is_sound(text)) {
        snprintf(problem, TOKEN_PROBLEM_SIZE,
                 "%s: wanted is a token alone (RFC 6750), or a JSON object with access_token and expires_in",
                 text.size == 0                     ? "there is nothing"
                 : text.size >= sizeof(token->text) ? "it is too long"
                                                    : "it has other characters than a token");
        return false;
    }
    if (ends_ms == 0)
        ends_ms = end_of_web_token(text);
    if (ends_ms == 0)
        ends_ms = end_of_signed_url(text);
    if (ends_ms == 0)
        ends_ms = now_ms + TOKEN_UNTOLD_MS;
    if (ends_ms <= now_ms) {
        time_format(ends_ms, time, sizeof(time));
        snprintf(problem, TOKEN_PROBLEM_SIZE, "the token ended at %s", time);
        return false;
    }
    memcpy(token->text, text.bytes, text.size);
    token->text[text.size] = '\0';
    token->ends_ms = ends_ms;
    return true;
}

bool token_read(struct span told, int64_t now_ms, struct token *token, char problem[TOKEN_PROBLEM_SIZE])
{
    struct span text = without_blanks(told);

    if (text.size == 0 || text.bytes[0] != '{')
        return keep(text, 0, now_ms, token, problem);
    json_t *answer = json_loadb(text.bytes, text.size, 0, NULL);
    double seconds = json_number_value(json_object_get(answer, "expires_in"));
    bool has_end = seconds > 0 && seconds < (double)SECONDS_MAX;
    bool is_kept = keep(span_of(json_string_value(json_object_get(answer, "access_token"))),
                        has_end ? now_ms + (int64_t)(seconds * SECOND_MS) : 0, now_ms, token, problem);
    json_decref(answer);
    return is_kept;
}
