/*
 * What is refused of retention against a real redis-server, and leaves nothing behind: new pairs where a shard is full,
 * each of which takes exactly its share; merges over keys that are gone, foreign or damaged; all, where retention
 * stopped, rights lack, or memory does.
 */
#include "gentally/publish/retention_rows.h"
#include "retained_pairs.h"

/* ---- the limit ---- */

/* Opens a store of its own that knows another limit; the one of all tests is put aside. */
static struct store *with_limit(int64_t pairs_max)
{
    struct store *before = store;
    struct reason why = {0};

    int64_t usual = config.retention_pairs_max;
    config.retention_pairs_max = pairs_max;
    CU_ASSERT_EQUAL_FATAL(store_open(&store, &config, &logger, &why), GO_ON);
    config.retention_pairs_max = usual;
    CU_ASSERT_EQUAL_FATAL(store_retention_open(store, &why), GO_ON);
    return before;
}

static void without_limit(struct store *before)
{
    store_close(store);
    store = before;
}

/* The shard is full, it is named, and nothing is written. */
static void expect_full(const struct activity activities[], uint32_t count, uint32_t shard)
{
    uint64_t before = fingerprint();
    struct reason why = {0};
    char name[24];

    CU_ASSERT_EQUAL(retain(activities, count, &why), HALT);
    CU_ASSERT_EQUAL(why.id, RETENTION_FULL);
    snprintf(name, sizeof(name), "shard %" PRIu32 ":", shard);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, name));
    CU_ASSERT_EQUAL(fingerprint(), before);
}

#define SHARE 5

/* Offers each account, twice; keeps those that are taken, until all shards are full. */
static uint32_t fill_all(struct activity known[RETENTION_SHARDS * SHARE])
{
    uint32_t in_shard[RETENTION_SHARDS] = {0}, known_count = 0, refused = 0;
    struct reason why = {0};

    for (unsigned account = 0; account < ACCOUNTS; account++) {
        struct activity activity = activity_of(account, 0, 3);
        uint32_t shard = shard_of(account);
        if (in_shard[shard] == SHARE) {
            expect_full(&activity, 1, shard);
            refused++;
            continue;
        }
        for (int times = 0; times < 2; times++)
            CU_ASSERT_EQUAL(retain(&activity, 1, &why), GO_ON);
        was_active[account][0][3] = true;
        known[known_count++] = activity;
        in_shard[shard]++;
    }
    CU_ASSERT(refused > 100);
    return known_count;
}

/* Each shard takes exactly its share, in merges of any size; what is known goes on, in months that are new, too. */
static void a_full_shard_takes_no_new_pair(void)
{
    struct activity known[RETENTION_SHARDS * SHARE];
    struct reason why = {0};

    begin_anew();
    struct store *before = with_limit(RETENTION_SHARDS * SHARE + 7); /* the rest is nobody's */
    CU_ASSERT_EQUAL(store_retention_fill(store).pairs_max, SHARE);
    CU_ASSERT_EQUAL_FATAL(fill_all(known), RETENTION_SHARDS * SHARE);
    compare(); /* of what was refused nothing is written */
    CU_ASSERT_EQUAL(retain(known, LENGTH_OF(known), &why), GO_ON);
    for (unsigned account = 0; account < ACCOUNTS; account++) { /* another month, an older one */
        struct activity activity = activity_of(account, 0, account % 3);
        if (!was_active[account][0][3])
            continue;
        CU_ASSERT_EQUAL(retain(&activity, 1, &why), GO_ON);
        was_active[account][0][account % 3] = true;
    }
    compare();
    for (unsigned account = 0; account < ACCOUNTS; account++) { /* a new pair of a known account is a pair */
        struct activity activity = activity_of(account, 1, 3);
        if (was_active[account][0][3])
            expect_full(&activity, 1, shard_of(account));
    }
    without_limit(before);
    compare();
}

/* Known ones and a new one in one call: none of them is noted; nor where the limit was lowered below what is there. */
static void a_call_is_refused_as_a_whole(void)
{
    struct activity known[RETENTION_SHARDS * SHARE], call[SHARE + 1];
    struct reason why = {0};
    uint32_t count = 0;
    unsigned account = 0;

    begin_anew();
    struct store *before = with_limit(RETENTION_SHARDS * SHARE);
    CU_ASSERT_EQUAL_FATAL(fill_all(known), RETENTION_SHARDS * SHARE);
    for (uint32_t i = 0; i < LENGTH_OF(known); i++)
        if (retention_shard(known[i].account) == 2) {
            call[count] = known[i];
            call[count++].month = JANUARY_2023 + 30;
        }
    CU_ASSERT_EQUAL_FATAL(count, SHARE);
    while (was_active[account][0][3] || shard_of(account) != 2)
        account++;
    call[count++] = activity_of(account, 0, 3);
    expect_full(call, count, 2);
    compare();
    without_limit(before);
    before = with_limit(RETENTION_SHARDS);
    CU_ASSERT_EQUAL(retain(known, LENGTH_OF(known), &why), GO_ON);
    expect_full(call, count, 2);
    CU_ASSERT_EQUAL(retain(call, SHARE, &why), GO_ON); /* without the new one */
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        was_active[i][0][30] = was_active[i][0][3] && shard_of(i) == 2;
    compare();
    without_limit(before);
    compare();
}

/* Shards are merged one after the other: those before the full one have what is theirs. */
static void shards_before_a_full_one_are_merged(void)
{
    struct activity call[SHARE + 2];
    struct reason why = {0};
    unsigned account = 0;

    begin_anew();
    struct store *before = with_limit(RETENTION_SHARDS * SHARE);
    for (uint32_t i = 0; i <= SHARE; i++, account++) {
        account = next_of(4, account);
        call[i] = activity_of(account, 0, 3);
    }
    account = next_of(1, 0);
    call[SHARE + 1] = activity_of(account, 0, 3);
    CU_ASSERT_EQUAL(retain(call, LENGTH_OF(call), &why), HALT);
    CU_ASSERT_EQUAL(why.id, RETENTION_FULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "shard 4: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, " 6,"));
    was_active[account][0][3] = true;
    compare();
    without_limit(before);
}

/* A shard is merged in calls of 4,096 activities, by the order of accounts: what was written before the one that is
 * refused stays, and then there is room for as many as the share has left. */
static void calls_before_a_full_one_stay(void)
{
    enum { CALL = 4096, LEFT = 50, MORE = 204 };
    static struct activity activities[CALL + MORE];
    struct reason why = {0};
    uint32_t first = 0;

    begin_anew();
    struct store *before = with_limit((CALL + LEFT) * RETENTION_SHARDS);
    while (shard_of(in_order[first].index) != FULLEST)
        first++;
    for (uint32_t i = 0; i < CALL + MORE; i++) /* in any order but theirs */
        activities[i * 7 % (CALL + MORE)] = activity_of(in_order[first + i].index, 0, 3);
    CU_ASSERT_EQUAL_FATAL(shard_of(in_order[first + CALL + MORE - 1].index), FULLEST);
    CU_ASSERT_EQUAL(retain(activities, CALL + MORE, &why), HALT);
    CU_ASSERT_EQUAL(why.id, RETENTION_FULL);
    for (uint32_t i = 0; i < CALL; i++)
        was_active[in_order[first + i].index][0][3] = true;
    compare();
    expect_full(activities, CALL + MORE, FULLEST); /* What is known is not written again. */
    for (uint32_t i = 0; i < LEFT; i++) {
        activities[i] = activity_of(in_order[first + CALL + i].index, 0, 3);
        was_active[in_order[first + CALL + i].index][0][3] = true;
    }
    CU_ASSERT_EQUAL(retain(activities, LEFT, &why), GO_ON);
    compare();
    activities[0] = activity_of(in_order[first + CALL + LEFT].index, 0, 3);
    expect_full(activities, 1, FULLEST);
    for (uint32_t i = 0; i < CALL + LEFT; i++) { /* known ones have room, in an older month */
        activities[i] = activity_of(in_order[first + i].index, 0, 1);
        was_active[in_order[first + i].index][0][1] = true;
    }
    CU_ASSERT_EQUAL(retain(activities, CALL + LEFT, &why), GO_ON);
    compare();
    without_limit(before);
}

/* Whoever stops for it says so in every shard, by its own name. */
static void retention_that_is_full_says_so(void)
{
    static int64_t months[MONTHS_MAX];
    static const struct reason full = {.id = RETENTION_FULL, .text = "shard 5 has no room"};
    struct activity activities[RETENTION_SHARDS];
    struct reason why = {0};
    int64_t revision = 0;
    uint32_t floor = 0;

    begin_anew();
    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++)
        activities[shard] = activity_of(next_of(shard, 0), 0, 3);
    CU_ASSERT_EQUAL_FATAL(retain(activities, 1, &why), GO_ON);
    for (int times = 0; times < 2; times++)
        CU_ASSERT_EQUAL_FATAL(store_retention_stop(store, &full, &why), GO_ON);
    uint64_t before = fingerprint();
    for (uint32_t call = 0; call < RETENTION_SHARDS + 3; call++) {
        enum verdict verdict = call < RETENTION_SHARDS ? retain(&activities[call], 1, &why)
                               : call == RETENTION_SHARDS
                                   ? store_retained(store, JANUARY_2023, take_count, NULL, &revision, &why)
                               : call == RETENTION_SHARDS + 1 ? store_retention_revisions(store, months, &floor, &why)
                                                              : store_retention_open(store, &why);
        CU_ASSERT_EQUAL(verdict, HALT);
        CU_ASSERT_EQUAL(why.id, RETENTION_FULL);
        CU_ASSERT_STRING_EQUAL(why.text, full.text);
    }
    CU_ASSERT_EQUAL(fingerprint(), before);
}

/* ---- what is damaged ---- */

#define expect_damage(shard, verdict)                                                                                  \
    do {                                                                                                               \
        char name_[24];                                                                                                \
        why = (struct reason){0};                                                                                      \
        CU_ASSERT_EQUAL(verdict, HALT);                                                                                \
        CU_ASSERT_EQUAL(why.id, STORE_RETENTION_DAMAGED);                                                              \
        snprintf(name_, sizeof(name_), "shard %" PRIu32, shard);                                                       \
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, name_));                                                               \
    } while (false)

/* A key that is gone would make known pairs new: nothing is counted then, and nothing is written. */
static void a_key_that_is_gone_is_found(void)
{
    static const char *const gone[] = {"pairs", "models"};
    unsigned other = next_of(shard_of(1), 2), elsewhere = next_of((shard_of(1) + 1) % RETENTION_SHARDS, 0);
    struct activity first = activity_of(1, 0, 3), second = activity_of(1, 0, 9), beside = activity_of(other, 0, 3);
    struct activity apart = activity_of(elsewhere, 0, 3);
    struct reason why = {0};
    uint32_t shard = shard_of(1);

    for (size_t i = 0; i < LENGTH_OF(gone); i++) {
        begin_anew();
        CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), GO_ON);
        tell("DEL %s", key_of(shard, gone[i]));
        uint64_t before = fingerprint();
        expect_damage(shard, retain(&first, 1, &why));
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, gone[i]));
        expect_damage(shard, retain(&second, 1, &why));
        expect_damage(shard, retain(&beside, 1, &why));
        CU_ASSERT_EQUAL(fingerprint(), before);
        CU_ASSERT_EQUAL(retain(&apart, 1, &why), GO_ON);
    }
}

/* Of a known month no count is read. */
static void counts_that_are_gone_are_found(void)
{
    unsigned other = next_of(shard_of(1), 2);
    struct activity first = activity_of(1, 0, 3), older = activity_of(1, 0, 2), beside = activity_of(other, 0, 3);
    struct activity later = activity_of(1, 0, 9);
    struct reason why = {0};
    uint32_t shard = shard_of(1);
    int64_t revision = 0;

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), GO_ON);
    tell("DEL %s", key_of(shard, "counts:639"));
    uint64_t before = fingerprint();
    CU_ASSERT_EQUAL(retain(&first, 1, &why), GO_ON);
    expect_damage(shard, store_retained(store, first.month, take_count, NULL, &revision, &why));
    expect_damage(shard, retain(&older, 1, &why)); /* moves the cohort of the month that lost its counts */
    expect_damage(shard, retain(&beside, 1, &why));
    CU_ASSERT_EQUAL(fingerprint(), before);
    CU_ASSERT_EQUAL(retain(&later, 1, &why), GO_ON);
}

static void a_state_that_is_gone_is_found(void)
{
    struct activity first = activity_of(1, 0, 3);
    struct reason why = {0};
    uint32_t created = 0, shard = shard_of(1);

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), GO_ON);
    tell("DEL %s", key_of(shard, "state"));
    expect_damage(shard, retain(&first, 1, &why));
    expect_damage(shard, store_retention_create(store, false, &created, &why)); /* its pairs are still there */
    begin_anew();
    tell("DEL %s", key_of(shard, "state")); /* it never had pairs */
    CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_RETENTION_MISSING);
    CU_ASSERT_EQUAL(store_retention_create(store, false, &created, &why), GO_ON);
    CU_ASSERT_EQUAL(created, 1);
    CU_ASSERT_EQUAL(retain(&first, 1, &why), TRY_LATER); /* What was read before may not be merged into it. */
    CU_ASSERT_EQUAL(retain(&first, 1, &why), GO_ON);
}

/* Keys of another type are not ours. */
static void a_foreign_key_is_damage(void)
{
    static const char *const parts[] = {"state", "pairs", "models", "counts:639", "counts:638"};
    struct activity first = activity_of(1, 0, 3), older = activity_of(1, 0, 2);
    struct reason why = {0};
    uint32_t shard = shard_of(1);

    for (size_t i = 0; i < LENGTH_OF(parts); i++) {
        begin_anew();
        CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), GO_ON);
        tell("SET %s x", key_of(shard, parts[i]));
        uint64_t before = fingerprint();
        expect_damage(shard, retain(&older, 1, &why));
        CU_ASSERT_EQUAL(fingerprint(), before);
    }
}

/* Values that no function of ours writes, under a merge that reads them all. */
static void values_that_are_not_ours_are_damage(void)
{
    static const struct {
        const char *part, *field, *value;
    } rows[] = {
        {"state", "buckets", "0"},
        {"state", "buckets", "268435457"},
        {"state", "buckets", "x"},
        {"state", "models", "-1"},
        {"state", "models", "2"},
        {"state", "pairs", "9007199254740992"},
        {"state", "pairs", ""},
        {"state", "floor", "4096"},
        {"state", "inc", "0123456789012345678901234567890123456789"},
        {"state", "ver", "0123456789012345678901234567890123456789"},
        {"state", "ver", "another"},
        {"state", "rev:639", "2"},
        {"pairs", "__v", "another"},
        {"pairs", "1", "xyz"},
        {"models", "openai/gpt-4o", "x"},
        {"models", "openai/gpt-4o", "-1"},
        {"models", "openai/gpt-4o", "99"},
        {"models", "another", "1"},
        {"counts:639", "__n", "2"},
        {"counts:639", "639|openai/gpt-4o", "0"},
        {"counts:639", "638|openai/gpt-4o", "9007199254740991"},
        {"counts:639", "638|openai/gpt-4o", "x"},
        {"counts:638", "__n", "1"},
    };
    struct activity first = activity_of(1, 0, 3), older = activity_of(1, 0, 2);
    struct reason why = {0};
    uint32_t shard = shard_of(1);

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        begin_anew();
        CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), GO_ON);
        tell("HSET %s %s %s", key_of(shard, rows[i].part), rows[i].field, rows[i].value);
        uint64_t before = fingerprint();
        if (retain(&older, 1, &why) != HALT)
            printf("row %s %s %s was taken\n", rows[i].part, rows[i].field, rows[i].value);
        expect_damage(shard, retain(&older, 1, &why));
        if (strcmp(rows[i].part, "pairs") == 0) /* They are read of what is known, too. */
            expect_damage(shard, retain(&first, 1, &why));
        CU_ASSERT_EQUAL(fingerprint(), before);
    }
}

/* Puts other bytes in place of the one bucket of a shard: neither what it has nor what it does not can be merged. */
static void expect_bucket_damage(const struct activity *older, const uint8_t *bytes, size_t size)
{
    struct reason why = {0};
    uint32_t shard = retention_shard(older->account);

    tell("HSET %s 1 %b", key_of(shard, "pairs"), bytes, size);
    uint64_t before = fingerprint();
    expect_damage(shard, retain(older, 1, &why));
    CU_ASSERT_EQUAL(fingerprint(), before);
}

/* A bucket that lost its end, or has more than it should. */
static void a_bucket_that_is_cut_is_damage(void)
{
    struct activity first = activity_of(1, 0, 3), older = activity_of(1, 0, 2);
    struct reason why = {0};
    uint32_t shard = shard_of(1);

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), GO_ON);
    redisReply *bucket = ask("HGET %s 1", key_of(shard, "pairs"));
    CU_ASSERT_FATAL(bucket->type == REDIS_REPLY_STRING && bucket->len > ACCOUNT_SIZE);
    for (size_t size = 1; size <= bucket->len + 1; size++) /* the byte behind its end is zero */
        if (size != bucket->len)
            expect_bucket_damage(&older, (const uint8_t *)bucket->str, size);
    tell("HSET %s 1 %b", key_of(shard, "pairs"), bucket->str, bucket->len);
    CU_ASSERT_EQUAL(retain(&older, 1, &why), GO_ON);
    freeReplyObject(bucket);
}

/* A bucket of one account, or of it twice. Models and months do not read, or not in their order. */
static void a_bucket_out_of_order_is_damage(void)
{
    static const struct {
        uint8_t rest[12]; /* behind the account; months from 639 (0xff 0x04) on */
        size_t size;
        int accounts;
    } rows[] = {
        {{1, 0, 0xff, 4, 1}, 5, 2},                /* the account is there twice */
        {{0}, 1, 1},                               /* no model */
        {{2, 0, 0xff, 4, 1, 0, 0xff, 4, 1}, 9, 1}, /* a model is there twice */
        {{2, 1, 0xff, 4, 1, 0, 0xff, 4, 1}, 9, 1}, /* models are not in their order */
        {{1, 0, 0xff, 4, 0}, 5, 1},                /* no month */
        {{1, 0, 0xff, 4, 2}, 5, 1},                /* the first month is none */
        {{1, 0, 0xff, 0x1f, 3}, 5, 1},             /* May 2311 and one more */
        {{1, 0, 0x80, 0x20, 1}, 5, 1},             /* later than that */
        {{2, 0, 0xff, 4, 1}, 5, 1},                /* a model is missing */
    };
    struct activity first = activity_of(1, 0, 3), older = activity_of(1, 0, 2);
    struct reason why = {0};

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(retain(&first, 1, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        uint8_t bytes[2 * (ACCOUNT_SIZE + sizeof(rows->rest))];
        size_t size = 0;
        for (int times = 0; times < rows[i].accounts; times++) {
            memcpy(bytes + size, first.account, ACCOUNT_SIZE);
            memcpy(bytes + size + ACCOUNT_SIZE, rows[i].rest, rows[i].size);
            size += ACCOUNT_SIZE + rows[i].size;
        }
        expect_bucket_damage(&older, bytes, size);
    }
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
    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++) {
        tell("HSET %s 0|x 9007199254740991 __n 5", key_of(shard, "counts:640"));
        tell("HSET %s rev:640 5", key_of(shard, "state"));
    }
    CU_ASSERT_EQUAL(retention_rows_read(retained, store, 640, &revision, &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_RETENTION_DAMAGED);
    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++) {
        tell("HSET %s __n 9223372036854775807", key_of(shard, "counts:640"));
        tell("HSET %s rev:640 9223372036854775807", key_of(shard, "state"));
    }
    CU_ASSERT_EQUAL(retention_rows_read(retained, store, 640, &revision, &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_RETENTION_DAMAGED);
    CU_ASSERT_EQUAL(store_retention_revisions(store, months, &floor, &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_RETENTION_DAMAGED);
    retention_rows_close(retained);
}

/* ---- what stopped ---- */

static enum verdict stop(const char *text, struct reason *why)
{
    struct reason because = {.id = STORE_RETENTION_DAMAGED};

    snprintf(because.text, sizeof(because.text), "%s", text);
    return store_retention_stop(store, &because, why);
}

/* Whoever counts on without merging says so in every shard, and nobody takes it back. */
static void retention_that_stopped_stays_so(void)
{
    static int64_t months[MONTHS_MAX];
    struct activity activity = activity_of(1, 0, 3);
    struct reason why = {0};
    int64_t revision = 0;
    uint32_t created = 0, floor = 0;

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(retain(&activity, 1, &why), GO_ON);
    uint32_t untold = (shard_of(1) + 1) % RETENTION_SHARDS; /* it has no pairs */
    tell("DEL %s", key_of(untold, "state"));
    for (int times = 0; times < 2; times++)
        CU_ASSERT_EQUAL_FATAL(stop("shard 5 is gone", &why), GO_ON);
    for (unsigned account = 1; account < 64; account++) {
        activity = activity_of(account, 0, 3);
        if (shard_of(account) == untold)
            continue;
        CU_ASSERT_EQUAL(retain(&activity, 1, &why), HALT);
        CU_ASSERT_EQUAL(why.id, STORE_RETENTION_DAMAGED);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "shard 5 is gone"));
    }
    CU_ASSERT_EQUAL(store_retained(store, activity.month, take_count, NULL, &revision, &why), HALT);
    CU_ASSERT_EQUAL(store_retention_revisions(store, months, &floor, &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_RETENTION_DAMAGED);
    CU_ASSERT_EQUAL(store_retention_create(store, false, &created, &why), GO_ON); /* as `setup` does */
    CU_ASSERT_EQUAL(created, 1);
    CU_ASSERT_EQUAL(store_retention_open(store, &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_RETENTION_DAMAGED);
    redis_cli("--raw KEYS 'check:{events:retention:*}:state' | xargs redis-cli -s %s DEL", redis.socket);
    CU_ASSERT_EQUAL(stop("all are gone", &why), GO_ON); /* the pairs of one are left */
    redis_cli("FLUSHALL");
    CU_ASSERT_EQUAL(stop("all are gone", &why), TRY_LATER);
    CU_ASSERT_EQUAL(why.id, STORE_RETENTION_MISSING);
}

/* ---- what Redis refuses ---- */

/* After a failover each attempt is a new connection, and none of them hides why it failed. */
static void a_replica_is_told_each_time(void)
{
    struct activity activity = activity_of(1, 0, 3);
    struct reason why = {0};

    begin_anew();
    redis_cli("REPLICAOF 127.0.0.1 1");
    for (int attempt = 0; attempt < 3; attempt++) {
        uint64_t before = store_connections(store);
        why = (struct reason){0};
        CU_ASSERT_EQUAL(retain(&activity, 1, &why), TRY_LATER);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "READONLY"));
        CU_ASSERT_TRUE(attempt == 0 || store_connections(store) > before);
    }
    redis_cli("REPLICAOF NO ONE");
    CU_ASSERT_EQUAL(retain(&activity, 1, &why), GO_ON);
    was_active[1][0][3] = true;
    compare();
}

static void a_lacking_right_is_found_before_a_write(void)
{
    static const char *const rights[] = {"hset", "hdel", "hmget", "hget", "hgetall", "hlen", "fcall"};
    struct activity activity = activity_of(1, 0, 3);
    struct reason why = {0};

    for (size_t i = 0; i < LENGTH_OF(rights); i++) {
        begin_anew();
        redis_cli("ACL SETUSER default -%s", rights[i]);
        CU_ASSERT_EQUAL(retain(&activity, 1, &why), HALT);
        CU_ASSERT_EQUAL(why.id, STORE_DENIED);
        redis_cli("ACL SETUSER default +%s", rights[i]);
        compare(); /* nothing */
        CU_ASSERT_EQUAL_FATAL(retain(&activity, 1, &why), GO_ON);
        was_active[1][0][3] = true;
        compare();
    }
}

/* Asked before it writes; afterwards memory may be over the limit, but nothing is half written. */
static void without_memory_nothing_is_written(void)
{
    struct activity activity = activity_of(1, 0, 3);
    struct reason why = {0};

    begin_anew();
    redis_cli("CONFIG SET maxmemory 1");
    CU_ASSERT_EQUAL(retain(&activity, 1, &why), TRY_LATER);
    CU_ASSERT_EQUAL(why.id, STORE_BUSY);
    redis_cli("CONFIG SET maxmemory 0");
    compare();
    CU_ASSERT_EQUAL(retain(&activity, 1, &why), GO_ON);
    was_active[1][0][3] = true;
    compare();
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_full_shard_takes_no_new_pair", a_full_shard_takes_no_new_pair},
        {"a_call_is_refused_as_a_whole", a_call_is_refused_as_a_whole},
        {"shards_before_a_full_one_are_merged", shards_before_a_full_one_are_merged},
        {"calls_before_a_full_one_stay", calls_before_a_full_one_stay},
        {"retention_that_is_full_says_so", retention_that_is_full_says_so},
        {"a_key_that_is_gone_is_found", a_key_that_is_gone_is_found},
        {"counts_that_are_gone_are_found", counts_that_are_gone_are_found},
        {"a_state_that_is_gone_is_found", a_state_that_is_gone_is_found},
        {"a_foreign_key_is_damage", a_foreign_key_is_damage},
        {"values_that_are_not_ours_are_damage", values_that_are_not_ours_are_damage},
        {"a_bucket_that_is_cut_is_damage", a_bucket_that_is_cut_is_damage},
        {"a_bucket_out_of_order_is_damage", a_bucket_out_of_order_is_damage},
        {"numbers_out_of_range_are_damage", numbers_out_of_range_are_damage},
        {"retention_that_stopped_stays_so", retention_that_stopped_stays_so},
        {"a_replica_is_told_each_time", a_replica_is_told_each_time},
        {"a_lacking_right_is_found_before_a_write", a_lacking_right_is_found_before_a_write},
        {"without_memory_nothing_is_written", without_memory_nothing_is_written},
        CU_TEST_INFO_NULL,
    };

    return retained_run("retention_full_check", argc, argv, tests);
}
