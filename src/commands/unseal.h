/* Dead letters that are sealed, opened for `dlq`. */
#ifndef GENTALLY_UNSEAL_H
#define GENTALLY_UNSEAL_H

#include "gentally/inspect/dead_letters.h"
#include "gentally/kafka/letter_content.h"
#include "gentally/kafka/letter_keys.h"

/* Opens what is sealed of a letter (`opener` NULL: no key was given): if `*state` is LETTER_OPENED then, key, value and
 * detail of the letter are those of its record, and `content` has the record's headers. All borrow from the opener,
 * until the next call. HALT: NO-MEMORY. */
MUST_CHECK enum verdict unseal(struct letter_opener *opener, struct dead_letter *letter, struct letter_content *content,
                               enum letter_state *state, struct reason *why);

/* Says why a sealed letter stays closed. HALT: DLQ-SEALED. */
MUST_CHECK enum verdict unseal_refuse(const struct letter_opener *opener, const struct dead_letter *letter,
                                      enum letter_state state, struct reason *why);

#endif
