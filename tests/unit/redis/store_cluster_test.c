/* A cluster of three nodes that are scripts: only the socket is replaced, by the functions of hiredis at the top, and
 * the clock, by the linker. */
#include "store_cluster.h"

#include <stdlib.h>

#include "config_defaults.h"
#include "suite.h"

#define PORT 7001 /* of the first */
#define NODES 3

static struct server {
    bool is_away;     /* connects to nobody */
    bool is_hanging;  /* answers nothing */
    const char *next; /* what it answers to the next command of a key; NULL: its port */
    int epoch;
} servers[NODES];
static const char *slots; /* as CLUSTER SLOTS tells them */
static char trace[1024];  /* "1:HGET " for each command of a key, "1:ASKING " */
static int64_t now_ms;
static uint32_t slots_asked;

static const char first_slots[] =
    "*3\r\n"
    "*3\r\n:0\r\n:5999\r\n*2\r\n$1\r\nh\r\n:7001\r\n"
    "*3\r\n:6000\r\n:9999\r\n*2\r\n$1\r\nh\r\n:7002\r\n"
    "*3\r\n:10000\r\n:16383\r\n*2\r\n$1\r\nh\r\n:7003\r\n";
static const char broken_slots[] =
    "*2\r\n"
    "*3\r\n:6000\r\n:9999\r\n*2\r\n$1\r\nh\r\n:7002\r\n"
    "*3\r\n:10000\r\n:5\r\n*2\r\n$1\r\nh\r\n:7003\r\n";

/* ---- hiredis without a socket ---- */

int64_t __wrap_clock_ms(clockid_t clock);
int64_t __wrap_clock_ms(clockid_t clock)
{
    (void)clock;
    return now_ms;
}

struct connection {
    redisContext context; /* first: what the caller has */
    struct server *server;
};

static struct connection *connection_of(redisContext *context)
{
    return (struct connection *)(void *)context;
}

redisContext *redisConnectWithTimeout(const char *ip, int port, const struct timeval tv)
{
    struct connection *connection = calloc(1, sizeof(*connection));

    (void)tv;
    CU_ASSERT_PTR_NOT_NULL_FATAL(connection);
    CU_ASSERT_STRING_EQUAL(ip, "h");
    CU_ASSERT_FATAL(port >= PORT && port < PORT + NODES);
    connection->server = &servers[port - PORT];
    connection->context.reader = redisReaderCreate();
    if (connection->server->is_away)
        connection->context.err = REDIS_ERR_IO;
    return &connection->context;
}

int redisSetTimeout(redisContext *c, const struct timeval tv)
{
    (void)tv;
    return c->err == 0 ? REDIS_OK : REDIS_ERR;
}

int redisEnableKeepAlive(redisContext *c)
{
    return c->err == 0 ? REDIS_OK : REDIS_ERR;
}

static void note(const struct server *server, const char *word)
{
    size_t size = strlen(trace);

    snprintf(trace + size, sizeof(trace) - size, "%d:%s ", (int)(server - servers) + 1, word);
}

/* What a server answers. */
static void answer(struct server *server, int count, const char **words, char *text, size_t size)
{
    char body[128] = "\ncluster_enabled:1\nrole:master\nredis_version:7.0.15\nmaxmemory_policy:noeviction\n";

    if (strcmp(words[0], "CLUSTER") == 0 && strcmp(words[1], "SLOTS") == 0) {
        slots_asked++;
        snprintf(text, size, "%s", slots);
    } else if (strcmp(words[0], "CLUSTER") == 0 || strcmp(words[0], "INFO") == 0) {
        if (count > 1)
            snprintf(body, sizeof(body), "\ncluster_my_epoch:%d\n", server->epoch);
        snprintf(text, size, "$%zu\r\n%s\r\n", strlen(body), body);
    } else {
        note(server, words[0]);
        bool is_asking = strcmp(words[0], "ASKING") == 0;
        if (server->next != NULL && !is_asking)
            snprintf(text, size, "%s\r\n", server->next);
        else
            snprintf(text, size, is_asking ? "+OK\r\n" : ":%d\r\n", (int)(server - servers) + PORT);
        server->next = is_asking ? server->next : NULL;
    }
}

int redisAppendCommandArgv(redisContext *c, int argc, const char **argv, const size_t *argvlen)
{
    static char text[1024];

    (void)argvlen;
    answer(connection_of(c)->server, argc, argv, text, sizeof(text));
    return redisReaderFeed(c->reader, text, strlen(text));
}

int redisBufferWrite(redisContext *c, int *done)
{
    *done = 1;
    return c->err == 0 ? REDIS_OK : REDIS_ERR;
}

int redisGetReply(redisContext *c, void **reply)
{
    if (c->err == 0 && !connection_of(c)->server->is_hanging)
        return redisReaderGetReply(c->reader, reply);
    c->err = REDIS_ERR_IO;
    return REDIS_ERR;
}

void redisFree(redisContext *c)
{
    redisReaderFree(c->reader);
    free(c);
}

/* ---- what is asked of it ---- */

static struct config config;
static struct logger logger;

static struct store_cluster *open_cluster(void)
{
    struct store_cluster *cluster = NULL;
    struct reason why = {0};
    struct redis_url address;

    memset(servers, 0, sizeof(servers));
    slots = first_slots;
    now_ms = 1000;
    slots_asked = 0;
    config_defaults(&config);
    log_open(&logger, LOG_LEVEL_ERROR, "test");
    CU_ASSERT_PTR_NULL_FATAL(redis_url_parse("redis+cluster://h:7001,h:7002", &address));
    CU_ASSERT_EQUAL_FATAL(store_cluster_open(&cluster, &address, &config, NULL, &logger, &why), GO_ON);
    CU_ASSERT_FALSE(store_cluster_is_up(cluster));
    CU_ASSERT_EQUAL_FATAL(store_cluster_up(cluster, &why), GO_ON);
    CU_ASSERT_TRUE(store_cluster_is_up(cluster));
    CU_ASSERT_EQUAL(store_cluster_primaries(cluster), NODES);
    trace[0] = '\0';
    return cluster;
}

static enum verdict send(struct store_cluster *cluster, const char *word, const char *key)
{
    struct reason why;

    return store_cluster_send(cluster, key == NULL ? 1 : 2, (const char *[]){word, key}, NULL, &why);
}

/* The verdict of the next answer, whose number is `want` if there is one. */
static enum verdict receive(struct store_cluster *cluster, long long want)
{
    struct reason why = {0};
    redisReply *reply = NULL;
    enum verdict verdict = store_cluster_receive(cluster, &reply, &why);

    CU_ASSERT_EQUAL(reply != NULL, verdict == GO_ON);
    if (verdict == GO_ON)
        CU_ASSERT_EQUAL(reply->integer, want);
    freeReplyObject(reply);
    return verdict;
}

static enum verdict up(struct store_cluster *cluster)
{
    struct reason why = {0};

    return store_cluster_up(cluster, &why);
}

/* Keys of the first, second and third node: slots 2276, 6341, 14471. */
#define ONE "ns:{t:1}:meta"
#define TWO "ns:{t:0}:meta"
#define THREE "ns:{t:2}:meta"

static void commands_go_to_who_has_their_keys(void)
{
    struct store_cluster *cluster = open_cluster();

    CU_ASSERT_EQUAL(send(cluster, "HGETALL", THREE), GO_ON);
    CU_ASSERT_EQUAL(send(cluster, "HGETALL", ONE), GO_ON);
    CU_ASSERT_EQUAL(send(cluster, "HLEN", THREE), GO_ON);
    CU_ASSERT_EQUAL(send(cluster, "HLEN", TWO), GO_ON);
    CU_ASSERT_EQUAL(send(cluster, "TIME", NULL), GO_ON); /* where the last one went */
    CU_ASSERT_STRING_EQUAL(trace, "3:HGETALL 1:HGETALL 3:HLEN 2:HLEN 2:TIME ");
    CU_ASSERT_EQUAL(receive(cluster, 7003), GO_ON);
    CU_ASSERT_EQUAL(receive(cluster, 7001), GO_ON);
    CU_ASSERT_EQUAL(receive(cluster, 7003), GO_ON);
    CU_ASSERT_EQUAL(receive(cluster, 7002), GO_ON);
    CU_ASSERT_EQUAL(receive(cluster, 7002), GO_ON);
    CU_ASSERT_EQUAL(store_cluster_primary_of(cluster, span_of(THREE)), 2);
    store_cluster_aim(cluster, 0);
    CU_ASSERT_EQUAL(send(cluster, "TIME", NULL), GO_ON);
    CU_ASSERT_EQUAL(receive(cluster, 7001), GO_ON);
    CU_ASSERT_EQUAL(up(cluster), GO_ON);
    CU_ASSERT_EQUAL(slots_asked, 1); /* for nothing they are not asked again */
    store_cluster_close(cluster);
}

static void a_slot_that_moved_is_another_history(void)
{
    struct store_cluster *cluster = open_cluster();
    uint64_t before = store_cluster_count(cluster);

    servers[0].next = "-MOVED 2276 h:7003";
    slots = broken_slots;
    CU_ASSERT_EQUAL(send(cluster, "HLEN", TWO), GO_ON);
    CU_ASSERT_EQUAL(send(cluster, "HLEN", ONE), GO_ON);
    CU_ASSERT_EQUAL(receive(cluster, 7002), GO_ON);
    CU_ASSERT_FALSE(store_cluster_may_repeat(cluster));
    CU_ASSERT_EQUAL(receive(cluster, 0), TRY_LATER);
    CU_ASSERT_TRUE(store_cluster_may_repeat(cluster));
    CU_ASSERT_EQUAL(up(cluster), HALT); /* those slots do not read: 10000 to 5 */
    slots = "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$1\r\nh\r\n:7003\r\n";
    CU_ASSERT_EQUAL(up(cluster), GO_ON);
    CU_ASSERT_EQUAL(store_cluster_primaries(cluster), 1);
    CU_ASSERT(store_cluster_count(cluster) > before);
    CU_ASSERT_EQUAL(send(cluster, "HLEN", ONE), GO_ON);
    CU_ASSERT_EQUAL(receive(cluster, 7003), GO_ON);
    store_cluster_close(cluster);
}

static void a_slot_on_its_way_is_asked_for(void)
{
    struct store_cluster *cluster = open_cluster();
    uint64_t before = store_cluster_count(cluster);

    servers[0].next = "-ASK 2276 h:7002";
    CU_ASSERT_EQUAL(send(cluster, "HLEN", ONE), GO_ON);
    CU_ASSERT_EQUAL(receive(cluster, 0), TRY_LATER);
    CU_ASSERT_TRUE(store_cluster_may_repeat(cluster));
    CU_ASSERT_EQUAL(up(cluster), GO_ON);
    CU_ASSERT_EQUAL(send(cluster, "HLEN", ONE), GO_ON);
    CU_ASSERT_EQUAL(send(cluster, "HLEN", THREE), GO_ON);
    CU_ASSERT_EQUAL(receive(cluster, 7002), GO_ON);
    CU_ASSERT_EQUAL(receive(cluster, 7003), GO_ON);
    CU_ASSERT_EQUAL(send(cluster, "HLEN", ONE), GO_ON); /* and then anew */
    CU_ASSERT_EQUAL(receive(cluster, 7001), GO_ON);
    CU_ASSERT_STRING_EQUAL(trace, "1:HLEN 2:ASKING 2:HLEN 3:HLEN 1:HLEN ");
    CU_ASSERT_EQUAL(slots_asked, 1);
    CU_ASSERT_EQUAL(store_cluster_count(cluster), before);
    servers[0].next = "-TRYAGAIN Multiple keys request during rehashing of slot";
    CU_ASSERT_EQUAL(send(cluster, "HLEN", ONE), GO_ON);
    CU_ASSERT_EQUAL(receive(cluster, 0), TRY_LATER);
    CU_ASSERT_FALSE(store_cluster_may_repeat(cluster)); /* not at once */
    store_cluster_close(cluster);
}

static void who_is_lost_takes_no_others_answers(void)
{
    struct store_cluster *cluster = open_cluster();
    uint64_t before = store_cluster_count(cluster);

    CU_ASSERT_EQUAL(send(cluster, "HLEN", ONE), GO_ON);
    CU_ASSERT_EQUAL(send(cluster, "HLEN", TWO), GO_ON);
    CU_ASSERT_EQUAL(send(cluster, "HLEN", ONE), GO_ON);
    CU_ASSERT_EQUAL(send(cluster, "HLEN", THREE), GO_ON);
    servers[0].is_hanging = true;
    CU_ASSERT_EQUAL(receive(cluster, 0), TRY_LATER);
    CU_ASSERT_EQUAL(receive(cluster, 7002), GO_ON);
    CU_ASSERT_EQUAL(receive(cluster, 0), TRY_LATER);
    CU_ASSERT_EQUAL(receive(cluster, 7003), GO_ON);
    CU_ASSERT_FALSE(store_cluster_is_up(cluster));
    CU_ASSERT_EQUAL(up(cluster), TRY_LATER); /* Nobody counts while one is away. */
    servers[0].is_hanging = false;
    CU_ASSERT_EQUAL(up(cluster), GO_ON);
    CU_ASSERT_EQUAL(store_cluster_count(cluster), before + 1);
    CU_ASSERT_EQUAL(send(cluster, "HLEN", ONE), GO_ON);
    store_cluster_drop(cluster); /* with what is outstanding */
    CU_ASSERT_EQUAL(up(cluster), GO_ON);
    CU_ASSERT_EQUAL(store_cluster_count(cluster), before + 1 + NODES);
    store_cluster_close(cluster);
}

static void who_was_silent_is_asked_for_its_epoch(void)
{
    struct store_cluster *cluster = open_cluster();
    uint64_t before = store_cluster_count(cluster);

    servers[1].epoch = 7; /* demoted and promoted again, and nobody cut the connection */
    now_ms += 999;
    CU_ASSERT_EQUAL(up(cluster), GO_ON);
    CU_ASSERT_EQUAL(store_cluster_count(cluster), before);
    now_ms += 1;
    CU_ASSERT_EQUAL(up(cluster), GO_ON);
    CU_ASSERT_EQUAL(store_cluster_count(cluster), before + 1);
    now_ms += 5000;
    CU_ASSERT_EQUAL(up(cluster), GO_ON);
    CU_ASSERT_EQUAL(store_cluster_count(cluster), before + 1);
    store_cluster_close(cluster);
}

static void the_slots_are_asked_of_who_is_there(void)
{
    struct store_cluster *cluster = open_cluster();
    struct reason why = {0};

    slots = "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$1\r\nh\r\n:7003\r\n";
    servers[0].is_away = servers[1].is_away = true;
    store_cluster_drop(cluster);
    CU_ASSERT_EQUAL(up(cluster), TRY_LATER); /* as they were */
    CU_ASSERT_EQUAL(up(cluster), GO_ON);
    CU_ASSERT_EQUAL(store_cluster_primaries(cluster), 1);
    servers[2].is_away = true;
    store_cluster_drop(cluster);
    CU_ASSERT_EQUAL(store_cluster_up(cluster, &why), TRY_LATER);
    CU_ASSERT_EQUAL(why.id, STORE_UNREACHABLE);
    CU_ASSERT_EQUAL(store_cluster_up(cluster, &why), TRY_LATER);
    CU_ASSERT_EQUAL(why.id, STORE_UNREACHABLE);
    store_cluster_close(cluster);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"commands go to who has their keys", commands_go_to_who_has_their_keys},
        {"a slot that moved is another history", a_slot_that_moved_is_another_history},
        {"a slot on its way is asked for", a_slot_on_its_way_is_asked_for},
        {"who is lost takes no others' answers", who_is_lost_takes_no_others_answers},
        {"who was silent is asked for its epoch", who_was_silent_is_asked_for_its_epoch},
        {"the slots are asked of who is there", the_slots_are_asked_of_who_is_there},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
