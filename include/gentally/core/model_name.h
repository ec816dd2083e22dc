/*
 * Names of models as the world writes them, on their way to a name that the catalog has. Pure; knows words (hosts,
 * vendors, endings), not models. A name is taken apart step by step, from the least change to the most, and each form
 * is offered: whoever looks names up takes the first that it knows, so nothing is cut off that tells models apart. What
 * is counted is always the raw name; see "Names of models" in schemas/README.md.
 */
#ifndef GENTALLY_MODEL_NAME_H
#define GENTALLY_MODEL_NAME_H

#include "gentally/base/base.h"
#include "gentally/core/event.h"

enum name_step {
    NAME_CLEAN,     /* blanks around, invisible characters */
    NAME_CASE,      /* lower case */
    NAME_HOST,      /* "azure/eu/", "bedrock/us-east-1/", "models/", "databricks-": who serves it, not who made it */
    NAME_REGION,    /* "us." */
    NAME_VENDOR,    /* "anthropic.", "zai-org/", "openai-": another spelling of the author */
    NAME_VARIANT,   /* ":free:online", "[1m]" */
    NAME_PIN,       /* "-v1:0", "@001", "@default", "-maas": a version of the host's packing */
    NAME_MODE,      /* "-reasoning" of grok, "-thinking" of claude: switched on, the model is the same */
    NAME_PRECISION, /* "-fp8", "-awq", "-instruct-turbo": how exactly a host computes */
    NAME_DATE,      /* "-20250929", "-2025-09-29", "@20250929", "-04-17" after "-preview", "-0905", "-2407" */
    NAME_LATEST,    /* "-latest" behind a version */
    NAME_TAG,       /* ":20b" is a size: "gpt-oss:20b" */
    NAME_TUNED,     /* "-instruct", "-it" on, where a host that has chat models alone leaves it out */
    NAME_BARE,      /* without an author, if only one model has the name */
    NAME_SPELLING,  /* "4-5" is "4.5", "llama3" is "llama-3", "claude-4.5-sonnet" is "claude-sonnet-4.5" */
    NAME_STEPS
};

#define NAME_STEP(step) (1u << (step))
#define NAME_STEPS_ALL (NAME_STEP(NAME_STEPS) - 1)

/* "clean", "case", ... */
const char *name_step_name(enum name_step step);

/* Reads "all", "none", or names of steps separated by commas, without blanks. Returns false for anything else. */
MUST_CHECK bool name_steps_parse(const char *text, uint32_t *steps);

/* A form of a name, without blanks around. The texts borrow until the function that was given the guess returns. */
struct name_guess {
    struct span name; /* all of it, with '/' in it or not */
    uint32_t steps;   /* taken so far, as bits NAME_STEP() */
    int32_t date;     /* what NAME_DATE cut off, as 20250929, 417 without a year, 20250900 without a day; 0 = nothing */
    bool is_date_short; /* it may be a version as well: only right if it is the model's */
    bool is_vendor_dot; /* the author was told by a dot, as Bedrock does: "deepseek.r1" is deepseek/deepseek-r1 */
    bool is_slug;       /* its host has the slugs that the catalog has: OpenRouter, right before the name */
    bool is_chat;       /* its host has chat models alone, and may leave out "-instruct" */
};

/* Looks at one form; returns true to end the walk. */
typedef bool name_look(void *context, const struct name_guess *guess);

/* Offers every form of `name` that `steps` allow, the raw one first, until `look` says true; returns whether it did.
 * Stops early at a name in which no model's can be found: an ARN, "ft:...", "~author/x-latest", a name that its host
 * gave to another model, a text longer than EVENT_TEXT_MAX. The last form, walked again, stays as it is. Does not
 * allocate. */
bool model_name_walk(struct span name, uint32_t steps, name_look *look, void *context);

/* The author as the catalog has it, "z-ai" for "zai-org" and for "z-ai"; the absent span if the word is no author's. */
struct span model_name_author(struct span word);

/* True for a word of a path that says who serves a model: "azure", "bedrock", "us-east-1". Those that are authors too
 * (mistral, tencent) are hosts; those that host others' models under "author/name" only (nvidia) if `is_deep`. */
bool model_name_is_host(struct span word, bool is_deep);

/* True for a name that hosts and vendors move from model to model: only as a slug of the catalog is it one model. */
bool model_name_is_moving(struct span name);

/* True for a name without author that means another model than it says: only as a slug or alias it is one. */
bool model_name_is_misleading(struct span name);

/* The name without its known variants, all of them: "a/b" of "a/b:free:online", but "qwen2.5:7b" of itself. */
struct span model_name_base(struct span name);

#define NAME_FOLDED_MAX (2 * EVENT_TEXT_MAX)

/* Writes the name so that spellings of one version are the same: words and numbers separated by '-', '/' kept. Of a
 * `name` of at most EVENT_TEXT_MAX bytes in lower case. Returns what it wrote. */
struct span model_name_fold(struct span name, char folded[NAME_FOLDED_MAX]);

/* Writes the line and month of one of Mistral's models, by a name in lower case without its author:
 * "mistral-small-2503". The month stands in the name, or is given as 2503 where it does not (0 = not given). The absent
 * span if the name is of no such line, or the month is both or neither. */
struct span model_name_line(struct span name, int32_t month, char text[NAME_FOLDED_MAX]);

#endif
