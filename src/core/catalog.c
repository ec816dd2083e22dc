/*
 * The model catalog: schemas/catalog.csv, or a file of the operator's.
 *
 * Attributes are as of now, not as of the event: of two rows of one slug the row with the newer `valid_from` counts,
 * for every window, past windows too. (The older row stays in the file as a record of what was believed, and for
 * readers who join by date.) No clock is asked, so what a row dated in the future says of a model counts at once; but
 * its price is of its day on, by the time of whatever is priced.
 *
 * A name is looked for as it is, without its variants, then as catalog_search.h does; what that found is remembered.
 */
#include "gentally/core/catalog.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "catalog_row.h"
#include "catalog_search.h"
#include "gentally/base/bundled.h"
#include "gentally/base/calendar.h"
#include "gentally/base/hash.h"
#include "gentally/core/event.h"

/* To be raised when names resolve otherwise: windows still kept are then told again. */
#define NAME_RULES 2

/* Names of one deployment's traffic that are not the catalog's own are hundreds; each comes in many rows. */
#define MEMO_SIZE 4096

#define NO_ROW UINT32_MAX

struct found {
    uint32_t size, model, taken;
    char name[EVENT_TEXT_MAX];
};

struct catalog {
    struct csv csv; /* keeps the text the rows borrow from */
    struct catalog_row *rows;
    size_t row_count;
    uint32_t *models; /* model -> its newest row */
    uint32_t *older;  /* row -> the next older one of its slug; NO_ROW: there is none */
    struct catalog_names names;
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
    catalog->older = calloc(catalog->row_count, sizeof(catalog->older[0]));
    catalog->names.aliases = calloc(alias_count + 1, sizeof(catalog->names.aliases[0]));
    if (catalog->models == NULL || catalog->older == NULL || catalog->names.aliases == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "%s: no room for the names", catalog->csv.name);
    return symbols_open(&catalog->names.symbols, (uint32_t)(catalog->row_count + alias_count), catalog->csv.size, why);
}

/* Puts a row among those of its slug, the newest first; false if one has its date. Dates are of one form, or empty,
 * which is before all others. */
static bool add_row(struct catalog *catalog, uint32_t *newest, uint32_t added)
{
    uint32_t *place = newest;
    int order = 1;

    while (*place != NO_ROW &&
           (order = span_compare(catalog->rows[added].valid_from, catalog->rows[*place].valid_from)) < 0)
        place = &catalog->older[*place];
    if (order == 0)
        return false;
    catalog->older[added] = *place;
    *place = added;
    return true;
}

static enum verdict add_models(struct catalog *catalog, struct reason *why)
{
    for (size_t i = 0; i < catalog->row_count; i++) {
        const struct catalog_row *row = &catalog->rows[i];
        uint32_t index = symbols_intern(catalog->names.symbols, row->model.slug) - 1;

        if (index == catalog->names.model_count)
            catalog->models[catalog->names.model_count++] = NO_ROW;
        if (!add_row(catalog, &catalog->models[index], (uint32_t)i))
            return csv_refuse(&catalog->csv, row->line, why, "slug %.*s appears twice with the same valid_from",
                              (int)row->model.slug.size, row->model.slug.bytes);
    }
    return GO_ON;
}

static enum verdict add_alias(struct catalog *catalog, const struct catalog_row *row, struct span alias,
                              struct reason *why)
{
    uint32_t model = symbols_find(catalog->names.symbols, row->model.slug);
    uint32_t count = symbols_count(catalog->names.symbols);

    if (alias.size > EVENT_TEXT_MAX)
        return csv_refuse(&catalog->csv, row->line, why, "alias \"%.*s\" is longer than %d bytes", (int)alias.size,
                          alias.bytes, EVENT_TEXT_MAX);
    uint32_t id = symbols_intern(catalog->names.symbols, alias);
    if (id <= catalog->names.model_count)
        return csv_refuse(&catalog->csv, row->line, why, "alias %.*s is a slug itself", (int)alias.size, alias.bytes);
    uint32_t *target = &catalog->names.aliases[id - 1 - catalog->names.model_count];
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
    assert(model < catalog->names.model_count);
    return &catalog->rows[catalog->models[model]];
}

static enum verdict index_names(struct catalog *catalog, struct reason *why)
{
    struct catalog_names *names = &catalog->names;

    names->days = calloc(names->model_count, sizeof(names->days[0]));
    names->is_router = calloc(names->model_count, sizeof(names->is_router[0]));
    catalog->memo = calloc(MEMO_SIZE, sizeof(catalog->memo[0]));
    if (names->days == NULL || names->is_router == NULL || catalog->memo == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "%s: no room for the names", catalog->csv.name);
    for (size_t i = 0; i < names->model_count; i++) {
        names->days[i].released_ms = row_at(catalog, i)->model.released_ms;
        names->is_router[i] = row_at(catalog, i)->model.is_router;
    }
    return catalog_names_index(names, catalog->csv.size, why);
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
        verdict = index_names(opened, why);
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
    free(catalog->memo);
    catalog_names_close(&catalog->names);
    free(catalog->models);
    free(catalog->older);
    free(catalog->rows);
    csv_close(&catalog->csv);
    free(catalog);
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

    for (size_t i = 0; i < 2; i++)
        if (span_equal((struct span){pair[i].name, pair[i].size}, name))
            return &pair[i];
    (void)catalog_search(&catalog->names, name, catalog->steps, &found->model, &found->taken);
    found->size = (uint32_t)name.size;
    memcpy(found->name, name.bytes, name.size);
    return found;
}

struct model catalog_match(const struct catalog *catalog, struct span name, uint32_t *taken)
{
    uint32_t model = catalog_name_model(&catalog->names, name);

    *taken = 0;
    if (model == NO_MODEL && (catalog->steps & NAME_STEP(NAME_VARIANT)) != 0) { /* nearly all others have one */
        struct span base = model_name_base(name);
        model = base.size < name.size ? catalog_name_model(&catalog->names, base) : NO_MODEL;
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
    return catalog->names.model_count;
}

bool catalog_at(const struct catalog *catalog, size_t index, struct model *model)
{
    if (index >= catalog->names.model_count)
        return false;
    *model = row_at(catalog, index)->model;
    return true;
}

struct list_price catalog_price(const struct catalog *catalog, struct span slug, int64_t at_ms)
{
    uint32_t model = catalog_name_model(&catalog->names, slug);
    int64_t until_ms = NO_TIME;

    assert(model != NO_MODEL);
    uint32_t index = catalog->models[model];
    while (catalog->rows[index].valid_from_ms > at_ms && catalog->older[index] != NO_ROW) {
        until_ms = catalog->rows[index].valid_from_ms;
        index = catalog->older[index];
    }
    const struct catalog_row *row = &catalog->rows[index];
    return (struct list_price){row->prompt_usd_per_mtok, row->completion_usd_per_mtok, row->valid_from_ms, until_ms};
}

uint64_t catalog_version(const struct catalog *catalog)
{
    return (catalog->csv.version ^ catalog->steps ^ (uint64_t)NAME_RULES << 32) * UINT64_C(0x100000001b3);
}
