/*
 * Retention against a real redis-server: what is merged of accounts, models and months, in whatever order and portions,
 * however often and by how many workers, is a naive model's union and count. What is refused is in
 * retention_full_check.c.
 */
#include "gentally/redis/store_retention.h"
#include "retained_pairs.h"

#define STEPS 6000
#define RACE_STEPS 30000
#define FEW 50 /* accounts, with fewer pairs than split a bucket */

static uint64_t chance;

static uint32_t below(uint32_t bound)
{
    chance = chance * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(chance >> 33) % bound;
}

/* Draws activities, of the accounts below `accounts`, and notes them. */
static void draw(struct activity activities[], uint32_t count, uint32_t accounts)
{
    for (uint32_t i = 0; i < count; i++) {
        unsigned account = below(accounts), model = below(MODELS), month = below(MONTHS);
        activities[i] = activity_of(account, model, month);
        was_active[account][model][month] = true;
    }
}

/* ---- the union ---- */

/* Months come in any order, repeated within a call and by later ones, many pairs in one bucket. */
static void counts_are_those_of_a_naive_union(void)
{
    static struct activity calls[STEPS];
    struct reason why = {0};
    uint32_t count = 0;

    begin_anew();
    draw(calls, STEPS, ACCOUNTS);
    for (uint32_t first = 0; first < STEPS; first += count) {
        count = 1 + below(400);
        count = first + count > STEPS ? STEPS - first : count;
        CU_ASSERT_EQUAL_FATAL(retain(calls + first, count, &why), GO_ON);
        if (below(3) == 0) /* as after an answer that was lost */
            CU_ASSERT_EQUAL_FATAL(retain(calls + first, count, &why), GO_ON);
    }
    compare();
    uint64_t before = fingerprint();
    for (uint32_t first = 0; first < STEPS; first += 500)
        CU_ASSERT_EQUAL_FATAL(retain(calls + first, 500, &why), GO_ON);
    CU_ASSERT_EQUAL(fingerprint(), before); /* of what is known nothing is written */
    compare();
}

static void nothing_at_all_can_be_merged(void)
{
    struct reason why = {0};

    begin_anew();
    uint64_t before = fingerprint();
    CU_ASSERT_EQUAL(retain(NULL, 0, &why), GO_ON);
    CU_ASSERT_EQUAL(fingerprint(), before);
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

/* Two models of each account, in some months. */
static void draw_pairs(struct activity activities[2 * ACCOUNTS_MAX])
{
    for (unsigned i = 0; i < 2 * ACCOUNTS_MAX; i++) {
        unsigned account = i * 7919u % ACCOUNTS_MAX, model = (account + i / ACCOUNTS_MAX) % MODELS;
        unsigned month = below(MONTHS);
        activities[i] = activity_of(account, model, month);
        was_active[account][model][month] = true;
    }
}

/* Buckets are split as pairs come, some at a time and many at once, until each has some 150 pairs; and what is merged
 * thereafter finds them, in months that are new, older or known. */
static void buckets_split_as_pairs_come(void)
{
    static const uint32_t portions[] = {1, 1500, 12000, 300, 45000, 2 * ACCOUNTS_MAX};
    static struct activity activities[2 * ACCOUNTS_MAX];
    struct reason why = {0};
    uint32_t first = 0;

    begin_anew();
    draw_pairs(activities);
    for (size_t i = 0; i < LENGTH_OF(portions); i++) {
        uint32_t left = 2 * ACCOUNTS_MAX - first, count = portions[i] < left ? portions[i] : left;
        CU_ASSERT_EQUAL_FATAL(retain(activities + first, count, &why), GO_ON);
        first += count;
    }
    compare();
    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++) {
        int64_t each = state_number(shard, "pairs") / state_number(shard, "buckets");
        CU_ASSERT_TRUE(each >= 100 && each <= 200);
    }
    uint64_t before = fingerprint();
    CU_ASSERT_EQUAL_FATAL(retain(activities, LENGTH_OF(activities), &why), GO_ON);
    CU_ASSERT_EQUAL(fingerprint(), before);
    CU_ASSERT_TRUE(state_number(FULLEST, "buckets") > 256); /* more than one call reads */
    draw_pairs(activities);
    for (uint32_t count = 4000; first > 0; first -= count, count = first)
        CU_ASSERT_EQUAL_FATAL(retain(activities + first - count, count, &why), GO_ON);
    compare();
}

/* More months of a few accounts than one call takes: the second begins with the bucket that the first has written. */
static void one_bucket_may_take_two_calls(void)
{
    static struct activity activities[FEW * MODELS * MONTHS];
    struct reason why = {0};
    uint32_t count = 0;

    begin_anew();
    for (unsigned account = ACCOUNTS_EVEN; account < ACCOUNTS_EVEN + FEW; account++)
        for (unsigned i = 0; i < MODELS * MONTHS; i++) {
            activities[count++] = activity_of(account, i / MONTHS, i % MONTHS);
            was_active[account][i / MONTHS][i % MONTHS] = true;
        }
    CU_ASSERT_EQUAL_FATAL(retain(activities, count, &why), GO_ON);
    CU_ASSERT_EQUAL(state_number(FULLEST, "buckets"), 1);
    compare();
}

/* ---- months end ---- */

/* What is over is passed over, and its counts can go; what follows still knows it as the cohort. */
static void months_end(void)
{
    static int64_t months[MONTHS_MAX];
    struct reason why = {0};
    struct activity early = activity_of(1, 0, 3), late = activity_of(1, 0, 20), older = activity_of(1, 0, 1);
    struct activity over = activity_of(2, 0, 2);
    uint32_t floor = 0;
    int64_t revision = 0;

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(retain(&early, 1, &why), GO_ON);
    was_active[1][0][3] = true;
    CU_ASSERT_EQUAL_FATAL(store_retention_revisions(store, months, &floor, &why), GO_ON);
    CU_ASSERT_EQUAL(store_retention_collect(store, months, JANUARY_2023 + 4, &why), TRY_LATER); /* not sealed */
    CU_ASSERT_EQUAL_FATAL(store_retention_seal(store, JANUARY_2023 + 4, store_connections(store), &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(store_retention_seal(store, JANUARY_2023 + 2, store_connections(store), &why),
                          GO_ON); /* a floor never falls */
    CU_ASSERT_EQUAL(store_retention_seal(store, JANUARY_2023 + 9, store_connections(store) - 1, &why), TRY_LATER);
    uint64_t before = fingerprint();
    CU_ASSERT_EQUAL_FATAL(retain(&older, 1, &why), GO_ON); /* passed over */
    CU_ASSERT_EQUAL_FATAL(retain(&over, 1, &why), GO_ON);  /* an account of no other month: no pair */
    CU_ASSERT_EQUAL(fingerprint(), before);
    compare_sealed(JANUARY_2023 + 4);
    CU_ASSERT_EQUAL_FATAL(store_retention_revisions(store, months, &floor, &why), GO_ON);
    CU_ASSERT_EQUAL(months[JANUARY_2023 + 3], 1);
    CU_ASSERT_EQUAL_FATAL(store_retention_collect(store, months, floor, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(store_retention_collect(store, months, floor, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(store_retention_revisions(store, months, &floor, &why), GO_ON);
    CU_ASSERT_EQUAL(months[JANUARY_2023 + 3], 0);
    CU_ASSERT_EQUAL(months[JANUARY_2023 + 1], 0);
    struct activity both[] = {older, late}; /* what is not over counts in the company of what is */
    CU_ASSERT_EQUAL_FATAL(retain(both, 2, &why), GO_ON);
    was_active[1][0][20] = true;
    memset(&found, 0, sizeof(found));
    CU_ASSERT_EQUAL_FATAL(store_retained(store, late.month, take_count, NULL, &revision, &why), GO_ON);
    CU_ASSERT_EQUAL(found.accounts[0][3], 1);
    CU_ASSERT_EQUAL(revision, 20 - 3 + 1);
    compare_pairs();
}

/* ---- two at once ---- */

/* A worker of its own process, with a store of its own: what it does ends with an exit status. */
static pid_t begin_worker(bool (*work)(struct store *mine, const void *with), const void *with)
{
    struct store *mine = NULL;
    struct reason why;
    pid_t child = fork();

    CU_ASSERT_FATAL(child >= 0);
    if (child != 0)
        return child;
    bool is_good = store_open(&mine, &config, &logger, &why) == GO_ON && work(mine, with);
    _exit(is_good ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void end_worker(pid_t child)
{
    int status = -1;

    CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

/* What a worker merges, in portions; and how often each is tried at most. */
struct portions {
    const struct activity *activities;
    uint32_t count, each;
    int attempts;
};

static bool merge_portions(struct store *mine, const void *with)
{
    const struct portions *portions = with;
    struct reason why = {0};

    for (uint32_t first = 0; first < portions->count; first += portions->each) {
        uint32_t left = portions->count - first, count = left < portions->each ? left : portions->each;
        enum verdict verdict = TRY_LATER;
        for (int attempt = 0; attempt < portions->attempts && verdict == TRY_LATER; attempt++)
            verdict = retain_into(mine, portions->activities + first, count, &why);
        if (verdict != GO_ON) {
            printf("a worker: %s: %s\n", reason_name(why.id), why.text);
            return false;
        }
    }
    return true;
}

/* Each has a part of the other's, and buckets split under both. */
static void two_workers_merge_at_once(void)
{
    static struct activity activities[RACE_STEPS];
    const struct portions ones = {activities, RACE_STEPS * 2 / 3, 700, 1000};
    const struct portions others = {activities + RACE_STEPS / 3, RACE_STEPS * 2 / 3, 1100, 1000};

    begin_anew();
    draw(activities, RACE_STEPS, ACCOUNTS_MAX / 4);
    pid_t one = begin_worker(merge_portions, &ones), other = begin_worker(merge_portions, &others);
    end_worker(one);
    end_worker(other);
    compare();
}

/* In one shard, so that each merge is of several calls: who is overtaken in the middle has the next call's buckets on
 * their way, and a write behind them. */
static void two_workers_merge_many_calls_at_once(void)
{
    static struct activity activities[RACE_STEPS];
    const struct portions ones = {activities, RACE_STEPS * 2 / 3, RACE_STEPS / 2, 1000};
    const struct portions others = {activities + RACE_STEPS / 3, RACE_STEPS * 2 / 3, RACE_STEPS / 3, 1000};

    begin_anew();
    for (uint32_t i = 0; i < RACE_STEPS; i++) {
        unsigned account = ACCOUNTS_EVEN + below(ACCOUNTS_MAX - ACCOUNTS_EVEN), model = below(MODELS);
        activities[i] = activity_of(account, model, below(MONTHS));
        was_active[account][model][activities[i].month - JANUARY_2023] = true;
    }
    pid_t one = begin_worker(merge_portions, &ones), other = begin_worker(merge_portions, &others);
    end_worker(one);
    end_worker(other);
    compare();
}

/* Waits until so many of Redis' clients are kept from writing. */
static void await_kept(int wanted)
{
    int kept = -1;

    for (int i = 0; i < 2000 && kept != wanted; i++) {
        redisReply *clients = ask("CLIENT LIST");
        kept = 0;
        for (const char *at = clients->str; (at = strstr(at, " flags=b")) != NULL; at++)
            kept++;
        freeReplyObject(clients);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    CU_ASSERT_EQUAL_FATAL(kept, wanted);
}

/* How many functions were called since CONFIG RESETSTAT. */
static long function_calls(void)
{
    static const char name[] = "cmdstat_fcall:calls=";
    redisReply *info = ask("INFO commandstats");
    const char *at = strstr(info->str, name);
    long calls = at == NULL ? 0 : strtol(at + strlen(name), NULL, 10);

    freeReplyObject(info);
    return calls;
}

/* Both read the same state, and give the same number to models of their own. Who writes second reads again, within the
 * one call. */
static void who_writes_second_reads_again(void)
{
    unsigned first = next_of(5, 0), second = next_of(5, first + 1);
    const struct activity ones[] = {activity_of(first, 0, 9), activity_of(second, 0, 9)};
    const struct activity others[] = {activity_of(second, 1, 4), activity_of(first, 1, 9), activity_of(second, 0, 3)};
    const struct portions one = {ones, LENGTH_OF(ones), 10, 1}, other = {others, LENGTH_OF(others), 10, 1};

    begin_anew();
    was_active[first][0][9] = was_active[second][0][9] = true;
    was_active[second][1][4] = was_active[first][1][9] = was_active[second][0][3] = true;
    tell("CONFIG RESETSTAT");
    tell("CLIENT PAUSE 30000 WRITE");
    pid_t workers[] = {begin_worker(merge_portions, &one), begin_worker(merge_portions, &other)};
    await_kept(2);
    tell("CLIENT UNPAUSE");
    end_worker(workers[0]);
    end_worker(workers[1]);
    CU_ASSERT_EQUAL(function_calls(), 3);
    compare();
}

static bool seal(struct store *mine, const void *with)
{
    struct reason why;

    return store_retention_seal(mine, *(const uint32_t *)with, store_connections(mine), &why) == GO_ON;
}

/* What was read before a month was sealed, and is written after, would change what is final. */
static void a_month_may_be_sealed_meanwhile(void)
{
    const uint32_t floor = JANUARY_2023 + 10;
    unsigned account = next_of(0, 0); /* of the shard that is sealed first */
    struct activity known = activity_of(account, 0, 20);
    const struct activity late[] = {activity_of(account, 0, 5), activity_of(account, 0, 25)};
    const struct portions portions = {late, LENGTH_OF(late), 10, 1};
    struct reason why = {0};

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(retain(&known, 1, &why), GO_ON);
    was_active[account][0][20] = was_active[account][0][25] = true;
    tell("CONFIG RESETSTAT");
    tell("CLIENT PAUSE 30000 WRITE");
    pid_t sealer = begin_worker(seal, &floor);
    await_kept(1);
    pid_t merger = begin_worker(merge_portions, &portions);
    await_kept(2);
    tell("CLIENT UNPAUSE"); /* They go on in their order. */
    end_worker(sealer);
    end_worker(merger);
    CU_ASSERT_EQUAL(function_calls(), RETENTION_SHARDS + 2);
    compare_sealed(floor);
}

/* ---- a state made anew ---- */

/* Redis was emptied and set up anew, under a worker that goes on. */
static void a_state_made_anew_is_read_again(void)
{
    struct activity activity = activity_of(1, 0, 3);
    struct reason why = {0};
    uint32_t created = 0;
    enum verdict verdict = TRY_LATER;

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(retain(&activity, 1, &why), GO_ON);
    redis_cli("FLUSHALL");
    CU_ASSERT_EQUAL_FATAL(store_retention_create(store, true, &created, &why), GO_ON);
    for (int attempt = 0; attempt < 3 && verdict == TRY_LATER; attempt++)
        verdict = retain(&activity, 1, &why);
    CU_ASSERT_EQUAL(verdict, GO_ON);
    was_active[1][0][3] = true;
    compare();
    CU_ASSERT_TRUE(store_retention_is_late(store));
}

/* It has not heard of what its predecessor was told: whoever meets it first, a merge, a survey or a look, must leave
 * the connection, by which whoever merged knows that all is to be merged again. */
static void a_state_made_anew_is_told_all(void)
{
    static int64_t months[MONTHS_MAX];
    struct activity first = activity_of(1, 0, 3), second = activity_of(next_of(shard_of(1), 2), 0, 3);
    struct reason why = {0};
    uint32_t created = 0, floor = 0;

    for (int way = 0; way < 3; way++) {
        begin_anew();
        CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), GO_ON);
        uint64_t before = store_connections(store);
        redis_cli("FLUSHALL");
        CU_ASSERT_EQUAL_FATAL(store_retention_create(store, false, &created, &why), GO_ON);
        enum verdict verdict = way == 0   ? retain(&second, 1, &why)
                               : way == 1 ? store_retention_revisions(store, months, &floor, &why)
                                          : store_retention_open(store, &why);
        CU_ASSERT_TRUE(verdict == GO_ON || (way == 0 && verdict == TRY_LATER));
        CU_ASSERT_EQUAL(store_retention_open(store, &why), GO_ON);
        CU_ASSERT_TRUE(store_connections(store) > before);
    }
}

/* ---- the largest ---- */

#define LARGE 4096u /* activities that are merged by one call */

static char large_names[LARGE][EVENT_TEXT_MAX];

/* Merges one activity of each model into one shard: `month` says in which. */
static enum verdict merge_large(uint32_t (*month)(uint32_t i), uint32_t name_count, struct reason *why)
{
    static struct activity activities[LARGE];
    static struct span names[LARGE];
    struct activities *set = NULL;

    for (uint32_t i = 0; i < LARGE; i++) {
        activities[i] = activity_of(i, i % name_count, 0);
        activities[i].month = (uint16_t)month(i);
        activities[i].account[0] &= 0x1f;
        memset(large_names[i], 'm', EVENT_TEXT_MAX);
        names[i] = (struct span){large_names[i], EVENT_TEXT_MAX};
        (void)snprintf(large_names[i], 8, "%07" PRIu32, i);
        large_names[i][7] = '/';
    }
    enum verdict verdict = activities_open(&set, why);
    if (verdict == GO_ON)
        verdict = add_entry(set, names, name_count, activities, LARGE, why);
    if (verdict == GO_ON)
        verdict = store_retention_merge(store, set, why);
    activities_close(set);
    return verdict;
}

/* Adds up a month: accounts of the cohort that is asked for, and counts of others that should be 0. */
struct sum {
    uint32_t cohort;
    int64_t accounts, others, models;
};

static enum verdict add_up(void *context, uint32_t cohort, struct span model, int64_t accounts, struct reason *why)
{
    struct sum *sum = context;

    (void)why;
    if (cohort != sum->cohort) {
        sum->others += accounts;
        return GO_ON;
    }
    CU_ASSERT_EQUAL(model.size, EVENT_TEXT_MAX);
    sum->accounts += accounts;
    sum->models++;
    return GO_ON;
}

static void expect_sum(uint32_t month, uint32_t cohort, int64_t accounts, int64_t counts)
{
    struct sum sum = {.cohort = cohort};
    struct reason why = {0};
    int64_t revision = 0;

    CU_ASSERT_EQUAL_FATAL(store_retained(store, month, add_up, &sum, &revision, &why), GO_ON);
    CU_ASSERT_EQUAL(sum.accounts, accounts);
    CU_ASSERT_EQUAL(sum.models, counts);
    CU_ASSERT_EQUAL(sum.others, 0);
    CU_ASSERT_EQUAL(revision, accounts * (month - cohort + 1));
}

static uint32_t in_660(uint32_t i)
{
    (void)i;
    return 660;
}

static uint32_t in_650(uint32_t i)
{
    (void)i;
    return 650;
}

static uint32_t far_apart(uint32_t i)
{
    return i % 3 == 0 ? MONTHS_MAX - 1 : 1 + i % 600;
}

static uint32_t in_the_first(uint32_t i)
{
    (void)i;
    return 0;
}

/* The most that one call takes: of models that are new, all of which move to an older cohort then; and of months that
 * are wide apart. */
static void the_largest_call_goes_through(void)
{
    struct reason why = {0};

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(merge_large(in_660, LARGE, &why), GO_ON);
    expect_sum(660, 660, LARGE, LARGE);
    CU_ASSERT_EQUAL_FATAL(merge_large(in_650, LARGE, &why), GO_ON);
    expect_sum(650, 650, LARGE, LARGE);
    expect_sum(660, 650, LARGE, LARGE);
    CU_ASSERT_EQUAL(state_number(0, "models"), LARGE);
    CU_ASSERT_EQUAL(state_number(0, "pairs"), LARGE);
    begin_anew();
    CU_ASSERT_EQUAL_FATAL(merge_large(far_apart, 1, &why), GO_ON);
    expect_sum(MONTHS_MAX - 1, MONTHS_MAX - 1, (LARGE + 2) / 3, 1);
    CU_ASSERT_EQUAL_FATAL(merge_large(in_the_first, 1, &why), GO_ON);
    expect_sum(MONTHS_MAX - 1, 0, (LARGE + 2) / 3, 1);
    CU_ASSERT_EQUAL(state_number(0, "pairs"), LARGE);
}

/* One pair in every month there is, the first of them last. */
static void a_pair_of_all_months_is_kept(void)
{
    static struct activity activities[MONTHS_MAX];
    struct reason why = {0};

    begin_anew();
    for (uint32_t i = 0; i < MONTHS_MAX; i++) {
        activities[i] = activity_of(1, 0, 0);
        activities[i].month = (uint16_t)(MONTHS_MAX - 1 - i);
    }
    CU_ASSERT_EQUAL_FATAL(retain(activities, MONTHS_MAX - 1, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(retain(activities + MONTHS_MAX - 1, 1, &why), GO_ON);
    static int64_t months[MONTHS_MAX];
    uint32_t floor = 1, differing = 0;
    CU_ASSERT_EQUAL_FATAL(store_retention_revisions(store, months, &floor, &why), GO_ON);
    for (uint32_t month = 0; month < MONTHS_MAX; month++)
        differing += months[month] != (int64_t)month + 1;
    CU_ASSERT_EQUAL(differing, 0);
}

static void a_replay_leaves_nothing(void)
{
    struct store *live = store;
    struct reason why = {0};

    snprintf(config.namespace_, sizeof(config.namespace_), "check-replay-1");
    CU_ASSERT_EQUAL_FATAL(store_open(&store, &config, &logger, &why), GO_ON);
    begin_anew();
    for (unsigned i = 0; i < 200; i++) {
        struct activity activity = activity_of(i, i % MODELS, i % MONTHS);
        CU_ASSERT_EQUAL_FATAL(retain(&activity, 1, &why), GO_ON);
    }
    tell("SET check-replay-10 x"); /* another's */
    CU_ASSERT_EQUAL_FATAL(store_retention_remove(store, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(store_retention_remove(store, &why), GO_ON);
    redisReply *keys = ask("KEYS *");
    CU_ASSERT_EQUAL(keys->elements, 1);
    freeReplyObject(keys);
    store_close(store);
    store = live;
    snprintf(config.namespace_, sizeof(config.namespace_), "check");
}

int main(int argc, char **argv)
{
    const char *seed = getenv("GENTALLY_SEED");
    CU_TestInfo tests[] = {
        {"counts_are_those_of_a_naive_union", counts_are_those_of_a_naive_union},
        {"nothing_at_all_can_be_merged", nothing_at_all_can_be_merged},
        {"an_older_month_moves_the_cohort", an_older_month_moves_the_cohort},
        {"buckets_split_as_pairs_come", buckets_split_as_pairs_come},
        {"one_bucket_may_take_two_calls", one_bucket_may_take_two_calls},
        {"months_end", months_end},
        {"two_workers_merge_at_once", two_workers_merge_at_once},
        {"two_workers_merge_many_calls_at_once", two_workers_merge_many_calls_at_once},
        {"who_writes_second_reads_again", who_writes_second_reads_again},
        {"a_month_may_be_sealed_meanwhile", a_month_may_be_sealed_meanwhile},
        {"a_state_made_anew_is_read_again", a_state_made_anew_is_read_again},
        {"a_state_made_anew_is_told_all", a_state_made_anew_is_told_all},
        {"the_largest_call_goes_through", the_largest_call_goes_through},
        {"a_pair_of_all_months_is_kept", a_pair_of_all_months_is_kept},
        {"a_replay_leaves_nothing", a_replay_leaves_nothing},
        CU_TEST_INFO_NULL,
    };

    chance = seed == NULL ? (uint64_t)time(NULL) : strtoull(seed, NULL, 10);
    printf("GENTALLY_SEED=%" PRIu64 "\n", chance);
    return retained_run("retention_check", argc, argv, tests);
}
