/* OTLP in protobuf, as the JSON that it stands for. Private to this room. */
#ifndef GENTALLY_OTEL_PROTOBUF_H
#define GENTALLY_OTEL_PROTOBUF_H

#include <jansson.h>

#include "gentally/base/verdict.h"

/*
 * Reads an ExportTraceServiceRequest into `*request`, which has of it what otel_spans() looks at, and is the caller's.
 * Attributes that are neither of gen_ai nor of what was before are passed over. SET_ASIDE with LINE-NOT-JSON: it is no
 * such message, or there is no memory for it.
 */
MUST_CHECK enum verdict otel_protobuf_read(struct span bytes, json_t **request, struct reason *why);

#endif
