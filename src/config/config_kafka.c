/*
 * Properties that pass through to librdkafka. Exactness rests on some of librdkafka's settings; the worker sets those
 * itself, and an attempt to set them is refused by name, with the reason and what to use instead. All others are the
 * operator's: librdkafka checks the names and values when the worker opens it.
 */
#include "config_kafka.h"

#include <ctype.h>
#include <strings.h>

struct owned {
    const char *name;
    const char *because;
};

#define BECAUSE_STORE "offsets live in Redis, beside the counters they belong to"
#define BECAUSE_START                                                                                                  \
    "where to read is told by Redis, and a silent reset would lose or repeat events; nothing replaces it"
#define BECAUSE_ORDER "events and summaries must arrive once and in order; nothing replaces it"
#define BECAUSE_GROUP "the worker speaks one protocol of the group, in which partitions move by one owner at a time"
#define BECAUSE_ASSIGNOR "cooperative-sticky is sound from librdkafka 2.10 on, and no worker uses it yet: it is range"
#define BECAUSE_PROTOCOL "consumer may stand still before librdkafka 2.15 (its issue 5541), and is not used yet"
#define BECAUSE_CALLS "a function cannot be configured"

static const struct owned owned[] = {
    {"bootstrap.servers", "use kafka_bootstrap_servers"},
    {"metadata.broker.list", "use kafka_bootstrap_servers"},
    {"group.id", "use group"},
    {"group.protocol", BECAUSE_PROTOCOL},
    {"group.protocol.type", BECAUSE_GROUP},
    {"group.remote.assignor", BECAUSE_GROUP},
    {"partition.assignment.strategy", BECAUSE_ASSIGNOR},
    {"enable.auto.commit", BECAUSE_STORE},
    {"auto.commit.enable", BECAUSE_STORE},
    {"auto.commit.interval.ms", BECAUSE_STORE},
    {"enable.auto.offset.store", BECAUSE_STORE},
    {"offset.store.method", BECAUSE_STORE},
    {"offset.store.path", BECAUSE_STORE},
    {"offset.store.sync.interval.ms", BECAUSE_STORE},
    {"auto.offset.reset", BECAUSE_START},
    {"enable.partition.eof", "the worker must see a partition's end: watermarks and --drain rest on it"},
    {"isolation.level", "only committed events are counted: it is read_committed"},
    {"consume.callback.max.messages", BECAUSE_CALLS},
    {"allow.auto.create.topics", "a mistyped topic must not come into being: use gentally setup"},
    {"transactional.id", "it fences older workers off, and is made of namespace and topic"},
    {"transaction.timeout.ms", BECAUSE_ORDER},
    {"enable.idempotence", BECAUSE_ORDER},
    {"enable.gapless.guarantee", BECAUSE_ORDER},
    {"acks", "nothing is done before all replicas have it: it is all"},
    {"request.required.acks", "nothing is done before all replicas have it: it is all"},
    {"max.in.flight", BECAUSE_ORDER},
    {"max.in.flight.requests.per.connection", BECAUSE_ORDER},
    {"retries", BECAUSE_ORDER},
    {"message.send.max.retries", BECAUSE_ORDER},
    {"message.timeout.ms", BECAUSE_ORDER},
    {"delivery.timeout.ms", BECAUSE_ORDER},
    {"queuing.strategy", BECAUSE_ORDER},
    {"partitioner", "a key has one last value only while all its values are in one partition: it is consistent_random"},
    {"partitioner_cb", BECAUSE_CALLS},
    {"msg_order_cmp", BECAUSE_CALLS},
    {"delivery.report.only.error", "what is delivered must be known, not only what is not"},
    {"enabled_events", "the worker reads rebalances and errors as events"},
    {"log.queue", "librdkafka's log goes to the worker's log: use log_level, kafka.log_level and kafka.debug"},
    {"opaque", BECAUSE_CALLS},
    {"default_topic_conf", BECAUSE_CALLS},
    {"interceptors", BECAUSE_CALLS},
    {"ssl_engine_callback_data", BECAUSE_CALLS},
    {"ssl_key", "use kafka.ssl.key.location"},
    {"ssl_certificate", "use kafka.ssl.certificate.location"},
    {"ssl_ca", "use kafka.ssl.ca.location"},
};

/* Contexts of kafka.debug that write per message, or whole requests: a log line never holds a payload. */
static const char *const loud_contexts[] = {"all", "msg", "protocol", "fetch"};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    size_t end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static const char *owned_because(const char *name)
{
    for (size_t at = 0; at < LENGTH_OF(owned); at++)
        if (strcmp(owned[at].name, name) == 0)
            return owned[at].because;
    return ends_with(name, "_cb") ? BECAUSE_CALLS : NULL;
}

static bool is_loud(const char *text)
{
    while (*text != '\0') {
        text += strspn(text, ", ");
        size_t size = strcspn(text, ", ");
        for (size_t at = 0; at < LENGTH_OF(loud_contexts); at++)
            if (size == strlen(loud_contexts[at]) && strncmp(text, loud_contexts[at], size) == 0)
                return true;
        text += size;
    }
    return false;
}

bool config_kafka_is_secret(const char *name)
{
    return ends_with(name, "password") || ends_with(name, "secret") || ends_with(name, ".pem") ||
           ends_with(name, "jaas.config") || ends_with(name, "oauthbearer.config");
}

static bool is_property_name(const char *name)
{
    size_t size = strlen(name);
    if (size == 0 || size >= sizeof(((struct kafka_property *)NULL)->name))
        return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._")] == '\0';
}

static bool is_property_value(const char *text)
{
    size_t size = strlen(text);
    if (size >= CONFIG_TEXT_MAX || (size > 0 && (text[0] == ' ' || text[size - 1] == ' ')))
        return false;
    for (; *text != '\0'; text++)
        if (iscntrl((unsigned char)*text))
            return false;
    return true;
}

/* The place of `name` in the list, or of the next new one. */
static uint32_t slot_of(const struct config *config, const char *name)
{
    uint32_t at = 0;
    while (at < config->kafka_count && strcmp(config->kafka[at].name, name) != 0)
        at++;
    return at;
}

enum verdict config_kafka_set(struct config *config, const char *name, const char *text, const char *place,
                              struct reason *why)
{
    const char *because = owned_because(name);
    if (because != NULL)
        return reason_set(why, HALT, CONFIG_OWNED, 0, "kafka.%s (from %s) is set by gentally itself: %s", name, place,
                          because);
    if (strcmp(name, "debug") == 0 && is_loud(text))
        return reason_set(
            why, HALT, CONFIG_OWNED, 0,
            "kafka.debug (from %s): all, fetch, msg and protocol would log every message; use broker, cgrp, "
            "eos, topic, security, ...",
            place);
    if (!is_property_name(name))
        return reason_set(
            why, HALT, CONFIG_VALUE, 0,
            "kafka.%.100s (from %s): allowed are librdkafka's names, at most %zu of a-z, 0-9, '.' and '_'", name, place,
            sizeof(config->kafka[0].name) - 1);
    if (!is_property_value(text))
        return reason_set(
            why, HALT, CONFIG_VALUE, 0,
            "kafka.%s (from %s): allowed is one line of at most %d bytes, no control characters, no blanks at its "
            "ends; certificates are given by kafka.ssl.*.location",
            name, place, CONFIG_TEXT_MAX - 1);
    uint32_t at = slot_of(config, name);
    if (at == CONFIG_KAFKA_MAX)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "kafka.%s (from %s): allowed are at most %d kafka properties",
                          name, place, CONFIG_KAFKA_MAX);
    memcpy(config->kafka[at].name, name, strlen(name) + 1);
    memcpy(config->kafka[at].value, text, strlen(text) + 1);
    if (at == config->kafka_count)
        config->kafka_count++;
    return GO_ON;
}

static const char *property(const struct config *config, const char *name)
{
    uint32_t at = slot_of(config, name);

    return at == config->kafka_count ? "" : config->kafka[at].value;
}

enum verdict config_kafka_check(const struct config *config, struct reason *why)
{
    bool has_command = config->kafka_token_command[0] != '\0', has_file = config->kafka_token_file[0] != '\0';
    const char *name = has_command ? "kafka_token_command" : "kafka_token_file";
    bool takes_token = strcasecmp(property(config, "sasl.mechanism"), "OAUTHBEARER") == 0 ||
                       strcasecmp(property(config, "sasl.mechanisms"), "OAUTHBEARER") == 0;
    bool has_other = strcmp(property(config, "sasl.oauthbearer.method"), "oidc") == 0 ||
                     strcmp(property(config, "enable.sasl.oauthbearer.unsecure.jwt"), "true") == 0;

    if (has_command && has_file)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "kafka_token_command and kafka_token_file: give one of them");
    if ((has_command || has_file) && !takes_token)
        return reason_set(why, HALT, CONFIG_VALUE, 0,
                          "%s is for kafka.sasl.mechanism = OAUTHBEARER, which is not what is configured", name);
    if ((has_command || has_file) && has_other)
        return reason_set(why, HALT, CONFIG_VALUE, 0,
                          "%s, and librdkafka is told to get tokens by itself: give one of them", name);
    if (takes_token && !has_command && !has_file && !has_other)
        return reason_set(why, HALT, CONFIG_VALUE, 0,
                          "kafka.sasl.mechanism = OAUTHBEARER wants to be told where tokens come from: "
                          "kafka_token_command or kafka_token_file");
    return GO_ON;
}
