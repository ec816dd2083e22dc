/* A model as the catalog knows it, and the names of its attributes as summaries have them. */
#ifndef GENTALLY_MODEL_H
#define GENTALLY_MODEL_H

#include "gentally/base/base.h"

enum model_source { SOURCE_UNKNOWN, SOURCE_CLOSED, SOURCE_OPEN_CN, SOURCE_OPEN_ROW };
enum model_size { SIZE_UNKNOWN, SIZE_SMALL, SIZE_MEDIUM, SIZE_LARGE };
/* ALWAYS: unless a request switches it off, if it can; OPTIONAL: a request has to ask for it. */
enum model_reasoning { REASONING_UNKNOWN, REASONING_NO, REASONING_OPTIONAL, REASONING_ALWAYS };

/* One model. The texts borrow from the catalog; those of an unknown model from the slug that was asked for. */
struct model {
    struct span slug;   /* "author/name" without variant; of an unknown model the name asked for, without it */
    struct span family; /* the slug under which charts count the model: its own slug if the catalog names no other */
    struct span author; /* the part of the slug before '/' if the catalog names no other; absent without a '/' */
    struct span name;   /* for people, "Claude Sonnet 4"; absent if the catalog has none */
    struct span author_name; /* for people, "Anthropic"; absent if the catalog has none */
    enum model_source source;
    enum model_size size;
    enum model_reasoning reasoning;
    int64_t released_ms; /* the day the model was listed, 00:00 UTC; 0 = not known */
    bool is_known;       /* the catalog has the model */
    bool is_router;      /* it hands requests on to models: neither open nor closed itself */
};

/* Whether it reasons at all, be it on request. */
static inline bool model_reasons(const struct model *model)
{
    return model->reasoning == REASONING_OPTIONAL || model->reasoning == REASONING_ALWAYS;
}

const char *model_source_name(enum model_source source);          /* "unknown" "closed" "open_cn" "open_row" */
const char *model_size_name(enum model_size size);                /* "unknown" "small" "medium" "large" */
const char *model_reasoning_name(enum model_reasoning reasoning); /* "unknown" "no" "optional" "always" */

#endif
