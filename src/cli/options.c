/* Options read from their texts. Numbers are read whole or not at all: "10x" is a mistake, not ten. */
#include "gentally/cli/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool read_integer(const char *text, int64_t *value)
{
    char *end;

    errno = 0;
    long long number = strtoll(text, &end, 10);
    *value = number;
    return errno == 0 && end != text && *end == '\0';
}

enum verdict option_integer(const struct command_option *option, int64_t min, int64_t max, int64_t *value,
                            struct reason *why)
{
    int64_t number;

    if (option->value == NULL)
        return GO_ON;
    if (!read_integer(option->value, &number) || number < min || number > max)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s %s: want a whole number from %" PRId64 " to %" PRId64,
                          option->name, option->value, min, max);
    *value = number;
    return GO_ON;
}

enum verdict option_share(const struct command_option *option, uint32_t *per_million, struct reason *why)
{
    const char *text = option->value;
    uint32_t share = 0, unit = 1000000;
    bool is_share;

    if (text == NULL)
        return GO_ON;
    is_share = *text >= '0' && *text <= '1';
    if (is_share)
        share = (uint32_t)(*text++ - '0') * unit;
    if (*text == '.')
        text++;
    else
        is_share = is_share && *text == '\0';
    for (; *text >= '0' && *text <= '9' && unit > 1; text++) {
        unit /= 10;
        share += (uint32_t)(*text - '0') * unit;
    }
    if (!is_share || *text != '\0' || share > 1000000)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s %s: want a share from 0 to 1, like 0.05 (six decimals)",
                          option->name, option->value);
    *per_million = share;
    return GO_ON;
}

enum verdict option_scale(const struct command_option *option, int64_t min, int64_t *billionths, struct reason *why)
{
    char *end;

    if (option->value == NULL)
        return GO_ON;
    double part = strtod(option->value, &end);
    bool is_part = end != option->value && *end == '\0' && part >= 0 && part <= 1;
    *billionths = is_part ? (int64_t)(part * 1e9 + 0.5) : 0;
    if (*billionths < min)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s %s: want a part from %g to 1, like 1e-6 or 0.001",
                          option->name, option->value, (double)min / 1e9);
    return GO_ON;
}

enum verdict option_time(const struct command_option *option, int64_t *ms, struct reason *why)
{
    if (option->value == NULL)
        return GO_ON;
    /* The same two spellings as in events. A year alone is no date here, so a plain number is never ambiguous. */
    const char *problem = time_read(span_of(option->value), ms);
    if (problem != NULL && !read_integer(option->value, ms))
        return reason_set(why, HALT, CONFIG_VALUE, 0,
                          "--%s %s: want a time like 2025-11-24, 2025-11-24T10:00:00Z, or ms since the epoch; it %s",
                          option->name, option->value, problem);
    return GO_ON;
}

/* Lists `count` names as "a, b, c"; cut at the end of `text`. */
static void list_names(const char *const names[], uint32_t count, char *text, size_t size)
{
    size_t at = 0;

    text[0] = '\0';
    for (uint32_t index = 0; index < count && at < size; index++) {
        int more = snprintf(text + at, size - at, index == 0 ? "%s" : ", %s", names[index]);
        at += more > 0 ? (size_t)more : 0;
    }
}

enum verdict option_choice(const struct command_option *option, const char *const names[], uint32_t count,
                           uint32_t *index, struct reason *why)
{
    char list[256];

    if (option->value == NULL)
        return GO_ON;
    for (uint32_t at = 0; at < count; at++) {
        if (strcmp(option->value, names[at]) == 0) {
            *index = at;
            return GO_ON;
        }
    }
    list_names(names, count, list, sizeof(list));
    return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s %s: want one of %s", option->name, option->value, list);
}

enum verdict option_rollup(const struct command_option *option, const struct rollups *rollups,
                           const struct rollup **rollup, struct reason *why)
{
    const char *names[ROLLUPS_MAX];
    char list[256];

    for (uint32_t index = 0; index < rollups->count; index++)
        names[index] = rollups->items[index].name;
    list_names(names, rollups->count, list, sizeof(list));
    *rollup = option->value == NULL ? NULL : rollups_find(rollups, span_of(option->value));
    if (option->value == NULL)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s is missing: want one of %s", option->name, list);
    if (*rollup == NULL)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s %s: want one of %s", option->name, option->value, list);
    return GO_ON;
}

enum verdict option_window(const struct command_option *option, enum window_kind *kind, struct reason *why)
{
    if (option->value == NULL)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s is missing: want one of hour, day, week, month",
                          option->name);
    if (!window_kind_parse(span_of(option->value), kind))
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--%s %s: want one of hour, day, week, month", option->name,
                          option->value);
    return GO_ON;
}
