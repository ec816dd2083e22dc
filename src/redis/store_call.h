/*
 * One call to Redis, as every file of this room makes it: the store itself, the names of its keys, the frame of a
 * function call, and the replies that are kept. Private to this room.
 */
#ifndef GENTALLY_STORE_CALL_H
#define GENTALLY_STORE_CALL_H

#include "gentally/redis/partition_state.h"
#include "store_command.h"
#include "store_link.h"

#define KEY_MAX 640      /* namespace 127 + topic 255 + decimal numbers */
#define STORE_SHARDS 8   /* RETENTION_SHARDS, which store_retention.c holds equal */
#define STORE_REPLIES 32 /* STEP_WINDOWS_MAX, which store_journal.c holds equal */

struct stored_window;
struct tail;

/* What is known of a shard of retention: see schemas/store.lua. */
struct store_shard {
    char incarnation[33], version[33];
    uint32_t buckets, models, floor;
    bool is_late;
    int64_t pairs;
};

/* Flushes that were sent before all of them were known. */
struct store_ahead {
    uint32_t count;   /* on the connection as it is, unanswered */
    size_t unpushed;  /* bytes of theirs that are queued yet */
    bool is_given_up; /* one of them could not be sent, so all are when all are known */
};

struct store {
    struct store_link *link;
    const char *namespace_; /* the configuration's, like `topic` */
    const char *topic;
    int64_t portion;                  /* cells of a window that one call may read */
    struct store_command command;     /* the one being put together */
    redisReply *cells[STORE_REPLIES]; /* of the last store_journal_load(), whose caller borrows from them */
    uint32_t cell_count;
    struct store_ahead ahead;
    struct tail *tail;                       /* of the window that is read; NULL before the first */
    struct store_shard shards[STORE_SHARDS]; /* of retention, as they were read or merged into last */
    int64_t shard_pairs_max;                 /* how many pairs one may have */
};

/* 128 random bits; and such, in hex: a token or a nonce. */
void store_draw(uint8_t bytes[16]);
void store_random_token(char text[33]);

/* Put an argument: the key of a part of a partition ("meta", "windows"), of a window, or of an id bucket; the name of a
 * window or bucket, as it stands in a field or among arguments. */
void store_put_key(struct store *store, int32_t partition, const char *part);
void store_put_window_key(struct store *store, int32_t partition, struct window window);
void store_put_window_name(struct store *store, struct window window);
void store_put_bucket_key(struct store *store, int32_t partition, struct id_bucket bucket);
void store_put_bucket_name(struct store *store, struct id_bucket bucket);

/* Reads the buckets of ids that the partition `state->partition` has, into its state. If that names a token, they are
 * those of its claim; TRY_LATER (STORE-ROLLED-BACK): the claim does not stand any more. An older history's buckets
 * would make records look new that are not, and they are noted for retention before their flush is fenced. */
MUST_CHECK enum verdict store_read_id_buckets(struct store *store, struct partition_state *state, struct reason *why);

/* The questions that store_survey() asks of many partitions at once, put together, and their replies, read and freed:
 * the state, and windows as store_windows() has them. HALT: NO-MEMORY; STORE-DAMAGED. */
MUST_CHECK enum verdict store_state_begin(struct store *store, int32_t partition, struct reason *why);
MUST_CHECK enum verdict store_state_take(int32_t partition, redisReply *reply, struct partition_state *state,
                                         struct reason *why);
MUST_CHECK enum verdict store_windows_begin(struct store *store, int32_t partition, struct reason *why);
MUST_CHECK enum verdict store_windows_take(int32_t partition, redisReply *reply, struct stored_window *windows,
                                           uint32_t room, uint32_t *count, struct reason *why);

/* Queues the command that was put together. Verdicts of store_link_send(). */
MUST_CHECK enum verdict store_send(struct store *store, struct reason *why);

/* Sends the command that was put together and waits for its reply, which the caller frees. Verdicts of
 * store_link_call(). */
MUST_CHECK enum verdict store_call(struct store *store, redisReply **reply, struct reason *why);

/* Begins "FCALL name keys ...", or FCALL_RO if `is_read`: the caller puts the keys and the arguments, of which
 * `numbers` bytes are printed. HALT: NO-MEMORY. */
MUST_CHECK enum verdict store_function_begin(struct store *store, const char *name, bool is_read, size_t keys,
                                             size_t arguments, size_t numbers, struct reason *why);

/* The same for a function of a partition, with the key of its meta, the first of `keys`; over a cluster it names those
 * beside meta before. */
MUST_CHECK enum verdict store_partition_begin(struct store *store, int32_t partition, const char *name, bool is_read,
                                              size_t keys, size_t arguments, size_t numbers, struct reason *why);

/* Takes a step with each primary in its turn, at which commands without a key are aimed; that is one, but for a
 * cluster. Begins again if meanwhile there are others. Verdicts of the step, and of store_link_up(). */
typedef enum verdict store_primary_step(struct store *store, uint32_t primary, void *context, struct reason *why);
MUST_CHECK enum verdict store_at_each_primary(struct store *store, store_primary_step *step, void *context,
                                              struct reason *why);

/* Calls the function that was begun. The caller frees `*reply`, which is NULL unless the verdict is GO_ON. */
MUST_CHECK enum verdict store_function_call(struct store *store, int32_t partition, redisReply **reply,
                                            struct reason *why);

/* Waits for the answer to a function that was begun and queued by store_send(). As store_function_call(), but a lost
 * connection is TRY_LATER (STORE-UNREACHABLE) at once. */
MUST_CHECK enum verdict store_function_receive(struct store *store, int32_t partition, redisReply **reply,
                                               struct reason *why);

/* Calls the function that was begun, whose reply is a status only. */
MUST_CHECK enum verdict store_function_do(struct store *store, int32_t partition, struct reason *why);

#endif
