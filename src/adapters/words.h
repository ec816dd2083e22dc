/* The vocabularies of platforms, as ours: finish reasons, providers, and the host in front of a model. Private. */
#ifndef GENTALLY_WORDS_H
#define GENTALLY_WORDS_H

#include "gentally/base/base.h"
#include "unmapped.h"

#define WORD_MAX 64

/* The finish reason that a source's word stands for: one of the five that the product knows; absent for a word that is
 * no end (pause_turn), or no word at all; any other word in lower case, in `room`, with a remark. */
struct span finish_of(struct span word, char room[WORD_MAX], struct remarks *remarks);

/* The provider that a source's word stands for: "azure" for "az.ai.openai"; a word without a rule is itself. What is no
 * word is absent, with a remark. */
struct span provider_of(struct span word, struct remarks *remarks);

/* Cuts hosts off the front of a model's path: "azure/eu/gpt-4o" is "gpt-4o". The first of them becomes `*provider` if
 * that is absent. Authors stay: "openai/gpt-4o" is itself. */
struct span model_without_host(struct span model, struct span *provider);

/* True for providers whose own count of input leaves out what was read from or written to a cache (Anthropic, Bedrock
 * with Claude); true for those whose output leaves out reasoning (Gemini). By the provider of provider_of(), or the
 * model's name. */
bool vendor_leaves_out_cache(struct span provider, struct span model);
bool vendor_leaves_out_reasoning(struct span provider, struct span model);

#endif
