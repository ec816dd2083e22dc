/* A name is cut into its words, which are compared one by one: names are short, and a schema is read once. */
#include "field_names.h"

#include <ctype.h>

#include "gentally/base/suggest.h"

#define WORDS_MAX 8
#define WORD_MAX 32

struct words {
    char word[WORDS_MAX][WORD_MAX];
    unsigned count;
};

/* A word ends at what is no letter or digit, and before a capital that follows a small letter. */
static bool cut(const char *name, struct words *words)
{
    size_t size = 0;
    bool is_open = false;

    *words = (struct words){.count = 0};
    for (const char *at = name; *at != '\0'; at++) {
        unsigned char letter = (unsigned char)*at;
        bool is_new = !is_open || (isupper(letter) && at > name && islower((unsigned char)at[-1]));
        if (!isalnum(letter)) {
            is_open = false;
            continue;
        }
        if (is_new) {
            if (words->count == WORDS_MAX)
                return false;
            words->count++;
            size = 0;
        }
        if (size + 1 >= WORD_MAX)
            return false;
        is_open = true;
        words->word[words->count - 1][size++] = (char)tolower(letter);
    }
    return words->count > 0;
}

static bool has_word(const struct words *words, const char *word)
{
    for (unsigned i = 0; i < words->count; i++)
        if (strcmp(words->word[i], word) == 0)
            return true;
    return false;
}

static bool has_all(const struct words *words, const struct words *of)
{
    for (unsigned i = 0; i < of->count; i++)
        if (!has_word(words, of->word[i]))
            return false;
    return true;
}

unsigned field_names_alike(const char *left, const char *right)
{
    struct words of_left, of_right;
    struct suggestion suggestion = suggestion_for(left);

    if (!cut(left, &of_left) || !cut(right, &of_right))
        return 0;
    bool is_within = has_all(&of_left, &of_right), is_around = has_all(&of_right, &of_left);
    if (is_within && is_around)
        return 3;
    suggestion_try(&suggestion, right);
    if (suggestion_name(&suggestion) != NULL && suggestion.distance < strlen(right)) /* of "op" a letter is left */
        return 2;
    /* One word says little: "tokens" is in six of our names. */
    return (is_within && of_right.count > 1) || (is_around && of_left.count > 1) ? 1 : 0;
}
