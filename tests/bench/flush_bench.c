/*
 * What flushing costs, in the worker and in Redis, without Kafka: made-up traffic of an hour in twelve partitions,
 * flushed through the real checkpoint, and applied, into a redis-server of its own.
 *
 *   steady   100,000 events a second, flushed each second, applied each minute: two minutes of it
 *   behind   four million events in twelve flushes, applied at the end
 *
 * Usage: flush_bench [steady seconds [behind flushes]]. Time goes by in the drawing, not on the clock. Said of each: us
 * an event of processor time, of this process while it flushes and applies, and of Redis's main thread (schedstat);
 * fields written, which are cells and the few numbers beside them, and bytes sent; and the longest call.
 */
#include <inttypes.h>
#include <time.h>

#include "apply.h"
#include "checkpoint.h"
#include "config_defaults.h"
#include "gentally/redis/store.h"
#include "redis_server.h"
#include "stages.h"

#define PARTITIONS 12
#define DRAWN 65536u
#define SAMPLES_MAX (1u << 24)

static struct config config;
static struct logger logger;
static struct test_redis redis;
static struct store *store;
static struct stages stages;
static struct messages messages;
static struct checkpoint *checkpoint;
static struct applier *applier;
static struct fact facts[DRAWN];

/* A partition as far as flushing knows it. */
static struct {
    struct tally *tally;
    struct partition_state state;
    int64_t outcomes[OUTCOME_COUNT];
} partitions[PARTITIONS];

static struct partition_flush flushes[PARTITIONS];

static void check(bool is_good, const char *what, const struct reason *why)
{
    if (is_good)
        return;
    printf("%s: %s\n", what, why == NULL ? "failed" : why->text);
    exit(EXIT_FAILURE);
}

/* ---- events ---- */

/* Draws facts of made-up traffic of one hour, through decoding and enrichment; their dimensions are symbols. */
static void draw_facts(void)
{
    messages_make(&messages, DRAWN, 1);
    stages_open(&stages, messages.taxonomy);
    for (uint32_t i = 0; i < DRAWN; i++) {
        check(enrich_has_room(stages.enrich), "symbols of all facts", NULL);
        check(stages_fold(&stages, messages_at(&messages, i)), "a message", &stages.why);
        facts[i] = stages.fact;
    }
}

/* ---- what is measured ---- */

struct figures {
    double worker_s, redis_s;
    double fields, bytes;
};

static uint64_t flushed_rows; /* of tallies */

static double worker_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of its main thread, which runs the commands. */
static double redis_seconds(void)
{
    char path[64], text[64] = "";

    snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", (int)redis.pid, (int)redis.pid);
    FILE *file = fopen(path, "re");
    check(file != NULL && fgets(text, sizeof(text), file) != NULL, "schedstat", NULL);
    fclose(file);
    return strtod(text, NULL) / 1e9;
}

/* A number that redis-cli says, behind `name`. */
static double ask_redis(const char *command, const char *name)
{
    char whole[200], line[300];
    double number = 0;

    snprintf(whole, sizeof(whole), "redis-cli -s %s %s", redis.socket, command);
    FILE *output = popen(whole, "r");
    check(output != NULL, "redis-cli", NULL);
    while (fgets(line, sizeof(line), output) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            number = strtod(line + strlen(name), NULL);
    pclose(output);
    return number;
}

static struct figures look(void)
{
    return (struct figures){.worker_s = worker_seconds(),
                            .redis_s = redis_seconds(),
                            .fields = ask_redis("INFO persistence", "rdb_changes_since_last_save:"),
                            .bytes = ask_redis("INFO stats", "total_net_input_bytes:")};
}

/* The longest call so far; third of what SLOWLOG tells of each. */
static double longest_ms(void)
{
    char whole[400], line[300];
    double most = 0;

    snprintf(whole, sizeof(whole),
             "redis-cli -s %s EVAL 'local most = 0 for _, one in ipairs(redis.call(\"SLOWLOG\", \"GET\", 1000)) do"
             " most = math.max(most, one[3]) end return most' 0",
             redis.socket);
    FILE *output = popen(whole, "r");
    check(output != NULL && fgets(line, sizeof(line), output) != NULL, "redis-cli", NULL);
    most = strtod(line, NULL) / 1000;
    pclose(output);
    return most;
}

/* ---- the work ---- */

/* Folds `events`; whatever fills a tally is flushed before. Returns the processor time that the folding took. */
static double fold(uint64_t events, uint64_t *next)
{
    double begin = worker_seconds();

    for (uint64_t i = 0; i < events; i++, ++*next) {
        struct tally *tally = partitions[*next % PARTITIONS].tally;
        check(tally_has_room(tally), "a tally is full: flush more often", NULL);
        tally_add(tally, &facts[*next * UINT64_C(2654435761) % DRAWN]);
    }
    return worker_seconds() - begin;
}

static void flush(uint64_t events)
{
    struct reason why;

    for (int p = 0; p < PARTITIONS; p++) {
        partitions[p].outcomes[OUTCOME_COUNTED] += (int64_t)events / PARTITIONS;
        flushes[p] = (struct partition_flush){.tally = partitions[p].tally,
                                              .state = &partitions[p].state,
                                              .next = partitions[p].state.next + 1 + (int64_t)events / PARTITIONS};
        memcpy(flushes[p].outcomes, partitions[p].outcomes, sizeof(flushes[p].outcomes));
    }
    check(checkpoint_run(checkpoint, flushes, PARTITIONS, &why) == GO_ON, "checkpoint", &why);
    for (int p = 0; p < PARTITIONS; p++) {
        check(flushes[p].verdict == GO_ON, "flush", &flushes[p].why);
        partitions[p].state.next = flushes[p].next;
        flushed_rows += tally_rows(partitions[p].tally);
        tally_clear(partitions[p].tally);
    }
}

static void apply(int partition)
{
    bool is_done = false;
    struct reason why;

    while (!is_done)
        check(applier_run(applier, &partitions[partition].state, APPLY_RUN_US, &is_done, &why) == GO_ON, "apply", &why);
}

static void apply_all(void)
{
    for (int p = 0; p < PARTITIONS; p++)
        apply(p);
}

/* ---- the ways of working ---- */

static void open_all(int first)
{
    const int64_t floors_ms[WINDOW_KINDS] = {NO_TIME, NO_TIME, NO_TIME, NO_TIME};
    struct reason why;
    bool created = false;

    for (int p = 0; p < PARTITIONS; p++) {
        check(store_create(store, first + p, 0, floors_ms, &created, &why) == GO_ON && created, "create", &why);
        check(store_claim(store, first + p, &partitions[p].state, &why) == GO_ON, "claim", &why);
        memset(partitions[p].outcomes, 0, sizeof(partitions[p].outcomes));
    }
    check(test_redis_cli(&redis, "CONFIG SET slowlog-log-slower-than 1000 slowlog-max-len 1000") &&
              test_redis_cli(&redis, "SLOWLOG RESET"),
          "slowlog", NULL);
}

static void tell(const char *name, const struct figures *begin, double folded_s, uint64_t events)
{
    struct figures end = look();
    double per = 1e6 / (double)events;

    printf(
        "%s: worker %.3f us, Redis %.3f us an event; a thousand events: %.0f rows, %.1f fields, %.0f bytes; longest"
        " call %.1f ms\n",
        name, (end.worker_s - begin->worker_s - folded_s) * per, (end.redis_s - begin->redis_s) * per,
        (double)flushed_rows * 1000 / (double)events, (end.fields - begin->fields) * 1000 / (double)events,
        (end.bytes - begin->bytes) * 1000 / (double)events, longest_ms());
    flushed_rows = 0;
}

static void run_steady(int64_t seconds)
{
    const uint64_t events = 100000;
    uint64_t next = 0;
    double folded_s = 0;

    open_all(0);
    struct figures begin = look();
    for (int64_t second = 1; second <= seconds; second++) {
        folded_s += fold(events, &next);
        flush(events);
        if (second % (60 / PARTITIONS) == 0) /* each partition once a minute */
            apply((int)(second / (60 / PARTITIONS) % PARTITIONS));
    }
    apply_all();
    tell("steady", &begin, folded_s, events * (uint64_t)seconds);
}

static void run_behind(int64_t flushed)
{
    const uint64_t events = 333324;
    uint64_t next = 0;
    double folded_s = 0;

    open_all(PARTITIONS);
    struct figures begin = look();
    for (int64_t i = 0; i < flushed; i++) {
        folded_s += fold(events, &next);
        flush(events);
    }
    apply_all();
    tell("behind", &begin, folded_s, events * (uint64_t)flushed);
}

int main(int argc, char **argv)
{
    int64_t seconds = argc > 1 ? strtoll(argv[1], NULL, 10) : 120;
    int64_t flushed = argc > 2 ? strtoll(argv[2], NULL, 10) : 12;
    struct tally_pool *pool;
    struct reason why;

    config_defaults(&config);
    log_open(&logger, LOG_LEVEL_ERROR, "flush_bench");
    if (!test_redis_start(&redis)) {
        printf("SKIP flush_bench: redis-server\n");
        return 77;
    }
    snprintf(config.redis_url, sizeof(config.redis_url), "unix://%s", redis.socket);
    check(store_open(&store, &config, &logger, &why) == GO_ON && store_install(store, &why) == GO_ON, "store", &why);
    draw_facts();
    check(tally_pool_open(&pool, SAMPLES_MAX, &why) == GO_ON, "pool", &why);
    for (int p = 0; p < PARTITIONS; p++) {
        const struct tally_options options = {&config.grouping.bases, config.base, (uint32_t)config.flush_rows_max,
                                              pool};
        check(tally_open(&partitions[p].tally, &options, &why) == GO_ON, "tally", &why);
    }
    check(checkpoint_open(&checkpoint, &config, store, stages.symbols, NULL, &why) == GO_ON, "checkpoint", &why);
    check(applier_open(&applier, &config, store, &logger, &why) == GO_ON, "applier", &why);
    run_steady(seconds);
    run_behind(flushed);
    applier_close(applier);
    checkpoint_close(checkpoint);
    for (int p = 0; p < PARTITIONS; p++)
        tally_close(partitions[p].tally);
    tally_pool_close(pool);
    stages_close(&stages);
    messages_free(&messages);
    store_close(store);
    test_redis_stop(&redis);
    return EXIT_SUCCESS;
}
