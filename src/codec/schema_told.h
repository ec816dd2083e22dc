/*
 * What a plan leaves out of a writer's schema, as people are told it: lists of names, built while the plan is compiled.
 * Private to this room.
 */
#ifndef GENTALLY_SCHEMA_TOLD_H
#define GENTALLY_SCHEMA_TOLD_H

#include "gentally/base/base.h"

/* A text that grows. Zero before the first use. */
struct told_text {
    char *text;
    size_t size, room;
};

/* All absent before the first field; freed by schema_told_free(). */
struct schema_told {
    struct told_text read;      /* "id, created_at, ..." : our names */
    struct told_text skipped;   /* the writer's names, which we do not read */
    struct told_text defaulted; /* our names that no field is read for */
    struct told_text doubts;    /* "cost is skipped: is it cost_nano_usd?; ..." */
};

/* Adds to a list, after a separator if it is not the first. False: no memory. */
MUST_CHECK bool told_add(struct told_text *text, const char *separator, const char *prefix, const char *name);

void schema_told_free(struct schema_told *told);

#endif
