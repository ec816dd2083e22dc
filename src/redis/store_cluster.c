/*
 * The nodes that have slots come first, as the map numbers them; behind them those that only ASK has named, until the
 * slots are read again. All of them are connected before a command is sent: where one is away, nobody counts, as with
 * one Redis.
 */
#include "store_cluster.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/clock.h"
#include "gentally/base/grow.h"
#include "store_error.h"
#include "store_map.h"
#include "store_node.h"

#define ASKS_MAX 8
#define NODES_MAX (STORE_PRIMARIES_MAX + ASKS_MAX)
#define SILENT_MS 1000 /* a node can hardly be demoted and promoted again in less */

struct member {
    struct store_node *node;
    int64_t epoch;
    int64_t heard_ms; /* monotonic: of the last answer */
    bool has_unsent;
};

/* A slot that is on its way: a command that is sent again goes there. */
struct asked_slot {
    uint16_t slot;
    uint32_t member;
};

/* A command whose answer is awaited. */
struct awaited {
    uint32_t member;
    bool is_asked; /* and that to ASKING before */
};

struct store_cluster {
    struct redis_url address;
    const struct config *config;
    struct store_tls *tls;
    struct logger *logger;
    struct store_map map;
    struct member members[NODES_MAX];
    uint32_t count, at; /* of members; where a command without a key goes */
    struct asked_slot asks[ASKS_MAX];
    uint32_t ask_count;
    struct awaited *awaited;
    size_t awaited_room;
    uint32_t awaited_count, answered;
    bool is_stale; /* the map */
    bool may_repeat;
    bool is_moved; /* an answer named who has a slot: `moved_to` */
    struct redis_place moved_to;
    uint32_t turn; /* which node is asked for the slots first */
    uint64_t histories;
};

enum verdict store_cluster_open(struct store_cluster **cluster, const struct redis_url *address,
                                const struct config *config, struct store_tls *tls, struct logger *logger,
                                struct reason *why)
{
    struct store_cluster *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for the connections to a cluster");
    opened->address = *address;
    opened->config = config;
    opened->tls = tls;
    opened->logger = logger;
    opened->is_stale = true;
    *cluster = opened;
    return GO_ON;
}

void store_cluster_drop(struct store_cluster *cluster)
{
    for (uint32_t i = 0; i < cluster->count; i++) {
        store_node_drop(cluster->members[i].node);
        cluster->members[i].has_unsent = false;
    }
    cluster->awaited_count = cluster->answered = 0;
}

void store_cluster_close(struct store_cluster *cluster)
{
    if (cluster == NULL)
        return;
    for (uint32_t i = 0; i < cluster->count; i++)
        store_node_close(cluster->members[i].node);
    free(cluster->awaited);
    free(cluster);
}

bool store_cluster_is_up(const struct store_cluster *cluster)
{
    bool is_up = cluster->count > 0 && !cluster->is_stale;

    for (uint32_t i = 0; i < cluster->map.count && is_up; i++)
        is_up = store_node_is_up(cluster->members[i].node);
    return is_up;
}

bool store_cluster_may_repeat(const struct store_cluster *cluster)
{
    return cluster->may_repeat;
}

uint64_t store_cluster_count(const struct store_cluster *cluster)
{
    return cluster->histories;
}

uint32_t store_cluster_primaries(const struct store_cluster *cluster)
{
    return cluster->map.count;
}

uint32_t store_cluster_primary_of(const struct store_cluster *cluster, struct span key)
{
    uint8_t owner = cluster->map.owners[store_slot(key)];

    return owner == STORE_NOBODY ? 0 : owner;
}

void store_cluster_aim(struct store_cluster *cluster, uint32_t primary)
{
    assert(primary < cluster->map.count);
    cluster->at = primary;
}

/* ---- one node ---- */

/* A node's connection broke, or it is not who it was: its slots may be another's. */
static enum verdict lost(struct store_cluster *cluster, struct member *member, enum verdict verdict)
{
    member->has_unsent = false;
    cluster->is_stale = true;
    cluster->may_repeat = true;
    return verdict;
}

static enum verdict make_node(const struct store_cluster *cluster, enum store_role role,
                              const struct redis_place *place, struct store_node **node, struct reason *why)
{
    struct redis_url address = {.is_tls = cluster->address.is_tls, .port = place->port};

    memcpy(address.host, place->host, sizeof(address.host));
    memcpy(address.user, cluster->address.user, sizeof(address.user));
    return store_node_open(node, role, &address, cluster->config, cluster->tls, cluster->logger, why);
}

/* What lacks may be a right that only a cluster asks for. */
static enum verdict denied(enum verdict verdict, struct reason *why)
{
    if (verdict != HALT || why->id != STORE_DENIED)
        return verdict;
    return reason_set(why, HALT, STORE_DENIED, 0, "%.380s; in a cluster also " STORE_GRANT_CLUSTER, why->text);
}

/* One question to a node that is connected and has no other answer outstanding. */
static enum verdict ask(struct store_node *node, int count, const char **words, redisReply **reply, struct reason *why)
{
    enum verdict verdict = store_node_send(node, count, words, NULL, why);

    *reply = NULL;
    return verdict == GO_ON ? denied(store_node_receive(node, reply, why), why) : verdict;
}

/* The epoch in which a node got its slots: another one after each change of roles. */
static enum verdict ask_epoch(struct store_node *node, int64_t *epoch, struct reason *why)
{
    static const char name[] = "\ncluster_my_epoch:";
    redisReply *reply = NULL;
    enum verdict verdict = ask(node, 2, (const char *[]){"CLUSTER", "INFO"}, &reply, why);

    if (verdict != GO_ON)
        return verdict;
    const char *at = reply->type == REDIS_REPLY_STRING ? strstr(reply->str, name) : NULL;
    *epoch = at == NULL ? -1 : strtoll(at + strlen(name), NULL, 10);
    freeReplyObject(reply);
    if (*epoch >= 0)
        return GO_ON;
    return reason_set(why, HALT, STORE_CLUSTER, 0, "CLUSTER INFO tells no cluster_my_epoch");
}

/* Whether we may follow a slot that is on its way: who may not is told so now, rather than by then. */
static enum verdict try_asking(struct store_node *node, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = ask(node, 1, (const char *[]){"ASKING"}, &reply, why);

    freeReplyObject(reply);
    return verdict;
}

static enum verdict connect_member(struct store_cluster *cluster, struct member *member, struct reason *why)
{
    enum verdict verdict = store_node_up(member->node, why);

    if (verdict == GO_ON)
        verdict = try_asking(member->node, why);
    if (verdict == GO_ON)
        verdict = ask_epoch(member->node, &member->epoch, why);
    if (verdict != GO_ON) {
        store_node_drop(member->node);
        return verdict;
    }
    member->heard_ms = clock_ms(CLOCK_MONOTONIC);
    cluster->histories++;
    return GO_ON;
}

/* Looks whether a node that was silent is who it was; if not, it is connected to anew, as another history. */
static enum verdict look_again(struct store_cluster *cluster, struct member *member, struct reason *why)
{
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC), epoch = 0;

    if (now_ms - member->heard_ms < SILENT_MS)
        return GO_ON;
    enum verdict verdict = ask_epoch(member->node, &epoch, why);
    if (verdict == GO_ON && epoch == member->epoch) {
        member->heard_ms = now_ms;
        return GO_ON;
    }
    store_node_drop(member->node);
    return connect_member(cluster, member, why);
}

/* ---- who has the slots ---- */

static enum verdict ask_slots(struct store_node *node, struct store_map *map, struct reason *why)
{
    redisReply *reply = NULL;
    struct redis_place place = store_node_place(node);
    enum verdict verdict = ask(node, 2, (const char *[]){"CLUSTER", "SLOTS"}, &reply, why);

    if (verdict == GO_ON)
        verdict = store_map_read(map, reply, &place, why);
    freeReplyObject(reply);
    return verdict;
}

/* Asks a node that is not connected, over a connection that is closed again. */
static enum verdict ask_slots_at(struct store_cluster *cluster, const struct redis_place *place, struct store_map *map,
                                 struct reason *why)
{
    struct store_node *node = NULL;
    enum verdict verdict = make_node(cluster, STORE_TELLER, place, &node, why);

    if (verdict == GO_ON)
        verdict = store_node_up(node, why);
    if (verdict == GO_ON)
        verdict = ask_slots(node, map, why);
    store_node_close(node);
    return verdict;
}

/* Asks the member or seed of that number. */
static enum verdict ask_number(struct store_cluster *cluster, uint32_t number, struct store_map *map,
                               struct reason *why)
{
    if (number >= cluster->count)
        return ask_slots_at(cluster, &cluster->address.seeds[number - cluster->count], map, why);
    struct store_node *node = cluster->members[number].node;
    struct redis_place place = store_node_place(node);
    return store_node_is_up(node) ? ask_slots(node, map, why) : ask_slots_at(cluster, &place, map, why);
}

/* Asks whoever MOVED has named, or the nodes in turn, each time from another one on: one that is cut off from the
 * others would say what it knew. */
static enum verdict find_slots(struct store_cluster *cluster, struct store_map *map, struct reason *why)
{
    struct reason other;
    uint32_t count = cluster->count + cluster->address.seed_count;
    enum verdict worst = TRY_LATER;

    if (cluster->is_moved && ask_slots_at(cluster, &cluster->moved_to, map, why) == GO_ON)
        return GO_ON;
    cluster->turn = (cluster->turn + 1) % count;
    for (uint32_t i = 0; i < count; i++) {
        enum verdict verdict = ask_number(cluster, (cluster->turn + i) % count, map, &other);
        if (verdict == GO_ON)
            return GO_ON;
        if (i == 0 || (verdict == HALT && worst != HALT)) {
            worst = verdict;
            *why = other;
        }
    }
    return worst;
}

/* The member at a place, without a place among them any more; else a new one. */
static enum verdict take_member(struct store_cluster *cluster, const struct redis_place *place, struct member *taken,
                                struct reason *why)
{
    for (uint32_t i = 0; i < cluster->count; i++) {
        struct member *member = &cluster->members[i];
        struct redis_place known = {.port = 0};
        if (member->node != NULL)
            known = store_node_place(member->node);
        if (!store_place_is(&known, place))
            continue;
        *taken = *member;
        member->node = NULL;
        return GO_ON;
    }
    *taken = (struct member){.node = NULL};
    return make_node(cluster, STORE_PRIMARY, place, &taken->node, why);
}

/* Puts the members in the order of the map, and lets those go that have no slots. */
static enum verdict follow(struct store_cluster *cluster, const struct store_map *map, struct reason *why)
{
    struct member members[STORE_PRIMARIES_MAX];
    uint32_t count = 0;
    enum verdict verdict = GO_ON;

    for (; count < map->count && verdict == GO_ON; count += verdict == GO_ON)
        verdict = take_member(cluster, &map->primaries[count], &members[count], why);
    for (uint32_t i = 0; i < cluster->count; i++)
        store_node_close(cluster->members[i].node);
    memcpy(cluster->members, members, count * sizeof(*members));
    cluster->count = count;
    return verdict;
}

static enum verdict refresh(struct store_cluster *cluster, struct reason *why)
{
    struct store_map map;
    enum verdict verdict = find_slots(cluster, &map, why);

    if (verdict != GO_ON)
        return verdict;
    cluster->at = cluster->ask_count = 0;
    verdict = follow(cluster, &map, why);
    if (verdict != GO_ON) {
        cluster->map.count = 0; /* Some of its members are closed. */
        return verdict;
    }
    if (store_map_differs(&cluster->map, &map)) {
        cluster->histories++;
        log_line(cluster->logger, LOG_LEVEL_INFO, "STORE-SLOTS", "primaries=%u", map.count);
    }
    cluster->map = map;
    cluster->is_stale = cluster->is_moved = false;
    return GO_ON;
}

enum verdict store_cluster_up(struct store_cluster *cluster, struct reason *why)
{
    enum verdict verdict = GO_ON;

    assert(cluster->awaited_count == 0);
    cluster->may_repeat = false;
    if (cluster->is_stale)
        verdict = refresh(cluster, why);
    for (uint32_t i = 0; i < cluster->count && verdict == GO_ON; i++) {
        struct member *member = &cluster->members[i];
        verdict =
            store_node_is_up(member->node) ? look_again(cluster, member, why) : connect_member(cluster, member, why);
        cluster->is_stale = verdict != GO_ON;
    }
    return verdict;
}

/* ---- a command and its answer ---- */

static enum verdict nobody(struct store_cluster *cluster, uint16_t slot, struct reason *why)
{
    cluster->is_stale = true;
    return reason_set(why, TRY_LATER, STORE_BUSY, 0, "nobody in the cluster has slot %u", slot);
}

/* To whom a command goes; `*is_asked`: behind ASKING. */
static enum verdict choose(struct store_cluster *cluster, struct span key, uint32_t *member, bool *is_asked,
                           struct reason *why)
{
    *is_asked = false;
    *member = cluster->at;
    if (cluster->count == 0)
        return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "Redis: not connected");
    if (key.bytes == NULL)
        return GO_ON;
    uint16_t slot = store_slot(key);
    for (uint32_t i = 0; i < cluster->ask_count && !*is_asked; i++) {
        *is_asked = cluster->asks[i].slot == slot;
        *member = cluster->asks[i].member;
    }
    if (*is_asked)
        return GO_ON;
    *member = cluster->map.owners[slot];
    return *member == STORE_NOBODY ? nobody(cluster, slot, why) : GO_ON;
}

enum verdict store_cluster_send(struct store_cluster *cluster, int count, const char **arguments, const size_t *sizes,
                                struct reason *why)
{
    uint32_t at = 0;
    bool is_asked = false;
    enum verdict verdict = choose(cluster, store_command_key(count, arguments, sizes), &at, &is_asked, why);
    struct awaited *awaited =
        grow(cluster->awaited, &cluster->awaited_room, (size_t)cluster->awaited_count + 1, sizeof(*awaited));

    if (awaited == NULL)
        return no_memory(why, "for a command");
    cluster->awaited = awaited;
    if (verdict != GO_ON)
        return verdict;
    struct member *member = &cluster->members[at];
    if (is_asked)
        verdict = store_node_send(member->node, 1, (const char *[]){"ASKING"}, NULL, why);
    if (verdict == GO_ON)
        verdict = store_node_send(member->node, count, arguments, sizes, why);
    if (verdict != GO_ON)
        return lost(cluster, member, verdict);
    awaited[cluster->awaited_count++] = (struct awaited){at, is_asked};
    member->has_unsent = true;
    cluster->at = at < cluster->map.count ? at : 0;
    return GO_ON;
}

/* All servers begin to work before the first answer is waited for. Who is lost has none, as will be seen then. */
void store_cluster_push(struct store_cluster *cluster)
{
    struct reason other;

    for (uint32_t i = 0; i < cluster->count; i++) {
        struct member *member = &cluster->members[i];
        if (member->has_unsent && store_node_push(member->node, &other) != GO_ON)
            (void)lost(cluster, member, TRY_LATER);
        member->has_unsent = false;
    }
}

/* The index of the member at a place, which is one more if it has no slots yet; or its number where there is no room.
 */
static uint32_t member_at(struct store_cluster *cluster, const struct redis_place *place)
{
    struct reason other;
    uint32_t i = 0;

    for (; i < cluster->count; i++) {
        struct redis_place known = store_node_place(cluster->members[i].node);
        if (store_place_is(&known, place))
            return i;
    }
    if (i == NODES_MAX)
        return i;
    cluster->members[i] = (struct member){.node = NULL};
    if (make_node(cluster, STORE_PRIMARY, place, &cluster->members[i].node, &other) == GO_ON)
        cluster->count++;
    return i;
}

/* What is sent again goes to the node that is named; without room for one more it waits for the slot to arrive. */
static void note_ask(struct store_cluster *cluster, uint16_t slot, const struct redis_place *place)
{
    uint32_t member = member_at(cluster, place);

    cluster->may_repeat = true;
    for (uint32_t i = 0; i < cluster->ask_count; i++)
        if (cluster->asks[i].slot == slot)
            return;
    if (member < cluster->count && cluster->ask_count < ASKS_MAX)
        cluster->asks[cluster->ask_count++] = (struct asked_slot){slot, member};
}

static void note_moved(struct store_cluster *cluster, const struct redis_place *place)
{
    cluster->is_stale = cluster->may_repeat = cluster->is_moved = true;
    cluster->moved_to = *place;
}

/* A slot that is on its way, and a cluster without some of its slots. The latter of a command inside a function. */
static bool must_wait(const char *text)
{
    static const char *const beginnings[] = {
        "TRYAGAIN",
        "CLUSTERDOWN",
        "ERR Script attempted to access a non local key",
        "ERR Script attempted to execute a",
        "ERR Unable to execute command",
    };

    for (size_t i = 0; i < LENGTH_OF(beginnings); i++)
        if (strncmp(text, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

/* What an error says of the cluster; what it does not is as of any server. */
static enum verdict refuse(struct store_cluster *cluster, struct member *member, redisReply **reply, struct reason *why)
{
    const struct redis_place asked = store_node_place(member->node);
    struct redis_place place;
    uint16_t slot = 0;
    const char *text = (*reply)->str;

    bool is_moved = store_redirect_read(text, "MOVED", &asked, &slot, &place);
    if (is_moved)
        note_moved(cluster, &place);
    bool is_asked = !is_moved && store_redirect_read(text, "ASK", &asked, &slot, &place);
    if (is_asked)
        note_ask(cluster, slot, &place);
    cluster->is_stale = cluster->is_stale || strncmp(text, "CLUSTERDOWN", strlen("CLUSTERDOWN")) == 0;
    if (!is_moved && !is_asked && !must_wait(text)) {
        enum verdict verdict = store_node_refused(member->node, reply, why);
        return store_node_is_up(member->node) ? verdict : lost(cluster, member, verdict);
    }
    enum verdict verdict = reason_set(why, TRY_LATER, STORE_BUSY, 0, "Redis refuses for now: %s", text);
    freeReplyObject(*reply);
    *reply = NULL;
    return verdict;
}

/* The slot has answered where it is; whoever asks next is told anew. */
static void forget_ask(struct store_cluster *cluster, uint32_t member)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < cluster->ask_count; i++)
        if (cluster->asks[i].member != member)
            cluster->asks[kept++] = cluster->asks[i];
    cluster->ask_count = kept;
}

/* Takes the answer to ASKING. HALT: it was refused, as what follows will be. */
static enum verdict receive_asking(struct store_cluster *cluster, uint32_t at, struct reason *why)
{
    redisReply *reply = NULL;
    struct store_node *node = cluster->members[at].node;
    enum verdict verdict = store_node_answer(node, &reply, why);

    forget_ask(cluster, at);
    if (verdict == GO_ON && reply->type == REDIS_REPLY_ERROR)
        return denied(store_node_refused(node, &reply, why), why);
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_cluster_receive(struct store_cluster *cluster, redisReply **reply, struct reason *why)
{
    struct reason other;

    assert(cluster->answered < cluster->awaited_count);
    store_cluster_push(cluster);
    const struct awaited awaited = cluster->awaited[cluster->answered++];
    struct member *member = &cluster->members[awaited.member];
    if (cluster->answered == cluster->awaited_count)
        cluster->answered = cluster->awaited_count = 0;
    enum verdict asking = awaited.is_asked ? receive_asking(cluster, awaited.member, why) : GO_ON;
    enum verdict verdict = store_node_answer(member->node, reply, asking == GO_ON ? why : &other);
    if (verdict != GO_ON)
        return lost(cluster, member, verdict);
    member->heard_ms = clock_ms(CLOCK_MONOTONIC);
    if (asking == GO_ON)
        return (*reply)->type == REDIS_REPLY_ERROR ? refuse(cluster, member, reply, why) : GO_ON;
    freeReplyObject(*reply);
    *reply = NULL;
    return asking;
}
