/*
 * A replay: counts a range of the input again, into a namespace of its own and up to exactly the offsets that are asked
 * for, so that its state can be laid beside another state of the same offsets. The stages are the worker's; no window
 * is closed, so nothing is published. Dead letters go to the namespace's own topic. For one thread.
 */
#ifndef GENTALLY_REPLAY_H
#define GENTALLY_REPLAY_H

#include "gentally/base/log.h"
#include "gentally/core/event.h"
#include "gentally/redis/partition_state.h"

struct config;
struct replay;
struct settings;
struct store;

/* Opens a replay: connects, and checks everything that `gentally setup` makes but the partitions' states. `config` has
 * a namespace and a group of the replay's own; config and logger are borrowed until close. `settings` are those of the
 * live namespace, by which the replay counts. GO_ON gives `*replay` to the caller; other verdicts as worker_open(). */
MUST_CHECK enum verdict replay_open(struct replay **replay, const struct config *config,
                                    const struct settings *settings, struct logger *logger, struct reason *why);

/* Leaves the group and frees everything; the namespace stays. NULL does nothing. */
void replay_close(struct replay *replay);

/* Tells it which accounts were erased in the live namespace: their records of before count as there. Before
 * replay_begin(). HALT: ERASE-UNDER-WAY, STORE-DAMAGED; TRY_LATER, HALT as store.h says. */
MUST_CHECK enum verdict replay_erase(struct replay *replay, struct store *live, struct reason *why);

/* Tells which records the live run set aside as EVENT-FUTURE: its clocks cannot be asked any more. For other records
 * the clocks of now are asked. Before replay_begin(); `context` is borrowed until close. */
void replay_recall(struct replay *replay, bool (*was_future)(void *context, const struct record *record),
                   void *context);

/* The number of partitions of the topic, as of replay_open(). */
int32_t replay_partitions(const struct replay *replay);

/*
 * Makes the state of each partition, at `firsts[partition]`, with the floors of `lives[partition]`: windows the live
 * state no longer keeps are not counted again, since there is nothing to compare them with. Then joins the group. HALT:
 * REPLAY-EXISTS if a state is there already.
 */
MUST_CHECK enum verdict replay_begin(struct replay *replay, const int64_t firsts[],
                                     const struct partition_state lives[], struct reason *why);

/*
 * Counts on until the stored `next` of every partition is `targets[partition]`, or is further already. Blocks. Patient
 * with servers for a minute without progress, then TRY_LATER with the last trouble. HALT: REPLAY-UNREACHABLE (the log
 * has not got so far after a minute, or no longer holds what is asked for), and as worker_turn().
 */
MUST_CHECK enum verdict replay_advance(struct replay *replay, const int64_t targets[], struct reason *why);

/* The stored `next` of a partition; 0 if the partition is not assigned. */
int64_t replay_next(const struct replay *replay, int32_t number);

/* The number of records counted or set aside so far. */
uint64_t replay_records(const struct replay *replay);

/* The replay's connection to the store; borrowed until close. */
struct store *replay_store(const struct replay *replay);

#endif
