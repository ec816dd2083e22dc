/* The parts of a name of a model, "claude" "4" "5" "sonnet": runs of letters or of digits. For model_name_fold.c and
 * model_name_line.c. */
#ifndef GENTALLY_MODEL_NAME_PARTS_H
#define GENTALLY_MODEL_NAME_PARTS_H

#include "gentally/base/base.h"

/* Cuts the next part off the front of `text`; empty at its end. */
struct span name_part_next(struct span *text);

bool name_part_is(struct span part, const char *word);

/* True for a part that is there and of digits. */
bool name_part_is_digits(struct span part);

#endif
