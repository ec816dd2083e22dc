/* The commands, and what refuses them. */
#include "redis.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- replies ---- */

void reply_add(struct reply *reply, const char *bytes, size_t size)
{
    if (reply->size + size > reply->room) {
        reply->room = 2 * (reply->size + size) + 256;
        reply->bytes = realloc(reply->bytes, reply->room);
        if (reply->bytes == NULL)
            abort();
    }
    memcpy(reply->bytes + reply->size, bytes, size);
    reply->size += size;
}

void reply_format(struct reply *reply, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    int size = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    reply_add(reply, text, (size_t)size < sizeof(text) ? (size_t)size : sizeof(text) - 1);
}

void reply_bulk(struct reply *reply, struct span bytes)
{
    char text[24] = "";
    size_t at = sizeof(text) - 2, left = bytes.size;

    memcpy(text + at, "\r\n", 2);
    do
        text[--at] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    text[--at] = '$';
    reply_add(reply, text + at, sizeof(text) - at);
    reply_add(reply, bytes.bytes, bytes.size);
    reply_add(reply, "\r\n", 2);
}

void reply_nil(struct reply *reply)
{
    reply_add(reply, "$-1\r\n", 5);
}

/* ---- commands ---- */

static bool is_word(struct span text, const char *word)
{
    return text.size == strlen(word) && strncasecmp(text.bytes, word, text.size) == 0;
}

static void do_hmget(struct redis *redis, int count, const struct span arguments[], struct reply *reply)
{
    reply_format(reply, "*%d\r\n", count - 2);
    for (int i = 2; i < count; i++) {
        const struct span *value = database_get(redis->current, arguments[1], arguments[i]);
        if (value != NULL)
            reply_bulk(reply, *value);
        else
            reply_nil(reply);
    }
}

static void do_hget(struct redis *redis, const struct span arguments[], struct reply *reply)
{
    const struct span *value = database_get(redis->current, arguments[1], arguments[2]);

    if (value != NULL)
        reply_bulk(reply, *value);
    else
        reply_nil(reply);
}

static void do_hgetall(struct redis *redis, const struct span arguments[], struct reply *reply)
{
    const struct keyed *key = database_find(redis->current, arguments[1]);

    reply_format(reply, "*%" PRIu32 "\r\n", key == NULL ? 0 : 2 * key->live);
    for (uint32_t i = 0; key != NULL && i < key->count; i++)
        if (key->fields[i].is_live) {
            reply_bulk(reply, key->fields[i].name);
            reply_bulk(reply, key->fields[i].value);
        }
}

static bool is_refused(struct sim *sim, struct span key, struct reply *reply)
{
    const char *refused = sim->redis->refused;

    if (refused == NULL || memmem(key.bytes, key.size, refused, strlen(refused)) == NULL)
        return false;
    if (sim->redis->is_right_asked) { /* Who had asked would not be here. */
        reply_format(reply, "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n");
        return true;
    }
    int partition = -1;
    const char *colon = memchr(key.bytes, '{', key.size);
    colon = colon == NULL ? NULL : strchr(colon, ':');
    if (colon != NULL && sscanf(colon, ":%d}", &partition) == 1 && partition >= 0 && partition < SIM_PARTITIONS)
        sim->is_hurt[partition] = true;
    reply_format(reply, "-ERR something went wrong\r\n");
    return true;
}

static void do_hset(struct sim *sim, int count, const struct span arguments[], struct reply *reply)
{
    int added = 0;

    if (is_refused(sim, arguments[1], reply))
        return;
    if (count < 4 || count % 2 != 0) {
        reply_format(reply, "-ERR wrong number of arguments for 'hset' command\r\n");
        return;
    }
    for (int i = 2; i < count; i += 2)
        added += database_set(sim, sim->redis->current, arguments[1], arguments[i], arguments[i + 1]) ? 1 : 0;
    reply_format(reply, ":%d\r\n", added);
}

static void do_hdel(struct sim *sim, int count, const struct span arguments[], struct reply *reply)
{
    int removed = 0;

    for (int i = 2; i < count; i++)
        removed += database_delete_field(sim, sim->redis->current, arguments[1], arguments[i]) ? 1 : 0;
    reply_format(reply, ":%d\r\n", removed);
}

static void do_delete(struct sim *sim, int count, const struct span arguments[], struct reply *reply)
{
    int removed = 0;

    for (int i = 1; i < count; i++)
        removed += database_delete(sim, sim->redis->current, arguments[i]) ? 1 : 0;
    reply_format(reply, ":%d\r\n", removed);
}

static void do_info(struct sim *sim, struct reply *reply)
{
    char text[512];

    snprintf(text, sizeof(text),
             "# Server\r\nredis_version:7.0.15\r\nserver_time_usec:%" PRId64 "000\r\nrun_id:%040" PRIu32
             "\r\n# Memory\r\nmaxmemory_policy:noeviction\r\n"
             "# Persistence\r\nloading:0\r\n# Replication\r\nrole:master\r\nmaster_replid:%040" PRIu32 "\r\n",
             sim_wall_ms(sim), sim->redis->connection_epoch, sim->redis->connection_epoch);
    reply_bulk(reply, span_of(text));
}

/* A clock of its own, which no worker has. */
static void do_time(const struct sim *sim, struct reply *reply)
{
    char seconds[32], microseconds[32];

    snprintf(seconds, sizeof(seconds), "%" PRId64, 1000000000 + sim->now_ms / 1000);
    snprintf(microseconds, sizeof(microseconds), "%" PRId64, sim->now_ms % 1000 * 1000);
    reply_format(reply, "*2\r\n");
    reply_bulk(reply, span_of(seconds));
    reply_bulk(reply, span_of(microseconds));
}

static void do_function(struct sim *sim, int count, const struct span arguments[], struct reply *reply)
{
    if (count >= 3 && is_word(arguments[1], "LOAD")) {
        script_load(sim, arguments[count - 1], reply);
        sim->redis->current->has_functions = true;
        sim->redis->functions_lost_ms = 0;
        return;
    }
    reply_format(reply, "-ERR the simulated Redis does not know this FUNCTION command\r\n");
}

struct redis_command {
    const char *name;
    int count_min;
    bool is_write;
};

static const struct redis_command commands[] = {
    {"HMGET", 3, false}, {"HGET", 3, false}, {"HGETALL", 2, false},  {"EXISTS", 2, false},  {"HLEN", 2, false},
    {"HSET", 4, true},   {"HDEL", 3, true},  {"UNLINK", 2, true},    {"DEL", 2, true},      {"INFO", 1, false},
    {"PING", 1, false},  {"FCALL", 3, true}, {"FCALL_RO", 3, false}, {"FUNCTION", 2, true}, {"TIME", 1, false},
};

static const struct redis_command *find_command(struct span name)
{
    for (size_t i = 0; i < LENGTH_OF(commands); i++)
        if (is_word(name, commands[i].name))
            return &commands[i];
    return NULL;
}

static void dispatch(struct sim *sim, const struct redis_command *command, int count, const struct span arguments[],
                     struct reply *reply)
{
    struct redis *redis = sim->redis;

    switch (command - commands) {
    case 0:
        do_hmget(redis, count, arguments, reply);
        break;
    case 1:
        do_hget(redis, arguments, reply);
        break;
    case 2:
        do_hgetall(redis, arguments, reply);
        break;
    case 3:
        reply_format(reply, ":%d\r\n", database_find(redis->current, arguments[1]) != NULL ? 1 : 0);
        break;
    case 4: {
        const struct keyed *key = database_find(redis->current, arguments[1]);
        reply_format(reply, ":%" PRIu32 "\r\n", key == NULL ? 0 : key->live);
        break;
    }
    case 5:
        do_hset(sim, count, arguments, reply);
        break;
    case 6:
        do_hdel(sim, count, arguments, reply);
        break;
    case 7:
    case 8:
        do_delete(sim, count, arguments, reply);
        break;
    case 9:
        do_info(sim, reply);
        break;
    case 10:
        reply_format(reply, "+PONG\r\n");
        break;
    case 11:
    case 12:
        script_call(sim, count, arguments, command - commands == 12, reply);
        break;
    case 14:
        do_time(sim, reply);
        break;
    default:
        do_function(sim, count, arguments, reply);
        break;
    }
}

/* One command within a step: also what a function calls. */
void redis_command(struct sim *sim, int count, const struct span arguments[], struct reply *reply)
{
    const struct redis_command *command = find_command(arguments[0]);

    if (command == NULL || count < command->count_min) {
        reply_format(reply, "-ERR unknown command '%.*s' to the simulated Redis\r\n", (int)arguments[0].size,
                     arguments[0].bytes);
        sim_fail(sim, "the simulated Redis does not know %.*s", (int)arguments[0].size, arguments[0].bytes);
    } else if (command->is_write && sim->redis->is_reading) {
        reply_format(reply, "-ERR Write commands are not allowed from read-only scripts.\r\n");
    } else {
        dispatch(sim, command, count, arguments, reply);
    }
}

void redis_execute(struct sim *sim, struct database *database, int count, const struct span arguments[],
                   struct reply *reply)
{
    struct redis *redis = sim->redis;
    const struct redis_command *command = find_command(arguments[0]);

    redis->current = database;
    redis->is_reading = false;
    database_step(database);
    if (sim->now_ms < redis->busy_until_ms)
        reply_format(reply, "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN.\r\n");
    else if (sim->now_ms < redis->readonly_until_ms && command != NULL && command->is_write)
        reply_format(reply, "-READONLY You can't write against a read only replica.\r\n");
    else
        redis_command(sim, count, arguments, reply);
}

/* ---- time and trouble ---- */

void redis_make(struct sim *sim)
{
    char meta[SIM_NAME];

    sim->redis = sim_take(sim, sizeof(*sim->redis));
    for (int32_t p = 0; p < SIM_PARTITIONS; p++) {
        snprintf(meta, sizeof(meta), "%s:{%s:%" PRId32 "}:meta", sim->config.namespace_, sim->config.topic, p);
        sim->redis->meta[p] = sim_copy(sim, span_of(meta));
    }
    sim->redis->old_connection_epoch = UINT32_MAX;
}

void redis_free(struct sim *sim)
{
    free(sim->redis->master.journal);
    free(sim->redis->master.steps);
    free(sim->redis->old.journal);
    free(sim->redis->old.steps);
}

struct database *redis_peer(struct redis *redis, uint32_t epoch)
{
    if (redis->is_split && epoch == redis->old_connection_epoch)
        return &redis->old;
    return epoch == redis->connection_epoch ? &redis->master : NULL;
}

void redis_tick(struct sim *sim)
{
    struct redis *redis = sim->redis;
    struct reply ignored = {0};

    for (struct delayed **at = &redis->delayed; *at != NULL;) {
        struct delayed *delayed = *at;
        if (sim->now_ms < delayed->due_ms || sim->now_ms < redis->down_until_ms) {
            at = &delayed->next;
            continue;
        }
        *at = delayed->next;
        struct database *peer = redis_peer(redis, delayed->epoch);
        sim_note(sim, peer == NULL ? "a delayed request is lost" : "a delayed request arrives", delayed->count, 0, 0);
        if (peer != NULL)
            redis_execute(sim, peer, delayed->count, delayed->arguments, &ignored);
    }
    free(ignored.bytes);
}

/* Some window of some partition, by chance; NULL if there is none. */
static const struct keyed *draw_window(struct sim *sim)
{
    const struct keyed *found = NULL;
    uint64_t seen = 0;

    for (size_t i = 0; i < SIM_BUCKETS; i++)
        for (const struct keyed *key = sim->redis->master.buckets[i]; key != NULL; key = key->next)
            if (key->live > 0 && memmem(key->name.bytes, key->name.size, "}:meta", 6) == NULL &&
                memmem(key->name.bytes, key->name.size, "}:windows", 9) == NULL &&
                memmem(key->name.bytes, key->name.size, "}:", 2) != NULL && sim_below(sim, ++seen) == 0)
                found = key;
    return found;
}

static int64_t start_of(const struct keyed *key)
{
    const char *colon = key == NULL ? NULL : memrchr(key->name.bytes, ':', key->name.size);

    return colon == NULL ? 0 : strtoll(colon + 1, NULL, 10);
}

bool redis_tear(struct sim *sim)
{
    const struct keyed *key = draw_window(sim);
    int partition = -1;

    for (int i = 0; i < 5; i++) { /* rather a late one, which somebody will look at again */
        const struct keyed *other = draw_window(sim);
        key = start_of(other) > start_of(key) ? other : key;
    }
    if (key == NULL)
        return false;
    const char *colon = memchr(key->name.bytes, '{', key->name.size);
    colon = colon == NULL ? NULL : strchr(colon, ':');
    if (colon == NULL || sscanf(colon, ":%d}", &partition) != 1 || partition < 0 || partition >= SIM_PARTITIONS)
        return false;
    database_step(&sim->redis->master);
    database_delete(sim, &sim->redis->master, key->name);
    sim->is_hurt[partition] = true;
    sim_note(sim, "torn", partition, 0, 0);
    return true;
}
