/* A model as somebody else's list of models has it: a public price list, or what a gateway answers. Texts borrow from
 * the list; what the list does not say is unknown. */
#ifndef GENTALLY_LISTED_MODEL_H
#define GENTALLY_LISTED_MODEL_H

#include "gentally/base/base.h"

enum listed_claim { NOT_SAID, SAID_NO, SAID_YES };

struct listed_model {
    struct span name;   /* as listed: "gpt-4o", "azure/eu/gpt-4o" */
    struct span vendor; /* who serves it under this name: "openai", "azure"; or absent */
    struct span alias;  /* another name that the list has for it, or absent */
    struct span title;  /* what people call it, "GPT-4o"; or absent */
    struct span maker;  /* what people call who made it, "OpenAI"; or absent */
    double prompt_usd_per_mtok, completion_usd_per_mtok; /* 0 = not said, or free of charge */
    int64_t released_ms;                                 /* 0 = not said */
    enum listed_claim open_weights;
    enum listed_claim reasoning; /* whether it can, be it on request */
    bool is_slug;                /* `name` is "author/name" as slugs of the catalog are: OpenRouter's */
    bool is_router;
    bool is_text; /* it answers in text: no embeddings, pictures, speech */
};

/* What becomes of a listed model. The first four are told one by one, the others as numbers. */
enum import_fate {
    IMPORT_ADDED,    /* a new row */
    IMPORT_REPRICED, /* a row with the new list price */
    IMPORT_NAMED,    /* a row with the name for people, which the catalog had not */
    IMPORT_DIFFERS,  /* the list says otherwise; nothing is changed */
    IMPORT_KNOWN,    /* the catalog has it, by some name; or another line of the list was added */
    IMPORT_NO_TEXT,  /* it answers in something else than text */
    IMPORT_VARIANT,  /* ":free" of a model */
    IMPORT_MOVING,   /* "-latest": a name that is moved from model to model */
    IMPORT_HOSTED,   /* a host's name for it, of which the vendor is not known for sure */
    IMPORT_DOUBTFUL, /* it is named like models of other vendors */
    IMPORT_UNUSABLE, /* no name, or none that a slug can be made of */
    IMPORT_FATES
};

#endif
