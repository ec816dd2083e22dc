/* The document: JSON in one growing text. Commas are set where one is due; keys and brackets are the caller's. */
#ifndef GENTALLY_DOCUMENT_H
#define GENTALLY_DOCUMENT_H

#include "gentally/base/base.h"

/* All zero but `has_failed` is an empty document. */
struct document {
    bool *has_failed; /* borrowed: set if memory runs out */
    char *bytes;      /* owned */
    size_t size, room;
};

/* Copies the text as it is: brackets, and values that are JSON already. No comma is set. */
void document_raw(struct document *document, const char *text);

/* A key of an object, with its colon. */
void document_key(struct document *document, const char *name);

/* Values, each with the comma before it. An absent text is null, as is a real that is no number. */
void document_text(struct document *document, struct span text);
void document_integer(struct document *document, int64_t value);
void document_real(struct document *document, double value);
void document_date(struct document *document, int64_t ms); /* "2025-11-17" */
void document_null(struct document *document);

/* Sets the comma that is due before an object or array, which document_raw() then opens. */
void document_comma(struct document *document);

#endif
