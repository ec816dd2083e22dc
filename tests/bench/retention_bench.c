/*
 * What a pair of retention takes in Redis, all in, and how many activities a second go through the function: a private
 * redis-server, filled as a platform's accounts would.
 *
 *     retention_bench [PAIRS [EXPECTED]]     10 million: retention_bench 10000000
 *
 * Of 300 models; a pair begins in one of 13 months, more often in a later one, and comes back in each month after with
 * a chance of a quarter. Activities arrive in random order of pairs and months, as in a backfill: the dearest case,
 * since older months move cohorts. Then a twentieth of them once more: what a repetition costs that changes nothing.
 */
#include <inttypes.h>
#include <time.h>

#include "config_defaults.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_retention.h"
#include "redis_server.h"

#define MODELS 300u
#define MONTHS 13u
#define FIRST_MONTH 658u /* November 2024 */
#define ROUND ((uint32_t)RETENTION_SHARDS * RETENTION_CALL_PAIRS)

static char names[MODELS][48];

static uint64_t mixed(uint64_t number)
{
    number += UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

/* The months of a pair, a bit each. */
static uint32_t months_of(uint64_t pair)
{
    uint64_t chance = mixed(pair ^ 0x5eed);
    uint32_t first = (uint32_t)(chance % MONTHS), other = (uint32_t)(chance >> 8) % MONTHS;
    uint32_t months = 0;

    if (other > first)
        first = other;
    months = 1u << first;
    for (uint32_t month = first + 1; month < MONTHS; month++)
        if ((chance >> (16 + 3 * (month - first))) % 8 < 2)
            months |= 1u << month;
    return months;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int64_t info(const struct test_redis *redis, const char *name)
{
    char command[200], line[200];
    int64_t value = -1;

    snprintf(command, sizeof(command), "redis-cli -s %s INFO all", redis->socket);
    FILE *output = popen(command, "re");
    while (output != NULL && fgets(line, sizeof(line), output) != NULL)
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
            value = strtoll(line + strlen(name) + 1, NULL, 10);
    if (output != NULL)
        pclose(output);
    return value;
}

/* Collects activities by shard until one shard's call is full. */
struct round {
    struct activity by_shard[RETENTION_SHARDS][RETENTION_CALL_PAIRS];
    uint32_t counts[RETENTION_SHARDS];
};

static bool put(struct store *store, struct round *round)
{
    static struct activity all[ROUND];
    struct reason why = {0};
    uint32_t total = 0;

    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++) {
        memcpy(all + total, round->by_shard[shard], round->counts[shard] * sizeof(*all));
        total += round->counts[shard];
    }
    if (store_retain(store, all, round->counts, &why) != GO_ON) {
        printf("retention_bench: %s: %s\n", reason_name(why.id), why.text);
        return false;
    }
    memset(round->counts, 0, sizeof(round->counts));
    return true;
}

/* Every activity, pairs in an order of their own: `pairs` and the factor have no divisor in common. */
static int64_t put_all(struct store *store, uint64_t pairs, uint64_t until)
{
    static struct round round;
    int64_t activities = 0;

    for (uint32_t turn = 0; turn < MONTHS; turn++)
        for (uint64_t i = 0; i < until; i++) {
            uint64_t pair = i * UINT64_C(1000003) % pairs;
            uint32_t month = (uint32_t)(mixed(pair) + turn * 5) % MONTHS; /* 5 and 13: each of them once */
            if ((months_of(pair) & 1u << month) == 0)
                continue;
            struct activity activity = {mixed(2 * pair), mixed(2 * pair + 1), span_of(names[pair % MODELS]),
                                        FIRST_MONTH + month};
            uint32_t shard = retention_shard(activity.low);
            round.by_shard[shard][round.counts[shard]++] = activity;
            activities++;
            if (round.counts[shard] == RETENTION_CALL_PAIRS && !put(store, &round))
                return -1;
        }
    return put(store, &round) ? activities : -1;
}

static bool measure(const struct test_redis *redis, struct store *store, uint64_t pairs, int64_t expected)
{
    struct reason why = {0};
    uint32_t created = 0;
    int64_t used = info(redis, "used_memory"), resident = info(redis, "used_memory_rss");

    if (store_install(store, &why) != GO_ON ||
        store_retention_create(store, expected, false, &created, &why) != GO_ON ||
        store_retention_open(store, &why) != GO_ON) {
        printf("retention_bench: %s: %s\n", reason_name(why.id), why.text);
        return false;
    }
    int64_t busy = info(redis, "used_cpu_user");
    double begin = now();
    int64_t activities = put_all(store, pairs, pairs);
    double first = now() - begin;
    busy = info(redis, "used_cpu_user") - busy;
    used = info(redis, "used_memory") - used;
    resident = info(redis, "used_memory_rss") - resident;
    begin = now();
    int64_t repeated = put_all(store, pairs, pairs / 20);
    if (activities < 0 || repeated < 0)
        return false;
    double again = now() - begin;
    printf("retention: %" PRIu64 " pairs, %" PRId64 " activities (%.2f a pair), laid out for %" PRId64
           ": %.1f bytes a pair all in (used_memory), %.1f resident\n",
           pairs, activities, (double)activities / (double)pairs, expected, (double)used / (double)pairs,
           (double)resident / (double)pairs);
    printf("retention: %.0f activities/s new (%.1f us of Redis each), %.0f/s repeated, over one connection\n",
           (double)activities / first, (double)busy * 1e6 / (double)activities, (double)repeated / again);
    return true;
}

int main(int argc, char **argv)
{
    static struct config config;
    uint64_t pairs = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    int64_t expected = argc > 2 ? strtoll(argv[2], NULL, 10) : (int64_t)pairs;
    struct test_redis redis;
    struct logger logger;
    struct store *store = NULL;
    struct reason why = {0};

    for (unsigned i = 0; i < MODELS; i++)
        snprintf(names[i], sizeof(names[i]), "author-%u/some-model-of-%u", i % 40, i);
    config_defaults(&config);
    log_open(&logger, LOG_LEVEL_ERROR, "retention_bench");
    if (!test_redis_start(&redis)) {
        printf("SKIP retention_bench: redis-server\n");
        return 77;
    }
    snprintf(config.redis_url, sizeof(config.redis_url), "unix://%s", redis.socket);
    bool is_good = store_open(&store, &config, &logger, &why) == GO_ON && measure(&redis, store, pairs, expected);
    store_close(store);
    test_redis_stop(&redis);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
