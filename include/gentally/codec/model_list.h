/*
 * Reads lists of models that others publish, JSON in one of three forms:
 *
 *   LiteLLM      {"gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5e-06, ...}, ...}
 *   models.dev   {"openai": {"models": {"gpt-4o": {"cost": {"input": 2.5, ...}, "open_weights": false, ...}}}, ...}
 *   OpenRouter   {"data": [{"id": "openai/gpt-4o", "pricing": {"prompt": "0.0000025", ...}, ...}]}
 *
 * Which one it is, its fields say. What an entry does not have, or has as something else than expected, is not said.
 */
#ifndef GENTALLY_MODEL_LIST_H
#define GENTALLY_MODEL_LIST_H

#include "gentally/base/verdict.h"
#include "gentally/core/listed_model.h"

/* Takes one model; its texts borrow until it returns. What is not GO_ON ends the reading. */
typedef enum verdict model_list_take(void *context, const struct listed_model *listed, struct reason *why);

/* Gives every entry to `take`; one without a name has none. `path` is for messages. `*form` is "LiteLLM", "models.dev"
 * or "OpenRouter", static. HALT: TABLE-INVALID (what is wrong, and on which line), NO-MEMORY, or what `take` said. */
MUST_CHECK enum verdict model_list_read(struct span text, const char *path, model_list_take *take, void *context,
                                        const char **form, struct reason *why);

#endif
