/*
 * What is left out: the events that an operator names by a text of theirs, as those of a health check. They are read,
 * and counted as such; no row has them, and no dead letter.
 *
 *     app=health-check,provider=internal-test,model=acme-*
 *
 * A pair of field and value leaves out each event whose text is just that value, byte by byte, as it counts: countries
 * and languages in the spelling of vocabulary.h, in which whole values of the list are written, too; the catalog is not
 * asked. A '*' at a value's end stands for any rest. Within a value '\,', '\*' and '\\' stand for the sign itself, and
 * these three can't be written otherwise: so a list has one spelling, but for the order of its pairs.
 * Pure.
 */
#ifndef GENTALLY_LEAVE_OUT_H
#define GENTALLY_LEAVE_OUT_H

#include "gentally/core/event.h"

#define LEAVE_OUT_MAX 32   /* pairs */
#define LEAVE_OUT_SIZE 512 /* bytes of a list, with its NUL */

/* A pair: a field of the event, and a text within `values`. */
struct leave_out_pair {
    uint8_t field;
    bool is_prefix;
    uint16_t begin, size;
};

/* May be copied, as a configuration is. */
struct leave_out {
    uint32_t count; /* of pairs; 0: nothing is left out */
    struct leave_out_pair pairs[LEAVE_OUT_MAX];
    char values[LEAVE_OUT_SIZE]; /* without their escapes */
    char text[LEAVE_OUT_SIZE];   /* the list, its pairs in byte order, whichever they had */
};

/* Reads a list of less than LEAVE_OUT_SIZE bytes; an empty one leaves out nothing. HALT: CONFIG-VALUE, with the pair
 * that is wrong. */
MUST_CHECK enum verdict leave_out_parse(const char *list, struct leave_out *leave_out, struct reason *why);

/* True if one of the pairs names the event, which has passed event_check() and event_canonicalise(). */
bool leave_out_has(const struct leave_out *leave_out, const struct event *event);

#endif
