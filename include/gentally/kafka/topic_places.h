/*
 * In which partition a key is. The last value of a key is one value only while all its messages are in one partition,
 * which the producer chooses by the key and the number of partitions: where that number has changed, new values of a
 * key go elsewhere, and its old ones stay where they are.
 */
#ifndef GENTALLY_TOPIC_PLACES_H
#define GENTALLY_TOPIC_PLACES_H

#include "gentally/base/verdict.h"

struct config;

/* The partition of `count` to which our producers put a key. */
int32_t topic_place(struct span key, int32_t count);

/*
 * Looks whether the keys of topics are where they belong, by the first records of each partition. Topics that are not
 * there are left out. Blocks some fetches, and 10 s without an answer. HALT: SETUP-PARTITIONS, which names the first
 * such topic; SOURCE-DENIED, SOURCE-CONFIG, NO-MEMORY; TRY_LATER: SOURCE-UNREACHABLE.
 */
MUST_CHECK enum verdict topic_places_check(const struct config *config, const char *const names[], uint32_t count,
                                           struct reason *why);

#endif
