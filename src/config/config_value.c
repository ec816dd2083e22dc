/* Values read by their row of the table: a message says what is allowed, and never quotes a secret. */
#include "config_value.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/config/redis_url.h"

static void *field(struct config *config, const struct option *option)
{
    return (char *)config + option->offset;
}

static const void *field_const(const struct config *config, const struct option *option)
{
    return (const char *)config + option->offset;
}

static enum verdict refuse(struct reason *why, const struct option *option, const char *text, const char *place,
                           const char *allowed)
{
    /* Neither a secret nor a URL is repeated: the latter may hold a password where none belongs. */
    if (option->secret_file != NULL || option->kind == OPTION_URL)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "%s (from %s): allowed is %s", option->name, place, allowed);
    return reason_set(why, HALT, CONFIG_VALUE, 0, "%s = '%.100s' (from %s): allowed is %s", option->name, text, place,
                      allowed);
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

/* A file's values lose their blanks at both ends, so a value that needs them could not be printed and read back. */
static bool has_outer_blank(const char *text)
{
    size_t size = strlen(text);
    return size > 0 && (text[0] == ' ' || text[size - 1] == ' ');
}

static bool is_kafka_name(const char *text)
{
    static const char legal[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return text[strspn(text, legal)] == '\0' && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static enum verdict set_text(struct config *config, const struct option *option, const char *text, const char *place,
                             struct reason *why)
{
    struct redis_url url;
    char allowed[64];
    size_t size = strlen(text);

    assert((size_t)option->max < option->size);
    snprintf(allowed, sizeof(allowed), "%" PRId64 "..%" PRId64 " bytes of text", option->min, option->max);
    if (size < (size_t)option->min || size > (size_t)option->max)
        return refuse(why, option, text, place, allowed);
    if (!is_printable(text))
        return refuse(why, option, text, place, "one line of text without control characters");
    if (option->secret_file == NULL && has_outer_blank(text))
        return refuse(why, option, text, place, "text without blanks at its ends");
    if (option->kind == OPTION_NAME && !is_kafka_name(text))
        return refuse(why, option, text, place, "letters, digits, '.', '_' and '-' (what Kafka allows in names)");
    if (option->kind == OPTION_URL && redis_url_parse(text, &url) != NULL)
        return refuse(why, option, text, place, redis_url_parse(text, &url));
    memcpy(field(config, option), text, size + 1);
    return GO_ON;
}

static enum verdict set_integer(struct config *config, const struct option *option, const char *text, const char *place,
                                struct reason *why)
{
    char allowed[96];
    char *end = NULL;

    snprintf(allowed, sizeof(allowed), "a whole number, %" PRId64 "..%" PRId64 " %s", option->min, option->max,
             option->unit);
    /* strtoll takes leading blanks and '+', which nobody means here. */
    bool is_number = text[0] == '-' || (text[0] >= '0' && text[0] <= '9');
    errno = 0;
    long long value = is_number ? strtoll(text, &end, 10) : 0;
    if (!is_number || end == text || *end != '\0' || errno != 0 || value < option->min || value > option->max)
        return refuse(why, option, text, place, allowed);
    *(int64_t *)field(config, option) = value;
    return GO_ON;
}

/* An enum is as large as an int, to every compiler we know. */
static_assert(sizeof(enum log_level) == sizeof(unsigned) && sizeof(enum log_format) == sizeof(unsigned) &&
                  sizeof(enum summary_format) == sizeof(unsigned),
              "a choice");

static enum verdict set_choice(struct config *config, const struct option *option, const char *text, const char *place,
                               struct reason *why)
{
    char allowed[64] = "";

    for (unsigned choice = 0; option->choices[choice] != NULL; choice++) {
        if (strcmp(text, option->choices[choice]) == 0) {
            memcpy(field(config, option), &choice, sizeof(choice));
            return GO_ON;
        }
        size_t size = strlen(allowed);
        snprintf(allowed + size, sizeof(allowed) - size, "%s%s", choice == 0 ? "" : ", ", option->choices[choice]);
    }
    return refuse(why, option, text, place, allowed);
}

enum verdict config_set(struct config *config, const struct option *option, const char *text, const char *place,
                        struct reason *why)
{
    switch (option->kind) {
    case OPTION_TEXT:
    case OPTION_NAME:
    case OPTION_URL:
        return set_text(config, option, text, place, why);
    case OPTION_INTEGER:
        return set_integer(config, option, text, place, why);
    case OPTION_CHOICE:
        return set_choice(config, option, text, place, why);
    }
    assert(false);
    return HALT;
}

void config_get(const struct config *config, const struct option *option, char *text, size_t size)
{
    unsigned choice;

    assert(size >= CONFIG_TEXT_MAX);
    switch (option->kind) {
    case OPTION_TEXT:
    case OPTION_NAME:
    case OPTION_URL:
        snprintf(text, size, "%s", (const char *)field_const(config, option));
        return;
    case OPTION_INTEGER:
        snprintf(text, size, "%" PRId64, *(const int64_t *)field_const(config, option));
        return;
    case OPTION_CHOICE:
        memcpy(&choice, field_const(config, option), sizeof(choice));
        snprintf(text, size, "%s", option->choices[choice]);
        return;
    }
}
