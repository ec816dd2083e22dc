/*
 * Simulated Redis: hashes, the functions of schemas/store.lua run by a real Lua, and histories. Every command is one
 * step; the journal takes steps back. Behind hiredis's functions (hiredis.c), so that src/redis/store_node.c is real,
 * too.
 */
#ifndef GENTALLY_SIM_REDIS_H
#define GENTALLY_SIM_REDIS_H

#include "sim.h"

struct hash_field {
    uint32_t hash;
    bool is_live;
    struct span name, value;
};

struct keyed { /* one key: a hash */
    struct span name;
    uint32_t hash;
    uint32_t count, room, live;
    struct hash_field *fields;
    struct keyed *next; /* in its bucket */
};

/* What a write changed. */
struct change_note {
    struct keyed *key;
    uint32_t field;
    bool was_live;
    struct span value;
};

#define SIM_BUCKETS 512
struct database {
    struct keyed *buckets[SIM_BUCKETS];
    struct change_note *journal;
    uint32_t journal_count, journal_room;
    uint32_t *steps; /* the journal's length before each step */
    uint32_t step_count, step_room;
    uint32_t epoch; /* counts what made its past another one */
    bool has_functions;
};

/* A command on its way in a dead connection. It reaches the server that the connection was made to, or nobody: TCP
 * hands a byte to no other, and a proxy that did would hand on what was sent before AUTH was, too. */
struct delayed {
    struct delayed *next;
    int64_t due_ms;
    uint32_t epoch; /* of the connection */
    int count;
    struct span *arguments;
};

struct redis {
    struct span meta[SIM_PARTITIONS]; /* keys of the partitions' states */
    struct database master;
    struct database old; /* the other branch while split */
    bool is_split;
    int64_t down_until_ms, busy_until_ms, oom_until_ms, readonly_until_ms;
    int64_t functions_lost_ms; /* when; 0 = there */
    uint32_t connection_epoch, old_connection_epoch;
    struct delayed *delayed;
    const char *refused;      /* a key that may not be written for now (rights), or NULL */
    bool is_right_asked;      /* it shows when asked whether it may be written */
    struct database *current; /* of the command that is running */
    bool is_reading;          /* and it may not write */
};

struct reply; /* bytes of RESP */
void redis_make(struct sim *sim);
void redis_free(struct sim *sim);
/* Executes one command and appends its reply. */
void redis_execute(struct sim *sim, struct database *database, int count, const struct span arguments[],
                   struct reply *reply);
/* The same within a step: what a function calls. */
void redis_command(struct sim *sim, int count, const struct span arguments[], struct reply *reply);
/* The server that connections of an epoch were made to, if it is still there; else NULL. */
struct database *redis_peer(struct redis *redis, uint32_t epoch);
void redis_tick(struct sim *sim); /* delayed commands arrive, outages end */
void redis_rollback(struct sim *sim, uint32_t steps);
void redis_split(struct sim *sim, uint32_t steps);
void redis_heal(struct sim *sim);
void redis_empty(struct sim *sim);
/* Deletes one window's key, or taints a flush. False if there is nothing to hurt. */
bool redis_tear(struct sim *sim);

/* ---- the database's own verbs ---- */
struct keyed *database_find(const struct database *database, struct span name);
const struct span *database_get(const struct database *database, struct span key, struct span field);
bool database_set(struct sim *sim, struct database *database, struct span key, struct span field, struct span value);
bool database_delete_field(struct sim *sim, struct database *database, struct span key, struct span field);
bool database_delete(struct sim *sim, struct database *database, struct span key);
void database_step(struct database *database);
int64_t database_number(const struct database *database, struct span key, const char *field, int64_t otherwise);

/* ---- replies ---- */
struct reply {
    char *bytes;
    size_t size, room;
};
void reply_add(struct reply *reply, const char *bytes, size_t size);
void reply_format(struct reply *reply, const char *format, ...) PRINTF_LIKE(2, 3);
void reply_bulk(struct reply *reply, struct span bytes);
void reply_nil(struct reply *reply);

/* ---- the functions (script.c) ---- */
/* False with an error in `reply`. */
void script_load(struct sim *sim, struct span text, struct reply *reply);
/* Calls a function: arguments[1] is its name, [2] the number of keys. */
void script_call(struct sim *sim, int count, const struct span arguments[], bool is_reading, struct reply *reply);

#endif
