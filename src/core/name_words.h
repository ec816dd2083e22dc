/* The words that names of models are taken apart by: hosts, authors, variants, names that are not what they say.
 * Private to this room. */
#ifndef GENTALLY_NAME_WORDS_H
#define GENTALLY_NAME_WORDS_H

#include "gentally/base/base.h"

bool name_words_host(struct span word);      /* a host whose name is followed by a model's */
bool name_words_host_deep(struct span word); /* an author that also serves the models of others, as "author/name" */
bool name_words_chat_host(struct span word); /* a host that has no base models, and leaves out "-instruct" */
bool name_words_slug_host(
    struct span word); /* a host whose names are the catalog's slugs: OpenRouter, and who has its list */
bool name_words_region(struct span word); /* "us", as in "us.anthropic." */
bool name_words_variant(struct span word);
bool name_words_moving(struct span name);
bool name_words_misleading(struct span name);

/* True for "2025-09-29" (`is_dashed`) or "20250929". */
bool name_words_date(struct span text, bool is_dashed);

/* The author as the catalog has it, or the absent span. */
struct span name_words_author(struct span word);

#endif
