/* The ids of a partition: what is asked, what is written and dropped, and for how long an id is known. */
#include "ids.h"

#include "suite.h"

#define KEPT_MS (10 * HOUR_MS)
#define WIDTH_MS (KEPT_MS / 2)
#define NOON_MS (INT64_C(20000) * DAY_MS + 12 * HOUR_MS) /* a bucket begins two hours before */
#define BUCKET_MS (NOON_MS - NOON_MS % WIDTH_MS)

static struct ids *ids;
static struct partition_state stored;
static struct reason why;

static void open_ids(int64_t kept_ms)
{
    stored = (struct partition_state){.incarnation = "0123456789abcdef0123456789abcdef", .watermark_ms = NO_TIME};
    CU_ASSERT_EQUAL_FATAL(ids_open(&ids, kept_ms, &why), GO_ON);
    ids_reset(ids, &stored);
}

static struct id_key key_of(const char *id)
{
    return ids_key(ids, span_of(id));
}

static void ask(const char *id)
{
    CU_ASSERT_EQUAL_FATAL(ids_ask(ids, key_of(id), &why), GO_ON);
}

/* Digests for short: the whole is this letter, six times, the groups are another. */
static struct digest digest_for(char letter)
{
    struct digest digest;

    memset(digest.bytes, letter, DIGEST_WHOLE_SIZE);
    memset(digest.bytes + DIGEST_WHOLE_SIZE, letter + 1, sizeof(digest.bytes) - DIGEST_WHOLE_SIZE);
    return digest;
}

static void put_version(const char *id, int64_t watermark_ms, char letter, enum id_state state,
                        const char *contribution)
{
    struct id_known before = ids_find(ids, key_of(id), watermark_ms);
    struct id_known now = {.state = state, .digest = digest_for(letter), .contribution = span_of(contribution)};

    CU_ASSERT_EQUAL_FATAL(ids_put(ids, key_of(id), watermark_ms, &before, &now, &why), GO_ON);
}

static void put(const char *id, int64_t watermark_ms, enum id_state state, const char *contribution)
{
    put_version(id, watermark_ms, 'd', state, contribution);
}

static bool was_said(const char *id, int64_t watermark_ms, char letter)
{
    struct id_known known = ids_find(ids, key_of(id), watermark_ms);
    struct digest digest = digest_for(letter);

    return known.state != ID_UNKNOWN && id_known_said(&known, &digest);
}

static void expect(const char *id, int64_t watermark_ms, enum id_state state, const char *contribution)
{
    struct id_known known = ids_find(ids, key_of(id), watermark_ms);

    CU_ASSERT_EQUAL(known.state, state);
    CU_ASSERT_TRUE(span_equal(known.contribution, span_of(contribution)));
}

/* Flushes at this watermark; how many ids are written, and how many buckets dropped. */
static void flush(int64_t watermark_ms, uint32_t written, uint32_t dropped)
{
    const struct id_change *change = ids_change(ids, watermark_ms);
    uint32_t count = 0, sections = 0;

    for (uint32_t i = 0; change != NULL && i < change->section_count; i++) {
        count += change->sections[i].count;
        sections += change->sections[i].count == 0;
    }
    CU_ASSERT_EQUAL(count, written);
    CU_ASSERT_EQUAL(sections, dropped);
    ids_flushed(ids);
}

static void an_id_is_known_until_its_bucket_is_far_enough_behind(void)
{
    const int64_t last_ms = BUCKET_MS + WIDTH_MS + KEPT_MS; /* the bucket's end, and what is kept */

    open_ids(KEPT_MS);
    ask("a");
    expect("a", NO_TIME, ID_UNKNOWN, NULL);
    put("a", NOON_MS, ID_COUNTED, "what a added");
    expect("a", NOON_MS, ID_COUNTED, "what a added");
    expect("a", last_ms - 1, ID_COUNTED, "what a added");
    expect("a", last_ms, ID_UNKNOWN, NULL);
    flush(last_ms, 0, 0); /* never known again: not even written */
    ids_close(ids);
}

static void buckets_are_dropped_by_the_flush_that_outlives_them(void)
{
    open_ids(KEPT_MS);
    ids_begin(ids);
    ask("a");
    put("a", NOON_MS, ID_SEEN, NULL);
    flush(NOON_MS, 1, 0);
    flush(NOON_MS, 0, 0); /* nothing new */
    ids_begin(ids);
    ask("b");
    put("b", NOON_MS + WIDTH_MS, ID_SEEN, NULL);
    flush(BUCKET_MS + WIDTH_MS + KEPT_MS - 1, 1, 0);
    flush(BUCKET_MS + WIDTH_MS + KEPT_MS, 0, 1);
    flush(BUCKET_MS + 2 * WIDTH_MS + KEPT_MS, 0, 1);
    flush(BUCKET_MS + 9 * WIDTH_MS + KEPT_MS, 0, 0);
    ids_close(ids);
}

static void the_store_is_asked_once_and_the_latest_answer_counts(void)
{
    open_ids(KEPT_MS);
    stored.id_bucket_count = 2; /* the second one of a time when ids were kept for longer */
    stored.id_buckets[0] = (struct id_bucket){BUCKET_MS, WIDTH_MS};
    stored.id_buckets[1] = (struct id_bucket){BUCKET_MS - 7 * WIDTH_MS, 20 * WIDTH_MS};
    ids_reset(ids, &stored);
    ask("a");
    ask("b");
    ask("a");
    struct id_lookup *lookup = ids_lookup(ids, &stored);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lookup);
    CU_ASSERT_EQUAL(lookup->id_count, 2);
    CU_ASSERT_EQUAL(lookup->bucket_count, 2);
    CU_ASSERT_EQUAL(lookup->each(ids, 0, 0, (struct span){"c\1ddddddeeeeeeee\0first", 22}, &why), GO_ON);
    CU_ASSERT_EQUAL(lookup->each(ids, 1, 0, (struct span){"c\2ddddddeeeeeeee\0second", 23}, &why), GO_ON);
    CU_ASSERT_EQUAL(lookup->each(ids, 0, 0, (struct span){"c\1ddddddeeeeeeee\0first", 22}, &why),
                    GO_ON); /* asked again */
    expect("a", NOON_MS, ID_COUNTED, "second");
    expect("b", NOON_MS, ID_UNKNOWN, NULL);
    ids_close(ids);
}

/* The store did not answer for the first batch, which was let go; an id of it that nobody put may be known there. */
static void what_was_never_answered_is_asked_again(void)
{
    open_ids(KEPT_MS);
    stored.id_bucket_count = 1;
    stored.id_buckets[0] = (struct id_bucket){BUCKET_MS, WIDTH_MS};
    ids_reset(ids, &stored);
    ids_begin(ids);
    ask("put");
    put("put", NOON_MS, ID_SEEN, NULL);
    ids_begin(ids);
    ask("a");
    ids_begin(ids);
    ask("a");
    ask("a");
    ask("put");
    struct id_lookup *lookup = ids_lookup(ids, &stored);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lookup);
    CU_ASSERT_EQUAL(lookup->id_count, 1);
    CU_ASSERT_EQUAL(lookup->each(ids, 0, 0, (struct span){"ddddddeeeeeeee", 14}, &why), GO_ON);
    expect("a", NOON_MS, ID_SEEN, NULL);
    ids_close(ids);
}

static void values_are_read_back(void)
{
#define DIGEST "ddddddeeeeeeee"
    static const struct {
        struct span value;
        enum verdict verdict;
        enum id_state state;
    } rows[] = {
        {{DIGEST, 14}, GO_ON, ID_SEEN},
        {{"r\0" DIGEST "\0", 17}, GO_ON, ID_RETRACTED},
        {{"c\0" DIGEST "\0x", 18}, GO_ON, ID_COUNTED},
        {{"c\x80\1" DIGEST "\1ffffffx", 25}, GO_ON, ID_COUNTED},
        {{"l\0" DIGEST "\0x", 18}, GO_ON, ID_LEFT_OUT},
        {{"", 0}, HALT, ID_UNKNOWN},
        {{DIGEST, 13}, HALT, ID_UNKNOWN},
        {{DIGEST "x", 15}, HALT, ID_UNKNOWN},
        {{"c\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 15}, HALT, ID_UNKNOWN},
        {{"c\0" DIGEST, 16}, HALT, ID_UNKNOWN},           /* no number of versions */
        {{"c\0" DIGEST "\1fffff", 22}, HALT, ID_UNKNOWN}, /* less than one version */
        {{"c\0" DIGEST "\x11", 17}, HALT, ID_UNKNOWN},    /* more than there may be */
        {{"r\0" DIGEST "\0x", 18}, HALT, ID_UNKNOWN},     /* a contribution of nothing */
        {{"x\0" DIGEST "\0x", 18}, HALT, ID_UNKNOWN},
        {{"\0\0" DIGEST "\0x", 18}, HALT, ID_UNKNOWN},
        {{"c\xff\xff\xff\xff\xff\1" DIGEST "\0", 22}, HALT, ID_UNKNOWN},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        open_ids(KEPT_MS);
        stored.id_bucket_count = 1;
        stored.id_buckets[0] = (struct id_bucket){BUCKET_MS, WIDTH_MS};
        ids_reset(ids, &stored);
        ask("a");
        struct id_lookup *lookup = ids_lookup(ids, &stored);
        CU_ASSERT_EQUAL(lookup->each(ids, 0, 0, rows[i].value, &why), rows[i].verdict);
        CU_ASSERT_EQUAL(ids_find(ids, key_of("a"), NOON_MS).state, rows[i].state);
        if (rows[i].verdict == HALT)
            CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-DAMAGED");
        ids_close(ids);
    }
}

static void a_flush_comes_before_the_room_ends(void)
{
    char id[16];
    uint32_t count = 0;

    open_ids(KEPT_MS);
    for (; ids_has_room(ids) && count < 100000; count++) {
        snprintf(id, sizeof(id), "%u", count);
        ask(id);
        put(id, NOON_MS, ID_SEEN, NULL);
    }
    CU_ASSERT_EQUAL(count, 16384);
    flush(NOON_MS, 16384, 0);
    CU_ASSERT_TRUE(ids_has_room(ids));
    expect("0", NOON_MS, ID_SEEN, NULL); /* The rest of the batch may need it. */
    ids_begin(ids);
    ask("0");
    CU_ASSERT_PTR_NOT_NULL(ids_lookup(ids, &stored)); /* A new batch asks anew. */
    ids_close(ids);
}

/* Dense traffic: a batch's flush comes in its midst, so that each batch begins with ids that are not in the store yet.
 * There are as many flushes as what is put asks for, and nobody's entry is lost by what is forgotten. */
static void a_flush_within_each_batch_asks_for_no_more_of_them(void)
{
    enum { BATCHES = 60, BATCH = 4000 };
    char id[16];
    uint32_t flushes = 0, left = 0;

    open_ids(KEPT_MS);
    for (uint32_t batch = 0; batch < BATCHES; batch++) {
        ids_begin(ids);
        if (left > 0) { /* The last one before is not in the store yet. */
            ask(id);
            expect(id, NOON_MS, ID_COUNTED, "what it added");
        }
        for (uint32_t i = 0; i < BATCH; i++) {
            snprintf(id, sizeof(id), "%u", batch * BATCH + i);
            ask(id);
        }
        for (uint32_t i = 0; i < BATCH; i++) {
            if (!ids_has_room(ids)) {
                flush(NOON_MS, left, 0);
                flushes++;
                left = 0;
            }
            snprintf(id, sizeof(id), "%u", batch * BATCH + i);
            put(id, NOON_MS, ID_COUNTED, "what it added");
            left++;
        }
        expect(id, NOON_MS, ID_COUNTED, "what it added");
    }
    CU_ASSERT_EQUAL(flushes, BATCHES * BATCH / 16384);
    flush(NOON_MS, left, 0);
    ids_close(ids);
}

/* An id that is no id: one entry, whose every version takes bytes. */
static void one_id_put_for_ever_asks_for_a_flush_too(void)
{
    uint32_t count = 0;

    open_ids(KEPT_MS);
    ask("null");
    for (; ids_has_room(ids) && count < 100000; count++)
        put_version("null", NOON_MS, (char)(count % 100), ID_COUNTED, "what it added");
    CU_ASSERT_EQUAL(count, 16384);
    flush(NOON_MS, 1, 0);
    CU_ASSERT_TRUE(ids_has_room(ids));
    ids_close(ids);
}

static void versions_of_before_are_known_and_bounded(void)
{
    open_ids(KEPT_MS);
    ids_begin(ids);
    ask("a");
    for (int i = 0; i < 20; i++) {
        put_version("a", NOON_MS, (char)('A' + i), ID_COUNTED, "what a added");
        expect("a", NOON_MS, ID_COUNTED, "what a added");
    }
    for (int i = 0; i < 20; i++) /* the last, and sixteen before it */
        CU_ASSERT_EQUAL(was_said("a", NOON_MS, (char)('A' + i)), i >= 3);
    CU_ASSERT_FALSE(was_said("a", NOON_MS, 'z'));
    put_version("a", NOON_MS, 'T', ID_RETRACTED, NULL); /* says what the last one said: no version of its own */
    CU_ASSERT_TRUE(was_said("a", NOON_MS, 'T'));
    CU_ASSERT_TRUE(was_said("a", NOON_MS, 'D'));
    CU_ASSERT_FALSE(was_said("a", NOON_MS, 'C'));
    ids_close(ids);
}

/* Whether the store still had it depends on when it was dropped; what it says may not. */
static void what_was_forgotten_leaves_no_version_behind(void)
{
    const int64_t last_ms = BUCKET_MS + WIDTH_MS + KEPT_MS;

    open_ids(KEPT_MS);
    ids_begin(ids);
    ask("a");
    put_version("a", NOON_MS, 'A', ID_COUNTED, "first life");
    put_version("a", NOON_MS, 'B', ID_COUNTED, "first life");
    put_version("a", last_ms, 'C', ID_COUNTED, "second life");
    CU_ASSERT_TRUE(was_said("a", last_ms, 'C'));
    CU_ASSERT_FALSE(was_said("a", last_ms, 'B'));
    CU_ASSERT_FALSE(was_said("a", last_ms, 'A'));
    ids_close(ids);
}

/* What a flush writes is what a lookup reads. */
static void versions_survive_the_store(void)
{
    char value[256];

    open_ids(KEPT_MS);
    ids_begin(ids);
    ask("a");
    put_version("a", NOON_MS, 'A', ID_COUNTED, "one");
    put_version("a", NOON_MS, 'B', ID_COUNTED, "two");
    const struct id_change *change = ids_change(ids, NOON_MS);
    CU_ASSERT_PTR_NOT_NULL_FATAL(change);
    CU_ASSERT_EQUAL_FATAL(change->pair_count, 1);
    struct span written = change->pairs[0].value;
    memcpy(value, written.bytes, written.size);
    ids_flushed(ids);
    stored.id_bucket_count = 1;
    stored.id_buckets[0] = (struct id_bucket){BUCKET_MS, WIDTH_MS};
    ids_reset(ids, &stored);
    ids_begin(ids);
    ask("a");
    struct id_lookup *lookup = ids_lookup(ids, &stored);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lookup);
    CU_ASSERT_EQUAL(lookup->each(ids, 0, 0, (struct span){value, written.size}, &why), GO_ON);
    expect("a", NOON_MS, ID_COUNTED, "two");
    CU_ASSERT_TRUE(was_said("a", NOON_MS, 'A'));
    CU_ASSERT_TRUE(was_said("a", NOON_MS, 'B'));
    CU_ASSERT_FALSE(was_said("a", NOON_MS, 'C'));
    ids_close(ids);
}

static void with_nothing_kept_all_that_was_is_dropped(void)
{
    open_ids(0);
    stored.id_bucket_count = 1;
    stored.id_buckets[0] = (struct id_bucket){BUCKET_MS, WIDTH_MS};
    ids_reset(ids, &stored);
    flush(NO_TIME, 0, 1);
    flush(NOON_MS, 0, 0);
    ids_close(ids);
}

static void another_incarnation_hashes_otherwise(void)
{
    open_ids(KEPT_MS);
    struct id_key one = key_of("a");
    snprintf(stored.incarnation, sizeof(stored.incarnation), "0123456789abcdef0123456789abcdee");
    ids_reset(ids, &stored);
    struct id_key other = key_of("a");
    CU_ASSERT_NOT_EQUAL(memcmp(one.bytes, other.bytes, ID_SIZE), 0);
    ids_close(ids);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"an_id_is_known_until_its_bucket_is_far_enough_behind", an_id_is_known_until_its_bucket_is_far_enough_behind},
        {"buckets_are_dropped_by_the_flush_that_outlives_them", buckets_are_dropped_by_the_flush_that_outlives_them},
        {"the_store_is_asked_once_and_the_latest_answer_counts", the_store_is_asked_once_and_the_latest_answer_counts},
        {"what_was_never_answered_is_asked_again", what_was_never_answered_is_asked_again},
        {"values_are_read_back", values_are_read_back},
        {"a_flush_comes_before_the_room_ends", a_flush_comes_before_the_room_ends},
        {"a_flush_within_each_batch_asks_for_no_more_of_them", a_flush_within_each_batch_asks_for_no_more_of_them},
        {"one_id_put_for_ever_asks_for_a_flush_too", one_id_put_for_ever_asks_for_a_flush_too},
        {"versions_of_before_are_known_and_bounded", versions_of_before_are_known_and_bounded},
        {"what_was_forgotten_leaves_no_version_behind", what_was_forgotten_leaves_no_version_behind},
        {"versions_survive_the_store", versions_survive_the_store},
        {"with_nothing_kept_all_that_was_is_dropped", with_nothing_kept_all_that_was_is_dropped},
        {"another_incarnation_hashes_otherwise", another_incarnation_hashes_otherwise},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
