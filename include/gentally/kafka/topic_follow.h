/*
 * Topics from their beginning to their end, and on: one consumer without a group for all partitions of several topics.
 * topic_follow.c includes librdkafka.
 */
#ifndef GENTALLY_TOPIC_FOLLOW_H
#define GENTALLY_TOPIC_FOLLOW_H

#include "gentally/base/verdict.h"

struct config;
struct record;
struct topic_follow;

struct topic_wanted {
    const char *name;
    bool is_optional; /* left out as long as it is not there */
};

/* Gets each committed record, tombstones too, in offset order per partition; `topic` is the index of its topic.
 * Borrowed for the call. */
typedef enum verdict follow_reader(void *context, size_t topic, const struct record *record, struct reason *why);

/*
 * Begins at the first offset of every partition there is now; those made later are taken up by topic_follow_ask().
 * Names are copied. GO_ON gives `*follow` to the caller, to be closed once. Blocks up to 10 s a topic. HALT:
 * SOURCE-TOPIC-MISSING, SOURCE-DENIED, SOURCE-CONFIG, NO-MEMORY; TRY_LATER: SOURCE-UNREACHABLE.
 */
MUST_CHECK enum verdict topic_follow_open(struct topic_follow **follow, const struct config *config,
                                          const char *const topics[], size_t topic_count, struct reason *why);
/* The same where some topics need not be there. */
MUST_CHECK enum verdict topic_follow_open_wanted(struct topic_follow **follow, const struct config *config,
                                                 const struct topic_wanted topics[], size_t topic_count,
                                                 struct reason *why);
void topic_follow_close(struct topic_follow *follow);

/*
 * Waits up to `wait_ms` for a record, then gives what is there, up to FOLLOW_TURN_RECORDS. Stops at the first verdict
 * of `each` that is not GO_ON and returns it; HALT as above. Errors that may mend are waited out.
 */
#define FOLLOW_TURN_RECORDS 10000
MUST_CHECK enum verdict topic_follow_turn(struct topic_follow *follow, int wait_ms, follow_reader *each, void *context,
                                          struct reason *why);

/* Whether every partition was read to what was its end when it was last heard of. */
bool topic_follow_at_end(const struct topic_follow *follow);

/* Asks a broker whether it is there, and for topics and partitions made since, to read them too. GO_ON means that what
 * at_end() says from then on is true of now. Blocks up to `wait_ms` a topic, once if nobody answers. TRY_LATER:
 * SOURCE-UNREACHABLE; HALT: SOURCE-TOPIC-MISSING, SOURCE-DENIED, NO-MEMORY. */
MUST_CHECK enum verdict topic_follow_ask(struct topic_follow *follow, int wait_ms, struct reason *why);

#endif
