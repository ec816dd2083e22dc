/*
 * The model catalog: schemas/catalog.csv, or a file of the operator's.
 *
 * Attributes are as of now, not as of the event: of two rows of one slug the row with the newer `valid_from` counts,
 * for every window, past windows too. (The older row stays in the file as a record of what was believed, and for
 * readers who join by date.) No clock is asked, so a row dated in the future counts at once.
 *
 * One hash table holds all names: slugs first, in file order, so that a slug's symbol is the index of its model + 1;
 * then the aliases. A name is either a slug or an alias, and an alias has one slug, so the order of look-ups matters
 * only for what is cut off a name. The table is asked for the slug as it is; then without its `:variant`; then without
 * a date at its end (-20250929 or -2025-09-29, as vendors name snapshots). Shorter numbers ("-0324", "-2507") tell
 * models apart and are never cut off; where they do not, the file has an alias.
 */
#include "gentally/core/catalog.h"

#include <assert.h>
#include <stdlib.h>

#include "catalog_row.h"
#include "gentally/base/bundled.h"
#include "gentally/base/symbols.h"
#include "gentally/core/event.h"

struct catalog {
    struct csv csv; /* keeps the text the rows borrow from */
    struct catalog_row *rows;
    size_t row_count;
    struct symbols *names;
    size_t model_count;
    uint32_t *models;  /* model -> its row */
    uint32_t *aliases; /* alias -> its model */
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

    if (alias.size > EVENT_TEXT_MAX || memchr(alias.bytes, '/', alias.size) == NULL)
        return csv_refuse(&catalog->csv, row->line, why, "alias \"%.*s\" is not like author/name", (int)alias.size,
                          alias.bytes);
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
        *catalog = opened;
    else
        catalog_close(opened);
    return verdict;
}

void catalog_close(struct catalog *catalog)
{
    if (catalog == NULL)
        return;
    symbols_close(catalog->names);
    free(catalog->aliases);
    free(catalog->models);
    free(catalog->rows);
    csv_close(&catalog->csv);
    free(catalog);
}

/* The slug without "-20250929" or "-2025-09-29" at its end; the absent span if it has none. */
static struct span undated(struct span slug)
{
    static const struct {
        size_t size;
        bool is_dashed;
    } dates[] = {{8, false}, {10, true}};

    for (size_t i = 0; i < LENGTH_OF(dates); i++) {
        size_t size = dates[i].size;
        if (slug.size <= size + 1 || slug.bytes[slug.size - size - 1] != '-')
            continue;
        if (catalog_row_is_date((struct span){slug.bytes + slug.size - size, size}, dates[i].is_dashed))
            return (struct span){slug.bytes, slug.size - size - 1};
    }
    return (struct span){NULL, 0};
}

static const struct catalog_row *row_at(const struct catalog *catalog, size_t model)
{
    assert(model < catalog->model_count);
    return &catalog->rows[catalog->models[model]];
}

/* The model a name stands for, or NULL. */
static const struct model *model_named(const struct catalog *catalog, struct span name)
{
    uint32_t id = symbols_find(catalog->names, name);

    if (id == 0)
        return NULL;
    return &row_at(catalog, id <= catalog->model_count ? id - 1 : catalog->aliases[id - 1 - catalog->model_count])
                ->model;
}

struct model catalog_find(const struct catalog *catalog, struct span slug)
{
    struct span base = slug_base(slug);
    const struct model *model = model_named(catalog, slug);

    if (model == NULL)
        model = model_named(catalog, base);
    if (model == NULL)
        model = model_named(catalog, undated(base));
    return model != NULL ? *model : (struct model){.slug = base, .family = base, .author = slug_author(base)};
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
    return catalog->csv.version;
}
