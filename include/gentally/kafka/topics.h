/* The topics of a namespace: their names, their creation by `gentally setup`, and their removal after a replay. */
#ifndef GENTALLY_TOPICS_H
#define GENTALLY_TOPICS_H

#include "gentally/base/log.h"
#include "gentally/core/rollup.h"

struct config;

#define TOPIC_NAME_MAX 250

/* Write the name of a topic to `name`, which has room for TOPIC_NAME_MAX + 1: "<namespace>.dead-letters", ".redrives",
 * ".ledger", ".signals", ".summaries.<rollup>". */
void topic_dead_letters(const struct config *config, char *name);
void topic_redrives(const struct config *config, char *name);
void topic_ledger(const struct config *config, char *name);
void topic_signals(const struct config *config, char *name);
void topic_summaries(const struct config *config, const char *rollup, char *name);

/* Calls `each` for each topic that a namespace has, with the number of partitions it has if the input has `partitions`.
 * Stops at the first false of `each` and returns it. */
typedef bool topics_teller(void *context, const char *name, int partitions, bool is_compacted);
bool topics_each(const struct config *config, int partitions, topics_teller *each, void *context);

/*
 * Asks where the input topic is: the id of the cluster (empty if its brokers give none), and the topic's partitions, 0:
 * it is not there. Blocks up to 20 s. TRY_LATER: SOURCE-UNREACHABLE; HALT: SOURCE-DENIED, SOURCE-CONFIG.
 */
MUST_CHECK enum verdict topics_input(const struct config *config, char *cluster, size_t size, int32_t *partitions,
                                     struct reason *why);

/*
 * Creates the topics that are missing of: the input topic (`partitions`), dead letters (`partitions`, max.message.bytes
 * 16 MiB, retention 30 days), ledger, redrives and signals (1 partition, compacted), one summary topic per rollup, and
 * retention (`partitions`, compacted). Topics that exist are left as they are, with a warning where cleanup.policy of a
 * topic to be compacted differs. `replication` = replicas of each; -1 = the broker's default. The log says what was
 * done. Safe to repeat. Blocks up to 35 s, and 30 s a topic while no broker answers. TRY_LATER: SINK-UNREACHABLE; HALT:
 * SETUP-DENIED, SETUP-TOPIC (refused, with the broker's words). A broker without CreateTopics (the embedded one) is
 * fine if no topic is missing.
 */
MUST_CHECK enum verdict topics_create(const struct config *config, int partitions, int replication,
                                      struct logger *logger, struct reason *why);

/* Asks the broker whether topics_create() would succeed, and changes nothing. Blocks, and answers, as that does. */
MUST_CHECK enum verdict topics_rehearse(const struct config *config, int partitions, int replication,
                                        struct reason *why);

/* The beginning of a topic's logs. */
struct topic_begin {
    int32_t partition; /* the one of the highest first offset */
    int64_t first;     /* that offset; 0: no record was ever deleted from the front, which compaction does not do */
    int64_t kept_ms;   /* the topic's retention by time; INT64_MAX: for ever, or not known */
    int32_t partitions;
};

/* Finds where the logs of a topic begin; where records were deleted, asks for the topic's retention, too. Blocks up to
 * 40 s. TRY_LATER: SOURCE-UNREACHABLE; HALT: SOURCE-TOPIC-MISSING, SOURCE-DENIED. */
MUST_CHECK enum verdict topic_begin(const struct config *config, const char *topic, struct topic_begin *begin,
                                    struct reason *why);

/* Deletes topics, 1 to TOPICS_DELETED_MAX; those that are not there are fine. TRY_LATER: SINK-UNREACHABLE; HALT:
 * SETUP-DENIED, SETUP-TOPIC. */
#define TOPICS_DELETED_MAX (5 + ROLLUPS_MAX)
MUST_CHECK enum verdict topics_delete(const struct config *config, const char *const names[], uint32_t count,
                                      struct logger *logger, struct reason *why);

/* Deletes the records of a topic before `offsets[partition]`; of partitions with 0 nothing, which asks whether this
 * user might. No reader sees them any more; the brokers' disks have them until their segments go. TRY_LATER:
 * SINK-UNREACHABLE; HALT: SINK-DENIED, SINK-TOPIC-MISSING, SETUP-TOPIC (a topic that is only compacted). */
MUST_CHECK enum verdict topic_cut(const struct config *config, const char *topic, const int64_t offsets[],
                                  int32_t count, struct reason *why);

/* Finds which of the topics are there. Blocks up to 10 s. TRY_LATER: SOURCE-UNREACHABLE; HALT: SOURCE-DENIED. */
MUST_CHECK enum verdict topics_find(const struct config *config, const char *const names[], uint32_t count,
                                    bool is_there[], struct reason *why);

/* Deletes the topics of a replay's namespace (its name holds "-replay-"), never the input topic. Safe to repeat.
 * TRY_LATER: SINK-UNREACHABLE; HALT: SETUP-DENIED, SETUP-TOPIC. */
MUST_CHECK enum verdict topics_remove(const struct config *config, struct logger *logger, struct reason *why);

#endif
