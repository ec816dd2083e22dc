/* Properties of librdkafka that go with options of ours. */
#include "config_kafka.h"

#include "suite.h"

static struct config config;
static struct reason why;

/* Sets pairs of names and values, up to NULL. */
static enum verdict check(const char *const properties[], const char *command, const char *file)
{
    memset(&config, 0, sizeof(config));
    why = (struct reason){0};
    snprintf(config.kafka_token_command, sizeof(config.kafka_token_command), "%s", command);
    snprintf(config.kafka_token_file, sizeof(config.kafka_token_file), "%s", file);
    for (; properties[0] != NULL; properties += 2)
        CU_ASSERT_EQUAL(config_kafka_set(&config, properties[0], properties[1], "here", &why), GO_ON);
    return config_kafka_check(&config, &why);
}

static void tokens_go_with_the_mechanism_that_takes_them(void)
{
    const char *const none[] = {NULL}, *const oauth[] = {"sasl.mechanism", "OAUTHBEARER", NULL},
                      *const plural[] = {"sasl.mechanisms", "oauthbearer", NULL},
                      *const scram[] = {"sasl.mechanism", "SCRAM-SHA-512", NULL},
                      *const oidc[] = {"sasl.mechanism", "OAUTHBEARER", "sasl.oauthbearer.method", "oidc", NULL};
    const struct {
        const char *const *properties;
        const char *command, *file, *words; /* the last NULL: it is fine */
    } rows[] = {
        {none, "", "", NULL},
        {scram, "", "", NULL},
        {oauth, "", "/run/token", NULL},
        {plural, "token --of kafka", "", NULL},
        {oidc, "", "", NULL},
        {oauth, "", "", "kafka_token_command or kafka_token_file"},
        {none, "", "/run/token", "kafka_token_file is for"},
        {scram, "token", "", "kafka_token_command is for"},
        {oauth, "token", "/run/token", "give one of them"},
        {oidc, "", "/run/token", "tokens by itself"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        CU_ASSERT_EQUAL(check(rows[i].properties, rows[i].command, rows[i].file), rows[i].words == NULL ? GO_ON : HALT);
        CU_ASSERT_EQUAL(why.id, rows[i].words == NULL ? REASON_NONE : CONFIG_VALUE);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, rows[i].words == NULL ? "" : rows[i].words));
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"tokens_go_with_the_mechanism_that_takes_them", tokens_go_with_the_mechanism_that_takes_them},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
