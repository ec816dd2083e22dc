/*
 * A member of our own, on a socket, with a session that is shorter than the three seconds it has to wait: how long the
 * mock waits for the next ones is the session of the last one that joined. Once a second it forgets whoever was silent
 * for longer than that, so an opener begins the three seconds, and the member joins shortly before they are over:
 *
 *   OPENED --JOIN_MS--> JOINING --the group met--> MEMBER --another one comes--> GONE
 *      ^-------too late--------'
 */
#include "broker_group.h"

#include <stdlib.h>

#define WAIT_MS 700 /* for the second worker, when the first has come: they are started together */
#define LEADER_MS 150
#define BROKER 1 /* the only one, and so the group's */
/* Kafka's numbers of requests. */
#define JOIN_GROUP 11
#define HEARTBEAT 12
#define LEAVE_GROUP 13
#define SYNC_GROUP 14

/* The mock takes the group for settled as soon as its leader has said who gets what. Whoever asks for its share after
 * that is sent to join once more, for which the whole group waits a session. So the next one that joins, which is first
 * and hence the leader, learns a little later than the others that the group has met. */
static void delay_leader(rd_kafka_mock_cluster_t *cluster)
{
    /* If it fails, the group meets once more now and then. */
    (void)rd_kafka_mock_broker_push_request_error_rtts(cluster, BROKER, JOIN_GROUP, 1, RD_KAFKA_RESP_ERR_NO_ERROR,
                                                       LEADER_MS);
}

#if RD_KAFKA_VERSION >= 0x02050000

struct broker_group {
    char unused;
};

struct broker_group *broker_group_open(rd_kafka_mock_cluster_t *cluster, const char *name)
{
    (void)name;
    rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, WAIT_MS);
    delay_leader(cluster);
    return calloc(1, sizeof(struct broker_group));
}

void broker_group_turn(struct broker_group *group, int64_t now_ms)
{
    (void)group;
    (void)now_ms;
}

void broker_group_close(struct broker_group *group)
{
    free(group);
}

#else

#include <arpa/inet.h>
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define JOIN_MS 2650 /* of 3000: missed neither at the third second nor by a slow machine */
#define MET_MS 1000  /* after that it is too late */
#define PROTOCOL "range"
#define ANSWER_MAX 1024

struct broker_group {
    rd_kafka_mock_cluster_t *cluster;
    const char *name;
    struct sockaddr_in broker;
    enum { OPENED, JOINING, MEMBER, GONE } state;
    int socket;      /* -1: not connected */
    int64_t due_ms;  /* when the state ends; 0: at the first turn */
    char member[24]; /* its name, another one each time: the mock endures no second request of a member that waits */
    unsigned names;
    int32_t generation;
};

/* A request, written from front to back. */
struct letter {
    uint8_t bytes[ANSWER_MAX];
    size_t size;
};

static void put(struct letter *letter, uint32_t number, size_t width)
{
    assert(letter->size + width <= sizeof(letter->bytes));
    for (size_t i = 0; i < width; i++)
        letter->bytes[letter->size++] = (uint8_t)(number >> (8 * (width - 1 - i)));
}

static void put_text(struct letter *letter, const char *text)
{
    size_t size = strlen(text);

    put(letter, (uint32_t)size, 2);
    assert(letter->size + size <= sizeof(letter->bytes));
    memcpy(letter->bytes + letter->size, text, size);
    letter->size += size;
}

/* Version 0 of all four, which has the fewest fields. */
static struct letter begin(const struct broker_group *group, uint32_t request)
{
    struct letter letter = {.size = 4}; /* the length, when it is known */

    put(&letter, request, 2);
    put(&letter, 0, 2);
    put(&letter, 0, 4);
    put_text(&letter, "gentally-demo");
    put_text(&letter, group->name);
    return letter;
}

static bool send_letter(const struct broker_group *group, struct letter *letter)
{
    size_t size = letter->size;

    letter->size = 0;
    put(letter, (uint32_t)size - 4, 4);
    return send(group->socket, letter->bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static uint32_t number_at(const uint8_t *bytes, size_t width)
{
    uint32_t number = 0;

    for (size_t i = 0; i < width; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* An answer: length and number, four bytes each, then what it is; -1: none yet, or the connection is broken. */
static ssize_t receive(const struct broker_group *group, uint8_t answer[ANSWER_MAX], int flags)
{
    return recv(group->socket, answer, ANSWER_MAX, flags);
}

/* Asks, and waits for the answer; its error code, or -1. */
static int ask(const struct broker_group *group, struct letter *letter)
{
    uint8_t answer[ANSWER_MAX];

    if (!send_letter(group, letter) || receive(group, answer, 0) < 10)
        return -1;
    return (int)number_at(answer + 8, 2);
}

static void hang_up(struct broker_group *group)
{
    if (group->socket >= 0)
        close(group->socket);
    group->socket = -1;
}

static void join(struct broker_group *group)
{
    const struct timeval patience = {.tv_sec = 1};

    hang_up(group);
    snprintf(group->member, sizeof(group->member), "gentally-demo-%u", group->names++);
    group->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (group->socket < 0 ||
        connect(group->socket, (const struct sockaddr *)&group->broker, sizeof(group->broker)) != 0)
        return;
    (void)setsockopt(group->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    struct letter letter = begin(group, JOIN_GROUP);
    put(&letter, WAIT_MS, 4); /* the session: the mock waits as long for whoever does not come back */
    put_text(&letter, group->member);
    put_text(&letter, "consumer");
    put(&letter, 1, 4);
    put_text(&letter, PROTOCOL);
    put(&letter, 10, 4); /* bytes of what is subscribed to: version 0, no topics, nothing more */
    put(&letter, 0, 2);
    put(&letter, 0, 4);
    put(&letter, 0, 4);
    (void)send_letter(group, &letter);
}

/* The group has met: gives everybody, that is us, nothing. */
static bool settle(struct broker_group *group, const uint8_t answer[ANSWER_MAX])
{
    if (number_at(answer + 8, 2) != 0)
        return false;
    group->generation = (int32_t)number_at(answer + 10, 4);
    struct letter letter = begin(group, SYNC_GROUP);
    put(&letter, (uint32_t)group->generation, 4);
    put_text(&letter, group->member);
    put(&letter, 1, 4);
    put_text(&letter, group->member);
    put(&letter, 0, 4);
    if (ask(group, &letter) != 0)
        return false;
    delay_leader(group->cluster);
    return true;
}

/* True as long as the group stays as it is. */
static bool beat(const struct broker_group *group)
{
    struct letter letter = begin(group, HEARTBEAT);

    put(&letter, (uint32_t)group->generation, 4);
    put_text(&letter, group->member);
    return ask(group, &letter) == 0;
}

static void leave(struct broker_group *group)
{
    if (group->state == MEMBER) {
        struct letter letter = begin(group, LEAVE_GROUP);
        put_text(&letter, group->member);
        (void)ask(group, &letter);
    }
    hang_up(group);
    group->state = GONE;
}

struct broker_group *broker_group_open(rd_kafka_mock_cluster_t *cluster, const char *name)
{
    struct broker_group *group = calloc(1, sizeof(*group));
    static const char host[] = "127.0.0.1:";
    const char *address = rd_kafka_mock_cluster_bootstraps(cluster);
    bool is_local = strncmp(address, host, strlen(host)) == 0;
    unsigned long port = is_local ? strtoul(address + strlen(host), NULL, 10) : 0;

    if (group == NULL)
        return NULL;
    group->cluster = cluster;
    group->name = name;
    group->socket = -1;
    group->broker.sin_family = AF_INET;
    group->broker.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (port == 0 || port > UINT16_MAX)
        group->state = GONE;
    group->broker.sin_port = htons((uint16_t)port);
    return group;
}

/* Joins, as the opener or as the one that is to stay. */
static void go_on(struct broker_group *group, bool is_opener, int64_t now_ms)
{
    join(group);
    group->state = is_opener ? OPENED : JOINING;
    group->due_ms = now_ms + (is_opener ? JOIN_MS : MET_MS);
}

void broker_group_turn(struct broker_group *group, int64_t now_ms)
{
    uint8_t answer[ANSWER_MAX];

    switch (group->state) {
    case OPENED:
        if (now_ms >= group->due_ms)
            go_on(group, group->due_ms == 0, now_ms);
        break;
    case JOINING:
        if (receive(group, answer, MSG_DONTWAIT) >= 14)
            group->state = settle(group, answer) ? MEMBER : GONE;
        else if (now_ms >= group->due_ms)
            go_on(group, true, now_ms);
        break;
    case MEMBER:
        if (!beat(group))
            leave(group);
        break;
    case GONE:
        break;
    }
}

void broker_group_close(struct broker_group *group)
{
    if (group == NULL)
        return;
    leave(group);
    free(group);
}

#endif
