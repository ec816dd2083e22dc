/* What is configured of the group's protocol: which values there are, and in which librdkafka they are sound. */
#include "source_settings.h"

#include "config_defaults.h"
#include "suite.h"

#define DEBIAN_12 0x020002ff
#define DEBIAN_13 0x020800ff
#define COOPERATIVE 0x020a00ff
#define CONSUMER 0x020f00ff

static struct config config;

/* What the worker says of `name` = `value`: "" if it takes it. */
static const char *said(const char *name, const char *value, int version)
{
    static struct reason why;

    config_defaults(&config);
    snprintf(config.kafka[0].name, sizeof(config.kafka[0].name), "%s", name);
    snprintf(config.kafka[0].value, sizeof(config.kafka[0].value), "%s", value);
    config.kafka_count = 1;
    return source_settings_check(&config, version, &why) == GO_ON ? "" : why.text;
}

static void a_protocol_is_taken_from_the_version_on_in_which_it_is_sound(void)
{
    static const struct {
        const char *name, *value;
        int version;
        const char *words; /* "": taken */
    } rows[] = {
        {"group.protocol", "classic", DEBIAN_12, ""},
        {"group.protocol", "consumer", DEBIAN_12, "wants librdkafka 2.15 or newer, and this is 2.0.2"},
        {"group.protocol", "consumer", CONSUMER - 0x10000, "its issue 5541"},
        {"group.protocol", "consumer", CONSUMER, ""},
        {"group.protocol", "Consumer", CONSUMER, "allowed are classic and consumer"},
        {"partition.assignment.strategy", "range", DEBIAN_12, ""},
        {"partition.assignment.strategy", "cooperative-sticky", DEBIAN_13, "and this is 2.8.0"},
        {"partition.assignment.strategy", "cooperative-sticky", COOPERATIVE - 0x10000, "its issue 4059"},
        {"partition.assignment.strategy", "cooperative-sticky", COOPERATIVE, ""},
        {"partition.assignment.strategy", "range,cooperative-sticky", CONSUMER, "allowed are range and cooperative"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const char *text = said(rows[i].name, rows[i].value, rows[i].version);
        CU_ASSERT(rows[i].words[0] == '\0' ? text[0] == '\0' : strstr(text, rows[i].words) != NULL);
    }
}

static bool has(const struct kafka_setting settings[], size_t count, const char *name, const char *value)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(settings[i].name, name) == 0)
            return value == NULL || strcmp(settings[i].value, value) == 0;
    return false;
}

/* Where the broker assigns it has the times of a membership, too, and librdkafka refuses ours. */
static void each_protocol_has_settings_of_its_own(void)
{
    struct kafka_setting settings[SOURCE_SETTINGS];

    config_defaults(&config);
    size_t count = source_settings(settings, &config, false);
    CU_ASSERT(has(settings, count, "partition.assignment.strategy", "range"));
    CU_ASSERT(has(settings, count, "session.timeout.ms", "9500"));
    CU_ASSERT_FALSE(has(settings, count, "group.protocol", NULL)); /* Debian's does not know it. */
    CU_ASSERT_FALSE(source_is_incremental(&config));
    CU_ASSERT_STRING_EQUAL(said("partition.assignment.strategy", "cooperative-sticky", COOPERATIVE), "");
    count = source_settings(settings, &config, false);
    CU_ASSERT(has(settings, count, "partition.assignment.strategy", "cooperative-sticky"));
    CU_ASSERT(has(settings, count, "heartbeat.interval.ms", NULL));
    CU_ASSERT(source_is_incremental(&config) && !source_is_assigned_by_broker(&config));
    CU_ASSERT_STRING_EQUAL(said("group.protocol", "consumer", CONSUMER), "");
    count = source_settings(settings, &config, false);
    CU_ASSERT(has(settings, count, "group.protocol", "consumer"));
    CU_ASSERT_FALSE(has(settings, count, "partition.assignment.strategy", NULL));
    CU_ASSERT_FALSE(has(settings, count, "session.timeout.ms", NULL));
    CU_ASSERT(source_is_incremental(&config) && source_is_assigned_by_broker(&config));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a protocol is taken from the version on in which it is sound",
         a_protocol_is_taken_from_the_version_on_in_which_it_is_sound},
        {"each protocol has settings of its own", each_protocol_has_settings_of_its_own},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
