/*
 * The name of a partition's state, drawn when `gentally setup` makes the state: a UUID of version 7 (RFC 9562, section
 * 5.7), so that of two states of one partition it can be told which was made later. Where two stores hold one each (a
 * failover that lost the first, and a worker that still reaches it), the later one counts. Pure.
 */
#ifndef GENTALLY_INCARNATION_H
#define GENTALLY_INCARNATION_H

#include "gentally/base/calendar.h"

#define INCARNATION_SIZE 33 /* bytes: 32 hex digits and NUL */

/* Writes the name of a state made at `made_ms` (since 1970 in UTC, 0 .. 2^48 - 1) from 16 random bytes, of which 74
 * bits stay. */
void incarnation_write(int64_t made_ms, const uint8_t random[16], char text[INCARNATION_SIZE]);

/* When the state was made, in ms; NO_TIME if its name does not say: drawn by a version before this, or empty. */
int64_t incarnation_made_ms(const char *incarnation);

/* Whether `incarnation` was surely made before `other`: both say when. */
bool incarnation_is_before(const char *incarnation, const char *other);

#endif
