/* What may change in a namespace, and how: one question after the other, the input first. */
#include "gentally/config/settings.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void settings_of_config(struct settings *told, const struct config *config)
{
    *told = (struct settings){.rollup_count = config->rollups.count,
                              .ids = config->ids,
                              .ids_keep = config->ids_keep,
                              .has_amended = config->ids == IDS_AMEND,
                              .ids_kept_ms = config->ids_kept_ms,
                              .out_of_orderness_ms = config->out_of_orderness_ms,
                              .out_of_orderness_max_ms = config->out_of_orderness_ms,
                              .rows_max = config->rows_max,
                              .retention = config->has_retention ? RETENTION_ON : RETENTION_NEVER,
                              .retention_since_ms = NO_TIME};
    snprintf(told->topic, sizeof(told->topic), "%s", config->topic);
    snprintf(told->group, sizeof(told->group), "%s", config->group);
    snprintf(told->leave_out, sizeof(told->leave_out), "%s", config->leave_out.text);
    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++)
        told->windows[kind] = (struct window_setting){config->windows[kind], NO_TIME, config->kept_ms[kind]};
    for (uint32_t i = 0; i < config->rollups.count; i++)
        told->rollups[i] = (struct rollup_setting){config->rollups.items[i], true, NO_TIME};
}

const struct rollup_setting *settings_rollup(const struct settings *settings, const char *name)
{
    for (uint32_t i = 0; i < settings->rollup_count; i++)
        if (strcmp(settings->rollups[i].rollup.name, name) == 0)
            return &settings->rollups[i];
    return NULL;
}

void settings_rollups_at(const struct settings *settings, int64_t start_ms, struct rollups *rollups)
{
    rollups->count = 0;
    for (uint32_t i = 0; i < settings->rollup_count; i++)
        if (settings->rollups[i].is_on && settings->rollups[i].since_ms <= start_ms)
            rollups->items[rollups->count++] = settings->rollups[i].rollup;
}

void settings_dims_write(const struct rollup *rollup, char text[SETTINGS_DIMS_SIZE])
{
    size_t size = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < rollup->dim_count; i++)
        size += (size_t)snprintf(text + size, SETTINGS_DIMS_SIZE - size, "%s%s", i == 0 ? "" : "+",
                                 dimension_name(rollup->dims[i]));
    assert(size < SETTINGS_DIMS_SIZE);
}

const char *settings_ids_name(enum ids_mode mode)
{
    static const char *const names[] = {[IDS_OFF] = "off", [IDS_DEDUP] = "dedup", [IDS_AMEND] = "amend"};

    return names[mode];
}

/* ---- comparing ---- */

struct comparing {
    const struct settings *kept, *told;
    bool is_fresh;
    settings_teller *tell;
    void *context;
};

PRINTF_LIKE(3, 4)
static void differ(const struct comparing *comparing, enum settings_step step, const char *format, ...)
{
    char text[REASON_TEXT_SIZE];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    comparing->tell(comparing->context, step, text);
}

/* What is never changed once something was counted. */
static enum settings_step unless_fresh(const struct comparing *comparing)
{
    return comparing->is_fresh ? SETTINGS_BY_SETUP : SETTINGS_NEVER;
}

static void compare_input(const struct comparing *comparing)
{
    const struct settings *kept = comparing->kept, *told = comparing->told;
    bool has_ids = kept->ids != IDS_OFF || told->ids != IDS_OFF;

    if (strcmp(kept->topic, told->topic) != 0) {
        differ(comparing, SETTINGS_NEVER, "topic: counted from %.100s, told is %.100s", kept->topic, told->topic);
        return;
    }
    if (kept->cluster[0] != '\0' && told->cluster[0] != '\0' && strcmp(kept->cluster, told->cluster) != 0)
        differ(comparing, SETTINGS_NEVER, "topic: counted from cluster %.64s, this one is %.64s", kept->cluster,
               told->cluster);
    else if (told->partitions > 0 && told->partitions < kept->partitions)
        differ(comparing, SETTINGS_NEVER,
               "topic: it had %" PRId32 " partitions and has %" PRId32 " now: it is not the one that was counted",
               kept->partitions, told->partitions);
    else if (told->partitions > kept->partitions && has_ids)
        differ(comparing, unless_fresh(comparing),
               "topic: it grew from %" PRId32 " to %" PRId32
               " partitions: keys move between them, so that ids that were counted would count again",
               kept->partitions, told->partitions);
    else if (told->partitions > kept->partitions)
        differ(comparing, SETTINGS_BY_SETUP, "topic: it grew from %" PRId32 " to %" PRId32 " partitions",
               kept->partitions, told->partitions);
    if (strcmp(kept->group, told->group) != 0)
        differ(comparing, SETTINGS_BY_SETUP, "group: kept is %.100s, told is %.100s; one group counts at a time",
               kept->group, told->group);
}

static void compare_accounts(const struct comparing *comparing)
{
    const struct settings *kept = comparing->kept, *told = comparing->told;

    if (strcmp(kept->account_key, told->account_key) != 0)
        differ(comparing, unless_fresh(comparing),
               "account_key: %s: the same account would be counted as two, or in a part of its windows",
               kept->account_key[0] == '\0'   ? "counted without one, told is one"
               : told->account_key[0] == '\0' ? "counted with one, told is none"
                                              : "told is another one than was counted with");
    if (kept->retention == RETENTION_ENDED && told->retention == RETENTION_ON)
        differ(comparing, unless_fresh(comparing),
               "retention: it was switched off in between: months of then would look empty");
    else if (kept->retention != RETENTION_ON && told->retention == RETENTION_ON)
        differ(comparing, SETTINGS_BY_SETUP,
               "retention: off, told is on: it begins now, who was there before looks new");
    else if (kept->retention == RETENTION_ON && told->retention != RETENTION_ON)
        differ(comparing, SETTINGS_BY_SETUP, "retention: on, told is off: it ends for good in this namespace");
}

static void compare_windows(const struct comparing *comparing)
{
    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        const struct window_setting *kept = &comparing->kept->windows[kind], *told = &comparing->told->windows[kind];
        const char *name = window_kind_name(kind);
        if (told->is_on && !kept->is_on)
            differ(comparing, SETTINGS_BY_SETUP, "windows: %s is new: counted from its next whole window on", name);
        else if (kept->is_on && !told->is_on)
            differ(comparing, SETTINGS_BY_SETUP,
                   "windows: %s is told no longer: its open windows will not be published", name);
        else if (kept->is_on && kept->kept_ms != told->kept_ms)
            differ(comparing, SETTINGS_BY_SETUP, "%ss_kept_days: kept is %" PRId64 ", told is %" PRId64, name,
                   kept->kept_ms / DAY_MS, told->kept_ms / DAY_MS);
    }
}

static void compare_rollups(const struct comparing *comparing)
{
    const struct settings *kept = comparing->kept, *told = comparing->told;
    uint32_t count = kept->rollup_count;
    char was[SETTINGS_DIMS_SIZE], is[SETTINGS_DIMS_SIZE];

    for (uint32_t i = 0; i < told->rollup_count; i++) {
        const struct rollup *rollup = &told->rollups[i].rollup;
        const struct rollup_setting *known = settings_rollup(kept, rollup->name);
        settings_dims_write(rollup, is);
        if (known != NULL)
            settings_dims_write(&known->rollup, was);
        if (known == NULL && count++ >= ROLLUPS_MAX)
            differ(comparing, SETTINGS_NEVER,
                   "rollups: %s is one more than a namespace has room for, %d, with those of "
                   "before",
                   rollup->name, ROLLUPS_MAX);
        else if (known == NULL)
            differ(comparing, SETTINGS_BY_SETUP, "rollups: %s is new: counted in windows that begin from now on",
                   rollup->name);
        else if (strcmp(was, is) != 0)
            differ(comparing, unless_fresh(comparing),
                   "rollups: %s was counted by '%s', told is '%s': give that another name", rollup->name, was, is);
        else if (!known->is_on)
            differ(comparing, SETTINGS_BY_SETUP, "rollups: %s is told again: counted in windows that begin from now on",
                   rollup->name);
    }
    for (uint32_t i = 0; i < kept->rollup_count; i++)
        if (kept->rollups[i].is_on && settings_rollup(told, kept->rollups[i].rollup.name) == NULL)
            differ(comparing, SETTINGS_BY_SETUP, "rollups: %s is told no longer: its rows stay as they are",
                   kept->rollups[i].rollup.name);
}

static void compare_times(const struct comparing *comparing)
{
    const struct settings *kept = comparing->kept, *told = comparing->told;

    if (kept->ids != told->ids)
        differ(comparing, SETTINGS_BY_SETUP, "ids: kept is %s, told is %s: that holds from now on, not for ids before",
               settings_ids_name(kept->ids), settings_ids_name(told->ids));
    else if (kept->ids_kept_ms != told->ids_kept_ms)
        differ(comparing, SETTINGS_BY_SETUP, "ids_kept_hours: kept is %" PRId64 ", told is %" PRId64,
               kept->ids_kept_ms / HOUR_MS, told->ids_kept_ms / HOUR_MS);
    if (kept->ids_keep != told->ids_keep)
        differ(comparing, SETTINGS_BY_SETUP, "ids_keep: kept is %s, told is %s: that holds from now on",
               kept->ids_keep == KEEP_LAST ? "last" : "first", told->ids_keep == KEEP_LAST ? "last" : "first");
    if (kept->out_of_orderness_ms != told->out_of_orderness_ms)
        differ(comparing, SETTINGS_BY_SETUP, "out_of_orderness_ms: kept is %" PRId64 ", told is %" PRId64,
               kept->out_of_orderness_ms, told->out_of_orderness_ms);
    if (kept->rows_max != told->rows_max)
        differ(comparing, SETTINGS_BY_SETUP,
               "rows_max: kept is %" PRId64 ", told is %" PRId64 ": windows that are full already stay as they are",
               kept->rows_max, told->rows_max);
    if (strcmp(kept->leave_out, told->leave_out) != 0)
        differ(comparing, SETTINGS_BY_SETUP,
               "leave_out: kept is '%.120s', told is '%.120s': of records that come from now on", kept->leave_out,
               told->leave_out);
}

void settings_compare(const struct settings *kept, const struct settings *told, bool is_fresh, settings_teller *tell,
                      void *context)
{
    const struct comparing comparing = {kept, told, is_fresh, tell, context};

    compare_input(&comparing);
    compare_accounts(&comparing);
    compare_windows(&comparing);
    compare_rollups(&comparing);
    compare_times(&comparing);
}

/* The first difference of each step. */
struct firsts {
    char texts[SETTINGS_NEVER + 1][REASON_TEXT_SIZE];
};

static void keep_first(void *context, enum settings_step step, const char *text)
{
    struct firsts *firsts = context;

    if (firsts->texts[step][0] == '\0')
        snprintf(firsts->texts[step], sizeof(firsts->texts[step]), "%s", text);
}

enum verdict settings_check(const struct settings *kept, const struct settings *told, const char *ns,
                            struct reason *why)
{
    struct firsts firsts = {.texts = {""}};

    if (strcmp(kept->pending, "remove") == 0)
        return reason_set(why, HALT, SETTINGS_REFUSED, 0,
                          "namespace %.100s is being removed; to end that: gentally remove --yes", ns);
    if (settings_is_erasing(kept))
        return reason_set(why, HALT, ERASE_UNDER_WAY, 0,
                          "an account of namespace %.100s is being erased, or was not wholly: wait for that, or run "
                          "`gentally erase` again",
                          ns);
    settings_compare(kept, told, false, keep_first, &firsts);
    if (firsts.texts[SETTINGS_NEVER][0] != '\0')
        return reason_set(why, HALT, SETTINGS_REFUSED, 0,
                          "%s; set it back, or count into a new namespace (runbooks/rebuild.md)",
                          firsts.texts[SETTINGS_NEVER]);
    if (kept->pending[0] != '\0')
        return reason_set(why, HALT, SETTINGS_CHANGED, 0,
                          "a setup of namespace %.100s was begun and is not finished: run `gentally setup` again", ns);
    if (firsts.texts[SETTINGS_BY_SETUP][0] != '\0')
        return reason_set(why, HALT, SETTINGS_CHANGED, 0, "%s; set it back, or run `gentally setup`",
                          firsts.texts[SETTINGS_BY_SETUP]);
    return GO_ON;
}

/* ---- taking ---- */

static void take_rollups(struct settings *kept, const struct settings *told, int64_t since_ms)
{
    for (uint32_t i = 0; i < kept->rollup_count; i++)
        kept->rollups[i].is_on = kept->rollups[i].is_on && settings_rollup(told, kept->rollups[i].rollup.name) != NULL;
    for (uint32_t i = 0; i < told->rollup_count; i++) {
        const struct rollup *rollup = &told->rollups[i].rollup;
        uint32_t at = 0;
        while (at < kept->rollup_count && strcmp(kept->rollups[at].rollup.name, rollup->name) != 0)
            at++;
        bool is_counted = at < kept->rollup_count && kept->rollups[at].is_on;
        int64_t begin_ms = is_counted ? kept->rollups[at].since_ms : since_ms;
        assert(at < ROLLUPS_MAX);
        kept->rollup_count += at == kept->rollup_count ? 1 : 0;
        kept->rollups[at] = (struct rollup_setting){*rollup, true, begin_ms};
    }
}

static void take_retention(struct settings *kept, const struct settings *told, int64_t since_ms)
{
    bool was_on = kept->retention == RETENTION_ON, is_on = told->retention == RETENTION_ON;

    if (was_on && !is_on)
        kept->retention = since_ms == NO_TIME ? RETENTION_NEVER : RETENTION_ENDED;
    if (is_on && !was_on) {
        kept->retention = RETENTION_ON;
        kept->retention_since_ms = since_ms;
    }
}

bool settings_take_schema_ids(struct settings *kept, const struct settings *told)
{
    const struct schema_ids none = {0};

    if (schema_ids_equal(&told->schema_ids, &none) || schema_ids_equal(&told->schema_ids, &kept->schema_ids))
        return false;
    kept->schema_ids = told->schema_ids;
    return true;
}

void settings_take(struct settings *kept, const struct settings *told, int64_t highest_ms)
{
    int64_t since_ms = highest_ms == NO_TIME ? NO_TIME : highest_ms + 1;

    memcpy(kept->topic, told->topic, sizeof(kept->topic));
    memcpy(kept->group, told->group, sizeof(kept->group));
    memcpy(kept->account_key, told->account_key, sizeof(kept->account_key));
    if (told->cluster[0] != '\0')
        memcpy(kept->cluster, told->cluster, sizeof(kept->cluster));
    if (told->partitions > 0)
        kept->partitions = told->partitions;
    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        struct window_setting *window = &kept->windows[kind];
        if (told->windows[kind].is_on && !window->is_on)
            window->since_ms = highest_ms == NO_TIME ? NO_TIME : window_end(window_of(kind, highest_ms));
        window->is_on = told->windows[kind].is_on;
        window->kept_ms = told->windows[kind].kept_ms;
    }
    take_rollups(kept, told, since_ms);
    take_retention(kept, told, since_ms);
    kept->ids = told->ids;
    kept->ids_keep = told->ids_keep;
    kept->has_amended = kept->has_amended || told->has_amended;
    kept->ids_kept_ms = told->ids_kept_ms;
    kept->out_of_orderness_ms = told->out_of_orderness_ms;
    if (told->out_of_orderness_ms > kept->out_of_orderness_max_ms)
        kept->out_of_orderness_max_ms = told->out_of_orderness_ms;
    kept->rows_max = told->rows_max;
    memcpy(kept->leave_out, told->leave_out, sizeof(kept->leave_out));
    (void)settings_take_schema_ids(kept, told);
}
