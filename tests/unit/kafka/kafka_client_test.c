/* What librdkafka's codes mean: every code it knows, for everybody who asks. */
#include "kafka_client.h"

#include <unistd.h>

#include "config_defaults.h"
#include "suite.h"
#include "verdict_name.h"

struct row {
    rd_kafka_resp_err_t code;
    enum kafka_act act;
    enum verdict verdict;
    const char *id;
};

#define ERR(name) RD_KAFKA_RESP_ERR_##name

static const struct row rows[] = {
    {ERR(_ALL_BROKERS_DOWN), KAFKA_READ, TRY_LATER, "SOURCE-UNREACHABLE"},
    {ERR(_TIMED_OUT), KAFKA_WRITE, TRY_LATER, "SINK-UNREACHABLE"},
    {ERR(_TIMED_OUT), KAFKA_TRANSACT, REWIND, "SINK-TXN-UNKNOWN"},
    {ERR(_MSG_TIMED_OUT), KAFKA_TRANSACT, REWIND, "SINK-TXN-UNKNOWN"},
    {ERR(_AUTHENTICATION), KAFKA_READ, HALT, "SOURCE-DENIED"},
    {ERR(GROUP_AUTHORIZATION_FAILED), KAFKA_READ, HALT, "SOURCE-DENIED"},
    {ERR(TOPIC_AUTHORIZATION_FAILED), KAFKA_WRITE, HALT, "SINK-DENIED"},
    {ERR(TOPIC_AUTHORIZATION_FAILED), KAFKA_TRANSACT, HALT, "SINK-DENIED"},
    {ERR(TRANSACTIONAL_ID_AUTHORIZATION_FAILED), KAFKA_TRANSACT, HALT, "SINK-DENIED"},
    {ERR(UNKNOWN_TOPIC_OR_PART), KAFKA_READ, HALT, "SOURCE-TOPIC-MISSING"},
    {ERR(_UNKNOWN_TOPIC), KAFKA_WRITE, HALT, "SINK-TOPIC-MISSING"},
    {ERR(_UNKNOWN_PARTITION), KAFKA_TRANSACT, HALT, "SINK-TOPIC-MISSING"},
    {ERR(MSG_SIZE_TOO_LARGE), KAFKA_READ, HALT, "SOURCE-FATAL"},
    {ERR(MSG_SIZE_TOO_LARGE), KAFKA_WRITE, HALT, "SINK-TOO-LARGE"},
    {ERR(MSG_SIZE_TOO_LARGE), KAFKA_TRANSACT, HALT, "SINK-TOO-LARGE"},
    {ERR(_FENCED), KAFKA_WRITE, HALT, "SINK-FATAL"},
    {ERR(_FENCED), KAFKA_TRANSACT, STEP_DOWN, "SINK-FENCED"},
    {ERR(PRODUCER_FENCED), KAFKA_TRANSACT, STEP_DOWN, "SINK-FENCED"},
    {ERR(INVALID_PRODUCER_EPOCH), KAFKA_TRANSACT, STEP_DOWN, "SINK-FENCED"},
    {ERR(_FATAL), KAFKA_READ, HALT, "SOURCE-FATAL"},
    {ERR(_BAD_MSG), KAFKA_READ, TRY_LATER, "SOURCE-UNREACHABLE"}, /* a connection's: it is made anew */
    {ERR(_BAD_MSG), KAFKA_FETCH, HALT, "SOURCE-CORRUPT"},
    {ERR(INVALID_MSG), KAFKA_FETCH, HALT, "SOURCE-CORRUPT"},
    {ERR(_NOT_IMPLEMENTED), KAFKA_FETCH, HALT, "SOURCE-CORRUPT"},
    {ERR(MSG_SIZE_TOO_LARGE), KAFKA_FETCH, HALT, "SOURCE-CORRUPT"},
    {ERR(_CRIT_SYS_RESOURCE), KAFKA_FETCH, HALT, "SOURCE-CORRUPT"},
    {ERR(_CRIT_SYS_RESOURCE), KAFKA_READ, HALT, "SOURCE-FATAL"},
    {ERR(_BAD_COMPRESSION), KAFKA_FETCH, HALT, "SOURCE-UNREADABLE"},
    {ERR(TOPIC_AUTHORIZATION_FAILED), KAFKA_FETCH, HALT, "SOURCE-DENIED"},
    {ERR(UNKNOWN), KAFKA_FETCH, TRY_LATER, "SOURCE-UNREACHABLE"},
    {ERR(_STATE), KAFKA_TRANSACT, REWIND, "SINK-TXN-ABORTED"},
    {ERR(_PURGE_QUEUE), KAFKA_TRANSACT, REWIND, "SINK-TXN-ABORTED"},
    {ERR(OUT_OF_ORDER_SEQUENCE_NUMBER), KAFKA_TRANSACT, REWIND, "SINK-TXN-ABORTED"},
    {ERR(_MAX_POLL_EXCEEDED), KAFKA_READ, TRY_LATER, "SOURCE-POLL-LATE"},
    /* Not in the table. */
    {ERR(NO_ERROR), KAFKA_READ, TRY_LATER, "SOURCE-UNREACHABLE"},
    {ERR(UNKNOWN), KAFKA_WRITE, HALT, "SINK-FATAL"},
    {ERR(UNKNOWN), KAFKA_TRANSACT, REWIND, "SINK-TXN-UNKNOWN"},
    {(rd_kafka_resp_err_t)12345, KAFKA_TRANSACT, REWIND, "SINK-TXN-UNKNOWN"},
};

static void codes_have_their_meaning(void)
{
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        enum reason_id id = REASON_NONE;
        enum verdict verdict = kafka_verdict(rows[i].act, rows[i].code, &id);
        if (verdict != rows[i].verdict || strcmp(reason_name(id), rows[i].id) != 0)
            printf("%s for act %d: %s %s\n", rd_kafka_err2name(rows[i].code), rows[i].act, verdict_name(verdict),
                   reason_name(id));
        CU_ASSERT_EQUAL(verdict, rows[i].verdict);
        CU_ASSERT_STRING_EQUAL(reason_name(id), rows[i].id);
    }
}

/* No code of librdkafka's own list lets a reader set aside, a writer go on, or a transaction be tried later. */
static void no_code_is_taken_for_success(void)
{
    const struct rd_kafka_err_desc *codes;
    size_t count;

    rd_kafka_get_err_descs(&codes, &count);
    CU_ASSERT_TRUE(count > 100);
    for (size_t i = 0; i < count; i++) {
        enum reason_id id = REASON_NONE;
        enum verdict read = kafka_verdict(KAFKA_READ, codes[i].code, &id);
        CU_ASSERT_TRUE(read == TRY_LATER || read == HALT);
        CU_ASSERT_EQUAL(strncmp(reason_name(id), "SOURCE-", 7), 0);
        CU_ASSERT_TRUE(id != SOURCE_UNREADABLE && id != SOURCE_CORRUPT); /* They are of what was fetched. */
        enum verdict fetch = kafka_verdict(KAFKA_FETCH, codes[i].code, &id);
        CU_ASSERT_TRUE(fetch == read || id == SOURCE_UNREADABLE || id == SOURCE_CORRUPT);
        enum verdict write = kafka_verdict(KAFKA_WRITE, codes[i].code, &id);
        CU_ASSERT_TRUE(write == TRY_LATER || write == HALT);
        CU_ASSERT_EQUAL(strncmp(reason_name(id), "SINK-", 5), 0);
        enum verdict transact = kafka_verdict(KAFKA_TRANSACT, codes[i].code, &id);
        CU_ASSERT_TRUE(transact == REWIND || transact == STEP_DOWN || transact == HALT);
        CU_ASSERT_EQUAL(strncmp(reason_name(id), "SINK-", 5), 0);
    }
}

static void reason_tells_what_and_why(void)
{
    struct reason why;

    CU_ASSERT_EQUAL(kafka_reason(KAFKA_READ, ERR(UNKNOWN_TOPIC_OR_PART), "topic \"t\"", &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "SOURCE-TOPIC-MISSING");
    CU_ASSERT_EQUAL(why.code, ERR(UNKNOWN_TOPIC_OR_PART));
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "topic \"t\": "));
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "UNKNOWN_TOPIC_OR_PART"));
}

static struct config *make_config(void)
{
    struct config *config = calloc(1, sizeof(*config));

    if (config == NULL)
        abort();
    config_defaults(config);
    snprintf(config->kafka_bootstrap_servers, sizeof(config->kafka_bootstrap_servers), "127.0.0.1:1");
    return config;
}

static void pass(struct config *config, const char *name, const char *value)
{
    struct kafka_property *property = &config->kafka[config->kafka_count++];

    snprintf(property->name, sizeof(property->name), "%s", name);
    snprintf(property->value, sizeof(property->value), "%s", value);
}

/* The value a client ended up with; `value` has room for 64. */
static void ask(rd_kafka_t *client, const char *name, char *value)
{
    size_t size = 64;

    value[0] = '\0';
    CU_ASSERT_EQUAL(rd_kafka_conf_get(rd_kafka_conf(client), name, value, &size), RD_KAFKA_CONF_OK);
}

static void the_configuration_changes_what_is_tuned_and_not_what_is_owned(void)
{
    const struct kafka_setting settings[] = {
        {"group.id", "g", SETTING_OWNED},
        {"enable.auto.commit", "false", SETTING_OWNED},
        {"fetch.wait.max.ms", "50", SETTING_TUNED},
        {"fetch.min.bytes", "7", SETTING_TUNED},
        {"no.such.property", "1", SETTING_OPTIONAL},
    };
    const struct kafka_hooks hooks = {0, NULL};
    struct config *config = make_config();
    struct kafka_notes notes = {0};
    struct reason why = {0};
    rd_kafka_t *client;
    char value[512];

    pass(config, "enable.auto.commit", "true");
    pass(config, "fetch.wait.max.ms", "11");
    pass(config, "linger.ms", "5"); /* a producer's */
    CU_ASSERT_EQUAL_FATAL(kafka_open(&client, RD_KAFKA_CONSUMER, config, settings, LENGTH_OF(settings), &hooks, &notes,
                                     SOURCE_CONFIG, &why),
                          GO_ON);
    ask(client, "enable.auto.commit", value);
    CU_ASSERT_STRING_EQUAL(value, "false");
    ask(client, "fetch.wait.max.ms", value);
    CU_ASSERT_STRING_EQUAL(value, "11");
    ask(client, "fetch.min.bytes", value);
    CU_ASSERT_STRING_EQUAL(value, "7");
    ask(client, "allow.auto.create.topics", value);
    CU_ASSERT_STRING_EQUAL(value, "false");
    rd_kafka_destroy(client);
    free(config);
}

static void a_refused_property_is_named_and_its_value_is_not(void)
{
    const struct kafka_hooks hooks = {0, NULL};
    struct config *config = make_config();
    struct kafka_notes notes = {0};
    struct reason why = {0};
    rd_kafka_t *client;

    pass(config, "security.protocol", "hunter2");
    CU_ASSERT_EQUAL(kafka_open(&client, RD_KAFKA_PRODUCER, config, NULL, 0, &hooks, &notes, SINK_CONFIG, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "SINK-CONFIG");
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "kafka.security.protocol"));
    CU_ASSERT_PTR_NULL(strstr(why.text, "hunter2"));
    free(config);
}

/* By the host and the process, unless somebody knows better. */
static void clients_can_be_told_apart(void)
{
    const struct kafka_hooks hooks = {0, NULL};
    struct config *config = make_config();
    struct kafka_notes notes = {0};
    struct reason why = {0};
    char host[200] = "", want[300], value[512];

    CU_ASSERT_EQUAL(gethostname(host, sizeof(host) - 1), 0);
    snprintf(want, sizeof(want), "gentally-%s-%d", host, (int)getpid());
    for (int round = 0; round < 2; round++) {
        rd_kafka_t *client;
        CU_ASSERT_EQUAL_FATAL(
            kafka_open(&client, RD_KAFKA_PRODUCER, config, NULL, 0, &hooks, &notes, SINK_CONFIG, &why), GO_ON);
        ask(client, "client.id", value);
        CU_ASSERT_STRING_EQUAL(value, round == 0 ? want : "pod-7");
        rd_kafka_destroy(client);
        pass(config, "client.id", "pod-7");
    }
    free(config);
}

static void what_is_wrong_with_a_property_is_said(void)
{
    static const struct {
        const char *name, *value, *says;
    } wrong[] = {
        {"sesion.timeout.ms", "1", "did you mean kafka.session.timeout.ms?"},
        {"qwertyuiop", "1", "has no property kafka.qwertyuiop"},
        {"session.timeout.ms", "soon", "allowed is 1 .. 3600000"},
        {"session.timeout.ms", "3600001", "allowed is 1 .. 3600000"},
        {"security.protocol", "tls", "allowed is plaintext, ssl, sasl_plaintext, sasl_ssl"},
        {"socket.keepalive.enable", "perhaps", "allowed is true, false"},
        {"broker.address.family", "v5", "allowed is any, v4, v6"},
        {"plugin.library.paths", "/nowhere/plugin", "cannot open shared object file"},
    };

    for (size_t i = 0; i < LENGTH_OF(wrong); i++) {
        struct config *config = make_config();
        struct reason why = {0};
        pass(config, wrong[i].name, wrong[i].value);
        CU_ASSERT_EQUAL(kafka_check(RD_KAFKA_CONSUMER, config, NULL, 0, SOURCE_CONFIG, &why), HALT);
        CU_ASSERT_EQUAL(why.id, SOURCE_CONFIG);
        if (strstr(why.text, wrong[i].says) == NULL)
            printf("%s: %s\n", wrong[i].name, why.text);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, wrong[i].says));
        free(config);
    }
}

/* Properties that librdkafka takes one by one, and not together. */
static void a_check_finds_what_no_property_shows(void)
{
    static const struct {
        const char *name, *value, *says;
    } wrong[] = {
        {"ssl.ca.location", "/nowhere/ca.pem", "kafka.ssl.ca.location: /nowhere/ca.pem: No such file"},
        {"ssl.key.location", "/nowhere/key.pem", "kafka.ssl.key.location: /nowhere/key.pem: No such file"},
        {"ssl.ca.location", "/dev/null", "ssl.ca.location"},
    };

    for (size_t i = 0; i < LENGTH_OF(wrong); i++) {
        struct config *config = make_config();
        struct reason why = {0};
        pass(config, wrong[i].name, wrong[i].value);
        CU_ASSERT_EQUAL(kafka_check(RD_KAFKA_PRODUCER, config, NULL, 0, SINK_CONFIG, &why), GO_ON); /* Not asked for. */
        pass(config, "security.protocol", "ssl");
        CU_ASSERT_EQUAL(kafka_check(RD_KAFKA_PRODUCER, config, NULL, 0, SINK_CONFIG, &why), HALT);
        if (strstr(why.text, wrong[i].says) == NULL)
            printf("%s: %s\n", wrong[i].name, why.text);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, wrong[i].says));
        free(config);
    }
    struct config *config = make_config();
    struct reason why = {0};
    CU_ASSERT_EQUAL(kafka_check(RD_KAFKA_CONSUMER, config, NULL, 0, SOURCE_CONFIG, &why), GO_ON);
    CU_ASSERT_STRING_EQUAL(config->kafka_bootstrap_servers, "127.0.0.1:1");
    free(config);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"codes have their meaning", codes_have_their_meaning},
        {"no code is taken for success", no_code_is_taken_for_success},
        {"reason tells what and why", reason_tells_what_and_why},
        {"configuration changes what is tuned, not what is owned",
         the_configuration_changes_what_is_tuned_and_not_what_is_owned},
        {"clients can be told apart", clients_can_be_told_apart},
        {"a refused property is named, its value is not", a_refused_property_is_named_and_its_value_is_not},
        {"what is wrong with a property is said", what_is_wrong_with_a_property_is_said},
        {"a check finds what no property shows", a_check_finds_what_no_property_shows},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
