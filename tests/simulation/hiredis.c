/*
 * The connection: hiredis's functions that src/redis/store_node.c calls, over the simulated Redis. Its reader of
 * replies is the real one. What can happen to a request happens here: it is lost, or its reply is, or it arrives much
 * later.
 */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>

#include "redis.h"
#include "store_command.h"

enum verdict __real_store_command_begin(struct store_command *command, size_t arguments, size_t printed,
                                        struct reason *why);
enum verdict __wrap_store_command_begin(struct store_command *command, size_t arguments, size_t printed,
                                        struct reason *why);

struct request {
    int count;
    struct span *arguments;
};

struct connection {
    redisContext context; /* first: what the caller has */
    struct sim *sim;
    struct process *process;
    int64_t timeout_ms;
    uint32_t epoch;
    bool is_broken;           /* once the replies that came are read */
    struct request *requests; /* not sent yet */
    uint32_t request_count, request_room;
};

static struct connection *connection_of(redisContext *context)
{
    return (struct connection *)(void *)context;
}

static int break_off(struct connection *connection, const char *why)
{
    connection->context.err = REDIS_ERR_IO;
    snprintf(connection->context.errstr, sizeof(connection->context.errstr), "%s", why);
    errno = EAGAIN;
    return REDIS_ERR;
}

static bool is_down(const struct sim *sim)
{
    return sim->now_ms < sim->redis->down_until_ms;
}

redisContext *redisConnectWithTimeout(const char *ip, int port, const struct timeval timeout)
{
    struct sim *sim = sim_get();
    struct connection *connection = calloc(1, sizeof(*connection));

    (void)ip;
    (void)port;
    (void)timeout;
    if (connection == NULL)
        return NULL;
    connection->sim = sim;
    connection->process = sim->current;
    connection->context.reader = redisReaderCreate();
    bool is_there = sim_yield(sim);
    bool is_old = sim->redis->is_split && connection->process->is_on_old_side;
    connection->epoch = is_old ? sim->redis->old_connection_epoch : sim->redis->connection_epoch;
    if (!is_there || is_down(sim))
        break_off(connection, "Connection refused");
    return &connection->context;
}

redisContext *redisConnectUnixWithTimeout(const char *path, const struct timeval timeout)
{
    return redisConnectWithTimeout(path, 0, timeout);
}

int redisSetTimeout(redisContext *context, const struct timeval timeout)
{
    connection_of(context)->timeout_ms = timeout.tv_sec * 1000 + timeout.tv_usec / 1000;
    return REDIS_OK;
}

int redisEnableKeepAlive(redisContext *context)
{
    (void)context;
    return REDIS_OK;
}

void redisFree(redisContext *context)
{
    struct connection *connection = connection_of(context);

    if (context == NULL)
        return;
    redisReaderFree(context->reader);
    free(connection->requests);
    free(connection);
}

/* A command too large for the memory that is left, somewhere in a pipeline. */
enum verdict __wrap_store_command_begin(struct store_command *command, size_t arguments, size_t printed,
                                        struct reason *why)
{
    struct sim *sim = sim_get();

    if (sim->current != NULL && !sim->current->is_operator && sim_inject(sim, FAULT_NO_MEMORY))
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for a command of %zu arguments", arguments);
    return __real_store_command_begin(command, arguments, printed, why);
}

/* Where it leads: to whom it was connected, if that one is still there. NULL: nowhere. */
static struct database *peer_of(const struct connection *connection)
{
    struct database *peer = redis_peer(connection->sim->redis, connection->epoch);

    if (is_down(connection->sim))
        return NULL;
    return peer != &connection->sim->redis->old || connection->process->is_on_old_side ? peer : NULL;
}

/* Whether a request reads partitions' states for the closer, which judges by them what it can be told. */
static bool is_look(const struct request *request)
{
    return request->count > 1 && span_equal(request->arguments[1], span_of("gentally_2_look"));
}

/* A process that was brought back from the old side knows the new one now. */
static void has_looked(struct process *process, int64_t now_ms)
{
    if (process->is_healing)
        process->healed_ms = now_ms;
    process->is_healing = false;
}

/* What is under way when a connection dies may still arrive: seconds later, when its sender has long given it up. */
static void delay(struct connection *connection, uint32_t from)
{
    struct sim *sim = connection->sim;
    struct delayed **end = &sim->redis->delayed;

    while (*end != NULL)
        end = &(*end)->next;
    int64_t due_ms = sim->now_ms + sim_between(sim, 0, sim_chance(sim, 500) ? 500 : 20000);
    for (uint32_t i = from; i < connection->request_count; i++) {
        *end = sim_take(sim, sizeof(**end));
        **end = (struct delayed){.due_ms = due_ms + (int64_t)i,
                                 .epoch = connection->epoch,
                                 .count = connection->requests[i].count,
                                 .arguments = connection->requests[i].arguments};
        end = &(*end)->next;
    }
}

/* The trace shows which partition it was about, and how it ended. */
static void note(struct sim *sim, const struct request *request, const char *reply, size_t size)
{
    const struct span *name = &request->arguments[request->count > 1 ? 1 : 0];
    int64_t partition = -1;
    char text[200];

    for (int i = 1; i < request->count && i < 4 && partition < 0; i++) {
        const char *brace = memchr(request->arguments[i].bytes, '{', request->arguments[i].size);
        const char *colon = brace == NULL ? NULL : strchr(brace, ':');
        partition = colon == NULL ? -1 : strtoll(colon + 1, NULL, 10);
    }
    sim_note(sim, name->bytes, partition, (int64_t)size, reply[0]);
    if (!sim->is_verbose)
        return;
    if (size >= sizeof(text))
        size = sizeof(text) - 1;
    for (size_t i = 0; i < size; i++)
        text[i] = reply[i] < ' ' ? ' ' : reply[i];
    text[size] = '\0';
    printf("              ");
    for (int i = 3; i < request->count && i < 12; i++)
        printf(" %.40s", request->arguments[i].bytes);
    printf(" -> %s\n", text);
}

/* A server that fails between a look and the seal, or now and then the reading of a window, that follows it: the next
 * one knows less than was looked at. */
static void lose_what_was_seen(struct sim *sim, const struct request *request)
{
    const struct span *name = &request->arguments[request->count > 1 ? 1 : 0];

    bool is_reading =
        span_equal(*name, span_of("gentally_2_snapshot")) || span_equal(*name, span_of("gentally_2_view"));
    bool is_last = span_equal(*name, span_of("gentally_2_seal")) || (is_reading && sim_chance(sim, 20));
    if (is_last && sim_inject(sim, FAULT_ROLLBACK))
        redis_rollback(sim, (uint32_t)sim_between(sim, 1, 30));
}

/* Lets the first `count` requests through, each with its reply, until the connection breaks. */
static void send_some(struct connection *connection, uint32_t count, struct reply *reply)
{
    struct sim *sim = connection->sim;

    for (uint32_t i = 0; i < count && !connection->is_broken; i++) {
        const struct request *request = &connection->requests[i];
        lose_what_was_seen(sim, request);
        struct database *peer = peer_of(connection);
        connection->is_broken = true;
        if (peer == NULL || sim_inject(sim, FAULT_REQUEST_LOST))
            break;
        if (peer == &sim->redis->master && sim_inject(sim, FAULT_REQUEST_DELAYED)) {
            delay(connection, i);
            break;
        }
        size_t size = reply->size;
        redis_execute(sim, peer, request->count, request->arguments, reply);
        note(sim, request, reply->bytes + size, reply->size - size);
        if (sim_inject(sim, FAULT_REPLY_LOST)) {
            reply->size = size;
            break;
        }
        if (peer == &sim->redis->master && is_look(request) && reply->bytes[size] != '-')
            has_looked(connection->process, sim->now_ms);
        connection->is_broken = i + 1 < connection->request_count && sim_chance(sim, 100) && !sim_yield(sim);
    }
}

/* The connection dies in mid-write: what was written counts, and of its replies none is read. */
static void break_send(struct connection *connection)
{
    struct reply reply = {0};

    send_some(connection, (uint32_t)sim_below(connection->sim, connection->request_count + 1), &reply);
    connection->is_broken = true;
    free(reply.bytes);
}

/* A proxy in between takes its time. True if the requests get through before ours is up; else, with `is_lost` not set,
 * they do so later. */
static bool is_let_through(struct connection *connection, bool is_lost)
{
    struct sim *sim = connection->sim;
    int64_t held_ms = is_lost ? connection->timeout_ms : sim_between(sim, 0, 2 * connection->timeout_ms);

    if (held_ms < connection->timeout_ms)
        return sim_sleep(sim, held_ms);
    if (!is_lost && peer_of(connection) == &sim->redis->master)
        delay(connection, 0);
    (void)sim_sleep(sim, connection->timeout_ms);
    return false;
}

/* The replies come late, in one lump; or too late. */
static void hold_replies(struct connection *connection, struct reply *reply)
{
    int64_t held_ms = sim_between(connection->sim, 0, 2 * connection->timeout_ms);

    (void)sim_sleep(connection->sim, held_ms < connection->timeout_ms ? held_ms : connection->timeout_ms);
    if (held_ms < connection->timeout_ms)
        return;
    reply->size = 0;
    connection->is_broken = true;
}

static int send_all(struct connection *connection)
{
    struct sim *sim = connection->sim;
    struct reply reply = {0};

    if (!sim_yield(sim))
        return break_off(connection, "the process is no more");
    if (connection->is_broken) { /* by what was sent before: nothing gets through any more */
        connection->request_count = 0;
        return REDIS_OK;
    }
    if (sim_inject(sim, FAULT_SEND_BROKEN))
        break_send(connection);
    else if (sim_inject(sim, FAULT_HALF_OPEN))
        connection->is_broken = !is_let_through(connection, true);
    else if (sim_inject(sim, FAULT_REQUESTS_HELD))
        connection->is_broken = !is_let_through(connection, false);
    send_some(connection, connection->request_count, &reply);
    connection->request_count = 0;
    if (reply.size > 0 && sim_inject(sim, FAULT_REPLIES_HELD))
        hold_replies(connection, &reply);
    redisReaderFeed(connection->context.reader, reply.bytes, reply.size);
    free(reply.bytes);
    return sim_yield(sim) ? REDIS_OK : break_off(connection, "the process is no more");
}

int redisAppendCommandArgv(redisContext *context, int count, const char **arguments, const size_t *sizes)
{
    struct connection *connection = connection_of(context);
    struct sim *sim = connection->sim;

    if (connection->request_count == connection->request_room) {
        connection->request_room = 2 * connection->request_room + 16;
        connection->requests = realloc(connection->requests, connection->request_room * sizeof(*connection->requests));
        if (connection->requests == NULL)
            abort();
    }
    struct request *request = &connection->requests[connection->request_count++];
    request->count = count;
    request->arguments = sim_take(sim, (size_t)count * sizeof(struct span));
    for (int i = 0; i < count; i++)
        request->arguments[i] = sim_copy(sim, (struct span){arguments[i] != NULL ? arguments[i] : "",
                                                            sizes != NULL ? sizes[i] : strlen(arguments[i])});
    /* As large ones are, now and then: what is sent ahead may be executed long before its reply is asked for. */
    if (sim_chance(sim, 100) && context->err == 0)
        (void)send_all(connection);
    return REDIS_OK;
}

int redisBufferWrite(redisContext *context, int *is_done)
{
    struct connection *connection = connection_of(context);

    *is_done = 1;
    if (context->err != 0)
        return REDIS_ERR;
    return connection->request_count > 0 ? send_all(connection) : REDIS_OK;
}

int redisGetReply(redisContext *context, void **reply)
{
    struct connection *connection = connection_of(context);

    if (context->err != 0)
        return REDIS_ERR;
    if (connection->request_count > 0 && send_all(connection) != REDIS_OK)
        return REDIS_ERR;
    if (redisReaderGetReply(context->reader, reply) != REDIS_OK || *reply == NULL)
        return break_off(connection, "Resource temporarily unavailable");
    return REDIS_OK;
}
