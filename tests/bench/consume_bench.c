/*
 * What source.c costs beyond librdkafka: the same records of one real topic, read by a bare loop over
 * rd_kafka_consume_batch_queue() with the same settings, and by source_poll() and source_release(). Interleaved; the
 * medians and their ratio are printed. GENTALLY_TEST_KAFKA names the broker; arguments: records (200000), and a topic:
 * with it, only the bare loop reads that topic once, as pipeline.py wants it.
 */
#include "kafka_server.h"

#define PARTITIONS 12
#define ROUNDS 5
#define VALUE_SIZE 200

struct run {
    double seconds;
    double cpu_us; /* of the reading thread, a record */
    uint64_t hash;
};

static double thread_cpu(void)
{
    struct timespec used;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void fill(struct scene *scene, int64_t records)
{
    char value[VALUE_SIZE];

    for (int64_t i = 0; i < records; i++) {
        for (size_t j = 0; j < sizeof(value); j++)
            value[j] = (char)('a' + (i * 31 + (int64_t)j * (7 + i % 13)) % 26);
        raw_put(scene->client, scene->config->topic, (int32_t)(i % PARTITIONS), value, sizeof(value));
    }
    if (rd_kafka_flush(scene->client, 120000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up("records are not acknowledged");
}

/* The settings of source_settings.c that matter for speed and for what is read. */
static rd_kafka_t *bare_client(const struct config *config)
{
    static const char *const settings[][2] = {
        {"group.id", "bare"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"enable.partition.eof", "true"},
        {"isolation.level", "read_committed"},
        {"check.crcs", "true"},
        {"queued.min.messages", "1000000"},
        {"queued.max.messages.kbytes", "131072"},
        {"fetch.max.bytes", "16777216"},
        {"fetch.message.max.bytes", "4194304"},
        {"fetch.wait.max.ms", "50"},
        {"fetch.error.backoff.ms", "10"},
    };
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    rd_kafka_conf_set(conf, "bootstrap.servers", config->kafka_bootstrap_servers, text, sizeof(text));
    for (size_t i = 0; i < LENGTH_OF(settings); i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], text, sizeof(text)) != RD_KAFKA_CONF_OK)
            give_up(text);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    if (client == NULL)
        give_up(text);
    return client;
}

/* Commutative: partitions come in any order. */
static uint64_t digest(uint64_t hash, int64_t offset, size_t size)
{
    return hash + ((uint64_t)offset + size) * UINT64_C(0x9e3779b97f4a7c15);
}

static struct run read_bare(const struct config *config, int64_t records)
{
    static rd_kafka_message_t *messages[BATCH_RECORDS_MAX];
    rd_kafka_t *client = bare_client(config);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    struct run run = {0};
    double begin = 0, cpu = 0;

    for (int32_t i = 0; i < PARTITIONS; i++) {
        rd_kafka_topic_partition_list_add(list, config->topic, i)->offset = 0;
        rd_kafka_queue_t *part = rd_kafka_queue_get_partition(client, config->topic, i);
        rd_kafka_queue_forward(part, queue);
        rd_kafka_queue_destroy(part);
    }
    rd_kafka_assign(client, list);
    rd_kafka_topic_partition_list_destroy(list);
    for (int64_t seen = 0; seen < records;) {
        ssize_t count = rd_kafka_consume_batch_queue(queue, 0, messages, BATCH_RECORDS_MAX);
        if (count == 0)
            count = rd_kafka_consume_batch_queue(queue, 100, messages, 1);
        if (seen == 0 && count > 0) {
            begin = (double)monotonic_ms();
            cpu = thread_cpu();
        }
        for (ssize_t i = 0; i < count; i++) {
            if (messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                run.hash = digest(run.hash, messages[i]->offset, messages[i]->len);
                seen++;
            }
            rd_kafka_message_destroy(messages[i]);
        }
    }
    run.seconds = ((double)monotonic_ms() - begin) / 1000;
    run.cpu_us = (thread_cpu() - cpu) * 1e6 / (double)records;
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    return run;
}

static struct source *join(struct scene *scene, struct batch *batch)
{
    struct source_start starts[PARTITIONS];
    struct source *source = NULL;

    if (source_open(&source, scene->config, &scene->logger, &scene->why) != GO_ON ||
        source_join(source, &scene->why) != GO_ON)
        give_up(scene->why.text);
    do {
        if (source_poll(source, batch, 20, &scene->why) != GO_ON)
            give_up(scene->why.text);
    } while (batch->rebalance != REBALANCE_ASSIGNED);
    for (uint32_t i = 0; i < batch->partition_count; i++)
        starts[i] = (struct source_start){batch->partitions[i], 0, {.offset = ANCHOR_NONE}};
    if (source_assign(source, starts, batch->partition_count, &scene->why) != GO_ON)
        give_up(scene->why.text);
    return source;
}

static struct run read_source(struct scene *scene, int64_t records)
{
    static struct batch batch;
    struct source *source = join(scene, &batch);
    struct run run = {0};
    double begin = 0, cpu = 0;

    for (int64_t seen = 0; seen < records; seen += batch.record_count) {
        source_release(source, &batch);
        if (source_poll(source, &batch, 100, &scene->why) != GO_ON)
            give_up(scene->why.text);
        if (seen == 0 && batch.record_count > 0) {
            begin = (double)monotonic_ms();
            cpu = thread_cpu();
        }
        for (uint32_t i = 0; i < batch.record_count; i++)
            run.hash = digest(run.hash, batch.records[i].offset, batch.records[i].value.size);
    }
    run.seconds = ((double)monotonic_ms() - begin) / 1000;
    run.cpu_us = (thread_cpu() - cpu) * 1e6 / (double)records;
    source_release(source, &batch);
    source_close(source);
    return run;
}

static int by_size(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;

    return difference < 0 ? -1 : difference > 0 ? 1 : 0;
}

static double median(double values[ROUNDS])
{
    qsort(values, ROUNDS, sizeof(values[0]), by_size);
    return values[ROUNDS / 2];
}

static void report(const char *name, int64_t records, struct run runs[ROUNDS], double *rate, double *cpu_us)
{
    double seconds[ROUNDS], cpu[ROUNDS];
    uint64_t hash = 0;

    for (int i = 0; i < ROUNDS; i++) {
        seconds[i] = runs[i].seconds;
        cpu[i] = runs[i].cpu_us;
        hash += runs[i].hash;
    }
    *rate = (double)records / median(seconds);
    *cpu_us = median(cpu);
    printf("%s %" PRId64 " records %.0f records/s, reading thread %.3f us/record %016" PRIx64 "\n", name, records,
           *rate, *cpu_us, hash);
}

/* The floor for whatever is to be done with the records: consume and drop them. */
static void drop(int64_t records, const char *topic)
{
    static struct config config;

    config_defaults(&config);
    snprintf(config.kafka_bootstrap_servers, CONFIG_TEXT_MAX, "%s", broker_address());
    snprintf(config.topic, sizeof(config.topic), "%s", topic);
    struct run run = read_bare(&config, records);
    printf("dropped %" PRId64 " records in %.0f ms\n", records, run.seconds * 1000);
}

int main(int argc, char **argv)
{
    int64_t records = argc > 1 ? strtoll(argv[1], NULL, 10) : 200000;
    struct run bare[ROUNDS], ours[ROUNDS];
    double bare_rate, bare_cpu, our_rate, our_cpu;

    if (broker_address() == NULL) {
        printf("SKIP consume_bench: GENTALLY_TEST_KAFKA names no broker\n");
        return 77;
    }
    if (argc > 2) {
        drop(records, argv[2]);
        return 0;
    }
    struct scene scene = scene_open();
    make_topic(&scene, scene.config->topic, PARTITIONS, NULL);
    fill(&scene, records);
    for (int i = 0; i < ROUNDS; i++) {
        bare[i] = read_bare(scene.config, records);
        ours[i] = read_source(&scene, records);
    }
    report("consume_bare", records, bare, &bare_rate, &bare_cpu);
    report("consume_source", records, ours, &our_rate, &our_cpu);
    printf("consume_ratio rate %.3f cpu %.3f\n", our_rate / bare_rate, our_cpu / bare_cpu);
    delete_topic(&scene, scene.config->topic);
    scene_close(&scene);
    return 0;
}
