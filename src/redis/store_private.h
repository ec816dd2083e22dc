/* What store.c and its neighbours share: the store itself, and the parts of a claim and a flush that are about ids. */
#ifndef GENTALLY_STORE_PRIVATE_H
#define GENTALLY_STORE_PRIVATE_H

#include "gentally/redis/store.h"
#include "gentally/redis/store_retention.h"
#include "store_command.h"
#include "store_link.h"

#define KEY_MAX 640 /* namespace 127 + topic 255 + decimal numbers */

struct store {
    struct store_link *link;
    struct logger *logger;
    const char *namespace_;
    const char *topic;
    struct store_command command;
    redisReply **replies; /* of the last load: its cells borrow from them */
    uint32_t reply_count, reply_room;
    store_barrier *barrier; /* NULL: none */
    void *barrier_context;
    struct {
        char incarnation[33];
        uint32_t buckets;
        bool is_late;
    } shards[RETENTION_SHARDS]; /* as store_retention_open() read them */
};

/* 128 random bits in hex. */
void store_random_token(char text[33]);

/* Reads which buckets a partition has, into its state. */
MUST_CHECK enum verdict store_read_id_buckets(struct store *store, struct partition_state *state, struct reason *why);

/* Puts a flush's buckets and their sections; nothing if the change has none. */
void store_put_id_keys(struct store *store, const struct change *change);
void store_put_ids(struct store *store, const struct change *change);

#endif
