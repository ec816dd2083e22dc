/*
 * One option at a time: text -> checked value -> text, the defaults, and what is derived from all of them. Where the
 * texts come from is config_load.c, the options themselves are config_table.c.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "config_table.h"
#include "gentally/base/hash.h"

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

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* NULL if the URL is one Redis can be reached by; else what is allowed instead. The store reads it in full. */
static const char *url_problem(const char *text)
{
    if (has_prefix(text, "unix://")) {
        const char *begin = text + strlen("unix://"), *path = strchr(begin, '/');
        bool is_good = path != NULL && path[1] != '\0' && (path == begin || path[-1] == '@');
        return is_good ? NULL : "unix://[USER@]/PATH";
    }
    const char *rest = strstr(text, "://");
    if (rest == NULL || (!has_prefix(text, "redis://") && !has_prefix(text, "rediss://")))
        return "redis://[USER@]HOST:PORT[/DB], rediss://... or unix://[USER@]/PATH";
    rest += strlen("://");
    size_t host_at = 0;
    for (size_t at = 0; rest[at] != '\0'; at++)
        if (rest[at] == '@')
            host_at = at + 1;
    if (memchr(rest, ':', host_at) != NULL)
        return "a URL without a password: take it out and put it into a file named by redis_password_file";
    if (rest[host_at] == '\0' || rest[host_at] == '/' || rest[host_at] == ':')
        return "redis://[USER@]HOST:PORT[/DB]: the host is missing";
    return NULL;
}

static enum verdict set_text(struct config *config, const struct option *option, const char *text, const char *place,
                             struct reason *why)
{
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
    if (option->kind == OPTION_URL && url_problem(text) != NULL)
        return refuse(why, option, text, place, url_problem(text));
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
    case OPTION_LEVEL:
        if (log_level_parse(text, field(config, option)))
            return GO_ON;
        return refuse(why, option, text, place, "debug, info, warn, error");
    }
    assert(false);
    return HALT;
}

void config_get(const struct config *config, const struct option *option, char *text, size_t size)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};

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
    case OPTION_LEVEL:
        snprintf(text, size, "%s", levels[config->log_level]);
        return;
    }
}

/* Reads "hour,day" into the set; false if it is empty, names something else, or names one twice. */
static bool parse_windows(const char *text, bool windows[WINDOW_KINDS])
{
    memset(windows, 0, WINDOW_KINDS * sizeof(windows[0]));
    for (;;) {
        size_t size = strcspn(text, ",");
        enum window_kind kind;
        if (!window_kind_parse((struct span){text, size}, &kind) || windows[kind])
            return false;
        windows[kind] = true;
        if (text[size] == '\0')
            return true;
        text += size + 1;
    }
}

static bool parse_ids(const char *text, enum ids_mode *mode)
{
    static const char *const modes[] = {[IDS_OFF] = "off", [IDS_DEDUP] = "dedup", [IDS_AMEND] = "amend"};

    for (size_t at = 0; at < LENGTH_OF(modes); at++) {
        if (strcmp(text, modes[at]) == 0) {
            *mode = (enum ids_mode)at;
            return true;
        }
    }
    return false;
}

enum verdict config_derive(struct config *config, struct reason *why)
{
    if (!parse_windows(config->windows_text, config->windows))
        return reason_set(why, HALT, CONFIG_VALUE, 0,
                          "windows = '%s': allowed is each of hour, day, week, month at most once, separated by commas",
                          config->windows_text);
    if (!parse_ids(config->ids_text, &config->ids))
        return reason_set(why, HALT, CONFIG_VALUE, 0, "ids = '%s': allowed is off, dedup, amend", config->ids_text);
    bool is_on = strcmp(config->retention_text, "on") == 0;
    if (!is_on && strcmp(config->retention_text, "off") != 0)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "retention = '%s': allowed is on, off", config->retention_text);
    config->has_retention = is_on && config->account_key[0] != '\0' && config->windows[WINDOW_MONTH];
    config->ids_kept_ms = config->ids == IDS_OFF ? 0 : config->ids_kept_hours * HOUR_MS;
    config->rollups_mark = (uint32_t)hash_fnv1a(span_of(config->rollups_text));
    config->base = config->windows[WINDOW_HOUR] ? WINDOW_HOUR : WINDOW_DAY;
    config->kept_ms[WINDOW_HOUR] = config->hours_kept_days * DAY_MS;
    config->kept_ms[WINDOW_DAY] = config->days_kept_days * DAY_MS;
    config->kept_ms[WINDOW_WEEK] = config->weeks_kept_days * DAY_MS;
    config->kept_ms[WINDOW_MONTH] = config->months_kept_days * DAY_MS;
    enum verdict verdict = rollups_parse(config->rollups_text, &config->rollups, why);
    if (verdict != GO_ON)
        return verdict;
    rollups_group(&config->rollups, &config->grouping);
    config->names_accounts = false;
    for (uint32_t i = 0; i < config->rollups.count; i++)
        for (uint32_t j = 0; j < config->rollups.items[i].dim_count; j++)
            config->names_accounts |= config->rollups.items[i].dims[j] == DIM_ACCOUNT;
    return GO_ON;
}

enum verdict config_check_accounts(const struct config *config, struct reason *why)
{
    if (config->account_key[0] != '\0')
        return GO_ON;
    if (config->suppress_below_accounts > 0)
        return reason_set(why, HALT, CONFIG_ACCOUNT_KEY, 0,
                          "suppress_below_accounts = %" PRId64 ": accounts are not counted without an account_key, so "
                          "nothing could be published",
                          config->suppress_below_accounts);
    if (config->names_accounts)
        return reason_set(why, HALT, CONFIG_ACCOUNT_KEY, 0,
                          "rollups: a rollup by `account` counts by pseudonyms, and without an account_key there are "
                          "none");
    return GO_ON;
}

void config_defaults(struct config *config)
{
    memset(config, 0, sizeof(*config));
    for (size_t at = 0; at < config_option_count; at++) {
        enum verdict verdict = config_set(config, &config_options[at], config_options[at].initial, "default", NULL);
        assert(verdict == GO_ON);
    }
    enum verdict verdict = config_derive(config, NULL);
    assert(verdict == GO_ON);
}
