/* The spans of an OTLP request, as objects of their attributes. Private to this room. */
#ifndef GENTALLY_OTEL_H
#define GENTALLY_OTEL_H

#include "draft.h"

/* What is read of a span beside its attributes, in the object that otel_spans() makes of both. */
#define OTEL_ID "(id)"         /* trace and span, in hexadecimal digits */
#define OTEL_PARENT "(parent)" /* the same of the span above */
#define OTEL_START "(start)"
#define OTEL_END "(end)"
#define OTEL_STATUS "(status)"
#define OTEL_TRACE_STATE "(trace state)"

item_take otel_take;

/* Found spans. */
struct otel_found {
    json_t *items;    /* an array of objects */
    json_t *contexts; /* an array, beside it: the scope of each, or null */
    json_t *siblings; /* an object with the ids of those that are inferences */
};

/* Finds the spans of a request, {"resourceSpans": [{"scopeSpans": [{"scope", "spans"}]}]}, in camelCase or snake_case.
 * SET_ASIDE with LINE-FIELD: it is none. HALT: NO-MEMORY. */
MUST_CHECK enum verdict otel_spans(const json_t *request, struct otel_found *found, struct reason *why);

/* Whether such an object is of a request to a model: by its operation, or where no operation is told, by its tokens. */
bool otel_is_inference(const json_t *span);

#endif
