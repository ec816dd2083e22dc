/*
 * The names of our topics, and their creation by `setup`. topics.c includes librdkafka's admin API.
 */
#ifndef GENTALLY_TOPICS_H
#define GENTALLY_TOPICS_H

#include "gentally/base/log.h"

struct config;

#define TOPIC_NAME_MAX 250

/* "<namespace>.dead-letters", "<namespace>.redrives", "<namespace>.ledger", "<namespace>.signals",
 * "<namespace>.summaries.<rollup>": written to `name`, room for TOPIC_NAME_MAX + 1. */
void topic_dead_letters(const struct config *config, char *name);
void topic_redrives(const struct config *config, char *name);
void topic_ledger(const struct config *config, char *name);
void topic_signals(const struct config *config, char *name);
void topic_summaries(const struct config *config, const char *rollup, char *name);

/* Tells each topic that a namespace has, and with how many partitions, if the input has `partitions`; false as soon as
 * `each` is. */
typedef bool topics_teller(void *context, const char *name, int partitions, bool is_compacted);
bool topics_each(const struct config *config, int partitions, topics_teller *each, void *context);

/*
 * Creates what is missing of: the input topic (`partitions`), dead letters (`partitions`, max.message.bytes 16 MiB,
 * retention 30 days), ledger, redrives and signals (1 partition, compacted), one summary topic per rollup, and
 * retention (`partitions`, compacted). Existing ones are left as they are, with a warning where cleanup.policy of a
 * compacted one differs. `replication` = replicas each; -1 = the broker's default. Says what it did in the log.
 * TRY_LATER: SINK-UNREACHABLE; HALT: SETUP-DENIED, SETUP-TOPIC (refused, with the broker's words). Safe to repeat. A
 * broker without CreateTopics (the embedded one) is fine if nothing is missing.
 */
MUST_CHECK enum verdict topics_create(const struct config *config, int partitions, int replication,
                                      struct logger *logger, struct reason *why);

/* Deletes the topics of a replay's namespace (its name holds "-replay-"), never the input topic. Safe to repeat.
 * TRY_LATER: SINK-UNREACHABLE; HALT: SETUP-DENIED, SETUP-TOPIC. */
MUST_CHECK enum verdict topics_remove(const struct config *config, struct logger *logger, struct reason *why);

#endif
