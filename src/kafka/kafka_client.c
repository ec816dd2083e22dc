/*
 * The settings that every client has, what is noted of it, and the questions that all ask.
 *
 * No setting is left to librdkafka's default where the default could lose or double a record. Settings that are only a
 * matter of speed are tuned, and kafka.* may change them.
 */
#include "kafka_client.h"

#include <assert.h>
#include <limits.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "gentally/base/text.h"
#include "property_told.h"

#define RETRY_MS 100
#define FINAL_WEIGHT 3
#define REFUSED_CERTIFICATE "certificate verify failed" /* as OpenSSL says it */

#define ERR(name) RD_KAFKA_RESP_ERR_##name

/* `Failed to add partition "TOPIC" [0] to transaction: Broker: Topic authorization failed` */
static void note_denied(struct kafka_notes *notes, const char *text)
{
    const char *first = strchr(text, '"'), *last = strrchr(text, '"');

    if (strstr(text, rd_kafka_err2str(ERR(TOPIC_AUTHORIZATION_FAILED))) == NULL || first == last)
        return;
    snprintf(notes->denied_topic, sizeof(notes->denied_topic), "%.*s", (int)(last - first - 1), first + 1);
}

/* The alerts of TLS by which a server says that it does not take a client's certificate: RFC 8446, section 6. */
static bool is_our_certificate(const char *text)
{
    const char *alert = strstr(text, "SSL alert number ");
    long number = alert == NULL ? 0 : strtol(alert + strlen("SSL alert number "), NULL, 10);

    return (number >= 42 && number <= 46) || number == 48 || number == 116;
}

/* librdkafka's words of what a connection failed for; of a certificate it knows no more than that it was refused. */
static void note_cause(struct kafka_notes *notes, int code, const char *text)
{
    bool is_certificate = notes->certificate[0] != '\0' && strstr(text, REFUSED_CERTIFICATE) != NULL;
    const char *place_end = strstr(text, ": ");

    if (code == ERR(_ALL_BROKERS_DOWN))
        return;
    if (is_certificate)
        snprintf(notes->cause, sizeof(notes->cause), "%.*s: the broker's certificate: %s",
                 place_end == NULL || place_end - text > 80 ? 0 : (int)(place_end - text), text, notes->certificate);
    else if (is_our_certificate(text))
        snprintf(notes->cause, sizeof(notes->cause),
                 "the broker wants a certificate, or does not take ours (kafka.ssl.certificate.location): "
                 "%s",
                 text);
    else
        snprintf(notes->cause, sizeof(notes->cause), "%s", text);
}

/* `Certificate (subject=..., issuer=...) verification callback failed: ...`, of look_at_certificate() */
static void note_certificate(struct kafka_notes *notes, const char *text)
{
    const char *begin = strstr(text, "(subject="), *end = strstr(text, ", issuer="), *why = strstr(text, "failed: ");

    if (begin == NULL || end == NULL || end < begin || why == NULL)
        return;
    begin += strlen("(subject=");
    snprintf(notes->certificate, sizeof(notes->certificate), "%s (certificate of %.*s)", why + strlen("failed: "),
             (int)(end - begin > 80 ? 80 : end - begin), begin);
    if (strstr(notes->cause, REFUSED_CERTIFICATE) != NULL) { /* The failure came first. */
        char failure[sizeof(notes->cause)];
        memcpy(failure, notes->cause, sizeof(failure));
        note_cause(notes, ERR(_SSL), failure);
    }
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
    if (strcmp(facility, "SSLCERTVRFY") == 0)
        note_certificate(notes, text);
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
        return FINAL_WEIGHT;
    return code == ERR(_ALL_BROKERS_DOWN) ? 2 : 1;
}

/* That librdkafka has no token, and why: it goes on with the one before while that is good. */
static void note_no_token(struct kafka_notes *notes, const char *text)
{
    struct reason why;

    snprintf(notes->cause, sizeof(notes->cause), "%s", text + strlen(TOKEN_FAILURE));
    if (notes->logger == NULL)
        return;
    reason_set(&why, TRY_LATER, KAFKA_TOKEN, 0, "no token for Kafka, asked for again in 10 s: %s", notes->cause);
    log_reason(notes->logger, LOG_LEVEL_WARN, &why);
}

static void note_error(rd_kafka_t *client, int code, const char *text, void *opaque)
{
    struct kafka_notes *notes = opaque;

    (void)client;
    if (code == ERR(_AUTHENTICATION) && strncmp(text, TOKEN_FAILURE, strlen(TOKEN_FAILURE)) == 0) {
        note_no_token(notes, text);
        return;
    }
    notes->is_cut_off = notes->is_cut_off || code == ERR(_ALL_BROKERS_DOWN);
    /* Who has no new token is refused for the old one, and is let in again when there is one. */
    if (code == ERR(_AUTHENTICATION) && atomic_load(&notes->token.is_failing))
        return;
    note_cause(notes, code, text);
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
    if (!notes->is_cut_off)
        notes->cause[0] = '\0';
    return 0; /* librdkafka frees the text. */
}

void kafka_note_refused(struct kafka_notes *notes, rd_kafka_resp_err_t code, const char *topic)
{
    if (notes->refused != ERR(NO_ERROR))
        return;
    notes->refused = code;
    snprintf(notes->refused_topic, sizeof(notes->refused_topic), "%s", topic);
}

/*
 * librdkafka 2.0.2 dies of a failed assertion ("rktp_started") where an assignment meets partitions that are still
 * being stopped for the one before. Stopping takes two steps through its main thread's queue, so two questions that go
 * the same way have their answers only after it.
 */
rd_kafka_resp_err_t kafka_assign(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list)
{
    for (int step = 0; step < 2; step++) {
        rd_kafka_topic_partition_list_t *current;
        if (rd_kafka_assignment(client, &current) == RD_KAFKA_RESP_ERR_NO_ERROR)
            rd_kafka_topic_partition_list_destroy(current);
    }
    return rd_kafka_assign(client, list);
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
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = message->timestamp_ms},
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

/* Called by librdkafka's threads for each certificate of a chain: it may only say yes or no, and why. OpenSSL has
 * looked already, at the name too; its words are handed on, to the log that note_log() reads. */
static int look_at_certificate(rd_kafka_t *client, const char *broker, int32_t broker_id, int *error, int depth,
                               const char *bytes, size_t size, char *text, size_t text_size, void *opaque)
{
    (void)client, (void)broker, (void)broker_id, (void)depth, (void)bytes, (void)size, (void)opaque;
    if (*error == X509_V_OK)
        return 1;
    snprintf(text, text_size, "%s", X509_verify_cert_error_string(*error));
    return 0;
}

/* On the thread that librdkafka has for it. */
static void give_token(rd_kafka_t *client, const char *oauthbearer_config, void *opaque)
{
    struct kafka_notes *notes = opaque;

    (void)oauthbearer_config;
    token_source_give(&notes->token, client);
}

/* A client that is made to check its configuration asks for no token. */
static void begin_tokens(rd_kafka_t *client, const struct config *config)
{
    if (config->kafka_bootstrap_servers[0] == '\0')
        return;
    rd_kafka_error_t *error = rd_kafka_sasl_background_callbacks_enable(client);
    if (error != NULL)
        rd_kafka_error_destroy(error); /* Its mechanism is another. */
}

void kafka_close(rd_kafka_t *client, struct kafka_notes *notes, int flags)
{
    atomic_store(&notes->token.is_unwanted, true);
    rd_kafka_destroy_flags(client, flags);
}

enum verdict kafka_open(rd_kafka_t **client, rd_kafka_type_t type, const struct config *config,
                        const struct kafka_setting settings[], size_t setting_count, const struct kafka_hooks *hooks,
                        struct kafka_notes *notes, enum reason_id config_id, struct reason *why)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum verdict verdict = configure(conf, config, settings, setting_count, config_id, why);
    bool has_token = token_source_open(&notes->token, config);

    if (verdict == GO_ON) {
        rd_kafka_conf_set_opaque(conf, notes);
        rd_kafka_conf_set_log_cb(conf, note_log);
        rd_kafka_conf_set_error_cb(conf, note_error);
        rd_kafka_conf_set_stats_cb(conf, note_statistics);
        rd_kafka_conf_set_events(conf, hooks->events);
        rd_kafka_conf_set_dr_msg_cb(conf, hooks->delivered);
        rd_kafka_conf_set_ssl_cert_verify_cb(conf, look_at_certificate);
        if (has_token) {
            rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, give_token);
            rd_kafka_conf_enable_sasl_queue(conf, 1);
        }
        *client = rd_kafka_new(type, conf, text, sizeof(text));
        if (*client == NULL)
            verdict = property_refuse_all(config, text, config_id, why);
    }
    if (verdict != GO_ON) {
        rd_kafka_conf_destroy(conf);
        return verdict;
    }
    if (has_token)
        begin_tokens(*client, config);
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
        kafka_close(client, &notes, 0);
    free(alone);
    return verdict;
}

rd_kafka_resp_err_t kafka_root_error(rd_kafka_t *client, const struct kafka_notes *notes, rd_kafka_resp_err_t code)
{
    rd_kafka_poll(client, 0); /* Serves note_error(). */
    return weight(notes->error) > weight(code) ? notes->error : code;
}

rd_kafka_resp_err_t kafka_ask_metadata(rd_kafka_t *client, const struct kafka_notes *notes, bool is_all,
                                       rd_kafka_topic_t *topic, const struct rd_kafka_metadata **metadata,
                                       int timeout_ms)
{
    int first_ms = timeout_ms / 5;
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, is_all, topic, metadata, first_ms);

    if (code == ERR(NO_ERROR) || weight(kafka_root_error(client, notes, code)) >= FINAL_WEIGHT)
        return code;
    return rd_kafka_metadata(client, is_all, topic, metadata, timeout_ms - first_ms);
}

void kafka_add_cause(const struct kafka_notes *notes, struct reason *why)
{
    if (why == NULL || notes->cause[0] == '\0')
        return;
    if (reason_stops(why->id) == STOPS_NOTHING && atomic_load(&notes->token.is_failing))
        why->id = KAFKA_TOKEN;
    size_t size = strlen(why->text);
    snprintf(why->text + size, sizeof(why->text) - size, ": %s", notes->cause);
    text_make_one_line(why->text, strlen(why->text));
}

enum verdict kafka_root_reason(rd_kafka_t *client, const struct kafka_notes *notes, enum kafka_act act,
                               rd_kafka_resp_err_t code, const char *what, struct reason *why)
{
    enum verdict verdict = kafka_reason(act, kafka_root_error(client, notes, code), what, why);

    kafka_add_cause(notes, why);
    return verdict;
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
    rd_kafka_resp_err_t code = kafka_ask_metadata(client, notes, false, handle, &metadata, timeout_ms);
    rd_kafka_topic_destroy(handle);
    if (code != ERR(NO_ERROR))
        return kafka_root_reason(client, notes, act, code, what, why);
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
