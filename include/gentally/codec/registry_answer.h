/*
 * Reads what a schema registry answers: JSON by the Confluent API. Pure; takes memory of its own for the call, and
 * where there is none the answer counts as one that cannot be read.
 */
#ifndef GENTALLY_REGISTRY_ANSWER_H
#define GENTALLY_REGISTRY_ANSWER_H

#include "gentally/base/base.h"

/* Reads the schema's id. False: the answer is no JSON object, or has no `id` of 1..2^31-1. */
bool registry_answer_id(struct span answer, uint32_t *id);

/* Whether the answer's `schema` is that schema, JSON text, however either is laid out. */
bool registry_answer_is(struct span answer, struct span schema);

/* Writes what the registry says of an error, cut to `room` bytes with the NUL: its `message`, or else the answer as it
 * is; without control characters. */
void registry_answer_message(struct span answer, char *text, size_t room);

#endif
