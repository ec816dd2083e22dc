/*
 * The vendor's own list has its models' bare names, a host's the vendor's name before them, in the vendor's or the
 * host's spelling. Steps that take off how a host serves a model are taken; those that could make another model of it
 * are not.
 */
#include "listed_slug.h"

#include "gentally/base/text.h"
#include "gentally/core/model_name.h"

#define FAMILY_LETTERS_MIN 3 /* shorter words ("o3", "r1", "L3") say nothing of whose they are */

static const uint32_t packing = NAME_STEP(NAME_CLEAN) | NAME_STEP(NAME_CASE) | NAME_STEP(NAME_HOST) |
                                NAME_STEP(NAME_REGION) | NAME_STEP(NAME_VENDOR) | NAME_STEP(NAME_PIN) |
                                NAME_STEP(NAME_MODE) | NAME_STEP(NAME_PRECISION);

static bool keep_form(void *context, const struct name_guess *guess)
{
    struct listed_slug *slug = context;

    memcpy(slug->text, guess->name.bytes, guess->name.size);
    slug->slug = (struct span){slug->text, guess->name.size};
    return false;
}

bool listed_slug_is_plain(struct span slug)
{
    size_t author = slug_author(slug).size;

    for (size_t i = 0; i < slug.size; i++) {
        char byte = slug.bytes[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        bool is_sign = strchr(".-_+", byte) != NULL && byte != '\0' && i > 0 && i != author + 1;
        if (!is_letter && !is_sign && (byte != '/' || i != author))
            return false;
    }
    return author > 0 && author + 1 < slug.size;
}

static bool is_letter(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

static size_t letters(struct span text)
{
    size_t count = 0;

    while (count < text.size && is_letter(text.bytes[count]))
        count++;
    return count;
}

static struct span name_of(struct span slug)
{
    size_t author = slug_author(slug).size;

    return author == 0 ? slug : (struct span){slug.bytes + author + 1, slug.size - author - 1};
}

/* Whether the author has a model whose name begins with the same word. */
static bool has_family(const struct catalog_file *file, struct span author, struct span name, size_t size)
{
    for (size_t i = 0; i < file->row_count; i++) {
        struct span slug = file->rows[i].row.model.slug, other = name_of(slug);
        if (span_equal(slug_author(slug), author) && letters(other) == size &&
            memcmp(other.bytes, name.bytes, size) == 0)
            return true;
    }
    return false;
}

/* The author whose word the name begins with, "zai-glm-5"; absent if it begins with none. */
static struct span author_within(struct span name)
{
    size_t size = 0;

    while (size < name.size && name.bytes[size] != '-')
        size++;
    return size == name.size ? (struct span){NULL, 0} : model_name_author((struct span){name.bytes, size});
}

/* True for a name of others' models in a vendor's list: with another author's word, or with the first word of models
 * that are all of other authors, such as "kimi" in the list of "qwen". */
static bool is_named_like_others(const struct catalog_file *file, struct span slug)
{
    struct span name = name_of(slug), author = slug_author(slug), within = author_within(name);
    size_t size = letters(name);
    bool is_others = within.size > 0 && !span_equal(within, author);

    for (size_t i = 0; i < file->row_count && size >= FAMILY_LETTERS_MIN && !is_others; i++) {
        struct span other = name_of(file->rows[i].row.model.slug);
        if (letters(other) == size && memcmp(other.bytes, name.bytes, size) == 0)
            is_others = !has_family(file, author, name, size);
    }
    return is_others;
}

/* Puts the author before the name, or in the place of the word that stands there. */
static void set_author(struct listed_slug *slug, struct span author)
{
    struct span name = name_of(slug->slug);
    char text[EVENT_TEXT_MAX];
    size_t size = author.size + 1 + name.size;

    slug->slug = (struct span){NULL, 0};
    if (size > sizeof(text))
        return;
    memcpy(text, author.bytes, author.size);
    text[author.size] = '/';
    memcpy(text + author.size + 1, name.bytes, name.size);
    memcpy(slug->text, text, size);
    slug->slug = (struct span){slug->text, size};
}

/* Finds the author by the word before the name, or by whose list it is; false if neither says. */
static bool find_author(struct listed_slug *slug, const struct listed_model *listed, const struct catalog_file *file)
{
    struct span vendor = model_name_author(listed->vendor), word = slug_author(slug->slug);
    struct span author = word.size == 0 ? vendor : model_name_author(word);
    struct file_author found;

    if (author.size == 0 && word.size > 0 && catalog_file_author(file, word, &found))
        author = word;
    slug->is_own = author.size > 0 && span_equal(author, vendor);
    if (author.size == 0 || memchr(name_of(slug->slug).bytes, '/', name_of(slug->slug).size) != NULL)
        return false;
    set_author(slug, author);
    return true;
}

static bool ends_with(struct span text, const char *ending)
{
    size_t size = strlen(ending);

    return text.size > size && memcmp(text.bytes + text.size - size, ending, size) == 0;
}

static bool is_moving(struct span slug)
{
    return ends_with(slug, "-latest") || ends_with(slug, "-nightly") || model_name_is_moving(name_of(slug)) ||
           model_name_is_misleading(name_of(slug));
}

enum import_fate listed_slug_make(struct listed_slug *slug, const struct listed_model *listed,
                                  const struct catalog_file *file)
{
    struct span name = listed->name;

    *slug = (struct listed_slug){.is_own = listed->is_slug};
    if (name.size == 0 || name.size > EVENT_TEXT_MAX || !text_is_sound(name))
        return IMPORT_UNUSABLE;
    if (model_name_base(name).size < name.size)
        return IMPORT_VARIANT;
    if (name.bytes[0] == '~')
        return IMPORT_MOVING;
    (void)model_name_walk(name, listed->is_slug ? NAME_STEP(NAME_CASE) : packing, keep_form, slug);
    if (slug->slug.size == 0)
        return IMPORT_UNUSABLE;
    if (!listed->is_slug && !find_author(slug, listed, file))
        return IMPORT_HOSTED;
    if (slug->slug.size == 0 || !listed_slug_is_plain(slug->slug))
        return IMPORT_UNUSABLE;
    if (is_moving(slug->slug))
        return IMPORT_MOVING;
    if (!slug->is_own)
        return IMPORT_HOSTED;
    return !listed->is_slug && is_named_like_others(file, slug->slug) ? IMPORT_DOUBTFUL : IMPORT_ADDED;
}
