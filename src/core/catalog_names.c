/*
 * One hash table holds all names: slugs first, in file order, so that a slug's symbol is the index of its model + 1;
 * then the aliases. A second table, the keys, has every name three times more: without its author, and both ways in one
 * spelling; and those of Mistral's once by line and month. A key that two models share stands for none of them.
 */
#include "catalog_names.h"

#include <assert.h>
#include <stdlib.h>

#include "catalog_row.h"
#include "gentally/core/event.h"
#include "name_date.h"
#include "name_words.h"

#define KEYS_OF_NAME 7 /* at most: without author, both folded, both again without a day, two lines */
#define KEY_MAX (1 + NAME_FOLDED_MAX)

static uint32_t model_of(const struct catalog_names *names, uint32_t id)
{
    return id <= names->model_count ? id - 1 : names->aliases[id - 1 - names->model_count];
}

uint32_t catalog_name_model(const struct catalog_names *names, struct span name)
{
    uint32_t id = symbols_find(names->symbols, name);

    return id == 0 ? NO_MODEL : model_of(names, id);
}

static struct span lower(struct span name, char text[EVENT_TEXT_MAX])
{
    assert(name.size <= EVENT_TEXT_MAX);
    for (size_t i = 0; i < name.size; i++)
        text[i] = name.bytes[i] >= 'A' && name.bytes[i] <= 'Z' ? (char)(name.bytes[i] - 'A' + 'a') : name.bytes[i];
    return (struct span){text, name.size};
}

struct span catalog_name_bare(struct span name)
{
    size_t author = slug_author(name).size;

    return author == 0 ? name : (struct span){name.bytes + author + 1, name.size - author - 1};
}

/* Writes the key of a name in lower case. */
static struct span key_of(char kind, struct span name, char key[KEY_MAX])
{
    bool is_as_written = kind == KEY_BARE || kind == KEY_LINE;
    size_t size = name.size;

    key[0] = kind;
    if (is_as_written && size > 0)
        memcpy(key + 1, name.bytes, size);
    else if (!is_as_written)
        size = model_name_fold(name, key + 1).size;
    return (struct span){key, 1 + size};
}

uint32_t catalog_name_keyed(const struct catalog_names *names, char kind, struct span name)
{
    char key[KEY_MAX];

    /* Signs that are still to be cut off: no slug has them but as it stands. */
    if (kind != KEY_BARE && (memchr(name.bytes, ':', name.size) != NULL || memchr(name.bytes, '@', name.size) != NULL))
        return NO_MODEL;
    uint32_t id = symbols_find(names->keys, key_of(kind, name, key));

    return id == 0 ? NO_MODEL : names->key_models[id - 1];
}

static void add_key(struct catalog_names *names, char kind, struct span name, uint32_t model)
{
    char key[KEY_MAX];
    uint32_t count = symbols_count(names->keys), id = symbols_intern(names->keys, key_of(kind, name, key));

    if (id == count)
        names->key_models[id - 1] = model;
    else if (names->key_models[id - 1] != model)
        names->key_models[id - 1] = NO_MODEL;
}

/* The model of which `name` is a dated snapshot by its ending of digits ("-0905", "-2025-08-07"), or NO_MODEL. */
static uint32_t snapshot_of(const struct catalog_names *names, struct span name)
{
    struct span base = name;
    size_t digits = 0;

    for (; base.size > 0; base.size--) {
        char byte = base.bytes[base.size - 1];
        if (byte != '-' && (byte < '0' || byte > '9'))
            return NO_MODEL;
        digits += byte != '-';
        if (byte == '-' && digits >= 4) {
            uint32_t model = catalog_name_model(names, (struct span){base.bytes, base.size - 1});
            if (model != NO_MODEL)
                return model;
        }
    }
    return NO_MODEL;
}

/* Of the names from symbol 1 on: all of them are slugs or aliases. A router is found only under its whole name: "auto"
 * and "free" are others' words, too. */
static void add_name(struct catalog_names *names, uint32_t id)
{
    char text[EVENT_TEXT_MAX];
    struct span name = lower(symbols_text(names->symbols, id), text), bare = catalog_name_bare(name);
    uint32_t model = model_of(names, id);
    bool is_short = false;
    int32_t date = 0;
    uint32_t snapshot = snapshot_of(names, symbols_text(names->symbols, id));

    if (model_name_is_misleading(bare)) /* right only as it stands in the file */
        return;
    if (snapshot != NO_MODEL)
        names->days[snapshot].has_snapshots = true;
    if (name_date_size(bare, &date, &is_short) > 0 && !is_short && date > 10000)
        names->days[model].alias = date;
    add_key(names, KEY_FOLDED, name, model);
    if (!names->is_router[model]) {
        add_key(names, KEY_BARE, bare, model);
        add_key(names, KEY_FOLDED_BARE, bare, model);
    }
}

/* The month of a model of Mistral's: in its name, or else when it was listed, unless a name says so of another model.
 */
static void add_line(struct catalog_names *names, uint32_t id, bool is_listed)
{
    char text[EVENT_TEXT_MAX], line[NAME_FOLDED_MAX], key[KEY_MAX];
    struct span name = lower(symbols_text(names->symbols, id), text), bare = catalog_name_bare(name);
    uint32_t model = model_of(names, id);
    int32_t month = is_listed ? snapshot_day_month(&names->days[model]) : 0;

    if (!span_equal(model_name_author(slug_author(name)), span_of("mistralai")) || (is_listed && month == 0) ||
        model_name_is_moving(bare))
        return;
    struct span of_month = model_name_line(bare, month, line);
    if (of_month.size > 0 && (!is_listed || symbols_find(names->keys, key_of(KEY_LINE, of_month, key)) == 0))
        add_key(names, KEY_LINE, of_month, model);
}

/* An alias with a day ("qwen3-coder-480b-a35b-07-25") is a name without it, if no other model has that name. */
static void add_undated(struct catalog_names *names, uint32_t id)
{
    char text[EVENT_TEXT_MAX], key[KEY_MAX], day[11] = "2000-";
    struct span name = lower(symbols_text(names->symbols, id), text);

    if (id <= names->model_count || name.size < 7 || name.bytes[name.size - 6] != '-')
        return;
    memcpy(day + 5, name.bytes + name.size - 5, 5);
    if (!name_words_date((struct span){day, 10}, true))
        return;
    name.size -= 6;
    if (symbols_find(names->keys, key_of(KEY_FOLDED_BARE, catalog_name_bare(name), key)) != 0)
        return;
    add_key(names, KEY_FOLDED, name, model_of(names, id));
    add_key(names, KEY_FOLDED_BARE, catalog_name_bare(name), model_of(names, id));
}

static void add_names(struct catalog_names *names, uint32_t name_count)
{
    for (uint32_t id = 1; id < name_count; id++)
        add_name(names, id);
    for (uint32_t id = 1; id < name_count; id++)
        add_line(names, id, false);
    for (uint32_t id = 1; id < name_count; id++)
        add_line(names, id, true);
    for (uint32_t id = 1; id < name_count; id++)
        add_undated(names, id);
}

enum verdict catalog_names_index(struct catalog_names *names, size_t bytes, struct reason *why)
{
    uint32_t name_count = symbols_count(names->symbols);

    names->key_models = calloc(KEYS_OF_NAME * (size_t)name_count, sizeof(names->key_models[0]));
    if (names->key_models == NULL)
        return no_memory(why, "for the spellings of names");
    enum verdict verdict =
        symbols_open(&names->keys, KEYS_OF_NAME * name_count, KEYS_OF_NAME * (2 * bytes + (size_t)name_count), why);
    if (verdict == GO_ON)
        add_names(names, name_count);
    return verdict;
}

void catalog_names_close(struct catalog_names *names)
{
    symbols_close(names->keys);
    free(names->key_models);
    free(names->days);
    free(names->is_router);
    symbols_close(names->symbols);
    free(names->aliases);
}
