/* The document's notes: what is missing, unknown or still open in the whole range, then the remarks on the study. */
#ifndef GENTALLY_DOCUMENT_NOTES_H
#define GENTALLY_DOCUMENT_NOTES_H

#include "dataset.h"
#include "document.h"

/* Appends the key "notes" with its array of texts. */
void document_notes_write(struct document *document, const struct dataset *dataset);

#endif
