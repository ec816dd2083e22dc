/* `gentally registry`: serves the bundled schemas, for a demo without a registry. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/bundled.h"
#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/codec/decode.h"
#include "gentally/commands/commands.h"
#include "gentally/kafka/topics.h"
#include "gentally/registry/registry_server.h"

enum option { PORT };

#define PORT_DEFAULT 8081

static const struct command_option option_table[] = {
    [PORT] = {"port", "N", "on 127.0.0.1; 0 = any free one, which is printed (default 8081)", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_registry = {
    .name = "registry",
    .purpose = "serve the bundled schemas to stock deserializers, for a demo without a registry",
    .arguments = "[--port N]",
    .summary = "serve the bundled schemas as a schema registry does",
    .text =
        "Answers the paths of a Confluent schema registry that a deserializer asks, with the schemas that this build\n"
        "writes and their ids: so any stock Avro deserializer reads our topics. Read-only, on this machine alone; it\n"
        "ends with Ctrl-C or SIGTERM. Where there is a registry of your own, say registry_url instead.\n"
        "\n"
        "Example:\n"
        "  gentally registry --port 8081",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

#define SCHEMAS_MAX (ROLLUPS_MAX + 4)

struct serving {
    char names[SCHEMAS_MAX][TOPIC_NAME_MAX + sizeof("-value")];
    struct served_schema schemas[SCHEMAS_MAX];
    uint32_t count;
};

static void serve(struct serving *serving, const char *topic, uint32_t id, struct span schema)
{
    char *name = serving->names[serving->count];

    snprintf(name, sizeof(serving->names[0]), "%s-value", topic);
    serving->schemas[serving->count++] = (struct served_schema){name, id, schema};
}

/* Each topic's subject, as TopicNameStrategy has it. */
static void choose(struct serving *serving, const struct config *config)
{
    char topic[TOPIC_NAME_MAX + 1];

    serve(serving, config->topic, SCHEMA_ID_GENERATION, bundled_generation_avsc);
    topic_ledger(config, topic);
    serve(serving, topic, SCHEMA_ID_LEDGER, bundled_ledger_avsc);
    topic_signals(config, topic);
    serve(serving, topic, SCHEMA_ID_SIGNAL, bundled_signal_avsc);
    for (uint32_t i = 0; i < config->rollups.count; i++) {
        topic_summaries(config, config->rollups.items[i].name, topic);
        serve(serving, topic, SCHEMA_ID_SUMMARY, bundled_summary_avsc);
    }
    topic_summaries(config, ROLLUP_RETENTION, topic);
    serve(serving, topic, SCHEMA_ID_SUMMARY, bundled_summary_avsc);
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct serving *serving = calloc(1, sizeof(*serving));
    struct registry_server *server = NULL;
    int64_t port = PORT_DEFAULT;
    sigset_t signals;
    int number = 0;

    if (serving == NULL)
        return no_memory(why, "for a registry");
    enum verdict verdict = option_integer(&call->options[PORT], 0, UINT16_MAX, &port, why);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL); /* before the server has its thread */
    choose(serving, call->config);
    if (verdict == GO_ON)
        verdict = registry_server_open(&server, (uint16_t)port, serving->schemas, serving->count, why);
    if (verdict == GO_ON) {
        printf("http://127.0.0.1:%u\n", registry_server_port(server));
        fflush(stdout);
        sigwait(&signals, &number);
    }
    registry_server_close(server);
    free(serving);
    return verdict;
}
