/*
 * model_name.h takes a name apart, and each of its forms is looked for: with its author if it has one, else as a bare
 * name; as it is written, then in one spelling. A number shorter than a date ("-0324", "-2507") tells models apart, and
 * is cut off only if it is the day of the model that is found; a date likewise where the file tells snapshots of that
 * model apart.
 */
#include "catalog_search.h"

#include <stdio.h>

#include "catalog_row.h"
#include "gentally/core/event.h"

#define AUTHOR_DASHES_MAX 2 /* in the longest of their words: "eva-unit-01" */

struct search {
    const struct catalog_names *names;
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
    search->model = catalog_name_model(search->names, (struct span){text, size});
    if (search->model == NO_MODEL && (search->steps & NAME_STEP(NAME_SPELLING)) != 0) {
        search->model = catalog_name_keyed(search->names, KEY_FOLDED, (struct span){text, size});
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
    struct span name = catalog_name_bare(guess->name);

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
        search->model = catalog_name_keyed(search->names, KEY_BARE, name);
        if (search->model == NO_MODEL && (search->steps & NAME_STEP(NAME_SPELLING)) != 0) {
            search->model = catalog_name_keyed(search->names, KEY_FOLDED_BARE, name);
            taken |= NAME_STEP(NAME_SPELLING);
        }
        search->taken = taken;
        if (search->model != NO_MODEL)
            return true;
    }
    return (search->steps & NAME_STEP(NAME_VENDOR)) != 0 &&
           search_worded(search, (struct span){NULL, 0}, name, guess->steps | NAME_STEP(NAME_VENDOR));
}

/* Looks for a form as it is: right behind OpenRouter's name it is a slug, moved from model to model elsewhere or not.
 */
static bool search_slug(struct search *search, const struct name_guess *guess)
{
    search->model = catalog_name_model(search->names, guess->name);
    search->taken = guess->steps;
    return search->model != NO_MODEL;
}

/* Looks for a form with its author or, if it has none, as a bare name. */
static bool search_form(struct search *search, const struct name_guess *guess)
{
    struct span word = slug_author(guess->name), bare = catalog_name_bare(guess->name), author;

    if (guess->is_slug && search_slug(search, guess))
        return true;
    if (bare.size == 0 || memchr(bare.bytes, '/', bare.size) != NULL || model_name_is_moving(bare) ||
        model_name_is_misleading(bare))
        return false;
    if (word.size == 0)
        return search_bare(search, guess);
    author = model_name_author(word);
    if (search_author(search, word, word, guess, guess->steps))
        return true;
    return author.size > 0 && (search->steps & NAME_STEP(NAME_VENDOR)) != 0 &&
           search_author(search, author, word, guess, guess->steps | NAME_STEP(NAME_VENDOR));
}

static bool ends_with_size(struct span name)
{
    return name.size > 1 && name.bytes[name.size - 1] == 'b' && name.bytes[name.size - 2] >= '0' &&
           name.bytes[name.size - 2] <= '9';
}

static bool begins_with(struct span name, const char *begin)
{
    return name.size >= strlen(begin) && memcmp(name.bytes, begin, strlen(begin)) == 0;
}

/* Looks for what a host of chat models leaves out. Of Qwen's third generation only Bedrock's names say which of
 * "-instruct" and "-thinking" they mean; "mistral-7b" was several models. */
static bool search_tuned(struct search *search, const struct name_guess *guess)
{
    static const char *const endings[] = {"-instruct", "-it"};
    struct span bare = catalog_name_bare(guess->name);
    char text[EVENT_TEXT_MAX];

    if ((search->steps & NAME_STEP(NAME_TUNED)) == 0 || (!ends_with_size(bare) && !begins_with(bare, "phi-")) ||
        begins_with(bare, "mistral-7b") || (begins_with(bare, "qwen3-") && !guess->is_vendor_dot))
        return false;
    for (size_t i = 0; i < LENGTH_OF(endings); i++) {
        struct name_guess tuned = *guess;
        size_t size = strlen(endings[i]);
        if (guess->name.size + size > sizeof(text))
            continue;
        memcpy(text, guess->name.bytes, guess->name.size);
        memcpy(text + guess->name.size, endings[i], size);
        tuned.name = (struct span){text, guess->name.size + size};
        tuned.steps |= NAME_STEP(NAME_TUNED);
        if (search_form(search, &tuned))
            return true;
    }
    return false;
}

/* Looks for one of Mistral's by its line and month. */
static bool search_line(struct search *search, const struct name_guess *guess)
{
    struct span word = slug_author(guess->name);
    char line[NAME_FOLDED_MAX];

    if ((search->steps & NAME_STEP(NAME_SPELLING)) == 0 ||
        (word.size > 0 && !span_equal(model_name_author(word), span_of("mistralai"))))
        return false;
    struct span of_month = model_name_line(catalog_name_bare(guess->name), 0, line);
    search->model = of_month.size == 0 ? NO_MODEL : catalog_name_keyed(search->names, KEY_LINE, of_month);
    search->taken = guess->steps | NAME_STEP(NAME_SPELLING) | (word.size == 0 ? NAME_STEP(NAME_BARE) : 0);
    return search->model != NO_MODEL;
}

/* Whether the day that was cut off is another model's in the catalog: "gpt-4o-0513" is "gpt-4o-2024-05-13" there. */
static bool is_others_day(const struct search *search, const struct name_guess *guess)
{
    struct span slug = symbols_text(search->names->symbols, search->model + 1);
    int32_t month = snapshot_day_month(&search->names->days[search->model]);
    char text[EVENT_TEXT_MAX + 16];

    if (!guess->is_date_short || guess->date > 10000)
        return false;
    int size = snprintf(text, sizeof(text), "%.*s-20%02d-%02d-%02d", (int)slug.size, slug.bytes, (int)(month / 100),
                        (int)(guess->date / 100), (int)(guess->date % 100));
    uint32_t model = catalog_name_model(search->names, (struct span){text, (size_t)size});
    return model != NO_MODEL && model != search->model;
}

static bool look(void *context, const struct name_guess *guess)
{
    struct search *search = context;
    bool is_chat = guess->is_chat || guess->is_vendor_dot, has_size = ends_with_size(guess->name);

    /* Such a host's "llama-3.1-405b" is no base model, although there is one of that name. */
    bool is_found = (is_chat && has_size && search_tuned(search, guess)) || search_form(search, guess) ||
                    (is_chat && !has_size && search_tuned(search, guess)) || search_line(search, guess);
    return is_found && snapshot_day_fits(&search->names->days[search->model], guess) && !is_others_day(search, guess);
}

bool catalog_search(const struct catalog_names *names, struct span name, uint32_t steps, uint32_t *model,
                    uint32_t *taken)
{
    struct search search = {.names = names, .steps = steps};
    bool is_found = model_name_walk(name, steps, look, &search);

    *model = is_found ? search.model : NO_MODEL;
    *taken = is_found ? search.taken : 0;
    return is_found;
}
