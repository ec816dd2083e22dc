/* Files that are no JSON lines from their first line to their last, so that one message says it for all of them. */
#ifndef GENTALLY_INPUT_KIND_H
#define GENTALLY_INPUT_KIND_H

#include "gentally/base/verdict.h"

/* HALT with LINE-NOT-JSON if no line of a file whose `first` line this is can be an event: compressed files, other
 * encodings, arrays, objects over several lines, lines that end in CR. GO_ON for all else, good or bad. */
MUST_CHECK enum verdict input_kind_check(struct span first, struct reason *why);

#endif
