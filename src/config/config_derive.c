/* Derived fields are worked out once, after the last source, so that no reader parses a text again. */
#include "config_derive.h"

#include "config_kafka.h"
#include "early_intervals.h"
#include "gentally/base/hash.h"
#include "gentally/core/model_name.h"

#define TOLD_ROWS_MAX (INT64_C(4) << 20)
#define TRANSACTION_ROWS_MAX 20000

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

/* `last` takes back what the first one added, which only `amend` keeps. To turn that on unasked would double Redis. */
static enum verdict parse_ids_keep(struct config *config, struct reason *why)
{
    bool is_last = strcmp(config->ids_keep_text, "last") == 0;

    if (!is_last && strcmp(config->ids_keep_text, "first") != 0)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "ids_keep = '%s': allowed is first, last", config->ids_keep_text);
    if (is_last && config->ids != IDS_AMEND)
        return reason_set(why, HALT, CONFIG_VALUE, 0,
                          "ids_keep = last replaces what an id counted, which ids = %s does not keep: set ids = amend",
                          config->ids_text);
    config->ids_keep = is_last ? KEEP_LAST : KEEP_FIRST;
    return GO_ON;
}

static bool is_named(const struct rollups *rollups, enum dimension dimension)
{
    for (uint32_t i = 0; i < rollups->count; i++)
        for (uint32_t j = 0; j < rollups->items[i].dim_count; j++)
            if (rollups->items[i].dims[j] == dimension)
                return true;
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
    if (config->metrics_listen[0] != '\0' && !endpoint_parse(config->metrics_listen, &config->metrics_endpoint))
        return reason_set(
            why, HALT, CONFIG_VALUE, 0,
            "metrics_listen = '%s': allowed is PORT, or HOST:PORT with an IPv4 address or an IPv6 address "
            "in brackets",
            config->metrics_listen);
    enum verdict verdict = parse_ids_keep(config, why);
    if (verdict != GO_ON)
        return verdict;
    if (!name_steps_parse(config->catalog_steps_text, &config->catalog_steps))
        return reason_set(why, HALT, CONFIG_VALUE, 0,
                          "catalog_steps = '%s': allowed is all, none, or names of steps separated by commas",
                          config->catalog_steps_text);
    verdict = leave_out_parse(config->leave_out_text, &config->leave_out, why);
    if (verdict != GO_ON)
        return verdict;
    verdict = config_kafka_check(config, why);
    if (verdict != GO_ON)
        return verdict;
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
    config->told_rows_max = TOLD_ROWS_MAX;
    config->transaction_rows_max = TRANSACTION_ROWS_MAX;
    verdict = early_intervals_parse(config->early_emit_text, config->early_emit_interval_ms, why);
    if (verdict != GO_ON)
        return verdict;
    verdict = rollups_parse(config->rollups_text, &config->rollups, why);
    if (verdict != GO_ON)
        return verdict;
    rollups_group(&config->rollups, &config->grouping);
    config->names_accounts = is_named(&config->rollups, DIM_ACCOUNT);
    config->names_apps = is_named(&config->rollups, DIM_APP);
    return GO_ON;
}
