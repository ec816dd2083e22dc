/*
 * What merging into retention costs, here and in Redis, and what a pair takes there, all in: a private redis-server,
 * filled as a platform's accounts would, anew for each size of the portions that are merged.
 *
 *     retention_bench [PAIRS [MONTHS]]     10 million: retention_bench 10000000
 *
 * Accounts have two to five of 300 models; a pair begins in one of 13 months, more often in a later one, and comes back
 * in each month after with a chance of a quarter. Activities arrive in random order of pairs and months, as in a
 * backfill: the dearest case, since older months move cohorts, and nearly every pair has a count of its own. With one
 * month it is live traffic. Then the last month comes once more: what a repetition
 * costs that changes nothing. Said of each: us an activity of processor time, of Redis (INFO cpu) and of this process
 * from entries to answers; bytes a pair; and how long a month's counts take to be read.
 */
#include <inttypes.h>
#include <time.h>

#include "config_defaults.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_retention.h"
#include "redis_server.h"

#define MODELS 300u
#define FIRST_MONTH 658u /* November 2024 */
#define PORTION_MAX 262144u
#define GROUP 14u /* pairs of four accounts: two, three, four and five */

static struct config config;
static struct logger logger;
static struct test_redis redis;
static struct store *store;
static struct activities *set;
static uint32_t months = 13;
static char names[MODELS][48];
static struct span spans[MODELS];

static void check(bool is_good, const struct reason *why)
{
    if (is_good)
        return;
    printf("retention_bench: %s: %s\n", reason_name(why->id), why->text);
    test_redis_stop(&redis);
    exit(EXIT_FAILURE);
}

/* ---- activities ---- */

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
    uint32_t first = (uint32_t)(chance % months), other = (uint32_t)(chance >> 8) % months;
    uint32_t active = 0;

    if (other > first)
        first = other;
    active = 1u << first;
    for (uint32_t month = first + 1; month < months; month++)
        if ((chance >> (16 + 3 * (month - first))) % 8 < 2)
            active |= 1u << month;
    return active;
}

static struct activity activity_of(uint64_t pair, uint32_t month)
{
    static const uint8_t accounts[GROUP] = {0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3};
    uint64_t account = pair / GROUP * 4 + accounts[pair % GROUP], high = mixed(2 * account), low = mixed(high);
    struct activity activity = {.month = (uint16_t)(FIRST_MONTH + month),
                                .model = (uint32_t)((high % MODELS + pair % GROUP * 23) % MODELS)};

    memcpy(activity.account, &high, sizeof(high));
    memcpy(activity.account + sizeof(high), &low, ACCOUNT_SIZE - sizeof(high));
    return activity;
}

/* ---- what is measured ---- */

struct figures {
    double wall_s, worker_s, redis_s;
    int64_t activities;
};

static double seconds(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* A number out of INFO. */
static double info(const char *name)
{
    char command[200], line[200];
    double value = 0;

    snprintf(command, sizeof(command), "redis-cli -s %s INFO all", redis.socket);
    FILE *output = popen(command, "re");
    while (output != NULL && fgets(line, sizeof(line), output) != NULL)
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
            value = strtod(line + strlen(name) + 1, NULL);
    if (output != NULL)
        pclose(output);
    return value;
}

static double redis_seconds(void)
{
    return info("used_cpu_user") + info("used_cpu_sys");
}

/* ---- the work ---- */

/* Merges a portion, which comes as one entry. */
static void merge(const struct activity activities[], uint32_t count, struct figures *figures)
{
    static uint8_t bytes[ACTIVITIES_HEAD_MAX + sizeof(names) + 5 * MODELS + (size_t)PORTION_MAX * ACTIVITY_MAX];
    struct span entry = {(const char *)bytes, activities_write(bytes, spans, MODELS, activities, count)};
    double begin = seconds(CLOCK_MONOTONIC), busy = seconds(CLOCK_PROCESS_CPUTIME_ID);
    struct reason why = {0};

    activities_clear(set);
    check(activities_add(set, entry, &why) == GO_ON, &why);
    check(store_retention_merge(store, set, &why) == GO_ON, &why);
    figures->wall_s += seconds(CLOCK_MONOTONIC) - begin;
    figures->worker_s += seconds(CLOCK_PROCESS_CPUTIME_ID) - busy;
    figures->activities += count;
}

/* Every activity, or those of the last month; pairs in an order of their own: their number and the factor have no
 * divisor in common. */
static struct figures merge_all(uint64_t pairs, uint32_t portion, bool is_last_only)
{
    static struct activity activities[PORTION_MAX];
    struct figures figures = {.redis_s = -redis_seconds()};
    uint32_t count = 0;

    for (uint32_t turn = 0; turn < (is_last_only ? 1 : months); turn++)
        for (uint64_t i = 0; i < pairs; i++) {
            uint64_t pair = i * UINT64_C(1000003) % pairs;
            uint32_t month = (uint32_t)((mixed(pair) + (uint64_t)turn * 5) % months); /* 5 and 13: each of them once */
            if (is_last_only)
                month = months - 1;
            if ((months_of(pair) & 1u << month) == 0)
                continue;
            activities[count++] = activity_of(pair, month);
            if (count == portion) {
                merge(activities, count, &figures);
                count = 0;
            }
        }
    merge(activities, count, &figures);
    figures.redis_s += redis_seconds();
    return figures;
}

static void tell(const char *what, uint32_t portion, const struct figures *figures)
{
    double each = 1e6 / (double)figures->activities;

    printf("retention: %" PRIu32 " a portion, %s: %.2f us of Redis, %.2f us of the worker an activity, %.0f/s\n",
           portion, what, figures->redis_s * each, figures->worker_s * each,
           (double)figures->activities / figures->wall_s);
}

static enum verdict add_count(void *context, uint32_t cohort, struct span model, int64_t accounts, struct reason *why)
{
    (void)cohort;
    (void)model;
    (void)why;
    *(int64_t *)context += accounts;
    return GO_ON;
}

static void measure(uint64_t pairs, uint32_t portion)
{
    struct reason why = {0};
    uint32_t created = 0;
    int64_t accounts = 0, revision = 0;

    check(test_redis_cli(&redis, "FLUSHALL SYNC"), &(struct reason){.id = STORE_ERROR, .text = "FLUSHALL"});
    check(store_retention_create(store, false, &created, &why) == GO_ON, &why);
    double used = info("used_memory");
    struct figures all = merge_all(pairs, portion, false);
    used = info("used_memory") - used;
    struct figures known = merge_all(pairs, portion, true);
    double begin = seconds(CLOCK_MONOTONIC);
    check(store_retained(store, FIRST_MONTH + months - 1, add_count, &accounts, &revision, &why) == GO_ON, &why);
    double reading = seconds(CLOCK_MONOTONIC) - begin;
    check(accounts == known.activities, &(struct reason){.id = STORE_RETENTION_DAMAGED, .text = "the last month"});
    tell("new", portion, &all);
    tell("known", portion, &known);
    printf("retention: %" PRIu32 " a portion: %" PRIu64 " pairs, %" PRId64
           " activities: %.1f bytes a pair all in (used_memory); a month's counts read in %.1f ms\n",
           portion, pairs, all.activities, used / (double)pairs, reading * 1e3);
}

int main(int argc, char **argv)
{
    static const uint32_t portions[] = {16384, 65536, PORTION_MAX};
    uint64_t pairs = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    months = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : months;
    struct reason why = {0};

    for (unsigned i = 0; i < MODELS; i++) {
        snprintf(names[i], sizeof(names[i]), "author-%u/some-model-of-%u", i % 40, i);
        spans[i] = span_of(names[i]);
    }
    config_defaults(&config);
    log_open(&logger, LOG_LEVEL_ERROR, "retention_bench");
    if (!test_redis_start(&redis)) {
        printf("SKIP retention_bench: redis-server\n");
        return 77;
    }
    snprintf(config.redis_url, sizeof(config.redis_url), "unix://%s", redis.socket);
    check(store_open(&store, &config, &logger, &why) == GO_ON, &why);
    check(store_install(store, &why) == GO_ON, &why);
    check(activities_open(&set, &why) == GO_ON, &why);
    for (size_t i = 0; i < LENGTH_OF(portions); i++)
        measure(pairs, portions[i]);
    activities_close(set);
    store_close(store);
    test_redis_stop(&redis);
    return EXIT_SUCCESS;
}
