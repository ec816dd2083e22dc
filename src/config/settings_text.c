/*
 * Settings as fields of a Redis hash, legible for people: "window:week" -> "on 1763337600000 8640000000",
 * "rollup:model" -> "on - model". A time that is none is "-".
 */
#include "gentally/config/settings_text.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TIME_SIZE 24

static const char *const keep_names[] = {[KEEP_FIRST] = "first", [KEEP_LAST] = "last"};
static const char *const yes_names[] = {"no", "yes"};
static const char *const retention_names[] = {
    [RETENTION_NEVER] = "never", [RETENTION_ON] = "on", [RETENTION_ENDED] = "ended"};

static const char *time_text(int64_t ms, char text[TIME_SIZE])
{
    if (ms == NO_TIME)
        return "-";
    snprintf(text, TIME_SIZE, "%" PRId64, ms);
    return text;
}

/* ---- writing ---- */

struct writing {
    struct settings_field *fields;
    uint32_t count;
};

static void put(struct writing *writing, const char *name, const char *value)
{
    struct settings_field *field = &writing->fields[writing->count++];

    assert(writing->count <= SETTINGS_FIELDS_MAX);
    snprintf(field->name, sizeof(field->name), "%s", name);
    snprintf(field->value, sizeof(field->value), "%s", value);
}

static void put_number(struct writing *writing, const char *name, int64_t value)
{
    char text[TIME_SIZE];

    put(writing, name, time_text(value, text));
}

static void put_windows(struct writing *writing, const struct settings *settings)
{
    char name[32], value[96], since[TIME_SIZE];

    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        const struct window_setting *window = &settings->windows[kind];
        snprintf(name, sizeof(name), "window:%s", window_kind_name(kind));
        snprintf(value, sizeof(value), "%s %s %" PRId64, window->is_on ? "on" : "off",
                 time_text(window->since_ms, since), window->kept_ms);
        put(writing, name, value);
    }
}

static void put_rollups(struct writing *writing, const struct settings *settings)
{
    char name[48], value[SETTINGS_DIMS_SIZE + 40], since[TIME_SIZE], dims[SETTINGS_DIMS_SIZE];

    for (uint32_t i = 0; i < settings->rollup_count; i++) {
        const struct rollup_setting *rollup = &settings->rollups[i];
        settings_dims_write(&rollup->rollup, dims);
        snprintf(name, sizeof(name), "rollup:%s", rollup->rollup.name);
        snprintf(value, sizeof(value), "%s %s %s", rollup->is_on ? "on" : "off", time_text(rollup->since_ms, since),
                 dims);
        put(writing, name, value);
    }
}

uint32_t settings_write(const struct settings *settings, struct settings_field fields[SETTINGS_FIELDS_MAX])
{
    struct writing writing = {.fields = fields};

    put(&writing, "version", settings->version);
    put(&writing, "pending", settings->pending);
    put(&writing, "topic", settings->topic);
    put(&writing, "cluster", settings->cluster);
    put(&writing, "group", settings->group);
    put_number(&writing, "partitions", settings->partitions);
    put_windows(&writing, settings);
    put_rollups(&writing, settings);
    put(&writing, "ids", settings_ids_name(settings->ids));
    put(&writing, "ids_keep", keep_names[settings->ids_keep]);
    put(&writing, "amended", yes_names[settings->has_amended]);
    put_number(&writing, "ids_kept_ms", settings->ids_kept_ms);
    put_number(&writing, "out_of_orderness_ms", settings->out_of_orderness_ms);
    put_number(&writing, "out_of_orderness_max_ms", settings->out_of_orderness_max_ms);
    put_number(&writing, "rows_max", settings->rows_max);
    put(&writing, "leave_out", settings->leave_out);
    put(&writing, "account_key", settings->account_key);
    put(&writing, "retention", retention_names[settings->retention]);
    put_number(&writing, "retention_since_ms", settings->retention_since_ms);
    put_number(&writing, "schema:summary", settings->schema_ids.summary);
    put_number(&writing, "schema:ledger", settings->schema_ids.ledger);
    put_number(&writing, "schema:signal", settings->schema_ids.signal);
    return writing.count;
}

static const char *find(const struct settings_field fields[], uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].value;
    return "";
}

bool settings_are_alike(const struct settings *left, const struct settings *right)
{
    struct settings copy = *left;
    struct settings_field ours[SETTINGS_FIELDS_MAX], theirs[SETTINGS_FIELDS_MAX];

    memcpy(copy.version, right->version, sizeof(copy.version));
    copy.partitions = right->partitions;
    uint32_t count = settings_write(&copy, ours);
    if (settings_write(right, theirs) != count)
        return false;
    for (uint32_t i = 0; i < count; i++) /* In any order, as Redis keeps them. */
        if (strcmp(ours[i].value, find(theirs, count, ours[i].name)) != 0)
            return false;
    return true;
}

/* ---- reading ---- */

static bool read_text(struct span value, char *text, size_t size)
{
    if (value.size >= size)
        return false;
    if (value.size > 0)
        memcpy(text, value.bytes, value.size);
    text[value.size] = '\0';
    return true;
}

static bool read_number(const char *text, int64_t *number)
{
    char *end = NULL;

    if (strcmp(text, "-") == 0) {
        *number = NO_TIME;
        return true;
    }
    errno = 0;
    *number = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static bool read_word(const char *text, const char *const words[], uint32_t count, uint32_t *index)
{
    for (*index = 0; *index < count; ++*index)
        if (strcmp(text, words[*index]) == 0)
            return true;
    return false;
}

/* "on <since> <rest>": splits the text in place. */
static bool read_begin(char *text, bool *is_on, int64_t *since_ms, char **rest)
{
    static const char *const words[] = {"off", "on"};
    uint32_t word;
    char *since = strchr(text, ' ');

    *rest = since == NULL ? NULL : strchr(since + 1, ' ');
    if (*rest == NULL)
        return false;
    *since++ = '\0';
    *(*rest)++ = '\0';
    bool is_good = read_word(text, words, LENGTH_OF(words), &word) && read_number(since, since_ms);
    *is_on = is_good && word == 1;
    return is_good;
}

static bool read_window(struct settings *settings, struct span name, char *text)
{
    enum window_kind kind;
    char *kept;

    if (!window_kind_parse(name, &kind))
        return false;
    struct window_setting *window = &settings->windows[kind];
    return read_begin(text, &window->is_on, &window->since_ms, &kept) && read_number(kept, &window->kept_ms);
}

/* A rollup reads as it is configured, beside the total that every configuration has. */
static bool read_rollup(struct settings *settings, struct span name, char *text)
{
    struct rollup_setting *rollup = &settings->rollups[settings->rollup_count];
    struct rollups parsed;
    struct reason why;
    char configured[ROLLUP_NAME_MAX + SETTINGS_DIMS_SIZE + 16], *dims;
    bool is_total = span_equal(name, span_of("total"));

    if (settings->rollup_count == ROLLUPS_MAX || name.size >= ROLLUP_NAME_MAX ||
        !read_begin(text, &rollup->is_on, &rollup->since_ms, &dims) || strlen(dims) >= SETTINGS_DIMS_SIZE)
        return false;
    snprintf(configured, sizeof(configured), "%s%.*s=%s", is_total ? "" : "total=,", (int)name.size, name.bytes, dims);
    if (rollups_parse(configured, &parsed, &why) != GO_ON || parsed.count != (is_total ? 1 : 2))
        return false;
    rollup->rollup = parsed.items[parsed.count - 1];
    settings->rollup_count++;
    return true;
}

static bool has_prefix(struct span *name, const char *prefix)
{
    size_t size = strlen(prefix);

    if (name->size < size || memcmp(name->bytes, prefix, size) != 0)
        return false;
    *name = (struct span){name->bytes + size, name->size - size};
    return true;
}

static bool read_count(const char *text, int32_t *count)
{
    int64_t number = 0;

    if (!read_number(text, &number) || number < 0 || number > PARTITIONS_MAX)
        return false;
    *count = (int32_t)number;
    return true;
}

static bool read_mode(const char *text, enum ids_mode *mode)
{
    for (*mode = IDS_OFF; *mode <= IDS_AMEND; ++*mode)
        if (strcmp(text, settings_ids_name(*mode)) == 0)
            return true;
    return false;
}

static bool read_schema_id(struct schema_ids *ids, struct span name, const char *text)
{
    struct known {
        const char *name;
        uint32_t *id;
    } const known[] = {{"summary", &ids->summary}, {"ledger", &ids->ledger}, {"signal", &ids->signal}};
    int64_t number = 0;

    if (!read_number(text, &number) || number < 0 || number > INT32_MAX)
        return false;
    for (size_t i = 0; i < LENGTH_OF(known); i++) {
        if (!span_equal(name, span_of(known[i].name)))
            continue;
        *known[i].id = (uint32_t)number;
        return true;
    }
    return false;
}

bool settings_read(struct settings *settings, struct span name, struct span value)
{
    char text[sizeof(((struct settings_field *)NULL)->value)];
    struct rest {
        const char *name;
        char *text;
        size_t size;
        int64_t *number;
    } const rest[] = {
        {"version", settings->version, sizeof(settings->version), NULL},
        {"pending", settings->pending, sizeof(settings->pending), NULL},
        {"topic", settings->topic, sizeof(settings->topic), NULL},
        {"cluster", settings->cluster, sizeof(settings->cluster), NULL},
        {"group", settings->group, sizeof(settings->group), NULL},
        {"leave_out", settings->leave_out, sizeof(settings->leave_out), NULL},
        {"account_key", settings->account_key, sizeof(settings->account_key), NULL},
        {"ids_kept_ms", NULL, 0, &settings->ids_kept_ms},
        {"out_of_orderness_ms", NULL, 0, &settings->out_of_orderness_ms},
        {"out_of_orderness_max_ms", NULL, 0, &settings->out_of_orderness_max_ms},
        {"rows_max", NULL, 0, &settings->rows_max},
        {"retention_since_ms", NULL, 0, &settings->retention_since_ms},
    };
    uint32_t word;

    if (!read_text(value, text, sizeof(text)))
        return false;
    for (size_t i = 0; i < LENGTH_OF(rest); i++)
        if (span_equal(name, span_of(rest[i].name)))
            return rest[i].text != NULL ? read_text(value, rest[i].text, rest[i].size)
                                        : read_number(text, rest[i].number);
    if (span_equal(name, span_of("partitions")))
        return read_count(text, &settings->partitions);
    if (span_equal(name, span_of("ids")))
        return read_mode(text, &settings->ids);
    if (span_equal(name, span_of("ids_keep")) && read_word(text, keep_names, LENGTH_OF(keep_names), &word)) {
        settings->ids_keep = (enum ids_keep)word;
        return true;
    }
    if (span_equal(name, span_of("amended")) && read_word(text, yes_names, LENGTH_OF(yes_names), &word)) {
        settings->has_amended = word == 1;
        return true;
    }
    if (span_equal(name, span_of("retention")) && read_word(text, retention_names, LENGTH_OF(retention_names), &word)) {
        settings->retention = (enum retention_setting)word;
        return true;
    }
    if (has_prefix(&name, "schema:"))
        return read_schema_id(&settings->schema_ids, name, text);
    if (has_prefix(&name, "window:"))
        return read_window(settings, name, text);
    return has_prefix(&name, "rollup:") && read_rollup(settings, name, text);
}
