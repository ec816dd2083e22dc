/*
 * The ledger's state, for people: is every record that was read accounted for, and do the summaries at hand fit what
 * was published? The full proof is `gentally verify`; this looks at the weeks and months of the document.
 */
#ifndef GENTALLY_LEDGER_STATE_H
#define GENTALLY_LEDGER_STATE_H

#include "dataset.h"
#include "document.h"

/* Appends the key "ledger" with its object. `ledger` are the ledger's records, decoded by way of `read`. */
void ledger_state_write(struct document *document, const struct dataset *dataset, const struct latest *ledger,
                        struct ledger_read *read);

#endif
