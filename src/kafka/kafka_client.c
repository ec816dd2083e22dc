/*
 * The settings that every client has, and the meaning of librdkafka's error codes.
 *
 * No setting is left to librdkafka's default where the default could lose or double a record. Settings that are only a
 * matter of speed are tuned, and kafka.* may change them.
 */
#include "kafka_client.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "property_told.h"

#define RETRY_MS 100

#define ERR(name) RD_KAFKA_RESP_ERR_##name

/* What an error code comes down to. */
enum cause {
    UNLISTED, /* a code that the table below does not list */
    UNREACHABLE,
    DENIED,
    TOPIC_MISSING,
    TOO_LARGE,
    FENCED,
    FATAL,
    TXN_ABORTED, /* put right by a new producer, and the ledger read again */
    POLL_LATE,
    UNREADABLE, /* the bytes of a batch, as their producer made them */
    SYSTEM,     /* no memory, for a batch or at all */
    CORRUPT,    /* bytes that are not what the broker was given, or not for this build; of a client: its connection */
    CAUSES
};

struct cause_meaning {
    enum verdict verdict;
    enum reason_id id;
};

/* What a cause means to who asks: to a reader, of what was fetched, to a writer of single messages, to a writer inside
 * a transaction. */
static const struct cause_meaning causes[CAUSES][KAFKA_ACTS] = {
    [UNLISTED] = {{TRY_LATER, SOURCE_UNREACHABLE},
                  {TRY_LATER, SOURCE_UNREACHABLE},
                  {HALT, SINK_FATAL},
                  {REWIND, SINK_TXN_UNKNOWN}},
    [UNREACHABLE] = {{TRY_LATER, SOURCE_UNREACHABLE},
                     {TRY_LATER, SOURCE_UNREACHABLE},
                     {TRY_LATER, SINK_UNREACHABLE},
                     {REWIND, SINK_TXN_UNKNOWN}},
    [DENIED] = {{HALT, SOURCE_DENIED}, {HALT, SOURCE_DENIED}, {HALT, SINK_DENIED}, {HALT, SINK_DENIED}},
    [TOPIC_MISSING] = {{HALT, SOURCE_TOPIC_MISSING},
                       {HALT, SOURCE_TOPIC_MISSING},
                       {HALT, SINK_TOPIC_MISSING},
                       {HALT, SINK_TOPIC_MISSING}},
    [TOO_LARGE] = {{HALT, SOURCE_FATAL}, {HALT, SOURCE_CORRUPT}, {HALT, SINK_TOO_LARGE}, {HALT, SINK_TOO_LARGE}},
    [FENCED] = {{HALT, SOURCE_FATAL}, {HALT, SOURCE_FATAL}, {HALT, SINK_FATAL}, {STEP_DOWN, SINK_FENCED}},
    [FATAL] = {{HALT, SOURCE_FATAL}, {HALT, SOURCE_FATAL}, {HALT, SINK_FATAL}, {HALT, SINK_FATAL}},
    [TXN_ABORTED] = {{HALT, SOURCE_FATAL}, {HALT, SOURCE_FATAL}, {HALT, SINK_FATAL}, {REWIND, SINK_TXN_ABORTED}},
    [POLL_LATE] = {{TRY_LATER, SOURCE_POLL_LATE},
                   {TRY_LATER, SOURCE_POLL_LATE},
                   {HALT, SINK_FATAL},
                   {REWIND, SINK_TXN_UNKNOWN}},
    [UNREADABLE] = {{TRY_LATER, SOURCE_UNREACHABLE}, {HALT, SOURCE_UNREADABLE}, {HALT, SINK_FATAL}, {HALT, SINK_FATAL}},
    [SYSTEM] = {{HALT, SOURCE_FATAL}, {HALT, SOURCE_CORRUPT}, {HALT, SINK_FATAL}, {HALT, SINK_FATAL}},
    [CORRUPT] = {{TRY_LATER, SOURCE_UNREACHABLE}, {HALT, SOURCE_CORRUPT}, {HALT, SINK_FATAL}, {HALT, SINK_FATAL}},
};

static const struct {
    rd_kafka_resp_err_t code;
    enum cause cause;
} codes[] = {
    {ERR(_TRANSPORT), UNREACHABLE},
    {ERR(_ALL_BROKERS_DOWN), UNREACHABLE},
    {ERR(_TIMED_OUT), UNREACHABLE},
    {ERR(_TIMED_OUT_QUEUE), UNREACHABLE},
    {ERR(_MSG_TIMED_OUT), UNREACHABLE},
    {ERR(_RESOLVE), UNREACHABLE},
    {ERR(_WAIT_COORD), UNREACHABLE},
    {ERR(_WAIT_CACHE), UNREACHABLE},
    /* A broker that dies in the middle of a handshake looks the same as a wrong certificate. */
    {ERR(_SSL), UNREACHABLE},
    {ERR(REQUEST_TIMED_OUT), UNREACHABLE},
    {ERR(NETWORK_EXCEPTION), UNREACHABLE},
    {ERR(LEADER_NOT_AVAILABLE), UNREACHABLE},
    {ERR(NOT_LEADER_FOR_PARTITION), UNREACHABLE},
    {ERR(BROKER_NOT_AVAILABLE), UNREACHABLE},
    {ERR(COORDINATOR_LOAD_IN_PROGRESS), UNREACHABLE},
    {ERR(COORDINATOR_NOT_AVAILABLE), UNREACHABLE},
    {ERR(NOT_COORDINATOR), UNREACHABLE},
    {ERR(NOT_ENOUGH_REPLICAS), UNREACHABLE},
    {ERR(NOT_ENOUGH_REPLICAS_AFTER_APPEND), UNREACHABLE},
    {ERR(_AUTHENTICATION), DENIED},
    {ERR(SASL_AUTHENTICATION_FAILED), DENIED},
    {ERR(ILLEGAL_SASL_STATE), DENIED},
    {ERR(UNSUPPORTED_SASL_MECHANISM), DENIED},
    {ERR(TOPIC_AUTHORIZATION_FAILED), DENIED},
    {ERR(GROUP_AUTHORIZATION_FAILED), DENIED},
    {ERR(CLUSTER_AUTHORIZATION_FAILED), DENIED},
    {ERR(TRANSACTIONAL_ID_AUTHORIZATION_FAILED), DENIED},
    {ERR(SECURITY_DISABLED), DENIED},
    {ERR(UNKNOWN_TOPIC_OR_PART), TOPIC_MISSING},
    {ERR(_UNKNOWN_TOPIC), TOPIC_MISSING},
    {ERR(_UNKNOWN_PARTITION), TOPIC_MISSING},
    {ERR(TOPIC_EXCEPTION), TOPIC_MISSING}, /* a name no topic can have */
    {ERR(MSG_SIZE_TOO_LARGE), TOO_LARGE},
    {ERR(RECORD_LIST_TOO_LARGE), TOO_LARGE},
    {ERR(_FENCED), FENCED},
    {ERR(PRODUCER_FENCED), FENCED},
    {ERR(INVALID_PRODUCER_EPOCH), FENCED},
    {ERR(_FATAL), FATAL},
    {ERR(_CRIT_SYS_RESOURCE), SYSTEM},
    {ERR(_UNSUPPORTED_FEATURE), FATAL},
    {ERR(UNSUPPORTED_VERSION), FATAL},
    {ERR(FENCED_INSTANCE_ID), FATAL},
    {ERR(INVALID_TRANSACTION_TIMEOUT), FATAL},
    {ERR(_BAD_COMPRESSION), UNREADABLE},
    {ERR(_BAD_MSG), CORRUPT},
    {ERR(INVALID_MSG), CORRUPT},
    {ERR(_NOT_IMPLEMENTED), CORRUPT}, /* a codec or a format that this librdkafka does not have */
    {ERR(_STATE), TXN_ABORTED},
    {ERR(_INCONSISTENT), TXN_ABORTED},
    {ERR(_PURGE_QUEUE), TXN_ABORTED},
    {ERR(_PURGE_INFLIGHT), TXN_ABORTED},
    {ERR(OUT_OF_ORDER_SEQUENCE_NUMBER), TXN_ABORTED},
    {ERR(DUPLICATE_SEQUENCE_NUMBER), TXN_ABORTED},
    {ERR(UNKNOWN_PRODUCER_ID), TXN_ABORTED},
    {ERR(INVALID_PRODUCER_ID_MAPPING), TXN_ABORTED},
    {ERR(INVALID_TXN_STATE), TXN_ABORTED},
    {ERR(CONCURRENT_TRANSACTIONS), TXN_ABORTED},
    {ERR(_MAX_POLL_EXCEEDED), POLL_LATE},
};

enum verdict kafka_verdict(enum kafka_act act, rd_kafka_resp_err_t code, enum reason_id *id)
{
    enum cause cause = UNLISTED;

    assert(act < KAFKA_ACTS);
    for (size_t i = 0; i < LENGTH_OF(codes); i++)
        if (codes[i].code == code)
            cause = codes[i].cause;
    *id = causes[cause][act].id;
    assert(causes[cause][act].verdict != GO_ON);
    return causes[cause][act].verdict;
}

enum verdict kafka_reason(enum kafka_act act, rd_kafka_resp_err_t code, const char *what, struct reason *why)
{
    enum reason_id id;
    enum verdict verdict = kafka_verdict(act, code, &id);

    return reason_set(why, verdict, id, code, "%s: %s (%s)", what, rd_kafka_err2str(code), rd_kafka_err2name(code));
}

/* The resource that a code refuses; NULL: it is about something else. */
static const char *refused_resource(long code)
{
    switch (code) {
    case ERR(TOPIC_AUTHORIZATION_FAILED):
        return "topic";
    case ERR(GROUP_AUTHORIZATION_FAILED):
        return "group";
    case ERR(TRANSACTIONAL_ID_AUTHORIZATION_FAILED):
        return "transactional-id";
    case ERR(CLUSTER_AUTHORIZATION_FAILED): /* to a producer that may write to no topic */
        return "topic";
    default:
        return NULL;
    }
}

void kafka_name_right(struct reason *why, const struct kafka_right *right)
{
    const char *refused = why == NULL ? NULL : refused_resource(why->code);

    if (refused == NULL || strcmp(refused, right->resource) != 0)
        return;
    (void)reason_set(why, HALT, why->id, why->code,
                     "the Kafka user lacks %s on %s %.150s; grant it: kafka-acls.sh --add --allow-principal User:NAME "
                     "--operation %s --%s %.150s",
                     right->operation, refused, right->name, right->operation, refused, right->name);
}

/* `Failed to add partition "TOPIC" [0] to transaction: Broker: Topic authorization failed` */
static void note_denied(struct kafka_notes *notes, const char *text)
{
    const char *first = strchr(text, '"'), *last = strrchr(text, '"');

    if (strstr(text, rd_kafka_err2str(ERR(TOPIC_AUTHORIZATION_FAILED))) == NULL || first == last)
        return;
    snprintf(notes->denied_topic, sizeof(notes->denied_topic), "%.*s", (int)(last - first - 1), first + 1);
}

/* Logs a line of librdkafka's own, under KAFKA-CLIENT. */
static void note_log(const rd_kafka_t *client, int syslog_level, const char *facility, const char *text)
{
    struct kafka_notes *notes = rd_kafka_opaque(client);
    enum log_level level = LOG_LEVEL_DEBUG;

    if (notes == NULL || notes->logger == NULL)
        return;

    /* Consumers are given the producers' properties and the other way round; that warning is no news. */
    if (strcmp(facility, "CONFWARN") == 0)
        return;
    if (strcmp(facility, "ADDPARTS") == 0)
        note_denied(notes, text);
    if (syslog_level <= LOG_ERR)
        level = LOG_LEVEL_WARN; /* librdkafka goes on trying: what we make of it is a verdict, and logged as such. */
    else if (syslog_level <= LOG_NOTICE)
        level = LOG_LEVEL_INFO;
    log_line(notes->logger, level, "KAFKA-CLIENT", "facility=%s text=\"%s\"", facility, text);
}

/* How much an error is worth telling: what will not mend by itself first, then that nobody is there at all. */
static int weight(rd_kafka_resp_err_t code)
{
    enum reason_id id;

    if (code == ERR(NO_ERROR))
        return 0;
    if (kafka_verdict(KAFKA_READ, code, &id) == HALT || code == ERR(_BAD_MSG)) /* The latter: received was too much. */
        return 3;
    return code == ERR(_ALL_BROKERS_DOWN) ? 2 : 1;
}

static void note_error(rd_kafka_t *client, int code, const char *text, void *opaque)
{
    struct kafka_notes *notes = opaque;

    (void)client;
    notes->is_cut_off = notes->is_cut_off || code == ERR(_ALL_BROKERS_DOWN);
    if (weight((rd_kafka_resp_err_t)code) > weight(notes->error))
        notes->error = (rd_kafka_resp_err_t)code;
    if (notes->logger != NULL)
        log_line(notes->logger, LOG_LEVEL_DEBUG, "KAFKA-CLIENT", "error=%s text=\"%s\"",
                 rd_kafka_err2name((rd_kafka_resp_err_t)code), text);
}

/* Statistics are JSON; brokers stand in it before topics, and each connection that stands says so in these words. */
static int note_statistics(rd_kafka_t *client, char *json, size_t size, void *opaque)
{
    struct kafka_notes *notes = opaque;
    const char *up = strstr(json, "\"state\":\"UP\""), *topics = strstr(json, "\"topics\":");

    (void)client;
    (void)size;
    notes->is_cut_off = up == NULL || (topics != NULL && topics < up);
    return 0; /* librdkafka frees the text. */
}

void kafka_note_refused(struct kafka_notes *notes, rd_kafka_resp_err_t code, const char *topic)
{
    if (notes->refused != ERR(NO_ERROR))
        return;
    notes->refused = code;
    snprintf(notes->refused_topic, sizeof(notes->refused_topic), "%s", topic);
}

enum verdict kafka_put(rd_kafka_t *client, struct kafka_notes *notes, const struct kafka_message *message,
                       rd_kafka_resp_err_t *code)
{
    /* librdkafka takes pointers to bytes it only reads for its own copy. */
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = message->topic},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)message->key.bytes, message->key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)message->value.bytes, message->value.size}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = message->opaque},
        {.vtype = RD_KAFKA_VTYPE_PARTITION,
         .u.i32 = message->has_partition ? message->partition : RD_KAFKA_PARTITION_UA},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = message->headers},
    };
    rd_kafka_error_t *error =
        rd_kafka_produceva(client, parts, message->headers != NULL ? LENGTH_OF(parts) : LENGTH_OF(parts) - 1);

    *code = error == NULL ? ERR(NO_ERROR) : rd_kafka_error_code(error);
    if (error == NULL) {
        notes->outstanding++;
        notes->outstanding_bytes += message->key.size + message->value.size;
        return GO_ON;
    }
    rd_kafka_error_destroy(error);
    return *code == ERR(_QUEUE_FULL) ? TRY_LATER : HALT;
}

static enum verdict set(rd_kafka_conf_t *conf, const char *name, const char *value, enum reason_id config_id,
                        struct reason *why)
{
    char text[256];

    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, value, text, sizeof(text));
    return result == RD_KAFKA_CONF_OK ? GO_ON : property_refuse(name, result, text, config_id, why);
}

static enum verdict set_of_kind(rd_kafka_conf_t *conf, const struct kafka_setting settings[], size_t count,
                                enum kafka_setting_kind kind, enum reason_id config_id, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (size_t i = 0; verdict == GO_ON && i < count; i++) {
        if (settings[i].kind != kind)
            continue;
        verdict = set(conf, settings[i].name, settings[i].value, config_id, why);
        if (kind == SETTING_OPTIONAL)
            verdict = GO_ON;
    }
    return verdict;
}

/* What tells this process from others where an operator sees clients by name: in the group, on the broker, in quotas.
 */
static void name_client(char name[HOST_NAME_MAX + 32])
{
    char host[HOST_NAME_MAX + 1] = "";

    if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
        snprintf(host, sizeof(host), "nowhere");
    snprintf(name, HOST_NAME_MAX + 32, "gentally-%s-%ld", host, (long)getpid());
}

static enum verdict configure(rd_kafka_conf_t *conf, const struct config *config, const struct kafka_setting settings[],
                              size_t count, enum reason_id config_id, struct reason *why)
{
    char name[HOST_NAME_MAX + 32];
    const struct kafka_setting common[] = {
        {"bootstrap.servers", config->kafka_bootstrap_servers, SETTING_OWNED},
        {"log.queue", "true", SETTING_OWNED},
        {"log_level", config->log_level == LOG_LEVEL_DEBUG ? "7" : "6", SETTING_OWNED},
        {"allow.auto.create.topics", "false", SETTING_OWNED}, /* Producers would create what setup should. */
        {"client.id", name, SETTING_TUNED},
        {"reconnect.backoff.max.ms", "2000", SETTING_TUNED},
        {"socket.keepalive.enable", "true", SETTING_TUNED},
    };

    name_client(name);
    enum verdict verdict = set_of_kind(conf, common, LENGTH_OF(common), SETTING_TUNED, config_id, why);
    if (verdict == GO_ON)
        verdict = set_of_kind(conf, settings, count, SETTING_TUNED, config_id, why);
    if (verdict == GO_ON)
        verdict = set_of_kind(conf, settings, count, SETTING_OPTIONAL, config_id, why);
    for (uint32_t i = 0; verdict == GO_ON && i < config->kafka_count; i++)
        verdict = set(conf, config->kafka[i].name, config->kafka[i].value, config_id, why);
    if (verdict == GO_ON)
        verdict = set_of_kind(conf, common, LENGTH_OF(common), SETTING_OWNED, config_id, why);
    if (verdict == GO_ON)
        verdict = set_of_kind(conf, settings, count, SETTING_OWNED, config_id, why);
    return verdict;
}

enum verdict kafka_open(rd_kafka_t **client, rd_kafka_type_t type, const struct config *config,
                        const struct kafka_setting settings[], size_t setting_count, const struct kafka_hooks *hooks,
                        struct kafka_notes *notes, enum reason_id config_id, struct reason *why)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum verdict verdict = configure(conf, config, settings, setting_count, config_id, why);

    if (verdict == GO_ON) {
        rd_kafka_conf_set_opaque(conf, notes);
        rd_kafka_conf_set_log_cb(conf, note_log);
        rd_kafka_conf_set_error_cb(conf, note_error);
        rd_kafka_conf_set_stats_cb(conf, note_statistics);
        rd_kafka_conf_set_events(conf, hooks->events);
        rd_kafka_conf_set_dr_msg_cb(conf, hooks->delivered);
        *client = rd_kafka_new(type, conf, text, sizeof(text));
        if (*client == NULL)
            verdict = property_refuse_all(config, text, config_id, why);
    }
    if (verdict != GO_ON) {
        rd_kafka_conf_destroy(conf);
        return verdict;
    }
    rd_kafka_set_log_queue(*client, NULL); /* NULL: the main queue, which the owner polls anyway. */
    return GO_ON;
}

/* A client without brokers connects to nothing. */
enum verdict kafka_check(rd_kafka_type_t type, const struct config *config, const struct kafka_setting settings[],
                         size_t setting_count, enum reason_id config_id, struct reason *why)
{
    const struct kafka_hooks hooks = {0};
    struct kafka_notes notes = {0};
    rd_kafka_t *client;
    struct config *alone = malloc(sizeof(*alone));

    if (alone == NULL)
        return no_memory(why, "for a look at the configuration");
    memcpy(alone, config, sizeof(*alone));
    alone->kafka_bootstrap_servers[0] = '\0';
    enum verdict verdict = kafka_open(&client, type, alone, settings, setting_count, &hooks, &notes, config_id, why);
    if (verdict == GO_ON)
        rd_kafka_destroy(client);
    free(alone);
    return verdict;
}

rd_kafka_resp_err_t kafka_root_error(rd_kafka_t *client, const struct kafka_notes *notes, rd_kafka_resp_err_t code)
{
    rd_kafka_poll(client, 0); /* Serves note_error(). */
    return weight(notes->error) > weight(code) ? notes->error : code;
}

enum verdict kafka_partitions(rd_kafka_t *client, struct kafka_notes *notes, enum kafka_act act, const char *topic,
                              int timeout_ms, int32_t *count, struct reason *why)
{
    const struct rd_kafka_metadata *metadata;
    char what[300];
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);

    snprintf(what, sizeof(what), "topic \"%.249s\"", topic);
    if (handle == NULL)
        return kafka_reason(act, ERR(TOPIC_EXCEPTION), what, why);
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, handle, &metadata, timeout_ms);
    rd_kafka_topic_destroy(handle);
    if (code != ERR(NO_ERROR))
        return kafka_reason(act, kafka_root_error(client, notes, code), what, why);
    assert(metadata->topic_cnt == 1);
    code = metadata->topics[0].err;
    *count = metadata->topics[0].partition_cnt;
    if (code == ERR(NO_ERROR) && *count == 0)
        code = ERR(LEADER_NOT_AVAILABLE);
    rd_kafka_metadata_destroy(metadata);
    if (code == ERR(NO_ERROR))
        return GO_ON;
    enum verdict verdict = kafka_reason(act, code, what, why);
    /* Read and Write include Describe, which is what lacks. */
    kafka_name_right(why, &(struct kafka_right){act == KAFKA_READ ? "Read" : "Write", "topic", topic});
    return verdict;
}

static rd_kafka_resp_err_t list_once(rd_kafka_t *client, rd_kafka_topic_partition_list_t *list, int timeout_ms,
                                     int64_t logical, int64_t offsets[])
{
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = logical;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(client, list, timeout_ms);
    for (int i = 0; i < list->cnt; i++) {
        offsets[i] = list->elems[i].offset;
        if (code == ERR(NO_ERROR))
            code = list->elems[i].err;
        if (code == ERR(NO_ERROR) && offsets[i] < 0)
            code = ERR(LEADER_NOT_AVAILABLE);
    }
    return code;
}

/*
 * ListOffsets for the special time `logical` (RD_KAFKA_OFFSET_BEGINNING or _END), again while partitions have no leader
 * or a new one. rd_kafka_query_watermark_offsets() would ask one partition at a time, and heeds no timeout
 * before 2.3.0.
 */
static enum verdict list_offsets(rd_kafka_t *client, const char *topic, int32_t first, int32_t count, int timeout_ms,
                                 int64_t logical, int64_t offsets[], struct reason *why)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    enum verdict verdict = GO_ON;

    for (int32_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, topic, first + i);
    for (int left_ms = timeout_ms;; left_ms -= RETRY_MS) {
        rd_kafka_resp_err_t code = list_once(client, list, timeout_ms, logical, offsets);
        verdict = code == ERR(NO_ERROR) ? GO_ON : kafka_reason(KAFKA_READ, code, "listing offsets", why);
        if (verdict == HALT)
            kafka_name_right(why, &(struct kafka_right){"Describe", "topic", topic});
        /* That librdkafka knows no such partition may mean no more than that its metadata are of before. */
        bool may_pass = verdict == TRY_LATER || code == ERR(_UNKNOWN_PARTITION);
        if (!may_pass || code == ERR(_TIMED_OUT) || left_ms <= RETRY_MS)
            break;
        rd_kafka_poll(client, RETRY_MS);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return verdict;
}

enum verdict kafka_extents(rd_kafka_t *client, const char *topic, int32_t first, int32_t count, int timeout_ms,
                           int64_t begins[], int64_t ends[], struct reason *why)
{
    enum verdict verdict =
        list_offsets(client, topic, first, count, timeout_ms, RD_KAFKA_OFFSET_BEGINNING, begins, why);

    if (verdict == GO_ON)
        verdict = list_offsets(client, topic, first, count, timeout_ms, RD_KAFKA_OFFSET_END, ends, why);
    return verdict;
}
