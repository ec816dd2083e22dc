/* The rows that an event is counted in, by model, by provider and by category, named the plain way; and the models,
 * providers and label paths of which the events of a test are drawn. */
#ifndef GENTALLY_TEST_EVENT_ROWS_H
#define GENTALLY_TEST_EVENT_ROWS_H

#include "gentally/core/event.h"
#include "gentally/core/taxonomy.h"
#include "suite.h"

static const char *const models[] = {"a/one", "b/two", "c/three:free", "a/four", "d/five", "e/six", "a|b", "f"};
static const char *const model_keys[] = {"a/one", "b/two", "c/three:free", "a/four", "d/five", "e/six", "a%7Cb", "f"};
static const char *const providers[] = {"", "azure", "other"};
static const char *const paths[] = {"/Science", "/Games", "/Computers & Electronics/Programming"};

#define EVENT_ROWS (2 + LENGTH_OF(paths)) /* by model, by provider, by each category */
#define KEY_ROOM 80

/* In the order in which they ask for their place. */
struct event_rows {
    uint32_t count;
    char keys[EVENT_ROWS][KEY_ROOM];
};

static int compare_texts(const void *left, const void *right)
{
    return strcmp(left, right);
}

static const char *model_key(const struct event *event)
{
    size_t at = 0;

    while (!span_equal(event->model, span_of(models[at])))
        at++;
    return model_keys[at];
}

static void list_rows(const struct taxonomy *taxonomy, const struct event *event, struct event_rows *rows)
{
    const char *name = model_key(event);
    uint32_t first = 2;

    snprintf(rows->keys[0], KEY_ROOM, "model|%s", name);
    snprintf(rows->keys[1], KEY_ROOM, "provider|%.*s|%s", (int)event->provider.size, event->provider.bytes, name);
    rows->count = 2;
    for (uint32_t i = 0; event->classified && i < event->label_count; i++) {
        struct span tag, category;
        char *key = rows->keys[rows->count];
        taxonomy_find(taxonomy, event->labels[i].path, &tag, &category);
        snprintf(key, KEY_ROOM, "category|%.*s|%s", (int)category.size, category.bytes, name);
        uint32_t same = first;
        while (strcmp(rows->keys[same], key) != 0)
            same++;
        rows->count += same == rows->count;
    }
    qsort(rows->keys[first], rows->count - first, KEY_ROOM, compare_texts);
}

/* What stands before the first '|'. */
static bool is_same_rollup(const char *left, const char *right)
{
    size_t size = strcspn(left, "|");

    return size == strcspn(right, "|") && memcmp(left, right, size) == 0;
}

static const char *other_key(const char *key)
{
    return is_same_rollup(key, "model|")      ? "model|(other)"
           : is_same_rollup(key, "provider|") ? "provider|(other)|(other)"
                                              : "category|(other)|(other)";
}

static bool is_same_content(const struct event *left, const struct event *right)
{
    bool is_same = span_equal(left->model, right->model) && left->created_ms == right->created_ms &&
                   left->tokens_prompt == right->tokens_prompt && left->tokens_completion == right->tokens_completion &&
                   left->cost_nano_usd == right->cost_nano_usd && left->classified == right->classified &&
                   left->label_count == right->label_count && span_equal(left->app, right->app);

    for (uint32_t i = 0; is_same && i < left->label_count; i++)
        is_same = span_equal(left->labels[i].path, right->labels[i].path);
    return is_same;
}

#endif
