/*
 * Following topics from their beginning to their end, and on from there: one consumer without a group reads all
 * partitions of several topics. One thread at a time uses a follow.
 */
#ifndef GENTALLY_TOPIC_FOLLOW_H
#define GENTALLY_TOPIC_FOLLOW_H

#include "gentally/base/verdict.h"

struct config;
struct record;
struct topic_follow;

/* A topic to follow. */
struct topic_wanted {
    const char *name; /* copied */
    bool is_optional; /* left out as long as it is not there */
};

/* Gets each committed record, tombstones too, in offset order per partition; `topic` is the index of its topic, and
 * `record` is borrowed for the call. SET_ASIDE as of a topic_reader; a batch that cannot be unpacked is told, too. */
typedef enum verdict topic_follow_reader(void *context, size_t topic, const struct record *record, struct reason *why);

/*
 * Opens a follow of `topics` from the first offset of every partition there is now; topic_follow_ask() takes up
 * partitions made later. GO_ON gives `*follow` to the caller, to be closed once; `config` is borrowed until then.
 * Blocks up to 10 s a topic. HALT: SOURCE-TOPIC-MISSING, SOURCE-DENIED, SOURCE-CONFIG, NO-MEMORY; TRY_LATER:
 * SOURCE-UNREACHABLE.
 */
MUST_CHECK enum verdict topic_follow_open(struct topic_follow **follow, const struct config *config,
                                          const char *const topics[], size_t topic_count, struct reason *why);

/* Opens a follow as topic_follow_open() does, of topics some of which need not be there. */
MUST_CHECK enum verdict topic_follow_open_wanted(struct topic_follow **follow, const struct config *config,
                                                 const struct topic_wanted topics[], size_t topic_count,
                                                 struct reason *why);

/* Frees the follow; NULL is fine. */
void topic_follow_close(struct topic_follow *follow);

/*
 * Waits up to `wait_ms` for a record, then gives the records that are there, up to TOPIC_FOLLOW_TURN_RECORDS. Stops at
 * the first verdict of `each` that is neither GO_ON nor SET_ASIDE and returns it; HALT as topic_follow_open(), or
 * SOURCE-FATAL. Errors that may mend are waited out.
 */
#define TOPIC_FOLLOW_TURN_RECORDS 10000
MUST_CHECK enum verdict topic_follow_turn(struct topic_follow *follow, int wait_ms, topic_follow_reader *each,
                                          void *context, struct reason *why);

/* True if every partition was read to its end, as the broker told the end last. */
bool topic_follow_at_end(const struct topic_follow *follow);

/*
 * Asks the broker whether it is there, and for topics and partitions made since, which are read from then on. After
 * GO_ON topic_follow_at_end() tells of now, not of a time before. Blocks up to `wait_ms` a topic, once if nobody
 * answers. TRY_LATER: SOURCE-UNREACHABLE; HALT: SOURCE-TOPIC-MISSING, SOURCE-DENIED, NO-MEMORY.
 */
MUST_CHECK enum verdict topic_follow_ask(struct topic_follow *follow, int wait_ms, struct reason *why);

/* Asks where the logs of partitions 0 .. count - 1 of any topic end, also one that is not followed. Blocks up to four
 * times `wait_ms`. TRY_LATER: SOURCE-UNREACHABLE; HALT: SOURCE-TOPIC-MISSING, SOURCE-DENIED, NO-MEMORY. */
MUST_CHECK enum verdict topic_follow_ends(struct topic_follow *follow, const char *topic, int wait_ms, int32_t count,
                                          int64_t ends[], struct reason *why);

#endif
