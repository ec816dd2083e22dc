/*
 * A source as house rules read it, in three views of the same length and lines: all of it; `code`, without comments;
 * `bare`, without comments and without the contents of literals.
 */
#ifndef GENTALLY_TIDY_SOURCE_H
#define GENTALLY_TIDY_SOURCE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct source_file {
    const char *path; /* from the root: "src/base/log.c" */
    char *text, *code, *bare;
};

static inline bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The size of the comment or literal that begins at `text`; 0 if none does. */
static inline size_t skipped_size(const char *text)
{
    size_t size = 1;

    if (begins_with(text, "//"))
        return strcspn(text, "\n");
    if (begins_with(text, "/*")) {
        const char *end = strstr(text + 2, "*/");
        return end == NULL ? strlen(text) : (size_t)(end + 2 - text);
    }
    if (*text != '"' && *text != '\'')
        return 0;
    while (text[size] != '\0' && text[size] != *text && text[size] != '\n')
        size += text[size] == '\\' && text[size + 1] != '\0' ? 2 : 1;
    return text[size] == *text ? size + 1 : size;
}

static inline void blank(char *text, size_t first, size_t end)
{
    for (size_t at = first; at < end; at++)
        if (text[at] != '\n')
            text[at] = ' ';
}

/* Takes `text`. */
static inline struct source_file source_of(const char *path, char *text)
{
    struct source_file source = {path, text, strdup(text), strdup(text)};
    size_t size;

    for (size_t at = 0; text[at] != '\0'; at += size == 0 ? 1 : size) {
        size = skipped_size(text + at);
        if (size == 0)
            continue;
        if (text[at] == '/') {
            blank(source.code, at, at + size);
            blank(source.bare, at, at + size);
        } else {
            blank(source.bare, at + 1, at + size - 1);
        }
    }
    return source;
}

static inline void source_free(struct source_file *source)
{
    free(source->text);
    free(source->code);
    free(source->bare);
}

#endif
