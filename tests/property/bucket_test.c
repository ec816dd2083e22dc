/*
 * Buckets: whatever activities come, in whatever order and portions, and whenever buckets are split, the buckets hold
 * the union, each account in the bucket of its name, and the changes that were told add up to the counts of a naive
 * model. Entries are read back as they were written.
 */
#include "gentally/core/bucket.h"

#include "gentally/core/window.h"
#include "suite.h"

#define ROUNDS 200
#define ACCOUNTS 40
#define MODELS 6
#define MONTHS 30
#define FIRST 660
#define BUCKETS 16
#define STEP_MAX 60
#define SORTED 40000

static uint64_t state;
static bool was_active[ACCOUNTS][MODELS][MONTHS];
static int64_t counts[MODELS][MONTHS][MONTHS]; /* by model, cohort, month: as they were told */
static uint8_t accounts[ACCOUNTS][ACCOUNT_SIZE];
/* The shard: buckets by name. */
static struct bucket_bytes buckets[2 * BUCKETS];
static uint32_t bucket_count;
static int64_t pair_count;

static uint32_t below(uint32_t bound)
{
    return (uint32_t)suite_below(&state, bound);
}

/* Model 5 has a number of three bytes. */
static uint32_t number_of(uint32_t model)
{
    return model < 5 ? 3 * model : 70000;
}

static void draw_accounts(void)
{
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        for (unsigned j = 0; j < ACCOUNT_SIZE; j++)
            accounts[i][j] = (uint8_t)below(256);
        accounts[i][0] &= 0x1f; /* one shard */
        accounts[i][ACCOUNT_SIZE - 1] = (uint8_t)i;
        if (i > 0 && below(4) == 0) /* told apart by the last byte alone */
            memcpy(accounts[i], accounts[i - 1], ACCOUNT_SIZE - 1);
    }
}

static bool take_change(void *context, uint32_t model, uint32_t cohort, uint32_t month, int by)
{
    (void)context;
    counts[model][cohort - FIRST][month - FIRST] += by;
    return true;
}

static int compare(const void *left, const void *right)
{
    const struct bucket_activity *a = left, *b = right;
    int order = memcmp(a->account, b->account, ACCOUNT_SIZE);

    if (order == 0)
        order = (a->number > b->number) - (a->number < b->number);
    return order != 0 ? order : (a->month > b->month) - (a->month < b->month);
}

static struct span bytes_of(const struct bucket_bytes *bucket)
{
    return (struct span){(const char *)bucket->bytes, bucket->size};
}

/* Merges what falls into one bucket. */
static void merge_some(const struct bucket_activity *activities, uint32_t count)
{
    struct bucket_bytes merged = {0}, *bucket = &buckets[bucket_of(activities->account, bucket_count)];
    struct reason why;
    int64_t added = -1;
    bool is_changed = false;

    CU_ASSERT_EQUAL_FATAL(
        bucket_merge(bytes_of(bucket), activities, count, &merged, take_change, NULL, &added, &is_changed, &why),
        GO_ON);
    if (!is_changed) {
        CU_ASSERT_TRUE(span_equal(bytes_of(&merged), bytes_of(bucket)));
        CU_ASSERT_EQUAL(added, 0);
    }
    pair_count += added;
    bucket_bytes_free(bucket);
    *bucket = merged;
}

static void merge_step(void)
{
    struct bucket_activity step[STEP_MAX];
    uint32_t count = 1 + below(STEP_MAX), months = 1 + below(MONTHS);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t account = below(ACCOUNTS), model = below(MODELS);
        uint32_t month = below(months);
        memcpy(step[i].account, accounts[account], ACCOUNT_SIZE);
        step[i].model = model;
        step[i].number = number_of(model);
        step[i].month = (uint16_t)(FIRST + month);
        was_active[account][model][month] = true;
    }
    qsort(step, count, sizeof(*step), compare);
    for (uint32_t first = 0, end; first < count; first = end) {
        uint32_t name = bucket_of(step[first].account, bucket_count);
        for (end = first + 1; end < count && bucket_of(step[end].account, bucket_count) == name; end++)
            CU_ASSERT_TRUE(bucket_of(step[end].account, bucket_count) >= name);
        merge_some(step + first, end - first);
    }
}

static void split_one(void)
{
    struct bucket_bytes halves[2] = {{0}};
    struct reason why;
    uint32_t name = bucket_to_split(bucket_count);

    CU_ASSERT_EQUAL_FATAL(bucket_split(bytes_of(&buckets[name]), name, halves, &why), GO_ON);
    bucket_bytes_free(&buckets[name]);
    buckets[2 * name] = halves[0];
    buckets[2 * name + 1] = halves[1];
    bucket_count++;
}

static struct {
    uint32_t name;
    int64_t pairs;
    bool was_active[ACCOUNTS][MODELS][MONTHS];
} found;

static void take_month(const uint8_t *account, uint32_t number, uint32_t month)
{
    uint32_t at = 0, model = 0;

    while (at < ACCOUNTS && memcmp(accounts[at], account, ACCOUNT_SIZE) != 0)
        at++;
    while (model < MODELS && number_of(model) != number)
        model++;
    CU_ASSERT_TRUE_FATAL(at < ACCOUNTS && model < MODELS && month >= FIRST && month < FIRST + MONTHS);
    CU_ASSERT_EQUAL(bucket_of(account, bucket_count), found.name);
    CU_ASSERT_FALSE(found.was_active[at][model][month - FIRST]); /* once */
    found.was_active[at][model][month - FIRST] = true;
}

static uint32_t read_varint(const uint8_t **at)
{
    uint32_t value = 0;

    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint32_t)(byte & 127) << shift;
        if (byte < 128)
            return value;
    }
}

/* As bucket.h draws it. */
static void read_bucket(const struct bucket_bytes *bucket)
{
    const uint8_t *at = bucket->bytes, *end = at + bucket->size;

    while (at < end) {
        const uint8_t *account = at;
        at += ACCOUNT_SIZE;
        for (uint32_t pairs = read_varint(&at); pairs > 0; pairs--, found.pairs++) {
            uint32_t number = read_varint(&at), month = read_varint(&at);
            bool has_more = true;
            for (; has_more; month += 7, has_more = (*at++ & 128) != 0)
                for (uint32_t bit = 0; bit < 7; bit++)
                    if ((*at >> bit & 1) != 0)
                        take_month(account, number, month + bit);
        }
    }
    CU_ASSERT_PTR_EQUAL(at, end);
}

static int64_t naive_count(unsigned model, unsigned cohort, unsigned month)
{
    int64_t count = 0;

    for (unsigned account = 0; account < ACCOUNTS; account++) {
        unsigned first = 0;
        while (first < MONTHS && !was_active[account][model][first])
            first++;
        count += first == cohort && was_active[account][model][month];
    }
    return count;
}

static void look_at_all(void)
{
    int differing = 0;

    memset(&found, 0, sizeof(found));
    for (found.name = 1; found.name < 2 * BUCKETS; found.name++)
        if (buckets[found.name].size > 0)
            read_bucket(&buckets[found.name]);
    CU_ASSERT_EQUAL(memcmp(found.was_active, was_active, sizeof(was_active)), 0);
    CU_ASSERT_EQUAL(found.pairs, pair_count);
    for (unsigned model = 0; model < MODELS; model++)
        for (unsigned cohort = 0; cohort < MONTHS; cohort++)
            for (unsigned month = 0; month < MONTHS; month++)
                differing += counts[model][cohort][month] != (month < cohort ? 0 : naive_count(model, cohort, month));
    CU_ASSERT_EQUAL(differing, 0);
}

static void buckets_hold_the_union(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        memset(was_active, 0, sizeof(was_active));
        memset(counts, 0, sizeof(counts));
        for (unsigned i = 0; i < LENGTH_OF(buckets); i++)
            bucket_bytes_free(&buckets[i]);
        bucket_count = 1;
        pair_count = 0;
        draw_accounts();
        for (unsigned step = 0; step < 12; step++) {
            merge_step();
            while (bucket_count < BUCKETS && below(3) == 0)
                split_one();
        }
        look_at_all();
    }
    for (unsigned i = 0; i < LENGTH_OF(buckets); i++)
        bucket_bytes_free(&buckets[i]);
}

/* Taken out one by one, accounts leave all others as they are. */
static void an_erased_account_is_gone_and_no_other(void)
{
    memset(was_active, 0, sizeof(was_active));
    bucket_count = 1;
    pair_count = 0;
    draw_accounts();
    for (unsigned step = 0; step < 12; step++) {
        merge_step();
        if (bucket_count < BUCKETS)
            split_one();
    }
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        struct bucket_bytes without = {0}, again = {0}, *bucket = &buckets[bucket_of(accounts[i], bucket_count)];
        struct reason why;
        uint32_t pairs = 77;
        CU_ASSERT_EQUAL_FATAL(bucket_erase(bytes_of(bucket), accounts[i], &without, &pairs, &why), GO_ON);
        bucket_bytes_free(bucket);
        *bucket = without;
        memset(was_active[i], 0, sizeof(was_active[i]));
        pair_count -= pairs;
        memset(&found, 0, sizeof(found));
        for (found.name = 1; found.name < 2 * BUCKETS; found.name++)
            if (buckets[found.name].size > 0)
                read_bucket(&buckets[found.name]);
        CU_ASSERT_EQUAL(memcmp(found.was_active, was_active, sizeof(was_active)), 0);
        CU_ASSERT_EQUAL(found.pairs, pair_count);
        CU_ASSERT_EQUAL(bucket_erase(bytes_of(bucket), accounts[i], &again, &pairs, &why), GO_ON);
        CU_ASSERT_EQUAL(pairs, 0);
        bucket_bytes_free(&again);
    }
    CU_ASSERT_EQUAL(pair_count, 0);
    for (unsigned i = 0; i < LENGTH_OF(buckets); i++)
        bucket_bytes_free(&buckets[i]);
}

static bool count_nothing(void *context, uint32_t model, uint32_t cohort, uint32_t month, int by)
{
    (void)context;
    (void)model;
    (void)cohort;
    (void)month;
    (void)by;
    return true;
}

/* Cut anywhere, or with a byte that is another, a bucket reads, or is told; it is never read beyond its end. */
static void a_damaged_bucket_is_told(void)
{
    struct bucket_bytes cut = {0};
    uint32_t told = 0, read = 0;

    memset(was_active, 0, sizeof(was_active));
    bucket_count = 1;
    draw_accounts();
    merge_step();
    for (size_t size = 0; size < buckets[1].size; size++)
        for (unsigned twist = 0; twist < 4; twist++) {
            struct bucket_activity activity = {.month = FIRST, .number = 4};
            struct reason why;
            int64_t added;
            bool is_changed;
            uint8_t *copy = malloc(size + 1); /* of its size, so that a sanitizer sees a step beyond */
            CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
            memcpy(copy, buckets[1].bytes, size);
            if (twist > 0 && size > 0)
                copy[below((uint32_t)size)] ^= (uint8_t)(1 + below(255));
            memcpy(activity.account, accounts[0], ACCOUNT_SIZE);
            enum verdict verdict = bucket_merge((struct span){(const char *)copy, size}, &activity, 1, &cut,
                                                count_nothing, NULL, &added, &is_changed, &why);
            told += verdict == HALT && why.id == STORE_RETENTION_DAMAGED;
            read += verdict == GO_ON;
            uint32_t pairs;
            verdict = bucket_erase((struct span){(const char *)copy, size}, accounts[0], &cut, &pairs, &why);
            CU_ASSERT_TRUE(verdict == GO_ON || (verdict == HALT && why.id == STORE_RETENTION_DAMAGED));
            free(copy);
        }
    CU_ASSERT_TRUE(told > 0 && read > 0);
    CU_ASSERT_EQUAL(told + read, 4 * buckets[1].size);
    bucket_bytes_free(&cut);
    bucket_bytes_free(&buckets[1]);
}

/* ---- entries ---- */

static void entries_are_read_back(void)
{
    struct activities *set = NULL;
    struct activity written[STEP_MAX];
    struct span names[MODELS] = {span_of("a"), span_of(""), span_of("b/c"), span_of("d"), span_of("e"), span_of("f")};
    uint8_t bytes[STEP_MAX * ACTIVITY_MAX + 64];
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(activities_open(&set, &why), GO_ON);
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t count = below(STEP_MAX), before = activities_count(set);
        uint32_t turn = below(MODELS);
        struct span models[MODELS];
        for (uint32_t i = 0; i < MODELS; i++)
            models[i] = names[(i + turn) % MODELS];
        for (uint32_t i = 0; i < count; i++) {
            for (unsigned j = 0; j < ACCOUNT_SIZE; j++)
                written[i].account[j] = (uint8_t)below(256);
            written[i].model = below(MODELS);
            written[i].month = (uint16_t)below(MONTHS_MAX);
        }
        size_t size = activities_write(bytes, models, MODELS, written, count);
        CU_ASSERT_TRUE(size <= ACTIVITIES_HEAD_MAX + 5 * MODELS + 16 + count * ACTIVITY_MAX);
        CU_ASSERT_EQUAL_FATAL(activities_add(set, (struct span){(const char *)bytes, size}, &why), GO_ON);
        CU_ASSERT_EQUAL_FATAL(activities_count(set), before + count);
        for (uint32_t i = 0; i < count; i++) {
            const struct activity *read = &activities_items(set)[before + i];
            CU_ASSERT_EQUAL(memcmp(read->account, written[i].account, ACCOUNT_SIZE), 0);
            CU_ASSERT_EQUAL(read->month, written[i].month);
            CU_ASSERT_TRUE(span_equal(activities_model(set, read->model), models[written[i].model]));
        }
        if (below(10) == 0)
            activities_clear(set);
    }
    CU_ASSERT_EQUAL(activities_models(set) <= MODELS, true);
    activities_sort(set);
    for (uint32_t i = 1; i < activities_count(set); i++)
        CU_ASSERT_TRUE(memcmp(activities_items(set)[i - 1].account, activities_items(set)[i].account, ACCOUNT_SIZE) <=
                       0);
    activities_close(set);
}

static int by_all(const void *left, const void *right)
{
    return memcmp(left, right, sizeof(struct activity));
}

/* Many accounts at random, and many that share all bits but the last, as nobody's pseudonyms do. */
static void many_are_put_in_order(void)
{
    static struct activity written[SORTED], sorted[SORTED];
    static uint8_t bytes[SORTED * ACTIVITY_MAX + 64];
    struct activities *set = NULL;
    struct span model = span_of("a");
    struct reason why;

    memset(written, 0, sizeof(written));
    for (uint32_t i = 0; i < SORTED; i++) {
        for (unsigned j = 0; j < ACCOUNT_SIZE; j++)
            written[i].account[j] = i % 100 == 0 && j < ACCOUNT_SIZE - 1 ? 7 : (uint8_t)below(256);
        written[i].month = (uint16_t)below(MONTHS_MAX);
    }
    CU_ASSERT_EQUAL_FATAL(activities_open(&set, &why), GO_ON);
    size_t size = activities_write(bytes, &model, 1, written, SORTED);
    CU_ASSERT_EQUAL_FATAL(activities_add(set, (struct span){(const char *)bytes, size}, &why), GO_ON);
    activities_sort(set);
    for (uint32_t i = 0; i < SORTED; i++) {
        const struct activity *item = &activities_items(set)[i];
        CU_ASSERT_TRUE(i == 0 || memcmp(item[-1].account, item->account, ACCOUNT_SIZE) <= 0);
        memset(&sorted[i], 0, sizeof(sorted[i]));
        memcpy(sorted[i].account, item->account, ACCOUNT_SIZE);
        sorted[i].month = item->month;
    }
    qsort(written, SORTED, sizeof(written[0]), by_all);
    qsort(sorted, SORTED, sizeof(sorted[0]), by_all);
    CU_ASSERT_EQUAL(memcmp(written, sorted, sizeof(written)), 0); /* none lost, none twice */
    activities_close(set);
}

static void a_damaged_entry_is_told(void)
{
    struct activities *set = NULL;
    struct span models[] = {span_of("a"), span_of("bb")};
    struct activity written[3] = {{.month = 1}, {.month = 2, .model = 1}, {.month = 300}};
    uint8_t bytes[128];
    struct reason why;
    size_t size = activities_write(bytes, models, 2, written, 3);
    uint32_t told = 0;

    CU_ASSERT_EQUAL_FATAL(activities_open(&set, &why), GO_ON);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *copy = malloc(cut + 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
        memcpy(copy, bytes, cut);
        enum verdict verdict = activities_add(set, (struct span){(const char *)copy, cut}, &why);
        told += verdict == HALT && why.id == STORE_DAMAGED;
        free(copy);
    }
    CU_ASSERT_EQUAL(told, size - 3); /* an entry may end behind its models, and behind each activity */
    activities_close(set);
}

int main(int argc, char **argv)
{
    static CU_TestInfo tests[] = {
        {"buckets_hold_the_union", buckets_hold_the_union},
        {"an_erased_account_is_gone_and_no_other", an_erased_account_is_gone_and_no_other},
        {"a_damaged_bucket_is_told", a_damaged_bucket_is_told},
        {"entries_are_read_back", entries_are_read_back},
        {"many_are_put_in_order", many_are_put_in_order},
        {"a_damaged_entry_is_told", a_damaged_entry_is_told},
        CU_TEST_INFO_NULL,
    };

    state = suite_seed();
    return suite_run(argc, argv, tests);
}
