/* The sources of the tree, read once, and how a test complains of one: what the tests of the house rules share. */
#ifndef GENTALLY_TIDY_TREE_H
#define GENTALLY_TIDY_TREE_H

#include <assert.h>
#include <ctype.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>

#include "gentally/base/base.h"
#include "suite.h"
#include "tidy_source.h"

#define SOURCES_MAX 2048

struct findings {
    bool is_quiet; /* for the bad examples: only the count matters */
    size_t count;
    char last[256];
};

typedef void rule(const struct source_file *source, struct findings *findings);

/* All .c, .h and .def files of src/, include/ and tests/; nftw() has no argument to pass it by. */
static struct source_file tree[SOURCES_MAX];
static size_t tree_count;

__attribute__((format(printf, 4, 5))) static inline void complain(struct findings *findings,
                                                                  const struct source_file *source, const char *at,
                                                                  const char *format, ...)
{
    unsigned line = 1;
    va_list arguments;

    for (const char *text = source->text; text < at; text++)
        line += *text == '\n';
    va_start(arguments, format);
    vsnprintf(findings->last, sizeof(findings->last), format, arguments);
    va_end(arguments);
    findings->count++;
    if (!findings->is_quiet)
        printf("%s:%u: %s\n", source->path, line, findings->last);
}

static inline bool is_word_letter(char letter)
{
    return isalnum((unsigned char)letter) || letter == '_';
}

/* The next `word` at or after `at` that is not a part of a longer one. `first` is where the text begins. */
static inline const char *find_word(const char *first, const char *at, const char *word)
{
    size_t size = strlen(word);
    for (at = strstr(at, word); at != NULL; at = strstr(at + 1, word))
        if ((at == first || !is_word_letter(at[-1])) && !is_word_letter(at[size]))
            return at;
    return NULL;
}

/* A file's text, to be freed; NULL if there is none. */
static inline char *read_text(const char *path)
{
    char *text = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return NULL;
    ssize_t size = getdelim(&text, &room, '\0', file);
    fclose(file);
    if (size >= 0)
        return text;
    free(text);
    return strdup("");
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    const char *name = path + walk->base;
    const char *dot = strrchr(name, '.');

    (void)status;
    if (kind != FTW_F || dot == NULL || (strcmp(dot, ".c") != 0 && strcmp(dot, ".h") != 0 && strcmp(dot, ".def") != 0))
        return 0;
    char *text = read_text(path);
    assert(text != NULL);
    assert(tree_count < SOURCES_MAX);
    tree[tree_count++] = source_of(strdup(path + strlen(GENTALLY_ROOT) + 1), text);
    return 0;
}

static inline void tree_open(void)
{
    static const char *const folders[] = {GENTALLY_ROOT "/src", GENTALLY_ROOT "/include", GENTALLY_ROOT "/tests"};
    for (size_t at = 0; at < LENGTH_OF(folders); at++)
        if (nftw(folders[at], visit, 16, FTW_PHYS) != 0)
            abort();
}

static inline void tree_close(void)
{
    for (size_t at = 0; at < tree_count; at++) {
        free((char *)(uintptr_t)tree[at].path);
        source_free(&tree[at]);
    }
}

/* Fails for each finding of a rule in the tree. */
static inline void check_tree(rule *check)
{
    struct findings findings = {0};
    CU_ASSERT(tree_count > 10); /* an empty tree would be a tidy one */
    for (size_t at = 0; at < tree_count; at++)
        check(&tree[at], &findings);
    CU_ASSERT_EQUAL(findings.count, 0);
}

/* A rule on a text as if it stood at `path`: how many findings. */
static inline size_t findings_in(rule *check, const char *path, const char *text)
{
    struct findings findings = {.is_quiet = true};
    struct source_file source = source_of(path, strdup(text));
    check(&source, &findings);
    source_free(&source);
    return findings.count;
}

struct example {
    rule *check;
    const char *path, *text;
    size_t want;
};

/* Rules are shown bad examples first, since a rule that cannot fail says nothing. */
static inline void check_examples(const struct example examples[], size_t count)
{
    for (size_t at = 0; at < count; at++) {
        const struct example *example = &examples[at];
        size_t found = findings_in(example->check, example->path, example->text);
        if (found != example->want)
            printf("example %zu: %zu findings, not %zu: %s\n", at, found, example->want, example->text);
        CU_ASSERT_EQUAL(found, example->want);
    }
}

#endif
