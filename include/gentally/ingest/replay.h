/*
 * Counting a range of the input again, into a namespace of its own and up to exactly the offsets that are asked for, so
 * that the state can be laid beside another one of the same offsets. Same stages as the worker's, no closing: nothing
 * is published. Dead letters go to the namespace's own topic.
 */
#ifndef GENTALLY_REPLAY_H
#define GENTALLY_REPLAY_H

#include "gentally/base/log.h"
#include "gentally/redis/partition_state.h"

struct config;
struct replay;

/* `config`: namespace and group of the replay's own; borrowed until close. Everything `setup` makes must be there, but
 * the partitions' states. Verdicts as worker_open(). */
MUST_CHECK enum verdict replay_open(struct replay **replay, const struct config *config, struct logger *logger,
                                    struct reason *why);
void replay_close(struct replay *replay);

int32_t replay_partitions(const struct replay *replay);

/*
 * Makes the state of each partition, at `firsts[partition]`, with the floors of `lives[partition]`: windows the live
 * state no longer keeps are not counted again, there is nothing to compare them with. HALT: REPLAY-EXISTS if a state is
 * there already.
 */
MUST_CHECK enum verdict replay_begin(struct replay *replay, const int64_t firsts[],
                                     const struct partition_state lives[], struct reason *why);

/*
 * Counts on until the stored `next` of every partition is `targets[partition]`, or is further already. Blocks. Patient
 * with servers for a minute without progress: TRY_LATER, the last trouble. HALT: REPLAY-UNREACHABLE (the log has not
 * got so far after a minute, or no longer holds what is asked for), and as the modules say.
 */
MUST_CHECK enum verdict replay_advance(struct replay *replay, const int64_t targets[], struct reason *why);

/* Where the partition stands. */
int64_t replay_next(const struct replay *replay, int32_t number);

/* Records counted or set aside so far. */
uint64_t replay_records(const struct replay *replay);

struct store *replay_store(const struct replay *replay);

#endif
