/* What a message that is not in our framing looks like, for the detail of its dead letter. Pure. */
#ifndef GENTALLY_WIRE_LOOK_H
#define GENTALLY_WIRE_LOOK_H

#include "gentally/base/verdict.h"

/*
 * Adds to `why` (NULL is fine), which says that `value` cannot be decoded, the name of the form that it seems to have:
 * one without byte 0 and a schema id, or, if it begins with byte 0, one with an id that nobody knows. Nothing of the
 * value is in the name; a value that is like no form that is known leaves `why` as it is. Returns `verdict`.
 */
enum verdict wire_tell(struct span value, enum verdict verdict, struct reason *why);

#endif
