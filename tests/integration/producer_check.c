/* The producer, the transaction and the reader of topics against a real broker, and a mock that can be switched off. */
#include "gentally/kafka/producer.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "gentally/kafka/topic_read.h"
#include "gentally/kafka/topics.h"
#include "gentally/kafka/transaction.h"
#include "kafka_server.h"
#include "suite.h"

#define PARTITIONS 12
#define EACH 2000
#define LIMIT_MS 60000

static void setup_creates_the_topics_and_may_be_repeated(void)
{
    struct scene scene = scene_open();
    char name[TOPIC_NAME_MAX + 1];
    struct producer *producer = NULL;

    CU_ASSERT_EQUAL_FATAL(topics_create(scene.config, 3, -1, &scene.logger, &scene.why), GO_ON);
    topic_ledger(scene.config, name);
    await_topic(scene.client, name);
    CU_ASSERT_EQUAL(topics_create(scene.config, 3, -1, &scene.logger, &scene.why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(producer_open(&producer, scene.config, &scene.logger, &scene.why), GO_ON);
    CU_ASSERT_EQUAL(producer_check_topic(producer, name, &scene.why), GO_ON);
    topic_summaries(scene.config, "model", name);
    CU_ASSERT_EQUAL(producer_check_topic(producer, name, &scene.why), GO_ON);
    producer_close(producer);
    scene_close(&scene);
}

struct seen {
    uint32_t count;
    uint32_t absent; /* without a value */
    int32_t partition;
    int64_t offset;
    bool is_ordered;
};

static enum verdict see(void *context, const struct record *record, struct reason *why)
{
    struct seen *seen = context;

    (void)why;
    if (seen->count > 0 && (record->partition < seen->partition ||
                            (record->partition == seen->partition && record->offset <= seen->offset)))
        seen->is_ordered = false;
    seen->partition = record->partition;
    seen->offset = record->offset;
    seen->count++;
    seen->absent += record->value.bytes == NULL ? 1 : 0;
    return GO_ON;
}

static struct seen read_topic(struct scene *scene, const char *topic)
{
    struct seen seen = {.is_ordered = true};

    enum verdict verdict = topic_read(scene->config, topic, see, &seen, &scene->why);
    if (verdict != GO_ON)
        printf("%s: %s\n", reason_name(scene->why.id), scene->why.text);
    CU_ASSERT_EQUAL(verdict, GO_ON);
    CU_ASSERT_TRUE(seen.is_ordered);
    return seen;
}

static enum verdict refuse(void *context, const struct record *record, struct reason *why)
{
    (void)record;
    ++*(uint32_t *)context;
    return reason_set(why, HALT, DLQ_NONE, 0, "enough");
}

static void a_topic_is_read_to_its_end(void)
{
    struct scene scene = scene_open();
    uint32_t calls = 0;

    make_topic(&scene, scene.config->topic, PARTITIONS, NULL);
    CU_ASSERT_EQUAL(read_topic(&scene, scene.config->topic).count, 0);
    fill_topic(&scene, scene.config->topic, PARTITIONS - 1, EACH);
    CU_ASSERT_EQUAL(read_topic(&scene, scene.config->topic).count, (PARTITIONS - 1) * EACH);
    CU_ASSERT_EQUAL(topic_read(scene.config, scene.config->topic, refuse, &calls, &scene.why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(scene.why.id), "DLQ-NONE");
    CU_ASSERT_EQUAL(calls, 1);
    CU_ASSERT_EQUAL(topic_read(scene.config, "no-such-topic", refuse, &calls, &scene.why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(scene.why.id), "SOURCE-TOPIC-MISSING");
    scene_close(&scene);
}

/* Checks one dead letter's headers; the value as it was, or its size in a header. */
static void check_letter(const rd_kafka_message_t *letter, const char *topic, size_t value_size, bool is_omitted)
{
    const char *const names[][2] = {
        {"gentally.reason", "DECODE-UTF8"},
        {"gentally.detail", "not a text"},
        {"gentally.topic", topic},
        {"gentally.partition", "3"},
        {"gentally.offset", "42"},
        {"gentally.timestamp", "1700000000000"},
        {"__connect.errors.topic", topic},
        {"__connect.errors.partition", "3"},
        {"__connect.errors.offset", "42"},
        {"__connect.errors.stage", "VALUE_CONVERTER"},
        {"__connect.errors.exception.message", "not a text"},
    };
    rd_kafka_headers_t *headers = NULL;
    const void *text = NULL;
    size_t size = 0;

    CU_ASSERT_EQUAL_FATAL(rd_kafka_message_headers(letter, &headers), RD_KAFKA_RESP_ERR_NO_ERROR);
    for (size_t i = 0; i < LENGTH_OF(names); i++) {
        CU_ASSERT_EQUAL_FATAL(rd_kafka_header_get_last(headers, names[i][0], &text, &size), RD_KAFKA_RESP_ERR_NO_ERROR);
        CU_ASSERT_STRING_EQUAL(text, names[i][1]);
    }
    CU_ASSERT_TRUE(letter->key_len == 3 && memcmp(letter->key, "key", 3) == 0);
    bool is_told =
        rd_kafka_header_get_last(headers, "gentally.value-omitted", &text, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
    CU_ASSERT_EQUAL(is_told, is_omitted);
    CU_ASSERT_EQUAL(letter->len, is_omitted ? 0 : value_size);
    if (is_told)
        CU_ASSERT_EQUAL(strtoull(text, NULL, 10), value_size);
}

static rd_kafka_t *raw_reader(struct scene *scene, const char *topic)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

    rd_kafka_conf_set(conf, "bootstrap.servers", scene->config->kafka_bootstrap_servers, text, sizeof(text));
    rd_kafka_conf_set(conf, "group.id", "raw", text, sizeof(text));
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    if (client == NULL)
        give_up(text);
    rd_kafka_topic_partition_list_add(list, topic, 0)->offset = 0;
    rd_kafka_assign(client, list);
    rd_kafka_topic_partition_list_destroy(list);
    return client;
}

static void dead_letters_tell_where_and_why(void)
{
    static const size_t sizes[] = {5, 2000000, 17000000}; /* fits; refused by the broker; refused by the client */
    struct scene scene = scene_open();
    char *noise = malloc(sizes[2]);
    uint64_t seed = 1;
    struct reason because;
    struct producer *producer = NULL;

    for (size_t i = 0; noise != NULL && i + 8 <= sizes[2]; i += 8) {
        uint64_t word = suite_random(&seed);
        memcpy(noise + i, &word, 8);
    }
    make_topic(&scene, scene.config->topic, 1, "1048588");
    (void)reason_set(&because, SET_ASIDE, DECODE_UTF8, 0, "not a text");
    CU_ASSERT_EQUAL_FATAL(producer_open(&producer, scene.config, &scene.logger, &scene.why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(sizes); i++) {
        struct record record = {3, 42, INT64_C(1700000000000), span_of("key"), {noise, sizes[i]}, 0, false, NULL};
        CU_ASSERT_EQUAL(producer_dead_letter(producer, scene.config->topic, "t", &record, "x:y", &because, &scene.why),
                        GO_ON);
        CU_ASSERT_EQUAL(producer_settle(producer, 30000, &scene.why), GO_ON);
    }
    CU_ASSERT_EQUAL(
        producer_put(producer, scene.config->topic, span_of("key"), (struct span){noise, sizes[1]}, &scene.why), GO_ON);
    CU_ASSERT_EQUAL(producer_settle(producer, 30000, &scene.why), HALT); /* only dead letters may lose their value */
    CU_ASSERT_STRING_EQUAL(reason_name(scene.why.id), "SINK-TOO-LARGE");
    producer_close(producer);
    rd_kafka_t *client = raw_reader(&scene, scene.config->topic);
    for (size_t i = 0; i < LENGTH_OF(sizes); i++) {
        rd_kafka_message_t *letter = rd_kafka_consumer_poll(client, LIMIT_MS);
        CU_ASSERT_PTR_NOT_NULL_FATAL(letter);
        CU_ASSERT_EQUAL_FATAL(letter->err, RD_KAFKA_RESP_ERR_NO_ERROR);
        check_letter(letter, "t", sizes[i], i > 0);
        rd_kafka_message_destroy(letter);
    }
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    free(noise);
    scene_close(&scene);
}

static void put_rows(struct scene *scene, struct transaction *transaction, int count)
{
    for (int i = 0; i < count; i++)
        CU_ASSERT_EQUAL(transaction_put(transaction, scene->config->topic, span_of("key"),
                                        i == 0 ? span_of(NULL) : span_of("value"), &scene->why),
                        GO_ON);
}

static void only_what_is_committed_is_seen(void)
{
    struct scene scene = scene_open();
    struct transaction *transaction = NULL;

    make_topic(&scene, scene.config->topic, 2, NULL);
    CU_ASSERT_EQUAL_FATAL(
        transaction_open(&transaction, scene.config, scene.config->namespace_, &scene.logger, &scene.why), GO_ON);
    CU_ASSERT_EQUAL(transaction_begin(transaction, &scene.why), GO_ON);
    put_rows(&scene, transaction, 100);
    CU_ASSERT_EQUAL(transaction_commit(transaction, &scene.why), GO_ON);
    CU_ASSERT_EQUAL(transaction_begin(transaction, &scene.why), GO_ON);
    put_rows(&scene, transaction, 50);
    CU_ASSERT_EQUAL(transaction_abort(transaction, &scene.why), GO_ON);
    CU_ASSERT_EQUAL(transaction_abort(transaction, &scene.why), GO_ON); /* none is open: no harm */
    CU_ASSERT_EQUAL(transaction_begin(transaction, &scene.why), GO_ON);
    put_rows(&scene, transaction, 10);
    CU_ASSERT_EQUAL(transaction_commit(transaction, &scene.why), GO_ON);
    CU_ASSERT_EQUAL(transaction_begin(transaction, &scene.why), GO_ON);
    put_rows(&scene, transaction, 7);
    transaction_close(transaction); /* aborts */
    struct seen seen = read_topic(&scene, scene.config->topic);
    CU_ASSERT_EQUAL(seen.count, 110);
    CU_ASSERT_EQUAL(seen.absent, 2);
    scene_close(&scene);
}

enum ending { COMMITTED, ABORTED, LEFT_OPEN };

/* A reading in the midst of which a transaction ends. */
struct meanwhile {
    rd_kafka_t *producer;
    enum ending ending;
    uint32_t count;
};

static void require(rd_kafka_error_t *error)
{
    if (error != NULL)
        give_up(rd_kafka_error_string(error));
}

static enum verdict end_meanwhile(void *context, const struct record *record, struct reason *why)
{
    struct meanwhile *meanwhile = context;

    (void)record;
    (void)why;
    if (meanwhile->count++ == 0 && meanwhile->ending == COMMITTED)
        require(rd_kafka_commit_transaction(meanwhile->producer, LIMIT_MS));
    else if (meanwhile->count == 1 && meanwhile->ending == ABORTED)
        require(rd_kafka_abort_transaction(meanwhile->producer, LIMIT_MS));
    return GO_ON;
}

/* The broker answers a commit before readers see it: who reads then must not stop short of it. */
static void a_transaction_that_is_ending_is_waited_for(void)
{
    static const struct {
        enum ending ending;
        uint32_t wanted;
    } rows[] = {{COMMITTED, 2}, {ABORTED, 1}, {LEFT_OPEN, 1}};
    struct scene scene = scene_open();
    const char *topic = scene.config->topic;
    char value[] = "value";

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        snprintf(scene.config->topic, sizeof(scene.config->topic), "%s.%zu", scene.config->namespace_, i);
        make_topic(&scene, topic, 1, NULL);
        fill_topic(&scene, topic, 1, 1);
        struct meanwhile meanwhile = {raw_producer(scene.config, topic), rows[i].ending, 0};
        require(rd_kafka_init_transactions(meanwhile.producer, LIMIT_MS));
        require(rd_kafka_begin_transaction(meanwhile.producer));
        CU_ASSERT_EQUAL(rd_kafka_producev(meanwhile.producer, RD_KAFKA_V_TOPIC(topic),
                                          RD_KAFKA_V_VALUE(value, sizeof(value)), RD_KAFKA_V_END),
                        RD_KAFKA_RESP_ERR_NO_ERROR);
        CU_ASSERT_EQUAL(rd_kafka_flush(meanwhile.producer, LIMIT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
        CU_ASSERT_EQUAL(topic_read(scene.config, topic, end_meanwhile, &meanwhile, &scene.why), GO_ON);
        CU_ASSERT_EQUAL(meanwhile.count, rows[i].wanted);
        rd_kafka_destroy(meanwhile.producer);
    }
    scene_close(&scene);
}

/* A refused message must not be lost behind a commit that says yes. */
static void a_refused_message_spoils_its_transaction(void)
{
    struct scene scene = scene_open();
    struct transaction *transaction = NULL;
    char *value = calloc(1, 2000000);

    pass_through(&scene, "compression.codec", "none");
    make_topic(&scene, scene.config->topic, 1, "1048588");
    CU_ASSERT_EQUAL_FATAL(
        transaction_open(&transaction, scene.config, scene.config->namespace_, &scene.logger, &scene.why), GO_ON);
    CU_ASSERT_EQUAL(transaction_begin(transaction, &scene.why), GO_ON);
    put_rows(&scene, transaction, 3);
    CU_ASSERT_EQUAL(
        transaction_put(transaction, scene.config->topic, span_of("key"), (struct span){value, 2000000}, &scene.why),
        GO_ON);
    CU_ASSERT_EQUAL(transaction_commit(transaction, &scene.why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(scene.why.id), "SINK-TOO-LARGE");
    transaction_close(transaction);
    CU_ASSERT_EQUAL(read_topic(&scene, scene.config->topic).count, 0);
    free(value);
    scene_close(&scene);
}

static void a_newer_transaction_fences_the_older(void)
{
    struct scene scene = scene_open();
    struct transaction *older = NULL, *newer = NULL;
    const char *name = scene.config->namespace_;

    make_topic(&scene, scene.config->topic, 1, NULL);
    CU_ASSERT_EQUAL_FATAL(transaction_open(&older, scene.config, name, &scene.logger, &scene.why), GO_ON);
    CU_ASSERT_EQUAL(transaction_begin(older, &scene.why), GO_ON);
    put_rows(&scene, older, 10);
    CU_ASSERT_EQUAL_FATAL(transaction_open(&newer, scene.config, name, &scene.logger, &scene.why), GO_ON);
    CU_ASSERT_EQUAL(transaction_commit(older, &scene.why), STEP_DOWN);
    CU_ASSERT_STRING_EQUAL(reason_name(scene.why.id), "SINK-FENCED");
    transaction_close(older);
    CU_ASSERT_EQUAL(transaction_begin(newer, &scene.why), GO_ON);
    put_rows(&scene, newer, 3);
    CU_ASSERT_EQUAL(transaction_commit(newer, &scene.why), GO_ON);
    transaction_close(newer);
    CU_ASSERT_EQUAL(read_topic(&scene, scene.config->topic).count, 3);
    scene_close(&scene);
}

/* With the mock cluster, which can be switched off and on. */
static void an_outage_delays_what_is_put(void)
{
    struct scene scene = scene_open();
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(scene.client, 1);
    struct producer *producer = NULL;

    snprintf(scene.config->kafka_bootstrap_servers, CONFIG_TEXT_MAX, "%s", rd_kafka_mock_cluster_bootstraps(cluster));
    rd_kafka_mock_topic_create(cluster, scene.config->topic, 1, 1);
    CU_ASSERT_EQUAL_FATAL(producer_open(&producer, scene.config, &scene.logger, &scene.why), GO_ON);
    CU_ASSERT_EQUAL(producer_put(producer, scene.config->topic, span_of("k"), span_of("v"), &scene.why), GO_ON);
    CU_ASSERT_EQUAL(producer_settle(producer, 30000, &scene.why), GO_ON);
    rd_kafka_mock_broker_set_down(cluster, 1);
    CU_ASSERT_EQUAL(producer_put(producer, scene.config->topic, span_of("k"), span_of("v"), &scene.why), GO_ON);
    CU_ASSERT_EQUAL(producer_settle(producer, 300, &scene.why), TRY_LATER);
    CU_ASSERT_STRING_EQUAL(reason_name(scene.why.id), "SINK-UNREACHABLE");
    rd_kafka_mock_broker_set_up(cluster, 1);
    CU_ASSERT_EQUAL(producer_settle(producer, 30000, &scene.why), GO_ON);
    CU_ASSERT_EQUAL(read_topic(&scene, scene.config->topic).count, 2);
    producer_close(producer);
    rd_kafka_mock_cluster_destroy(cluster);
    scene_close(&scene);
}

/* A worker that dead-letters more than finds room must not be stuck inside the producer. */
static void dead_letters_without_room_are_put_off(void)
{
    struct scene scene = scene_open();
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(scene.client, 1);
    struct span value = {calloc(1, 1000000), 1000000};
    struct record record = {3, 42, INT64_C(1700000000000), span_of("key"), value, 0, false, NULL};
    struct reason because;
    struct producer *producer = NULL;
    enum verdict verdict = GO_ON;
    uint32_t put = 0;

    snprintf(scene.config->kafka_bootstrap_servers, CONFIG_TEXT_MAX, "%s", rd_kafka_mock_cluster_bootstraps(cluster));
    rd_kafka_mock_topic_create(cluster, scene.config->topic, 1, 1);
    (void)reason_set(&because, SET_ASIDE, DECODE_UTF8, 0, "not a text");
    CU_ASSERT_EQUAL_FATAL(producer_open(&producer, scene.config, &scene.logger, &scene.why), GO_ON);
    rd_kafka_mock_broker_set_down(cluster, 1);
    while (verdict == GO_ON && put < 200) {
        verdict = producer_dead_letter(producer, scene.config->topic, "t", &record, "x:y", &because, &scene.why);
        put += verdict == GO_ON ? 1 : 0;
    }
    CU_ASSERT_EQUAL(verdict, TRY_LATER);
    CU_ASSERT_STRING_EQUAL(reason_name(scene.why.id), "SINK-UNREACHABLE");
    rd_kafka_mock_broker_set_up(cluster, 1);
    CU_ASSERT_EQUAL(producer_settle(producer, 30000, &scene.why), GO_ON);
    CU_ASSERT_EQUAL(producer_dead_letter(producer, scene.config->topic, "t", &record, "x:y", &because, &scene.why),
                    GO_ON);
    CU_ASSERT_EQUAL(producer_settle(producer, 30000, &scene.why), GO_ON);
    CU_ASSERT(put > 60 && put < 200);
    producer_close(producer);
    rd_kafka_mock_cluster_destroy(cluster);
    free((void *)(uintptr_t)value.bytes);
    scene_close(&scene);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"setup creates the topics and may be repeated", setup_creates_the_topics_and_may_be_repeated},
        {"a topic is read to its end", a_topic_is_read_to_its_end},
        {"dead letters tell where and why", dead_letters_tell_where_and_why},
        {"only what is committed is seen", only_what_is_committed_is_seen},
        {"a transaction that is ending is waited for", a_transaction_that_is_ending_is_waited_for},
        {"a refused message spoils its transaction", a_refused_message_spoils_its_transaction},
        {"a newer transaction fences the older", a_newer_transaction_fences_the_older},
        {"an outage delays what is put", an_outage_delays_what_is_put},
        {"dead letters without room are put off", dead_letters_without_room_are_put_off},
        CU_TEST_INFO_NULL,
    };

    if (broker_address() == NULL) {
        printf("SKIP producer_check: GENTALLY_TEST_KAFKA names no broker\n");
        return 77;
    }
    return suite_run(argc, argv, tests);
}
