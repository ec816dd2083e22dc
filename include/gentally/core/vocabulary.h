/*
 * The vocabularies of an event's fields: how values are written that a standard lets be written in several ways, and
 * which values are in them. Pure.
 */
#ifndef GENTALLY_VOCABULARY_H
#define GENTALLY_VOCABULARY_H

#include "gentally/core/event.h"

struct countries;

/* Room for the texts of one event. */
struct canonical_texts {
    char country[2];
    char language[EVENT_TEXT_MAX];
};

/*
 * Writes country and language of a checked event in the one way that counts: country codes in capitals; language tags
 * as RFC 5646 has them ("EN" is "en", "zh_hans_cn" is "zh-Hans-CN", "iw" is "he"). What is no code or tag stays as it
 * is. The event borrows from `texts` afterwards. Twice is as good as once.
 */
void event_canonicalise(struct event *event, struct canonical_texts *texts);

/* Whether a value is in the vocabulary of its dimension: a country of the table, a language of ISO 639, a finish reason
 * that is documented. Absent values, "(other)", and values of all other dimensions are. */
bool vocabulary_knows(enum dimension dimension, struct span value, const struct countries *countries);

#endif
