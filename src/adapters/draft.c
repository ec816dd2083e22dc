/* Tables are followed in their own order, not the record's, so that of two spellings always the same one is taken. */
#include "draft.h"

const char *read_text(const json_t *json, void *target)
{
    if (!json_is_string(json))
        return "must be a text";
    if (memchr(json_string_value(json), '\0', json_string_length(json)) != NULL)
        return "holds U+0000, which readers cannot be given";
    *(struct span *)target = (struct span){json_string_value(json), json_string_length(json)};
    return NULL;
}

const char *read_flag(const json_t *json, void *target)
{
    static const char *const yes[] = {"true", "True", "1"}, *const no[] = {"false", "False", "0", "", "None"};
    bool *flag = target;
    struct span text;

    if (json_is_boolean(json) || json_is_integer(json)) {
        *flag = json_is_true(json) || json_integer_value(json) != 0;
        return NULL;
    }
    if (read_text(json, &text) == NULL) {
        for (size_t i = 0; i < LENGTH_OF(yes); i++)
            if (span_equal(text, span_of(yes[i]))) {
                *flag = true;
                return NULL;
            }
        for (size_t i = 0; i < LENGTH_OF(no); i++)
            if (span_equal(text, span_of(no[i])))
                return NULL;
    }
    return "must be true or false";
}

const char *read_value(const json_t *json, void *target)
{
    *(const json_t **)target = json;
    return NULL;
}

static bool has_row(const struct source_field fields[], size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return true;
    return false;
}

/* jansson's iterators do not write, but take no const. */
static json_t *loosely(const json_t *json)
{
    return (json_t *)(uintptr_t)json;
}

static void remark_others(const json_t *object, const struct source_field fields[], size_t count, const char *prefix,
                          struct remarks *remarks)
{
    for (void *at = json_object_iter(loosely(object)); at != NULL; at = json_object_iter_next(loosely(object), at)) {
        const char *name = json_object_iter_key(at);
        if (strncmp(name, prefix, strlen(prefix)) == 0 && !has_row(fields, count, name))
            remark_count(remarks, REMARK_FIELD, span_of(name));
    }
}

enum verdict fields_take(const json_t *object, const struct source_field fields[], size_t count, const char *prefix,
                         struct draft *draft, struct remarks *remarks, struct reason *why)
{
    const struct source_field *before = NULL; /* the row whose field was taken last */
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        const struct source_field *field = &fields[i];
        const json_t *json = json_object_get(object, field->name);
        if (json == NULL)
            continue;
        found++;
        bool is_again = before != NULL && before->read == field->read && before->place == field->place;
        if (json_is_null(json) || field->read == NULL || is_again)
            continue;
        const char *problem = field->read(json, (char *)draft + field->place);
        if (problem != NULL)
            return reason_set(why, SET_ASIDE, LINE_FIELD, 0, "%s %s", field->name, problem);
        before = field;
    }
    if (found != json_object_size(object))
        remark_others(object, fields, count, prefix, remarks);
    return GO_ON;
}

const json_t *value_at(const json_t *object, const char *path)
{
    char name[64];

    while (object != NULL && *path != '\0') {
        size_t size = strcspn(path, ".");
        if (size >= sizeof(name))
            return NULL;
        memcpy(name, path, size);
        name[size] = '\0';
        object = json_object_get(object, name);
        path += path[size] == '.' ? size + 1 : size;
    }
    return json_is_null(object) ? NULL : object;
}

/* A value of several, also from a text; NULL if it is none. */
static const json_t *container_in(const json_t *value, struct adapting *adapting)
{
    if (!json_is_string(value))
        return json_is_object(value) || json_is_array(value) ? value : NULL;
    json_t *read = json_loadb(json_string_value(value), json_string_length(value), 0, NULL);
    if (read == NULL || json_array_append_new(adapting->kept, read) != 0)
        return NULL;
    return read;
}

const json_t *object_in(const json_t *value, struct adapting *adapting)
{
    const json_t *found = container_in(value, adapting);

    return json_is_object(found) ? found : NULL;
}

const json_t *array_in(const json_t *value, struct adapting *adapting)
{
    const json_t *found = container_in(value, adapting);

    return json_is_array(found) ? found : NULL;
}

bool has_items(const json_t *value, struct adapting *adapting)
{
    const json_t *found = container_in(value, adapting);

    return json_array_size(found) + json_object_size(found) > 0;
}

const char *count_at(const json_t *object, const char *const paths[], size_t path_count, int64_t *count)
{
    for (size_t i = 0; i < path_count; i++) {
        const json_t *value = value_at(object, paths[i]);
        if (value != NULL)
            return read_count(value, count);
    }
    return NULL;
}

void duration_set(int32_t *ms, int64_t us)
{
    if (us >= 0 && us <= INT64_C(1000) * INT32_MAX)
        *ms = (int32_t)((us + 500) / 1000);
}

int64_t duration_between(int64_t begin_us, int64_t end_us)
{
    int64_t us;

    if (begin_us == NOT_TOLD || end_us == NOT_TOLD || __builtin_sub_overflow(end_us, begin_us, &us))
        return NOT_TOLD;
    return us;
}

enum verdict set_aside_field(struct reason *why, const char *name, const char *problem)
{
    return reason_set(why, SET_ASIDE, LINE_FIELD, 0, "%s %s", name, problem);
}

enum verdict leave_out(struct draft *draft, struct adapting *adapting, enum remark_kind kind, struct span word)
{
    draft->is_left_out = true;
    remark_count(adapting->remarks, kind, word);
    return GO_ON;
}
