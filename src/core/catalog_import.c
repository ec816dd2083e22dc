/*
 * A listed model that the catalog has not is a candidate for a row; one that it has, in the vendor's own list, for
 * another price. Candidates are sorted before they are decided about, shortest name first, so that of several names of
 * one model the plainest gets the row, and the others are names of it.
 */
#include "gentally/core/catalog_import.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "catalog_file.h"
#include "catalog_names.h"
#include "gentally/base/arena.h"
#include "gentally/base/calendar.h"
#include "gentally/base/grow.h"
#include "gentally/base/symbols.h"
#include "gentally/base/text.h"
#include "listed_slug.h"
#include "name_date.h"
#include "name_words.h"

#define ARENA_BLOCK 65536
#define PRICE_MAX 1e6  /* USD per million tokens; what is above is no price */
#define PRICE_UNIT 1e6 /* prices are compared and written in millionths of that */
#define PRICE_TEXT_MAX 24
#define DATE_SIZE 10
#define RELEASED_SIZE 32
#define SPELLING_STEPS (NAME_STEP(NAME_CASE) | NAME_STEP(NAME_VENDOR) | NAME_STEP(NAME_BARE) | NAME_STEP(NAME_SPELLING))

struct candidate {
    struct listed_model listed; /* texts in the arena */
    struct span slug;           /* of the new row, or of the catalog's */
    bool is_known;
};

struct change {
    enum import_fate fate;
    struct span slug, what;
    struct fresh_row row; /* of the first three fates */
};

struct catalog_import {
    const struct catalog *catalog;
    struct catalog_file file;
    struct arena arena;
    struct candidate *candidates;
    size_t candidate_count, candidate_room;
    struct change *changes;
    size_t change_count, change_room;
    struct symbols *added; /* names of new rows, in one spelling */
    size_t counts[IMPORT_FATES];
    char valid_from[32];
};

const char *import_fate_name(enum import_fate fate)
{
    static const char *const names[IMPORT_FATES] = {
        [IMPORT_ADDED] = "added",
        [IMPORT_REPRICED] = "price",
        [IMPORT_NAMED] = "name",
        [IMPORT_DIFFERS] = "differs",
        [IMPORT_KNOWN] = "known already",
        [IMPORT_NO_TEXT] = "no models of text",
        [IMPORT_VARIANT] = "variants of models",
        [IMPORT_MOVING] = "names that move from model to model",
        [IMPORT_HOSTED] = "hosts' names of models that no vendor lists",
        [IMPORT_DOUBTFUL] = "named like other vendors' models",
        [IMPORT_UNUSABLE] = "names of which no slug can be made",
    };

    assert(fate < IMPORT_FATES);
    return names[fate];
}

enum verdict catalog_import_open(struct catalog_import **import, const struct catalog *catalog, struct span text,
                                 int64_t valid_from_ms, struct reason *why)
{
    struct catalog_import *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for an import");
    opened->catalog = catalog;
    arena_open(&opened->arena, ARENA_BLOCK);
    time_format(valid_from_ms, opened->valid_from, sizeof(opened->valid_from));
    enum verdict verdict = catalog_file_open(&opened->file, text, why);
    if (verdict == GO_ON)
        *import = opened;
    else
        catalog_import_close(opened);
    return verdict;
}

void catalog_import_close(struct catalog_import *import)
{
    if (import == NULL)
        return;
    catalog_file_close(&import->file);
    symbols_close(import->added);
    arena_close(&import->arena);
    free(import->candidates);
    free(import->changes);
    free(import);
}

/* Copies `text` into the arena; false: no memory. */
static bool keep(struct catalog_import *import, struct span *text)
{
    if (text->size == 0) {
        *text = (struct span){NULL, 0};
        return true;
    }
    char *bytes = arena_take(&import->arena, text->size);
    if (bytes == NULL)
        return false;
    memcpy(bytes, text->bytes, text->size);
    text->bytes = bytes;
    return true;
}

/* Whether a name for people is one that the catalog takes. */
static bool is_shown(struct span name)
{
    return name.size <= EVENT_TEXT_MAX && text_is_sound(name) && text_is_one_line(name);
}

static enum verdict add_candidate(struct catalog_import *import, struct candidate candidate, struct reason *why)
{
    struct candidate *grown =
        grow(import->candidates, &import->candidate_room, import->candidate_count + 1, sizeof(*grown));

    if (grown == NULL)
        return no_memory(why, "for listed models");
    import->candidates = grown;
    struct listed_model *listed = &candidate.listed;
    if (!is_shown(listed->title))
        listed->title = (struct span){NULL, 0};
    if (!is_shown(listed->maker))
        listed->maker = (struct span){NULL, 0};
    if (!keep(import, &candidate.slug) || !keep(import, &listed->name) || !keep(import, &listed->alias) ||
        !keep(import, &listed->title) || !keep(import, &listed->maker))
        return no_memory(why, "for listed models");
    candidate.listed.vendor = (struct span){NULL, 0};
    import->candidates[import->candidate_count++] = candidate;
    return GO_ON;
}

/* The slug without the date at its end, if the catalog has no model of that name: of a first snapshot. */
static struct span undated(const struct catalog_import *import, struct span slug)
{
    struct span base = slug;
    int32_t date = 0;
    bool is_short = false;

    base.size -= name_date_size(slug, &date, &is_short);
    return is_short || date < 10000 || catalog_find(import->catalog, base).is_known ? slug : base;
}

enum verdict catalog_import_take(struct catalog_import *import, const struct listed_model *listed, struct reason *why)
{
    struct listed_slug made;
    struct candidate candidate = {.listed = *listed};
    uint32_t taken = 0;

    if (!listed->is_text) {
        import->counts[IMPORT_NO_TEXT]++;
        return GO_ON;
    }
    enum import_fate fate = listed_slug_make(&made, listed, &import->file);
    bool is_usable = fate != IMPORT_UNUSABLE && fate != IMPORT_VARIANT;
    struct model model = catalog_match(import->catalog, made.is_own ? made.slug : listed->name, &taken);
    candidate.is_known = is_usable && model.is_known;
    if (fate == IMPORT_ADDED && !model.is_known && !listed->is_slug &&
        catalog_find(import->catalog, catalog_name_bare(made.slug)).is_known)
        fate = IMPORT_DOUBTFUL;
    /* A name that moves has, at its vendor, the price of another model than the catalog has under it. */
    bool says_price = made.is_own && fate != IMPORT_MOVING && (taken & ~(listed->is_slug ? 0 : SPELLING_STEPS)) == 0;
    if (candidate.is_known)
        fate = says_price ? IMPORT_ADDED : IMPORT_KNOWN;
    if (fate != IMPORT_ADDED) {
        import->counts[fate]++;
        return GO_ON;
    }
    candidate.slug = candidate.is_known ? model.slug : listed->is_slug ? made.slug : undated(import, made.slug);
    return add_candidate(import, candidate, why);
}

/* ---- deciding ---- */

static int compare_sizes(size_t left, size_t right)
{
    return (left > right) - (left < right);
}

static int compare_prices(const struct listed_model *left, const struct listed_model *right)
{
    int order = (left->prompt_usd_per_mtok > right->prompt_usd_per_mtok) -
                (left->prompt_usd_per_mtok < right->prompt_usd_per_mtok);

    if (order == 0)
        order = (left->completion_usd_per_mtok > right->completion_usd_per_mtok) -
                (left->completion_usd_per_mtok < right->completion_usd_per_mtok);
    return order;
}

/* By the length of the slug, then the slug, then the plainest name. */
static int compare_candidates(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    int order = compare_sizes(a->slug.size, b->slug.size);

    if (order == 0)
        order = span_compare(a->slug, b->slug);
    if (order == 0)
        order = compare_sizes(a->listed.name.size, b->listed.name.size);
    if (order == 0)
        order = span_compare(a->listed.name, b->listed.name);
    return order == 0 ? compare_prices(&a->listed, &b->listed) : order;
}

static int64_t price_units(double price)
{
    return price > 0 && price < PRICE_MAX ? (int64_t)(price * PRICE_UNIT + 0.5) : 0;
}

/* "1.25"; "" of no price. */
static void price_text(int64_t units, char text[PRICE_TEXT_MAX])
{
    int64_t whole = units / (int64_t)PRICE_UNIT, part = units % (int64_t)PRICE_UNIT;
    int size = snprintf(text, PRICE_TEXT_MAX, "%lld.%06lld", (long long)whole, (long long)part);

    while (size > 0 && text[size - 1] == '0')
        text[--size] = '\0';
    if (size > 0 && text[size - 1] == '.')
        text[--size] = '\0';
    if (units == 0)
        text[0] = '\0';
}

struct prices {
    int64_t prompt, completion;
};

static struct prices listed_prices(const struct listed_model *listed)
{
    return (struct prices){price_units(listed->prompt_usd_per_mtok), price_units(listed->completion_usd_per_mtok)};
}

static void prices_text(struct prices prices, char *text, size_t room)
{
    char prompt[PRICE_TEXT_MAX], completion[PRICE_TEXT_MAX];

    price_text(prices.prompt, prompt);
    price_text(prices.completion, completion);
    if (prices.prompt == 0 && prices.completion == 0)
        snprintf(text, room, "none");
    else
        snprintf(text, room, "%s / %s", prompt[0] == '\0' ? "0" : prompt, completion[0] == '\0' ? "0" : completion);
}

static struct span kept_text(struct catalog_import *import, const char *text)
{
    struct span kept = span_of(text);

    return keep(import, &kept) ? kept : (struct span){NULL, 0};
}

static void set_field(struct fresh_row *row, const struct catalog_file *file, enum catalog_column column,
                      struct span value)
{
    if (file->columns[column] >= 0)
        row->fields[file->columns[column]] = value;
}

static void set_prices(struct catalog_import *import, struct fresh_row *row, struct prices prices)
{
    char text[PRICE_TEXT_MAX];

    price_text(prices.prompt, text);
    set_field(row, &import->file, CATALOG_PROMPT_PRICE, kept_text(import, text));
    price_text(prices.completion, text);
    set_field(row, &import->file, CATALOG_COMPLETION_PRICE, kept_text(import, text));
    set_field(row, &import->file, CATALOG_VALID_FROM, (struct span){import->valid_from, DATE_SIZE});
}

static enum verdict add_change(struct catalog_import *import, const struct change *change, struct reason *why)
{
    struct change *grown = grow(import->changes, &import->change_room, import->change_count + 1, sizeof(*grown));

    if (grown == NULL)
        return no_memory(why, "for changes of the catalog");
    import->changes = grown;
    import->changes[import->change_count++] = *change;
    import->counts[change->fate]++;
    return GO_ON;
}

static bool is_added(void *context, const struct name_guess *guess)
{
    const struct catalog_import *import = context;
    char folded[NAME_FOLDED_MAX];

    /* Few digits are a date only if they are the model's day, which no list says for sure. */
    return !guess->is_date_short && symbols_find(import->added, model_name_fold(guess->name, folded)) != 0;
}

/* What of weights and country can be said: open weights of an author whose country nobody knows would count as of the
 * rest of the world, so they are left to people. */
static struct span weights_of(const struct listed_model *listed, bool has_author)
{
    if (listed->is_router)
        return span_of("router");
    if (listed->open_weights == SAID_NO)
        return span_of("0");
    return span_of(listed->open_weights == SAID_YES && has_author ? "1" : "");
}

static struct span reasoning_of(const struct listed_model *listed)
{
    return span_of(listed->reasoning == SAID_YES ? "optional" : listed->reasoning == SAID_NO ? "no" : "");
}

/* Another name of the list is an alias, unless it is a name already. */
static struct span alias_of(const struct catalog_import *import, const struct candidate *candidate)
{
    struct span alias = candidate->listed.alias;
    char folded[NAME_FOLDED_MAX];

    if (alias.size == 0 || alias.size > EVENT_TEXT_MAX || span_equal(alias, candidate->slug) ||
        !listed_slug_is_plain(alias) || model_name_base(alias).size < alias.size ||
        catalog_find(import->catalog, alias).is_known ||
        symbols_find(import->added, model_name_fold(alias, folded)) != 0)
        return (struct span){NULL, 0};
    (void)symbols_intern(import->added, model_name_fold(alias, folded));
    return alias;
}

/* Writes a day as the catalog has it, or nothing where it cannot have it. */
static void released_text(int64_t ms, char text[RELEASED_SIZE])
{
    if (ms > 0)
        time_format(ms, text, RELEASED_SIZE);
    text[DATE_SIZE] = '\0';
    if (ms <= 0 || !name_words_date(span_of(text), true))
        text[0] = '\0';
}

static enum verdict add_model(struct catalog_import *import, const struct candidate *candidate, struct reason *why)
{
    const struct listed_model *listed = &candidate->listed;
    struct change change = {.fate = IMPORT_ADDED, .slug = candidate->slug, .row = {.slug = candidate->slug}};
    struct span author = slug_author(candidate->slug);
    struct file_author found;
    char folded[NAME_FOLDED_MAX], prices[2 * PRICE_TEXT_MAX + 4], released[RELEASED_SIZE] = "", what[IMPORT_WHAT_MAX];

    if (model_name_walk(candidate->slug, NAME_STEPS_ALL, is_added, import)) {
        import->counts[IMPORT_KNOWN]++;
        return GO_ON;
    }
    (void)symbols_intern(import->added, model_name_fold(candidate->slug, folded));
    bool has_author = catalog_file_author(&import->file, author, &found);
    released_text(listed->released_ms, released);
    set_prices(import, &change.row, listed_prices(listed));
    set_field(&change.row, &import->file, CATALOG_SLUG, candidate->slug);
    set_field(&change.row, &import->file, CATALOG_AUTHOR, author);
    set_field(&change.row, &import->file, CATALOG_COUNTRY, found.country);
    set_field(&change.row, &import->file, CATALOG_OPEN_WEIGHTS, weights_of(listed, has_author));
    set_field(&change.row, &import->file, CATALOG_REASONING, reasoning_of(listed));
    set_field(&change.row, &import->file, CATALOG_RELEASED, kept_text(import, released));
    set_field(&change.row, &import->file, CATALOG_ALIASES, alias_of(import, candidate));
    set_field(&change.row, &import->file, CATALOG_NAME, listed->title);
    set_field(&change.row, &import->file, CATALOG_AUTHOR_NAME, found.name.size > 0 ? found.name : listed->maker);
    prices_text(listed_prices(listed), prices, sizeof(prices));
    struct span weights = weights_of(listed, has_author), reasoning = reasoning_of(listed);
    snprintf(what, sizeof(what), "price %s; released %s; open_weights %s, reasoning %s", prices,
             released[0] == '\0' ? "unknown" : released, weights.size == 0 ? "unknown" : weights.bytes,
             reasoning.size == 0 ? "unknown" : reasoning.bytes);
    change.what = kept_text(import, what);
    return change.what.size == 0 ? no_memory(why, "for changes of the catalog") : add_change(import, &change, why);
}

/* Writes what the list says otherwise than the row, and the catalog goes by: nothing if they agree. */
static void differences(const struct catalog_row *row, const struct listed_model *listed, char what[IMPORT_WHAT_MAX])
{
    bool is_open = row->model.source == SOURCE_OPEN_CN || row->model.source == SOURCE_OPEN_ROW;
    bool is_model = !row->model.is_router;
    bool has_weights = is_model && row->model.source != SOURCE_UNKNOWN && listed->open_weights != NOT_SAID;
    bool has_reasoning = is_model && row->model.reasoning != REASONING_UNKNOWN && listed->reasoning != NOT_SAID;
    int size = 0;

    what[0] = '\0';
    if (has_weights && is_open != (listed->open_weights == SAID_YES))
        size = snprintf(what, IMPORT_WHAT_MAX, "open_weights is %d here, %d in the list", is_open, !is_open);
    if (has_reasoning && model_reasons(&row->model) != (listed->reasoning == SAID_YES))
        snprintf(what + size, IMPORT_WHAT_MAX - (size_t)size, "%sreasoning is %s here, %s in the list",
                 size > 0 ? "; " : "", model_reasoning_name(row->model.reasoning),
                 listed->reasoning == SAID_YES ? "possible" : "no");
}

static enum verdict tell_differences(struct catalog_import *import, const struct candidate *candidate, const char *what,
                                     struct reason *why)
{
    struct change change = {.fate = IMPORT_DIFFERS, .slug = candidate->slug, .what = kept_text(import, what)};

    return change.what.size == 0 ? no_memory(why, "for changes of the catalog") : add_change(import, &change, why);
}

/* Whether the list has a name for people where the catalog has room for one, and none. */
static bool is_nameless(const struct catalog_import *import, const struct listed_model *listed,
                        const struct file_row *row)
{
    return import->file.columns[CATALOG_NAME] >= 0 && row->row.model.name.size == 0 && listed->title.size > 0;
}

/* A later row of the same slug with what the list has new: a name, or prices and what else there is. */
static enum verdict add_later_row(struct catalog_import *import, const struct candidate *candidate,
                                  const struct file_row *row, enum import_fate fate, struct reason *why)
{
    const struct listed_model *listed = &candidate->listed;
    struct change change = {.fate = fate, .slug = candidate->slug, .row = {.slug = candidate->slug}};
    struct prices here = {price_units(row->row.prompt_usd_per_mtok), price_units(row->row.completion_usd_per_mtok)};
    bool is_priced = fate == IMPORT_REPRICED;
    char old[2 * PRICE_TEXT_MAX + 4], new[2 * PRICE_TEXT_MAX + 4], what[IMPORT_WHAT_MAX];

    memcpy(change.row.fields, row->fields, import->file.csv.field_count * sizeof(change.row.fields[0]));
    set_field(&change.row, &import->file, CATALOG_VALID_FROM, (struct span){import->valid_from, DATE_SIZE});
    if (is_nameless(import, listed, row))
        set_field(&change.row, &import->file, CATALOG_NAME, listed->title);
    if (row->row.model.author_name.size == 0)
        set_field(&change.row, &import->file, CATALOG_AUTHOR_NAME, listed->maker);
    if (is_priced)
        set_prices(import, &change.row, listed_prices(listed));
    prices_text(here, old, sizeof(old));
    prices_text(listed_prices(listed), new, sizeof(new));
    if (is_priced)
        snprintf(what, sizeof(what), "price %s, was %s", new, old);
    else
        snprintf(what, sizeof(what), "%.*s", (int)text_cut(listed->title, sizeof(what) - 1).size, listed->title.bytes);
    change.what = kept_text(import, what);
    return change.what.size == 0 ? no_memory(why, "for changes of the catalog") : add_change(import, &change, why);
}

/* A row with the list's prices, or a word that the catalog's are newer. */
static enum verdict add_price(struct catalog_import *import, const struct candidate *candidate,
                              const struct file_row *row, struct reason *why)
{
    struct prices here = {price_units(row->row.prompt_usd_per_mtok), price_units(row->row.completion_usd_per_mtok)};
    char old[2 * PRICE_TEXT_MAX + 4], new[2 * PRICE_TEXT_MAX + 4], what[IMPORT_WHAT_MAX];

    if (span_compare(row->row.valid_from, (struct span){import->valid_from, DATE_SIZE}) < 0)
        return add_later_row(import, candidate, row, IMPORT_REPRICED, why);
    prices_text(here, old, sizeof(old));
    prices_text(listed_prices(&candidate->listed), new, sizeof(new));
    snprintf(what, sizeof(what), "price is %s here since %.*s, %s in the list", old, (int)row->row.valid_from.size,
             row->row.valid_from.bytes, new);
    return tell_differences(import, candidate, what, why);
}

static enum verdict hold_known(struct catalog_import *import, const struct candidate *candidate, struct reason *why)
{
    const struct file_row *row = catalog_file_newest(&import->file, candidate->slug);
    struct prices there = listed_prices(&candidate->listed);
    char what[IMPORT_WHAT_MAX];
    enum verdict verdict = GO_ON;

    import->counts[IMPORT_KNOWN]++;
    if (row == NULL) /* the file is not the catalog's */
        return GO_ON;
    bool is_same = there.prompt == price_units(row->row.prompt_usd_per_mtok) &&
                   there.completion == price_units(row->row.completion_usd_per_mtok);
    bool is_older = span_compare(row->row.valid_from, (struct span){import->valid_from, DATE_SIZE}) < 0;
    if (!is_same && (there.prompt > 0 || there.completion > 0))
        verdict = add_price(import, candidate, row, why);
    else if (is_older && is_nameless(import, &candidate->listed, row))
        verdict = add_later_row(import, candidate, row, IMPORT_NAMED, why);
    differences(&row->row, &candidate->listed, what);
    return verdict == GO_ON && what[0] != '\0' ? tell_differences(import, candidate, what, why) : verdict;
}

static int compare_changes(const void *left, const void *right)
{
    const struct change *a = left, *b = right;
    int order = span_compare(a->slug, b->slug);

    return order == 0 ? (int)a->fate - (int)b->fate : order;
}

enum verdict catalog_import_decide(struct catalog_import *import, struct reason *why)
{
    size_t count = import->candidate_count;
    enum verdict verdict =
        symbols_open(&import->added, (uint32_t)(2 * count + 1), (2 * count + 1) * NAME_FOLDED_MAX, why);

    if (count > 0)
        qsort(import->candidates, count, sizeof(import->candidates[0]), compare_candidates);
    for (size_t i = 0; i < count && verdict == GO_ON; i++) {
        const struct candidate *candidate = &import->candidates[i];
        bool is_again = i > 0 && span_equal(candidate->slug, candidate[-1].slug);
        if (is_again)
            import->counts[IMPORT_KNOWN]++;
        else if (candidate->is_known)
            verdict = hold_known(import, candidate, why);
        else
            verdict = add_model(import, candidate, why);
    }
    if (import->change_count > 0)
        qsort(import->changes, import->change_count, sizeof(import->changes[0]), compare_changes);
    return verdict;
}

size_t catalog_import_count(const struct catalog_import *import, enum import_fate fate)
{
    assert(fate < IMPORT_FATES);
    return import->counts[fate];
}

bool catalog_import_at(const struct catalog_import *import, size_t index, struct import_change *change)
{
    if (index >= import->change_count)
        return false;
    const struct change *found = &import->changes[index];
    change->fate = found->fate;
    change->slug = found->slug;
    change->what = found->what;
    return true;
}

enum verdict catalog_import_text(const struct catalog_import *import, char **text, size_t *size, struct reason *why)
{
    struct fresh_row *rows = calloc(import->change_count + 1, sizeof(*rows));
    size_t count = 0;

    if (rows == NULL)
        return no_memory(why, "for new rows");
    for (size_t i = 0; i < import->change_count; i++)
        if (import->changes[i].fate != IMPORT_DIFFERS)
            rows[count++] = import->changes[i].row;
    enum verdict verdict = catalog_file_with(&import->file, rows, count, text, size, why);
    free(rows);
    return verdict;
}
