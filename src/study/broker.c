/*
 * `gentally-demo broker`: the embedded broker of the quickstart, librdkafka's mock cluster in a process of its own. It
 * keeps 5 MiB a partition in memory, fences nobody and has no real transactions: good for a first look, and proof of
 * nothing.
 */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "broker_group.h"
#include "gentally/base/clock.h"
#include "gentally/cli/command.h"
#include "gentally/config/config.h"
#include "gentally/kafka/topics.h"
#include "gentally/study/demo.h"

#define SUMMARY_PARTITIONS 24 /* x 5 MiB, compressed: room for the summaries of a demo */

enum option { LISTEN_FILE, PARTITIONS };

static const struct command_option option_table[] = {
    [LISTEN_FILE] = {"listen-file", "FILE", "write the broker's address to FILE once it listens", NULL},
    [PARTITIONS] = {"partitions", "N", "partitions of the input topic (default 12)", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_broker = {
    .name = "broker",
    .purpose = "run a throw-away Kafka broker in memory, to try things out",
    .arguments = "[--listen-file FILE] [--partitions N] [configuration]",
    .summary = "run a throw-away Kafka broker in memory, to try things out",
    .text =
        "Starts librdkafka's mock cluster on a free loopback port with all topics of the namespace, "
        "writes its address\n"
        "to FILE (else to standard output), and runs until SIGTERM or Ctrl-C. "
        "For demos only: it keeps the last 5 MiB of\n"
        "each partition, in memory.\n"
        "\n"
        "  gentally-demo broker --listen-file /tmp/broker &\n",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

/* The file appears whole, or not at all: whoever waits for it may read it at once. */
static bool tell(const char *file, const char *servers)
{
    char fresh[4096];

    if (file == NULL) {
        printf("%s\n", servers);
        return fflush(stdout) == 0;
    }
    if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", file) >= sizeof(fresh))
        return false;
    FILE *output = fopen(fresh, "w");
    if (output == NULL)
        return false;
    bool is_written = fprintf(output, "%s\n", servers) > 0;
    is_written = fclose(output) == 0 && is_written;
    return is_written && rename(fresh, file) == 0;
}

struct mock {
    rd_kafka_mock_cluster_t *cluster;
    int partitions; /* of the input topic */
};

static bool create_topic(void *context, const char *name, int partitions, bool is_compacted)
{
    const struct mock *mock = context;

    return rd_kafka_mock_topic_create(mock->cluster, name, is_compacted ? partitions : mock->partitions, 1) ==
           RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Until one of the signals comes. */
static int wait_for(const sigset_t *signals, rd_kafka_mock_cluster_t *cluster, const struct config *config)
{
    const struct timespec turn = {.tv_nsec = BROKER_GROUP_TURN_MS * 1000000L};
    struct broker_group *group = broker_group_open(cluster, config->group);

    if (group == NULL) {
        fprintf(stderr, "gentally-demo broker: the group cannot be prepared\n");
        return EX_SOFTWARE;
    }
    while (sigtimedwait(signals, NULL, &turn) < 0)
        broker_group_turn(group, clock_ms(CLOCK_MONOTONIC));
    broker_group_close(group);
    return EX_OK;
}

static int serve(const struct config *config, int partitions, const char *file)
{
    sigset_t signals;
    int code = EX_OK;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL); /* before librdkafka's threads are made */
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), NULL, 0);
    rd_kafka_mock_cluster_t *cluster = client == NULL ? NULL : rd_kafka_mock_cluster_new(client, 1);
    struct mock mock = {cluster, partitions};
    if (cluster == NULL || !topics_each(config, SUMMARY_PARTITIONS, create_topic, &mock)) {
        fprintf(stderr, "gentally-demo broker: the mock cluster does not start\n");
        code = EX_SOFTWARE;
    } else if (!tell(file, rd_kafka_mock_cluster_bootstraps(cluster))) {
        fprintf(stderr, "gentally-demo broker: %s: %s\n", file == NULL ? "standard output" : file, strerror(errno));
        code = EX_CANTCREAT;
    } else {
        code = wait_for(&signals, cluster, config);
    }
    if (cluster != NULL)
        rd_kafka_mock_cluster_destroy(cluster);
    if (client != NULL)
        rd_kafka_destroy(client);
    return code;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    const char *given = call->options[PARTITIONS].value;
    long partitions = given == NULL ? 12 : strtol(given, NULL, 10);

    (void)why; /* The broker tells its user by itself what is wrong. */
    if (partitions < 1 || partitions > 1000) {
        fprintf(stderr, "gentally-demo broker: --partitions is a whole number from 1 to 1000\n");
        call->status = EX_USAGE;
    } else {
        call->status = serve(call->config, (int)partitions, call->options[LISTEN_FILE].value);
    }
    return GO_ON;
}
