/*
 * The model catalog: schemas/catalog.csv, or a file of the operator's.
 *
 * Attributes are as of now, not as of the event: of two rows of one slug the row with the newer `valid_from` counts,
 * for every window, past windows too. (The older row stays in the file as a record of what was believed, and for
 * readers who join by date.) No clock is asked, so a row dated in the future counts at once.
 *
 * One hash table holds all names: slugs first, in file order, so that a slug's symbol is the index of its model + 1;
 * then the aliases. A name is either a slug or an alias, and an alias has one slug. A second table, the keys, has every
 * name three times more: without its author, and both ways in one spelling. A key that two models share stands for none
 * of them.
 *
 * A name is looked for as it is; then model_name.h takes it apart, and each of its forms is looked for: with its author
 * if it has one, else as a bare name; as it is written, then in that one spelling. Shorter numbers than a date
 * ("-0324",
 * "-2507") tell models apart and are never cut off; where they do not, the file has an alias. Where the file tells
 * snapshots of a model apart, a date is cut off only if it is about the day that the model was listed.
 */
#include "gentally/core/catalog.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "catalog_row.h"
#include "gentally/base/bundled.h"
#include "gentally/base/hash.h"
#include "gentally/base/symbols.h"
#include "gentally/core/event.h"
#include "gentally/core/model_name.h"
#include "gentally/core/window.h"

/* Kinds of keys: their first byte. */
#define KEY_BARE 'b'
#define KEY_FOLDED 'f'
#define KEY_FOLDED_BARE 'g'
#define KEY_KINDS 3
#define KEY_MAX (1 + NAME_FOLDED_MAX)
#define NO_MODEL UINT32_MAX

#define AUTHOR_DASHES_MAX 2 /* in the longest of their words: "eva-unit-01" */

/* How far the day of a snapshot may be from the day its model was listed; between snapshots lie months. */
#define SNAPSHOT_DAYS 45

/* To be raised when names resolve otherwise: windows still kept are then told again. */
#define NAME_RULES 1

/* Names of one deployment's traffic that are not the catalog's own are hundreds; each comes in many rows. */
#define MEMO_SIZE 4096

struct found {
    uint32_t size, model, taken;
    char name[EVENT_TEXT_MAX];
};

struct catalog {
    struct csv csv; /* keeps the text the rows borrow from */
    struct catalog_row *rows;
    size_t row_count;
    struct symbols *names;
    size_t model_count;
    uint32_t *models;  /* model -> its row */
    uint32_t *aliases; /* alias -> its model */
    struct symbols *keys;
    uint32_t *key_models; /* key - 1 -> its model, or NO_MODEL if several have it */
    bool *has_snapshots;  /* model -> whether the file has names of it with a date */
    uint32_t steps;
    struct found *memo; /* of the last names that had to be taken apart: MEMO_SIZE x 268 bytes */
};

/* Cuts the next word off the front of `text` and returns it; the absent span at the end. */
static struct span next_word(struct span *text)
{
    static const char separators[] = " ;\t\r\n"; /* a quoted field may be wrapped */
    size_t begin = 0, end;

    while (begin < text->size && memchr(separators, text->bytes[begin], sizeof(separators) - 1) != NULL)
        begin++;
    for (end = begin; end < text->size; end++)
        if (memchr(separators, text->bytes[end], sizeof(separators) - 1) != NULL)
            break;
    struct span word = {end > begin ? text->bytes + begin : NULL, end - begin};
    *text = (struct span){text->bytes + end, text->size - end};
    return word;
}

static size_t word_count(struct span text)
{
    size_t count = 0;

    while (next_word(&text).size > 0)
        count++;
    return count;
}

static enum verdict read_rows(struct catalog *catalog, struct reason *why)
{
    struct csv *csv = &catalog->csv;
    int columns[CATALOG_COLUMNS];
    bool is_end = false;
    enum verdict verdict = catalog_row_columns(csv, columns, why);

    if (verdict != GO_ON)
        return verdict;
    catalog->rows = calloc(csv_rows_max(csv), sizeof(catalog->rows[0]));
    if (catalog->rows == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "%s: no room for the rows", csv->name);
    for (;;) {
        verdict = csv_next(csv, &is_end, why);
        if (verdict != GO_ON || is_end)
            break;
        verdict = catalog_row_read(csv, columns, &catalog->rows[catalog->row_count], why);
        if (verdict != GO_ON)
            break;
        catalog->row_count++;
    }
    if (verdict == GO_ON && catalog->row_count == 0)
        return csv_refuse(csv, csv->line, why, "has no rows");
    return verdict;
}

static enum verdict make_room(struct catalog *catalog, struct reason *why)
{
    size_t alias_count = 0;

    assert(catalog->row_count > 0);
    for (size_t i = 0; i < catalog->row_count; i++)
        alias_count += word_count(catalog->rows[i].aliases);
    catalog->models = calloc(catalog->row_count, sizeof(catalog->models[0]));
    catalog->aliases = calloc(alias_count + 1, sizeof(catalog->aliases[0]));
    if (catalog->models == NULL || catalog->aliases == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "%s: no room for the names", catalog->csv.name);
    return symbols_open(&catalog->names, (uint32_t)(catalog->row_count + alias_count), catalog->csv.size, why);
}

static enum verdict add_models(struct catalog *catalog, struct reason *why)
{
    for (size_t i = 0; i < catalog->row_count; i++) {
        const struct catalog_row *row = &catalog->rows[i];
        uint32_t index = symbols_intern(catalog->names, row->model.slug) - 1;

        if (index == catalog->model_count) {
            catalog->models[catalog->model_count++] = (uint32_t)i;
            continue;
        }
        /* Dates are of one form, or empty, which is before all others. */
        int order = span_compare(row->valid_from, catalog->rows[catalog->models[index]].valid_from);
        if (order == 0)
            return csv_refuse(&catalog->csv, row->line, why, "slug %.*s appears twice with the same valid_from",
                              (int)row->model.slug.size, row->model.slug.bytes);
        if (order > 0)
            catalog->models[index] = (uint32_t)i;
    }
    return GO_ON;
}

static enum verdict add_alias(struct catalog *catalog, const struct catalog_row *row, struct span alias,
                              struct reason *why)
{
    uint32_t model = symbols_find(catalog->names, row->model.slug);
    uint32_t count = symbols_count(catalog->names);

    if (alias.size > EVENT_TEXT_MAX)
        return csv_refuse(&catalog->csv, row->line, why, "alias \"%.*s\" is longer than %d bytes", (int)alias.size,
                          alias.bytes, EVENT_TEXT_MAX);
    uint32_t id = symbols_intern(catalog->names, alias);
    if (id <= catalog->model_count)
        return csv_refuse(&catalog->csv, row->line, why, "alias %.*s is a slug itself", (int)alias.size, alias.bytes);
    uint32_t *target = &catalog->aliases[id - 1 - catalog->model_count];
    if (id < count && *target != model - 1) /* of another date's row of the same slug it may be repeated */
        return csv_refuse(&catalog->csv, row->line, why, "alias %.*s belongs to another slug too", (int)alias.size,
                          alias.bytes);
    *target = model - 1;
    return GO_ON;
}

static enum verdict add_aliases(struct catalog *catalog, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (size_t i = 0; i < catalog->row_count; i++) {
        struct span words = catalog->rows[i].aliases;
        struct span alias = next_word(&words);

        for (; alias.size > 0 && verdict == GO_ON; alias = next_word(&words))
            verdict = add_alias(catalog, &catalog->rows[i], alias, why);
    }
    return verdict;
}

static const struct catalog_row *row_at(const struct catalog *catalog, size_t model)
{
    assert(model < catalog->model_count);
    return &catalog->rows[catalog->models[model]];
}

/* The model a name stands for, or NO_MODEL. */
static uint32_t model_named(const struct catalog *catalog, struct span name)
{
    uint32_t id = symbols_find(catalog->names, name);

    if (id == 0)
        return NO_MODEL;
    return id <= catalog->model_count ? id - 1 : catalog->aliases[id - 1 - catalog->model_count];
}

/* ---- the keys ---- */

static struct span lower(struct span name, char text[EVENT_TEXT_MAX])
{
    assert(name.size <= EVENT_TEXT_MAX);
    for (size_t i = 0; i < name.size; i++)
        text[i] = name.bytes[i] >= 'A' && name.bytes[i] <= 'Z' ? (char)(name.bytes[i] - 'A' + 'a') : name.bytes[i];
    return (struct span){text, name.size};
}

static struct span bare_of(struct span name)
{
    size_t author = slug_author(name).size;

    return author == 0 ? name : (struct span){name.bytes + author + 1, name.size - author - 1};
}

/* Writes the key of a name in lower case. */
static struct span key_of(char kind, struct span name, char key[KEY_MAX])
{
    size_t size = name.size;

    key[0] = kind;
    if (kind == KEY_BARE && size > 0)
        memcpy(key + 1, name.bytes, size);
    else if (kind != KEY_BARE)
        size = model_name_fold(name, key + 1).size;
    return (struct span){key, 1 + size};
}

static uint32_t model_keyed(const struct catalog *catalog, char kind, struct span name)
{
    char key[KEY_MAX];

    /* Signs that are still to be cut off: no slug has them but as it stands. */
    if (kind != KEY_BARE && (memchr(name.bytes, ':', name.size) != NULL || memchr(name.bytes, '@', name.size) != NULL))
        return NO_MODEL;
    uint32_t id = symbols_find(catalog->keys, key_of(kind, name, key));

    return id == 0 ? NO_MODEL : catalog->key_models[id - 1];
}

static void add_key(struct catalog *catalog, char kind, struct span name, uint32_t model)
{
    char key[KEY_MAX];
    uint32_t count = symbols_count(catalog->keys), id = symbols_intern(catalog->keys, key_of(kind, name, key));

    if (id == count)
        catalog->key_models[id - 1] = model;
    else if (catalog->key_models[id - 1] != model)
        catalog->key_models[id - 1] = NO_MODEL;
}

/* The model of which `name` is a dated snapshot by its ending of digits ("-0905", "-2025-08-07"), or NO_MODEL. */
static uint32_t snapshot_of(const struct catalog *catalog, struct span name)
{
    struct span base = name;
    size_t digits = 0;

    for (; base.size > 0; base.size--) {
        char byte = base.bytes[base.size - 1];
        if (byte != '-' && (byte < '0' || byte > '9'))
            return NO_MODEL;
        digits += byte != '-';
        if (byte == '-' && digits >= 4) {
            uint32_t model = model_named(catalog, (struct span){base.bytes, base.size - 1});
            if (model != NO_MODEL)
                return model;
        }
    }
    return NO_MODEL;
}

/* Of the names from symbol 1 on: all of them are slugs or aliases. A router is found only under its whole name: "auto"
 * and "free" are others' words, too. */
static void add_name(struct catalog *catalog, uint32_t id)
{
    char text[EVENT_TEXT_MAX];
    struct span name = lower(symbols_text(catalog->names, id), text), bare = bare_of(name);
    uint32_t model = id <= catalog->model_count ? id - 1 : catalog->aliases[id - 1 - catalog->model_count];
    uint32_t snapshot = snapshot_of(catalog, symbols_text(catalog->names, id));

    if (model_name_is_misleading(bare)) /* right only as it stands in the file */
        return;
    if (snapshot != NO_MODEL)
        catalog->has_snapshots[snapshot] = true;
    add_key(catalog, KEY_FOLDED, name, model);
    if (!row_at(catalog, model)->model.is_router) {
        add_key(catalog, KEY_BARE, bare, model);
        add_key(catalog, KEY_FOLDED_BARE, bare, model);
    }
}

static enum verdict add_keys(struct catalog *catalog, struct reason *why)
{
    uint32_t name_count = symbols_count(catalog->names);
    size_t bytes = KEY_KINDS * (2 * catalog->csv.size + (size_t)name_count);

    catalog->key_models = calloc(KEY_KINDS * (size_t)name_count, sizeof(catalog->key_models[0]));
    catalog->has_snapshots = calloc(catalog->model_count, sizeof(catalog->has_snapshots[0]));
    catalog->memo = calloc(MEMO_SIZE, sizeof(catalog->memo[0]));
    if (catalog->key_models == NULL || catalog->has_snapshots == NULL || catalog->memo == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "%s: no room for the spellings", catalog->csv.name);
    enum verdict verdict = symbols_open(&catalog->keys, KEY_KINDS * name_count, bytes, why);
    for (uint32_t id = 1; id < name_count && verdict == GO_ON; id++)
        add_name(catalog, id);
    return verdict;
}

enum verdict catalog_open(struct catalog **catalog, const char *path, struct reason *why)
{
    struct catalog *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "no room for the catalog");
    enum verdict verdict = csv_open(&opened->csv, path, bundled_catalog_csv, why);
    if (verdict == GO_ON)
        verdict = read_rows(opened, why);
    if (verdict == GO_ON)
        verdict = make_room(opened, why);
    if (verdict == GO_ON)
        verdict = add_models(opened, why);
    if (verdict == GO_ON)
        verdict = add_aliases(opened, why);
    if (verdict == GO_ON)
        verdict = add_keys(opened, why);
    opened->steps = NAME_STEPS_ALL;
    if (verdict == GO_ON)
        *catalog = opened;
    else
        catalog_close(opened);
    return verdict;
}

void catalog_close(struct catalog *catalog)
{
    if (catalog == NULL)
        return;
    symbols_close(catalog->keys);
    free(catalog->memo);
    free(catalog->key_models);
    free(catalog->has_snapshots);
    symbols_close(catalog->names);
    free(catalog->aliases);
    free(catalog->models);
    free(catalog->rows);
    csv_close(&catalog->csv);
    free(catalog);
}

/* ---- looking up ---- */

struct search {
    const struct catalog *catalog;
    uint32_t steps; /* allowed */
    uint32_t model, taken;
};

/* Looks for author/name, with '/' at `name.bytes[-1]`'s place: as it is, then in one spelling. */
static bool search_joined(struct search *search, struct span author, struct span name, uint32_t taken)
{
    char text[EVENT_TEXT_MAX];
    size_t size = author.size + 1 + name.size;

    if (name.size == 0 || size > sizeof(text))
        return false;
    memcpy(text, author.bytes, author.size);
    text[author.size] = '/';
    memcpy(text + author.size + 1, name.bytes, name.size);
    search->model = model_named(search->catalog, (struct span){text, size});
    if (search->model == NO_MODEL && (search->steps & NAME_STEP(NAME_SPELLING)) != 0) {
        search->model = model_keyed(search->catalog, KEY_FOLDED, (struct span){text, size});
        taken |= NAME_STEP(NAME_SPELLING);
    }
    search->taken = taken;
    return search->model != NO_MODEL;
}

/* The same without the author's word before the name, which some write twice: "meta-llama/Meta-Llama-3-8B". A word may
 * have a '-' in it, so each of them is a chance. Of a bare `name` the author is whoever's the word is. */
static bool search_worded(struct search *search, struct span author, struct span name, uint32_t taken)
{
    size_t dashes = 0;

    for (size_t size = 2; size < name.size && dashes < AUTHOR_DASHES_MAX + 1; size++) {
        if (name.bytes[size - 1] != '-')
            continue;
        dashes++;
        struct span owner = model_name_author((struct span){name.bytes, size - 1});
        struct span rest = {name.bytes + size, name.size - size};
        if (owner.size == 0 || (author.size > 0 && !span_equal(owner, author)))
            continue;
        if (search_joined(search, owner, rest, taken))
            return true;
    }
    return false;
}

/* By `author`, which was written as `word`. */
static bool search_author(struct search *search, struct span author, struct span word, const struct name_guess *guess,
                          uint32_t taken)
{
    char text[EVENT_TEXT_MAX];
    struct span name = bare_of(guess->name);

    if (search_joined(search, author, name, taken))
        return true;
    if ((search->steps & NAME_STEP(NAME_VENDOR)) == 0)
        return false;
    taken |= NAME_STEP(NAME_VENDOR);
    if (search_worded(search, author, name, taken))
        return true;
    if (!guess->is_vendor_dot || word.size + 1 + name.size > sizeof(text))
        return false;
    memcpy(text, word.bytes, word.size); /* "deepseek.r1" is deepseek/deepseek-r1 */
    text[word.size] = '-';
    memcpy(text + word.size + 1, name.bytes, name.size);
    return search_joined(search, author, (struct span){text, word.size + 1 + name.size}, taken);
}

static bool search_bare(struct search *search, const struct name_guess *guess)
{
    uint32_t taken = guess->steps | NAME_STEP(NAME_BARE);
    struct span name = guess->name;

    if ((search->steps & NAME_STEP(NAME_BARE)) != 0) {
        search->model = model_keyed(search->catalog, KEY_BARE, name);
        if (search->model == NO_MODEL && (search->steps & NAME_STEP(NAME_SPELLING)) != 0) {
            search->model = model_keyed(search->catalog, KEY_FOLDED_BARE, name);
            taken |= NAME_STEP(NAME_SPELLING);
        }
        search->taken = taken;
        if (search->model != NO_MODEL)
            return true;
    }
    return (search->steps & NAME_STEP(NAME_VENDOR)) != 0 &&
           search_worded(search, (struct span){NULL, 0}, name, guess->steps | NAME_STEP(NAME_VENDOR));
}

/* Days from a date as name_guess.date has it; without a year the year of `near_ms`. */
static int64_t days_between(int32_t date, int64_t near_ms)
{
    char text[32];
    int64_t then_ms = 0;

    time_format(near_ms, text, sizeof(text));
    int32_t year = date > 10000
                       ? date / 10000
                       : (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
    snprintf(text, sizeof(text), "%04d-%02d-%02d", (int)(year % 10000), (int)(date / 100 % 100), (int)(date % 100));
    if (!time_parse(span_of(text), &then_ms))
        return INT64_MAX;
    return (then_ms > near_ms ? then_ms - near_ms : near_ms - then_ms) / DAY_MS;
}

static bool is_right_snapshot(const struct catalog *catalog, uint32_t model, int32_t date)
{
    int64_t released_ms = row_at(catalog, model)->model.released_ms;

    return date == 0 || !catalog->has_snapshots[model] || released_ms == 0 ||
           days_between(date, released_ms) <= SNAPSHOT_DAYS;
}

static bool look(void *context, const struct name_guess *guess)
{
    struct search *search = context;
    struct span word = slug_author(guess->name), bare = bare_of(guess->name), author;
    bool is_found;

    if (bare.size == 0 || memchr(bare.bytes, '/', bare.size) != NULL || model_name_is_moving(bare) ||
        model_name_is_misleading(bare))
        return false;
    if (word.size == 0) {
        is_found = search_bare(search, guess);
    } else {
        author = model_name_author(word);
        is_found = search_author(search, word, word, guess, guess->steps);
        if (!is_found && author.size > 0 && (search->steps & NAME_STEP(NAME_VENDOR)) != 0)
            is_found = search_author(search, author, word, guess, guess->steps | NAME_STEP(NAME_VENDOR));
    }
    return is_found && is_right_snapshot(search->catalog, search->model, guess->date);
}

/* The name that an unknown model is counted and listed under, and whose it is as far as the name says: a host is never
 * an author. */
static struct model unknown_model(struct span name)
{
    struct span base = model_name_base(name), rest = base, author;

    for (author = slug_author(rest); author.size > 0 && model_name_is_host(author, false); author = slug_author(rest))
        rest = (struct span){rest.bytes + author.size + 1, rest.size - author.size - 1};
    return (struct model){.slug = base, .family = base, .author = author};
}

/* The walk's answer for a name, from the memo if it is there, in one of two places. */
static const struct found *walk(const struct catalog *catalog, struct span name)
{
    struct found *pair = &catalog->memo[hash_text(name) % MEMO_SIZE & ~UINT64_C(1)], *found = &pair[pair->size != 0];
    struct search search = {.catalog = catalog, .steps = catalog->steps};

    for (size_t i = 0; i < 2; i++)
        if (span_equal((struct span){pair[i].name, pair[i].size}, name))
            return &pair[i];
    bool is_found = model_name_walk(name, catalog->steps, look, &search);
    found->model = is_found ? search.model : NO_MODEL;
    found->taken = is_found ? search.taken : 0;
    found->size = (uint32_t)name.size;
    memcpy(found->name, name.bytes, name.size);
    return found;
}

struct model catalog_match(const struct catalog *catalog, struct span name, uint32_t *taken)
{
    uint32_t model = model_named(catalog, name);

    *taken = 0;
    if (model == NO_MODEL && (catalog->steps & NAME_STEP(NAME_VARIANT)) != 0) { /* nearly all others have one */
        struct span base = model_name_base(name);
        model = base.size < name.size ? model_named(catalog, base) : NO_MODEL;
        *taken = model == NO_MODEL ? 0 : NAME_STEP(NAME_VARIANT);
    }
    if (model == NO_MODEL && name.size > 0 && name.size <= EVENT_TEXT_MAX) {
        const struct found *found = walk(catalog, name);
        model = found->model;
        *taken = found->taken;
    }
    return model == NO_MODEL ? unknown_model(name) : row_at(catalog, model)->model;
}

struct model catalog_find(const struct catalog *catalog, struct span name)
{
    uint32_t taken;

    return catalog_match(catalog, name, &taken);
}

void catalog_use_steps(struct catalog *catalog, uint32_t steps)
{
    assert((steps & ~NAME_STEPS_ALL) == 0);
    catalog->steps = steps;
    for (size_t i = 0; i < MEMO_SIZE; i++)
        catalog->memo[i].size = 0;
}

size_t catalog_count(const struct catalog *catalog)
{
    return catalog->model_count;
}

bool catalog_at(const struct catalog *catalog, size_t index, struct model *model, double *prompt_usd_per_mtok,
                double *completion_usd_per_mtok)
{
    if (index >= catalog->model_count)
        return false;
    const struct catalog_row *row = row_at(catalog, index);
    *model = row->model;
    *prompt_usd_per_mtok = row->prompt_usd_per_mtok;
    *completion_usd_per_mtok = row->completion_usd_per_mtok;
    return true;
}

uint64_t catalog_version(const struct catalog *catalog)
{
    return (catalog->csv.version ^ catalog->steps ^ (uint64_t)NAME_RULES << 32) * UINT64_C(0x100000001b3);
}
