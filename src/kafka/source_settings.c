/* The properties that exactness rests on, and those that make reading fast. */
#include "source_settings.h"

#include <assert.h>

#include "gentally/config/config.h"

#define PROTOCOL "group.protocol"
#define STRATEGY "partition.assignment.strategy"
#define EAGER "range"
#define COOPERATIVE "cooperative-sticky"

/* From here on they are sound: commits during a rebalance no longer lose the assignment (issue 4059), and a member that
 * polled too late joins again (issue 5541). */
#define COOPERATIVE_SOUND 0x020a0000
#define CONSUMER_SOUND 0x020f0000

/*
 * Memory while catching up: the queued records (all partitions share one queue) with some 250 bytes of librdkafka's own
 * for each, and what one fetch brings beyond them, unpacked. A queue that is drained faster than it is filled makes
 * nothing faster by being deep, if only it is filled again in time: see nudge.h, and from 2.2 on
 * fetch.queue.backoff.ms.
 */
static const struct kafka_setting settings[] = {
    {"enable.auto.commit", "false", SETTING_OWNED},
    {"enable.auto.offset.store", "false", SETTING_OWNED},
    {"auto.offset.reset", "error", SETTING_OWNED}, /* The default would jump over records in silence. */
    {"enable.partition.eof", "true", SETTING_OWNED},
    {"isolation.level", "read_committed", SETTING_OWNED},
    {"check.crcs", "true", SETTING_TUNED},
    {"queued.min.messages", "50000", SETTING_TUNED},
    {"queued.max.messages.kbytes", "16384", SETTING_TUNED},
    {"fetch.max.bytes", "4194304", SETTING_TUNED},
    {"fetch.message.max.bytes", "1048576", SETTING_TUNED},
    {"fetch.wait.max.ms", "50", SETTING_TUNED},
    {"fetch.error.backoff.ms", "10", SETTING_TUNED},
    {"fetch.queue.backoff.ms", "10", SETTING_OPTIONAL},
    {"topic.metadata.refresh.interval.ms", "30000", SETTING_TUNED}, /* New partitions are to be found soon. */
};

/*
 * The classic protocols, in which the members say how soon they are missed. A member that is killed is missed for the
 * session's time, and nobody counts its partitions meanwhile. A broker that stands still for eight seconds is to cost
 * no rebalance: then the last heartbeat it heard is eight seconds and an interval old.
 */
static const struct kafka_setting classic[] = {
    {"session.timeout.ms", "9500", SETTING_TUNED},
    {"heartbeat.interval.ms", "500", SETTING_TUNED},
};

/* What is configured of the group; "": nothing. */
static const char *configured(const struct config *config, const char *name)
{
    for (uint32_t i = 0; i < config->kafka_count; i++)
        if (strcmp(config->kafka[i].name, name) == 0)
            return config->kafka[i].value;
    return "";
}

bool source_is_assigned_by_broker(const struct config *config)
{
    return strcmp(configured(config, PROTOCOL), "consumer") == 0;
}

static bool is_cooperative(const struct config *config)
{
    return strcmp(configured(config, STRATEGY), COOPERATIVE) == 0;
}

bool source_is_incremental(const struct config *config)
{
    return source_is_assigned_by_broker(config) || is_cooperative(config);
}

static enum verdict refuse_value(const char *name, const char *value, const char *allowed, struct reason *why)
{
    return reason_set(why, HALT, SOURCE_CONFIG, 0, "kafka.%s = %.60s: allowed are %s", name, value, allowed);
}

static enum verdict check_version(const char *name, const char *value, int version, int sound, const char *because,
                                  struct reason *why)
{
    if (version >= sound)
        return GO_ON;
    return reason_set(
        why, HALT, SOURCE_PROTOCOL, 0, "kafka.%s = %s wants librdkafka %d.%d or newer, and this is %d.%d.%d: %s", name,
        value, sound >> 24, sound >> 16 & 0xff, version >> 24, version >> 16 & 0xff, version >> 8 & 0xff, because);
}

enum verdict source_settings_check(const struct config *config, int version, struct reason *why)
{
    const char *protocol = configured(config, PROTOCOL), *strategy = configured(config, STRATEGY);

    if (protocol[0] != '\0' && !source_is_assigned_by_broker(config) && strcmp(protocol, "classic") != 0)
        return refuse_value(PROTOCOL, protocol, "classic and consumer", why);
    if (strategy[0] != '\0' && !is_cooperative(config) && strcmp(strategy, EAGER) != 0)
        return refuse_value(STRATEGY, strategy, EAGER " and " COOPERATIVE, why);
    if (source_is_assigned_by_broker(config) && strategy[0] != '\0')
        return reason_set(why, HALT, SOURCE_CONFIG, 0,
                          "kafka." STRATEGY " is not for kafka." PROTOCOL " = consumer: there the broker assigns");
    if (source_is_assigned_by_broker(config))
        return check_version(PROTOCOL, protocol, version, CONSUMER_SOUND,
                             "before, a member that polled too late may never come back (its issue 5541)", why);
    if (is_cooperative(config))
        return check_version(STRATEGY, strategy, version, COOPERATIVE_SOUND,
                             "before, a commit in a rebalance may lose the assignment (its issue 4059)", why);
    return GO_ON;
}

size_t source_settings(struct kafka_setting all[SOURCE_SETTINGS], const struct config *config, bool has_statistics)
{
    size_t count = LENGTH_OF(settings);

    static_assert(SOURCE_SETTINGS == LENGTH_OF(settings) + LENGTH_OF(classic) + 3, "and strategy, statistics, group");
    memcpy(all, settings, sizeof(settings));
    if (source_is_assigned_by_broker(config)) {
        all[count++] = (struct kafka_setting){PROTOCOL, "consumer", SETTING_OWNED};
    } else {
        all[count++] = (struct kafka_setting){STRATEGY, is_cooperative(config) ? COOPERATIVE : EAGER, SETTING_OWNED};
        memcpy(all + count, classic, sizeof(classic));
        count += LENGTH_OF(classic);
    }
    /* From them alone is known that a broker is there again while nothing is read. */
    all[count++] = (struct kafka_setting){"statistics.interval.ms", has_statistics ? "5000" : "0", SETTING_TUNED};
    all[count++] = (struct kafka_setting){"group.id", config->group, SETTING_OWNED};
    return count;
}
