/* The source against a real broker. */
#include "gentally/kafka/source.h"

#include "gentally/kafka/producer.h"
#include "kafka_server.h"
#include "suite.h"

#define PARTITIONS 12
#define EACH 2000
#define LIMIT_MS 60000

/* What a reader saw: it fails at the first record that is not the one expected next. */
struct reader {
    struct source *source;
    struct batch *batch;
    int64_t expected[PARTITIONS];
    int64_t end[PARTITIONS]; /* -1 = not told */
    uint32_t wrong, records, suspects;
    struct anchor anchor;     /* to assign with; none if its offset is ANCHOR_NONE */
    struct anchor noted;      /* of the record of partition 0 at this offset, once it came */
    struct reason suspicion;  /* what the last source_check_log() found */
    enum rebalance rebalance; /* the last piece */
    uint32_t partition_count; /* partitions of it */
    int32_t partitions[PARTITIONS_MAX];
    enum verdict verdict;
    struct reason why;
};

static struct reader *reader_open(struct scene *scene)
{
    struct reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL || (reader->batch = malloc(sizeof(*reader->batch))) == NULL)
        give_up("no memory");
    reader->anchor.offset = ANCHOR_NONE;
    if (source_open(&reader->source, scene->config, &scene->logger, &reader->why) != GO_ON)
        give_up(reader->why.text);
    if (source_join(reader->source, &reader->why) != GO_ON)
        give_up(reader->why.text);
    return reader;
}

static void reader_close(struct reader *reader)
{
    source_close(reader->source);
    free(reader->batch);
    free(reader);
}

/* One poll. */
static void turn(struct reader *reader)
{
    const struct batch *batch = reader->batch;

    reader->verdict = source_poll(reader->source, reader->batch, 20, &reader->why);
    reader->rebalance = batch->rebalance;
    reader->partition_count = batch->partition_count;
    memcpy(reader->partitions, batch->partitions, sizeof(batch->partitions[0]) * batch->partition_count);
    reader->suspects += batch->suspect_count;
    for (uint32_t i = 0; i < batch->suspect_count; i++)
        if (source_check_log(reader->source, batch->suspects[i], &reader->suspicion) == HALT)
            source_stop(reader->source, batch->suspects[i]);
    for (uint32_t i = 0; i < batch->record_count; i++) {
        const struct record *record = &batch->records[i];
        char text[24];
        int size = snprintf(text, sizeof(text), "%" PRId64, record->offset);
        if (record->offset != reader->expected[record->partition])
            reader->wrong++;
        /* A value that names another offset would be another record's memory. */
        if (record->value.size < sizeof(text) && !span_equal(record->value, (struct span){text, (size_t)size}))
            reader->wrong++;
        reader->expected[record->partition] = record->offset + 1;
        if (record->partition == 0 && record->offset == reader->noted.offset)
            reader->noted = anchor_of(record->offset, record->timestamp_ms, record->key, record->value);
        reader->records++;
    }
    for (uint32_t i = 0; i < batch->end_count; i++)
        reader->end[batch->ends[i].partition] = batch->ends[i].next;
    source_release(reader->source, reader->batch);
}

/* Polls until there is a rebalance. */
static void await_rebalance(struct reader *reader, enum rebalance rebalance)
{
    int64_t deadline_ms = monotonic_ms() + LIMIT_MS;

    do {
        turn(reader);
    } while (reader->rebalance == REBALANCE_NONE && reader->verdict == GO_ON && monotonic_ms() < deadline_ms);
    CU_ASSERT_EQUAL_FATAL(reader->verdict, GO_ON);
    CU_ASSERT_EQUAL_FATAL(reader->rebalance, rebalance);
}

/* Reads every partition of the rebalance from where the reader expects it. */
static void answer_assigned(struct reader *reader)
{
    struct source_start starts[PARTITIONS];

    for (uint32_t i = 0; i < reader->partition_count; i++) {
        int32_t partition = reader->partitions[i];
        starts[i] = (struct source_start){partition, reader->expected[partition], reader->anchor};
        reader->end[reader->partitions[i]] = -1;
    }
    CU_ASSERT_EQUAL_FATAL(source_assign(reader->source, starts, reader->partition_count, &reader->why), GO_ON);
}

static void reposition(struct reader *reader, int32_t partition, int64_t offset)
{
    struct source_start start = {partition, offset, reader->anchor};

    source_reposition(reader->source, &start);
}

static struct reader *reader_at(struct scene *scene, int64_t offset)
{
    struct reader *reader = reader_open(scene);

    await_rebalance(reader, REBALANCE_ASSIGNED);
    for (uint32_t i = 0; i < PARTITIONS; i++)
        reader->expected[i] = offset;
    answer_assigned(reader);
    return reader;
}

/* Polls until every partition in [first, count) is told to end at `end`. */
static void read_to(struct reader *reader, int32_t first, int32_t count, int64_t end)
{
    int64_t deadline_ms = monotonic_ms() + LIMIT_MS;
    int32_t ended = 0;

    while (ended < count - first && reader->verdict == GO_ON && monotonic_ms() < deadline_ms) {
        turn(reader);
        ended = 0;
        for (int32_t i = first; i < count; i++)
            ended += reader->end[i] == end ? 1 : 0;
    }
    CU_ASSERT_EQUAL(reader->verdict, GO_ON);
    CU_ASSERT_EQUAL_FATAL(ended, count - first);
}

static void records_come_once_in_order_from_the_assigned_offset(void)
{
    struct scene scene = scene_open();
    make_topic(&scene, scene.config->topic, PARTITIONS, NULL);
    fill_topic(&scene, scene.config->topic, PARTITIONS, EACH);
    struct reader *reader = reader_at(&scene, 7);

    read_to(reader, 0, PARTITIONS, EACH);
    CU_ASSERT_EQUAL(reader->wrong, 0);
    CU_ASSERT_EQUAL(reader->records, PARTITIONS * (EACH - 7));
    reader_close(reader);
    scene_close(&scene);
}

/* Every partition is moved while all of them have more fetched than was read. */
static void a_moved_partition_shows_nothing_of_its_old_position(void)
{
    struct scene scene = scene_open();
    make_topic(&scene, scene.config->topic, PARTITIONS, NULL);
    fill_topic(&scene, scene.config->topic, PARTITIONS, 5 * EACH);
    struct reader *reader = reader_at(&scene, EACH);
    uint64_t seed = suite_seed();

    for (int move = 0; move < 40; move++) {
        uint32_t before = reader->records;
        int64_t deadline_ms = monotonic_ms() + LIMIT_MS;
        while (reader->records == before && monotonic_ms() < deadline_ms && reader->end[0] < 0)
            turn(reader);
        int32_t partition = (int32_t)suite_below(&seed, PARTITIONS);
        int64_t offset = (int64_t)suite_below(&seed, 5 * EACH);
        reposition(reader, partition, offset);
        reader->expected[partition] = offset;
        reader->end[partition] = -1;
        CU_ASSERT_EQUAL_FATAL(reader->wrong, 0);
    }
    for (int32_t i = 0; i < PARTITIONS; i++)
        reader->end[i] = reader->expected[i] == 5 * EACH ? reader->end[i] : -1;
    read_to(reader, 0, PARTITIONS, 5 * EACH);
    for (int32_t i = 0; i < PARTITIONS; i++)
        CU_ASSERT_EQUAL(reader->expected[i], 5 * EACH);
    CU_ASSERT_EQUAL(reader->wrong, 0);
    reader_close(reader);
    scene_close(&scene);
}

static void a_stopped_partition_is_silent_and_the_others_go_on(void)
{
    struct scene scene = scene_open();
    make_topic(&scene, scene.config->topic, 3, NULL);
    fill_topic(&scene, scene.config->topic, 3, EACH);
    struct reader *reader = reader_at(&scene, 0);

    source_stop(reader->source, 0);
    read_to(reader, 1, 3, EACH);
    CU_ASSERT_EQUAL(reader->wrong, 0);
    CU_ASSERT_EQUAL(reader->expected[0], 0);
    CU_ASSERT_EQUAL(reader->end[0], -1);
    source_stop(reader->source, 0); /* again: no harm */
    source_stop(reader->source, 1);
    source_stop(reader->source, 2);
    turn(reader);
    CU_ASSERT_EQUAL(reader->verdict, GO_ON);
    reader_close(reader);
    scene_close(&scene);
}

/* Polls both until both were given partitions anew; the first has to give its own back before. */
static void share(struct reader *first, struct reader *second)
{
    bool has_first = false, has_second = false, was_revoked = false;
    int64_t deadline_ms = monotonic_ms() + LIMIT_MS;

    while (!(has_first && has_second) && monotonic_ms() < deadline_ms) {
        turn(first);
        if (first->rebalance == REBALANCE_REVOKED) {
            was_revoked = true;
            source_commit(first->source, (const int32_t[]){0}, (const int64_t[]){1}, 1);
            CU_ASSERT_EQUAL(source_release_all(first->source, &first->why), GO_ON);
        } else if (first->rebalance == REBALANCE_ASSIGNED) {
            has_first = true;
            answer_assigned(first);
        }
        turn(second);
        if (second->rebalance == REBALANCE_ASSIGNED) {
            has_second = true;
            answer_assigned(second);
        } else if (second->rebalance != REBALANCE_NONE) {
            has_second = false;
            CU_ASSERT_EQUAL(source_release_all(second->source, &second->why), GO_ON);
        }
    }
    CU_ASSERT_TRUE(has_first && has_second && was_revoked);
}

static void two_members_share_and_take_over(void)
{
    struct scene scene = scene_open();
    make_topic(&scene, scene.config->topic, PARTITIONS, NULL);
    fill_topic(&scene, scene.config->topic, PARTITIONS, EACH);
    struct reader *first = reader_at(&scene, 0);
    struct reader *second = reader_open(&scene);

    CU_ASSERT_EQUAL(first->partition_count, PARTITIONS);
    share(first, second);
    reader_close(second); /* leaves the group; what it had comes back */
    await_rebalance(first, REBALANCE_REVOKED);
    CU_ASSERT_EQUAL(source_release_all(first->source, &first->why), GO_ON);
    await_rebalance(first, REBALANCE_ASSIGNED);
    CU_ASSERT_EQUAL(first->partition_count, PARTITIONS);
    answer_assigned(first);
    read_to(first, 0, PARTITIONS, EACH);
    CU_ASSERT_EQUAL(first->wrong, 0);
    CU_ASSERT_EQUAL(first->records, PARTITIONS * EACH);
    reader_close(first);
    scene_close(&scene);
}

static void an_offset_the_log_does_not_have_is_told(void)
{
    struct scene scene = scene_open();
    make_topic(&scene, scene.config->topic, 2, NULL);
    fill_topic(&scene, scene.config->topic, 2, 10);
    struct reader *reader = reader_open(&scene);
    int64_t deadline_ms = monotonic_ms() + LIMIT_MS;

    await_rebalance(reader, REBALANCE_ASSIGNED);
    reader->expected[0] = 1000;
    answer_assigned(reader);
    while ((reader->suspects == 0 || reader->end[1] != 10) && monotonic_ms() < deadline_ms)
        turn(reader);
    CU_ASSERT_EQUAL(reader->suspects, 1);
    CU_ASSERT_STRING_EQUAL(reason_name(reader->suspicion.id), "SOURCE-TRUNCATED");
    CU_ASSERT_EQUAL(reader->expected[1], 10);
    CU_ASSERT_EQUAL(reader->wrong, 0);
    reader_close(reader);
    scene_close(&scene);
}

/* Reads one partition from `next` on, behind `anchor`, to the end at `end`. The reason id of a suspicion; "": none. */
static const char *read_behind(struct scene *scene, const struct anchor *anchor, int64_t next, int64_t end)
{
    struct reader *reader = reader_open(scene);
    int64_t deadline_ms = monotonic_ms() + LIMIT_MS;

    await_rebalance(reader, REBALANCE_ASSIGNED);
    reader->anchor = *anchor;
    reader->expected[0] = next;
    answer_assigned(reader);
    while (reader->suspicion.id == REASON_NONE && reader->end[0] != end && monotonic_ms() < deadline_ms)
        turn(reader);
    CU_ASSERT_TRUE(monotonic_ms() < deadline_ms);
    CU_ASSERT_EQUAL(reader->wrong, 0); /* Neither the anchor nor anything else before `next` is handed out. */
    CU_ASSERT_EQUAL(reader->records, reader->suspicion.id == REASON_NONE ? end - next : 0);
    const char *id = reader->suspicion.id == REASON_NONE ? "" : reason_name(reader->suspicion.id);
    reader_close(reader);
    return id;
}

/* The anchor of the record at `offset` in partition 0. */
static struct anchor anchor_at(struct scene *scene, int64_t offset)
{
    struct reader *reader = reader_open(scene);

    await_rebalance(reader, REBALANCE_ASSIGNED);
    reader->noted.offset = offset;
    answer_assigned(reader);
    read_to(reader, 0, 1, 20);
    struct anchor anchor = reader->noted;
    CU_ASSERT_EQUAL_FATAL(anchor.offset, offset);
    CU_ASSERT_NOT_EQUAL_FATAL(anchor.digest, 0);
    reader_close(reader);
    return anchor;
}

static void the_last_counted_record_is_looked_for_first(void)
{
    struct scene scene = scene_open();
    make_topic(&scene, scene.config->topic, 1, NULL);
    fill_topic(&scene, scene.config->topic, 1, 20);
    struct anchor anchor = anchor_at(&scene, 11);

    CU_ASSERT_STRING_EQUAL(read_behind(&scene, &anchor, 12, 20), "");
    CU_ASSERT_STRING_EQUAL(read_behind(&scene, &anchor, 15, 20), ""); /* what lies between is no record of ours */
    anchor.digest++;
    CU_ASSERT_STRING_EQUAL(read_behind(&scene, &anchor, 12, 20), "SOURCE-RECREATED");
    anchor.digest--;
    anchor.timestamp_ms++;
    CU_ASSERT_STRING_EQUAL(read_behind(&scene, &anchor, 12, 20), "SOURCE-RECREATED");
    anchor.offset = 19;
    CU_ASSERT_STRING_EQUAL(read_behind(&scene, &anchor, 20, 20), "SOURCE-RECREATED");
    anchor.offset = 20; /* the log's end: nothing is there */
    CU_ASSERT_STRING_EQUAL(read_behind(&scene, &anchor, 21, 20), "SOURCE-TRUNCATED");
    anchor.offset = 40; /* beyond it */
    CU_ASSERT_STRING_EQUAL(read_behind(&scene, &anchor, 41, 20), "SOURCE-TRUNCATED");
    scene_close(&scene);
}

static void a_topic_made_anew_is_not_read_on(void)
{
    struct scene scene = scene_open();
    make_topic(&scene, scene.config->topic, 1, NULL);
    fill_topic(&scene, scene.config->topic, 1, 20);
    struct anchor anchor = anchor_at(&scene, 11);

    delete_topic(&scene, scene.config->topic);
    await_no_topic(&scene, scene.config->topic);
    make_topic(&scene, scene.config->topic, 1, NULL);
    fill_topic(&scene, scene.config->topic, 1, 20); /* the very same texts, at another time */
    CU_ASSERT_STRING_EQUAL(read_behind(&scene, &anchor, 12, 20), "SOURCE-RECREATED");
    scene_close(&scene);
}

static void deleted_records_are_missed_only_if_they_were_not_counted(void)
{
    struct scene scene = scene_open();
    make_topic(&scene, scene.config->topic, 1, NULL);
    fill_topic(&scene, scene.config->topic, 1, 20);
    struct anchor anchor = anchor_at(&scene, 11);

    delete_records(&scene, scene.config->topic, 12);
    CU_ASSERT_STRING_EQUAL(read_behind(&scene, &anchor, 12, 20), ""); /* the anchor went with its time: a warning */
    CU_ASSERT_STRING_EQUAL(read_behind(&scene, &anchor, 15, 20), "");
    delete_records(&scene, scene.config->topic, 13);
    CU_ASSERT_STRING_EQUAL(read_behind(&scene, &anchor, 12, 20), "SOURCE-GAP");
    scene_close(&scene);
}

/* Five records and a marker, five aborted ones and a marker: the log leaves offsets out, and ends in such a hole. */
static void what_was_aborted_is_stepped_over(void)
{
    struct scene scene = scene_open();
    make_topic(&scene, scene.config->topic, 1, NULL);
    rd_kafka_t *writer = raw_producer(scene.config, scene.config->namespace_);
    rd_kafka_error_t *error = rd_kafka_init_transactions(writer, 30000);

    for (int round = 0; round < 4 && error == NULL; round++) {
        error = rd_kafka_begin_transaction(writer);
        for (int i = 0; i < 5; i++)
            raw_put(writer, scene.config->topic, 0, "a value longer than any offset", 30);
        rd_kafka_flush(writer, 30000);
        if (error == NULL)
            error =
                round % 2 == 0 ? rd_kafka_commit_transaction(writer, 30000) : rd_kafka_abort_transaction(writer, 30000);
    }
    CU_ASSERT_PTR_NULL_FATAL(error);
    rd_kafka_destroy(writer);
    struct reader *reader = reader_at(&scene, 0);
    read_to(reader, 0, 1, 24);
    CU_ASSERT_EQUAL(reader->records, 10);
    CU_ASSERT_EQUAL(reader->expected[0], 17);
    CU_ASSERT_EQUAL(reader->wrong, 1); /* the one hole between two records */
    reader_close(reader);
    scene_close(&scene);
}

static void a_topic_that_vanishes_halts_and_closes(void)
{
    struct scene scene = scene_open();
    pass_through(&scene, "topic.metadata.refresh.interval.ms", "500");
    make_topic(&scene, scene.config->topic, 2, NULL);
    fill_topic(&scene, scene.config->topic, 2, 10);
    struct reader *reader = reader_at(&scene, 0);
    int64_t deadline_ms = monotonic_ms() + LIMIT_MS;

    read_to(reader, 0, 2, 10);
    delete_topic(&scene, scene.config->topic);
    while (reader->verdict == GO_ON && monotonic_ms() < deadline_ms) {
        turn(reader);
        if (reader->rebalance == REBALANCE_ASSIGNED)
            answer_assigned(reader);
        else if (reader->rebalance != REBALANCE_NONE)
            CU_ASSERT_EQUAL(source_release_all(reader->source, &reader->why), GO_ON);
    }
    CU_ASSERT_EQUAL(reader->verdict, HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(reader->why.id), "SOURCE-TOPIC-MISSING");
    int64_t begin_ms = monotonic_ms();
    reader_close(reader);
    CU_ASSERT_TRUE(monotonic_ms() - begin_ms < 10000);
    scene_close(&scene);
}

static void a_missing_topic_is_named(void)
{
    struct scene scene = scene_open();
    struct source *source = NULL;
    struct producer *producer = NULL;

    CU_ASSERT_EQUAL(source_open(&source, scene.config, &scene.logger, &scene.why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(scene.why.id), "SOURCE-TOPIC-MISSING");
    CU_ASSERT_PTR_NOT_NULL(strstr(scene.why.text, "gentally setup"));
    CU_ASSERT_EQUAL_FATAL(producer_open(&producer, scene.config, &scene.logger, &scene.why), GO_ON);
    CU_ASSERT_EQUAL(producer_check_topic(producer, scene.config->topic, &scene.why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(scene.why.id), "SINK-TOPIC-MISSING");
    producer_close(producer);
    scene_close(&scene);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"records come once, in order, from the assigned offset", records_come_once_in_order_from_the_assigned_offset},
        {"a moved partition shows nothing of its old position", a_moved_partition_shows_nothing_of_its_old_position},
        {"a stopped partition is silent, the others go on", a_stopped_partition_is_silent_and_the_others_go_on},
        {"two members share and take over", two_members_share_and_take_over},
        {"an offset the log does not have is told", an_offset_the_log_does_not_have_is_told},
        {"the last counted record is looked for first", the_last_counted_record_is_looked_for_first},
        {"a topic made anew is not read on", a_topic_made_anew_is_not_read_on},
        {"deleted records are missed only if they were not counted",
         deleted_records_are_missed_only_if_they_were_not_counted},
        {"what was aborted is stepped over", what_was_aborted_is_stepped_over},
        {"a topic that vanishes halts, and closes", a_topic_that_vanishes_halts_and_closes},
        {"a missing topic is named", a_missing_topic_is_named},
        CU_TEST_INFO_NULL,
    };

    if (broker_address() == NULL) {
        printf("SKIP source_check: GENTALLY_TEST_KAFKA names no broker\n");
        return 77;
    }
    return suite_run(argc, argv, tests);
}
