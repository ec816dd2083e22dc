/*
 * Names of fields as people vary them: in another order, in camel case, with a word more or less. By them a field that
 * a writer has is known as one that we would read under another name. Private to this room; pure.
 */
#ifndef GENTALLY_FIELD_NAMES_H
#define GENTALLY_FIELD_NAMES_H

#include "gentally/base/base.h"

/* How much two names are alike: 0, not at all; 1, the words of one are among those of the other ("cost_usd",
 * "cost_nano_usd"); 2, a slip of the hand lies between them; 3, they have the same words ("cachedTokens",
 * "tokens_cached"). */
unsigned field_names_alike(const char *left, const char *right);

#endif
