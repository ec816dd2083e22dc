/* The document's header: the range and what is in it, as of when, coverage, the ledger's state, the study's scalars. */
#ifndef GENTALLY_DOCUMENT_HEADER_H
#define GENTALLY_DOCUMENT_HEADER_H

#include "dataset.h"
#include "document.h"

/* Appends the key "header" with its object. `ledger` are the ledger's records, decoded by way of `read`; `told` is the
 * one of them that says as of when the document is, or NULL. */
void document_header_write(struct document *document, const char *title, struct dataset *dataset,
                           const struct latest *ledger, const struct latest_row *told, struct ledger_read *read);

#endif
