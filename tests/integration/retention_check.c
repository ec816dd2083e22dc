/*
 * Retention against a real redis-server: what the function keeps of pairs and months, in whatever order and however
 * often they come, is a naive model's union and count; and what each of its guards refuses.
 */
#include "retention.h"

#include <inttypes.h>

#include "gentally/publish/retention_rows.h"
#include "retained_pairs.h"
#include "suite.h"

#define STEPS 6000

static uint64_t chance;

static uint32_t below(uint32_t bound)
{
    chance = chance * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(chance >> 33) % bound;
}

/* Months come in any order, repeated within a call and by later ones, many pairs in one bucket. */
static void counts_are_those_of_a_naive_union(void)
{
    static struct activity calls[STEPS];
    struct reason why = {0};
    uint32_t count = 0;

    begin_anew();
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned account = below(ACCOUNTS), model = below(MODELS), month = below(MONTHS);
        calls[step] = activity_of(account, model, month);
        was_active[account][model][month] = true;
    }
    for (uint32_t first = 0; first < STEPS; first += count) {
        count = 1 + below(400);
        count = first + count > STEPS ? STEPS - first : count;
        CU_ASSERT_EQUAL_FATAL(retain(calls + first, count, &why), GO_ON);
        if (below(3) == 0) /* as after an answer that was lost */
            CU_ASSERT_EQUAL_FATAL(retain(calls + first, count, &why), GO_ON);
    }
    compare();
    for (uint32_t first = 0; first < STEPS; first += 500)
        CU_ASSERT_EQUAL_FATAL(retain(calls + first, 500, &why), GO_ON);
    compare();
}

/* Every order of three months of one pair ends the same; each step is right, too. */
static void an_older_month_moves_the_cohort(void)
{
    static const unsigned orders[][3] = {{0, 5, 30}, {0, 30, 5}, {5, 0, 30}, {5, 30, 0}, {30, 0, 5}, {30, 5, 0}};
    struct reason why = {0};

    for (size_t i = 0; i < LENGTH_OF(orders); i++) {
        begin_anew();
        for (unsigned step = 0; step < 3; step++) {
            struct activity activity = activity_of(7, 1, orders[i][step]);
            CU_ASSERT_EQUAL_FATAL(retain(&activity, 1, &why), GO_ON);
            was_active[7][1][orders[i][step]] = true;
            compare();
        }
    }
}

/* What is over is passed over, and its counts can go; what follows still knows it as the cohort. */
static void months_end(void)
{
    static int64_t months[MONTHS_MAX];
    struct reason why = {0};
    struct activity early = activity_of(1, 0, 3), late = activity_of(1, 0, 20), older = activity_of(1, 0, 1);
    uint32_t floor = 0;
    int64_t revision = 0;

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(retain(&early, 1, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(store_retention_revisions(store, months, &floor, &why), GO_ON);
    CU_ASSERT_EQUAL(store_retention_collect(store, months, JANUARY_2023 + 4, &why), TRY_LATER); /* not sealed */
    CU_ASSERT_EQUAL_FATAL(store_retention_seal(store, JANUARY_2023 + 4, store_connections(store), &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(store_retention_seal(store, JANUARY_2023 + 2, store_connections(store), &why),
                          GO_ON); /* a floor never falls */
    CU_ASSERT_EQUAL(store_retention_seal(store, JANUARY_2023 + 9, store_connections(store) - 1, &why), TRY_LATER);
    CU_ASSERT_EQUAL_FATAL(store_retention_revisions(store, months, &floor, &why), GO_ON);
    CU_ASSERT_EQUAL(floor, JANUARY_2023 + 4);
    CU_ASSERT_EQUAL(months[JANUARY_2023 + 3], 1);
    CU_ASSERT_EQUAL_FATAL(retain(&older, 1, &why), GO_ON); /* passed over */
    CU_ASSERT_EQUAL_FATAL(store_retention_collect(store, months, floor, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(store_retention_collect(store, months, floor, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(store_retention_revisions(store, months, &floor, &why), GO_ON);
    CU_ASSERT_EQUAL(months[JANUARY_2023 + 3], 0);
    CU_ASSERT_EQUAL(months[JANUARY_2023 + 1], 0);
    CU_ASSERT_EQUAL_FATAL(retain(&late, 1, &why), GO_ON);
    memset(&found, 0, sizeof(found));
    CU_ASSERT_EQUAL_FATAL(store_retained(store, late.month, take_count, NULL, &revision, &why), GO_ON);
    CU_ASSERT_EQUAL(found.accounts[0][3], 1);
    CU_ASSERT_EQUAL(revision, 20 - 3 + 1);
}

/* A key that is gone would make known pairs new: nothing is counted then, and nothing is written. */
static void a_key_that_is_gone_is_found(void)
{
    static const char *const gone[] = {"pairs:*", "counts:*", "buckets"};
    struct activity first = activity_of(1, 0, 3), second = activity_of(1, 0, 9), beside = first;
    struct reason why = {0};
    int64_t revision = 0;

    for (unsigned account = 2; beside.low == first.low || retention_shard(beside.low) != retention_shard(first.low);
         account++)
        beside = activity_of(account, 0, 3);
    for (size_t i = 0; i < LENGTH_OF(gone); i++) {
        begin_anew();
        CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), GO_ON);
        redis_cli("--raw KEYS 'check:{events:retention:*}:%s' | xargs redis-cli -s %s DEL", gone[i], redis.socket);
        CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), i == 1 ? GO_ON : HALT); /* of a known month no count is read */
        if (i != 1)
            CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-RETENTION-DAMAGED");
        if (i == 1)
            CU_ASSERT_EQUAL(store_retained(store, first.month, take_count, NULL, &revision, &why), HALT);
        second.month = i == 1 ? first.month - 1 : second.month; /* moves the cohort of the month that lost its counts */
        CU_ASSERT_EQUAL_FATAL(retain(&second, 1, &why), HALT);
        CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-RETENTION-DAMAGED");
        CU_ASSERT_EQUAL_FATAL(retain(&beside, 1, &why), i == 1 ? HALT : GO_ON); /* its bucket is new, not its month */
    }
    uint32_t created = 0;
    begin_anew();
    CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), GO_ON);
    redis_cli("DEL 'check:{events:retention:%" PRIu32 "}:state'", retention_shard(first.low));
    CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-RETENTION-DAMAGED");
    CU_ASSERT_EQUAL(store_retention_create(store, 1000, false, &created, &why), HALT); /* its pairs are still there */
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-RETENTION-DAMAGED");
    begin_anew();
    redis_cli("DEL 'check:{events:retention:%" PRIu32 "}:state'", retention_shard(first.low)); /* it never had pairs */
    CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-RETENTION-MISSING");
    begin_anew();
    redis_cli("SET 'check:{events:retention:%" PRIu32 "}:buckets' x", retention_shard(first.low)); /* not ours */
    CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-RETENTION-DAMAGED");
}

/* Whoever counts on without noting says so in every shard, and nobody takes it back. */
static void retention_that_stopped_stays_so(void)
{
    static int64_t months[MONTHS_MAX];
    struct activity activity = activity_of(1, 0, 3);
    struct reason why = {0};
    int64_t revision = 0;
    uint32_t created = 0, floor = 0;

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(retain(&activity, 1, &why), GO_ON);
    uint32_t untold = (retention_shard(activity.low) + 1) % RETENTION_SHARDS; /* it has no pairs */
    redis_cli("DEL 'check:{events:retention:%" PRIu32 "}:state'", untold);
    for (int times = 0; times < 2; times++)
        CU_ASSERT_EQUAL_FATAL(
            store_retention_stop(store, &(struct reason){.id = STORE_RETENTION_DAMAGED, .text = "shard 5 is gone"},
                                 &why),
            GO_ON);
    for (unsigned account = 1; account < 64; account++) {
        activity = activity_of(account, 0, 3);
        if (retention_shard(activity.low) == untold)
            continue;
        CU_ASSERT_EQUAL(retain(&activity, 1, &why), HALT);
        CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-RETENTION-DAMAGED");
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "shard 5 is gone"));
    }
    CU_ASSERT_EQUAL(store_retained(store, activity.month, take_count, NULL, &revision, &why), HALT);
    CU_ASSERT_EQUAL(store_retention_revisions(store, months, &floor, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-RETENTION-DAMAGED");
    CU_ASSERT_EQUAL(store_retention_create(store, 1000, false, &created, &why), GO_ON); /* as `setup` does */
    CU_ASSERT_EQUAL(created, 1);
    CU_ASSERT_EQUAL(store_retention_open(store, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-RETENTION-DAMAGED");
    redis_cli("--raw KEYS 'check:{events:retention:*}:state' | xargs redis-cli -s %s DEL", redis.socket);
    CU_ASSERT_EQUAL(
        store_retention_stop(store, &(struct reason){.id = STORE_RETENTION_DAMAGED, .text = "all are gone"}, &why),
        GO_ON); /* the pairs of one are left */
    redis_cli("FLUSHALL");
    CU_ASSERT_EQUAL(
        store_retention_stop(store, &(struct reason){.id = STORE_RETENTION_DAMAGED, .text = "all are gone"}, &why),
        TRY_LATER);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-RETENTION-MISSING");
}

/* Numbers that no function of ours writes: they would not add up in 64 bits. */
static void numbers_out_of_range_are_damage(void)
{
    static int64_t months[MONTHS_MAX];
    struct retention_rows *retained = NULL;
    struct reason why = {0};
    int64_t revision = 0;
    uint32_t floor = 0;

    CU_ASSERT_EQUAL_FATAL(retention_rows_open(&retained, &why), GO_ON);
    begin_anew();
    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++)
        redis_cli("HSET 'check:{events:retention:%" PRIu32
                  "}:counts:640' '0|x' 9007199254740991 __n 5; redis-cli -s %s "
                  "HSET 'check:{events:retention:%" PRIu32 "}:state' rev:640 5",
                  shard, redis.socket, shard);
    CU_ASSERT_EQUAL(retention_rows_read(retained, store, 640, &revision, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-RETENTION-DAMAGED");
    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++)
        redis_cli("HSET 'check:{events:retention:%" PRIu32
                  "}:counts:640' __n 9223372036854775807; redis-cli -s %s "
                  "HSET 'check:{events:retention:%" PRIu32 "}:state' rev:640 9223372036854775807",
                  shard, redis.socket, shard);
    CU_ASSERT_EQUAL(retention_rows_read(retained, store, 640, &revision, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-RETENTION-DAMAGED");
    CU_ASSERT_EQUAL(store_retention_revisions(store, months, &floor, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-RETENTION-DAMAGED");
    retention_rows_close(retained);
}

/* Redis was emptied and set up anew, with other buckets, under a worker that goes on. */
static void a_state_made_anew_is_read_again(void)
{
    struct activity activity = activity_of(1, 0, 3);
    struct reason why = {0};
    uint32_t created = 0;

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(retain(&activity, 1, &why), GO_ON);
    redis_cli("FLUSHALL");
    CU_ASSERT_EQUAL_FATAL(store_retention_create(store, 4000000, false, &created, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(retain(&activity, 1, &why), TRY_LATER);
    CU_ASSERT_EQUAL_FATAL(retain(&activity, 1, &why), GO_ON);
    was_active[1][0][3] = true;
    compare();
}

static void note(struct retention *retention, struct symbols *symbols, uint64_t account)
{
    static struct fact fact;

    fact = (struct fact){.event_ms = month_window(JANUARY_2023).start_ms, .windows = 1u << WINDOW_MONTH};
    fact.account = (struct pseudonym){mixed(account), mixed(account + 7777)};
    fact.dims[DIM_MODEL] = symbols_intern(symbols, span_of(models[0]));
    retention_note(retention, &fact);
}

/* It has not heard of what its predecessor acknowledged; whoever meets it first, a flush or a survey. */
static void a_state_made_anew_is_told_all(void)
{
    static int64_t months[MONTHS_MAX];
    struct symbols *symbols = NULL;
    struct catalog *catalog = NULL;
    struct retention *retention = NULL;
    struct reason why = {0};
    uint32_t created = 0, floor = 0;
    int64_t revision = 0;

    CU_ASSERT_EQUAL_FATAL(symbols_open(&symbols, 1000, 100000, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(catalog_open(&catalog, "", &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(retention_open(&retention, symbols, catalog, &why), GO_ON);
    for (int is_surveyed = 0; is_surveyed < 2; is_surveyed++) {
        enum verdict verdict = TRY_LATER;
        begin_anew();
        CU_ASSERT_EQUAL_FATAL(store_retention_revisions(store, months, &floor, &why), GO_ON);
        (void)retention_begin(retention, store_connections(store));
        note(retention, symbols, 1);
        CU_ASSERT_EQUAL_FATAL(retention_put(retention, store, &why), GO_ON);
        retention_settled(retention);
        redis_cli("FLUSHALL");
        CU_ASSERT_EQUAL_FATAL(store_retention_create(store, 20000, false, &created, &why), GO_ON);
        if (is_surveyed)
            CU_ASSERT_EQUAL_FATAL(store_retention_revisions(store, months, &floor, &why), GO_ON);
        note(retention, symbols, 1);
        note(retention, symbols, 2);
        for (int attempt = 0; attempt < 3 && verdict == TRY_LATER; attempt++)
            verdict = retention_put(retention, store, &why);
        CU_ASSERT_EQUAL(verdict, GO_ON);
        CU_ASSERT_EQUAL_FATAL(store_retained(store, JANUARY_2023, take_count, NULL, &revision, &why), GO_ON);
        CU_ASSERT_EQUAL(revision, 2);
        retention_settled(retention);
    }
    retention_close(retention);
    catalog_close(catalog);
    symbols_close(symbols);
}

/* After a failover each attempt is a new connection, and none of them hides why it failed. */
static void a_replica_is_told_each_time(void)
{
    struct symbols *symbols = NULL;
    struct catalog *catalog = NULL;
    struct retention *retention = NULL;
    struct reason why = {0};

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(symbols_open(&symbols, 1000, 100000, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(catalog_open(&catalog, "", &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(retention_open(&retention, symbols, catalog, &why), GO_ON);
    (void)retention_begin(retention, store_connections(store));
    note(retention, symbols, 1);
    redis_cli("REPLICAOF 127.0.0.1 1");
    for (int attempt = 0; attempt < 3; attempt++) {
        why = (struct reason){0};
        CU_ASSERT_EQUAL(retention_put(retention, store, &why), TRY_LATER);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "READONLY"));
    }
    redis_cli("REPLICAOF NO ONE");
    retention_close(retention);
    catalog_close(catalog);
    symbols_close(symbols);
}

static void a_lacking_right_is_found_before_a_write(void)
{
    struct activity activity = activity_of(1, 0, 3);
    struct reason why = {0};

    begin_anew();
    redis_cli("ACL SETUSER default -hset");
    CU_ASSERT_EQUAL(retain(&activity, 1, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-DENIED");
    redis_cli("ACL SETUSER default +hset");
    compare(); /* nothing */
    CU_ASSERT_EQUAL_FATAL(retain(&activity, 1, &why), GO_ON);
    was_active[1][0][3] = true;
    compare();
}

/* Asked before it writes; afterwards memory may be over the limit, but nothing is half written. */
static void without_memory_nothing_is_written(void)
{
    struct activity activity = activity_of(1, 0, 3);
    struct reason why = {0};

    begin_anew();
    redis_cli("CONFIG SET maxmemory 1");
    CU_ASSERT_EQUAL(retain(&activity, 1, &why), TRY_LATER);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-BUSY");
    redis_cli("CONFIG SET maxmemory 0");
    compare();
}

/* The most that one call takes, of new pairs and of many months each. */
static void the_largest_call_goes_through(void)
{
    struct activity activities[RETENTION_CALL_PAIRS];
    uint32_t counts[RETENTION_SHARDS] = {RETENTION_CALL_PAIRS};
    struct reason why = {0};
    int64_t revision = 0;

    begin_anew();
    for (uint32_t i = 0; i < RETENTION_CALL_PAIRS; i++)
        activities[i] = (struct activity){mixed(i), mixed(i + 7777) / RETENTION_SHARDS * RETENTION_SHARDS,
                                          span_of("openai/gpt-4o"), i % 3 == 0 ? MONTHS_MAX - 1 : i % 600};
    CU_ASSERT_EQUAL_FATAL(store_retain(store, activities, counts, &why), GO_ON);
    for (uint32_t i = 0; i < RETENTION_CALL_PAIRS; i++)
        activities[i].month = 0; /* the widest span there is */
    CU_ASSERT_EQUAL_FATAL(store_retain(store, activities, counts, &why), GO_ON);
    memset(&found, 0, sizeof(found));
    CU_ASSERT_EQUAL_FATAL(store_retained(store, MONTHS_MAX - 1, take_count, NULL, &revision, &why), GO_ON);
    CU_ASSERT_EQUAL(revision, (RETENTION_CALL_PAIRS + 2) / 3 * MONTHS_MAX);
}

static void a_replay_leaves_nothing(void)
{
    struct store *live = store;
    struct reason why = {0};
    char command[200];

    snprintf(config.namespace_, sizeof(config.namespace_), "check-replay-1");
    CU_ASSERT_EQUAL_FATAL(store_open(&store, &config, &logger, &why), GO_ON);
    begin_anew();
    for (unsigned i = 0; i < 200; i++) {
        struct activity activity = activity_of(i, i % MODELS, i % MONTHS);
        CU_ASSERT_EQUAL_FATAL(retain(&activity, 1, &why), GO_ON);
    }
    CU_ASSERT_EQUAL_FATAL(store_retention_remove(store, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(store_retention_remove(store, &why), GO_ON);
    snprintf(command, sizeof(command), "test \"$(redis-cli -s %s KEYS 'check-replay-1*')\" = ''", redis.socket);
    CU_ASSERT_EQUAL(system(command), 0);
    store_close(store);
    store = live;
    snprintf(config.namespace_, sizeof(config.namespace_), "check");
}

int main(int argc, char **argv)
{
    const char *seed = getenv("GENTALLY_SEED");
    CU_TestInfo tests[] = {
        {"counts_are_those_of_a_naive_union", counts_are_those_of_a_naive_union},
        {"an_older_month_moves_the_cohort", an_older_month_moves_the_cohort},
        {"months_end", months_end},
        {"a_key_that_is_gone_is_found", a_key_that_is_gone_is_found},
        {"retention_that_stopped_stays_so", retention_that_stopped_stays_so},
        {"numbers_out_of_range_are_damage", numbers_out_of_range_are_damage},
        {"a_state_made_anew_is_read_again", a_state_made_anew_is_read_again},
        {"a_state_made_anew_is_told_all", a_state_made_anew_is_told_all},
        {"a_replica_is_told_each_time", a_replica_is_told_each_time},
        {"a_lacking_right_is_found_before_a_write", a_lacking_right_is_found_before_a_write},
        {"without_memory_nothing_is_written", without_memory_nothing_is_written},
        {"the_largest_call_goes_through", the_largest_call_goes_through},
        {"a_replay_leaves_nothing", a_replay_leaves_nothing},
        CU_TEST_INFO_NULL,
    };

    chance = seed == NULL ? (uint64_t)time(NULL) : strtoull(seed, NULL, 10);
    printf("GENTALLY_SEED=%" PRIu64 "\n", chance);
    return retained_run("retention_check", argc, argv, tests);
}
