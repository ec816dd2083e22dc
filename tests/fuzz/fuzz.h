/*
 * What the fuzz targets share. A target is one function from bytes to nothing: it returns if all it claims holds, and
 * ends the process if not, so that libFuzzer keeps the bytes. The same source is also linked with replay.c, which gives
 * it the kept corpus in any build.
 */
#ifndef GENTALLY_FUZZ_H
#define GENTALLY_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A claim that must hold for every input, with compiled-out asserts or not. */
#define CLAIM(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                                    \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* A refusal names one of the reasons its header promises, in a text of one line. */
#define CLAIM_REASON(why, ...) claim_reason(__FILE__, __LINE__, why, (const char *const[]){__VA_ARGS__, NULL})

static inline void claim_reason(const char *file, int line, const struct reason *why, const char *const allowed[])
{
    size_t at = 0;

    while (allowed[at] != NULL && (why->id == REASON_NONE || strcmp(allowed[at], reason_name(why->id)) != 0))
        at++;
    if (allowed[at] != NULL && why->text[0] != '\0' && strpbrk(why->text, "\r\n") == NULL)
        return;
    fprintf(stderr, "%s:%d: refused with %s: %s\n", file, line,
            why->id == REASON_NONE ? "no reason" : reason_name(why->id), why->text);
    abort();
}

/* What is left of an input. The takers give 0 or the absent span once it is used up. */
struct fuzz_input {
    const uint8_t *at;
    size_t left; /* bytes */
};

static inline uint8_t take_byte(struct fuzz_input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->at++;
}

/* 0 <= number < bound <= 256 */
static inline uint32_t take_below(struct fuzz_input *input, uint32_t bound)
{
    return take_byte(input) % bound;
}

static inline struct span take_span(struct fuzz_input *input, size_t size)
{
    struct span taken = {(const char *)input->at, size < input->left ? size : input->left};

    input->at += taken.size;
    input->left -= taken.size;
    return taken;
}

static inline struct span take_rest(struct fuzz_input *input)
{
    return take_span(input, input->left);
}

/* A copy of exactly that size, so that a sanitizer sees a read beyond its end. To be freed by the caller. */
static inline struct span copy_exactly(struct span from)
{
    char *bytes = malloc(from.size > 0 ? from.size : 1);

    CLAIM(bytes != NULL);
    if (from.size > 0)
        memcpy(bytes, from.bytes, from.size);
    return (struct span){bytes, from.size};
}

static inline void free_copy(struct span copy)
{
    free((char *)(uintptr_t)copy.bytes);
}

/* A copy with a NUL behind it. To be freed by the caller. */
static inline char *copy_text(struct span from)
{
    char *text = malloc(from.size + 1);

    CLAIM(text != NULL);
    if (from.size > 0)
        memcpy(text, from.bytes, from.size);
    text[from.size] = '\0';
    return text;
}

#endif
