/* The properties that exactness rests on, and those that make reading fast. */
#include "source_settings.h"

#include <assert.h>

/*
 * Memory while catching up: the queued records (all partitions share one queue) with some 250 bytes of librdkafka's own
 * for each, and what one fetch brings beyond them, unpacked. A queue that is drained faster than it is filled makes
 * nothing faster by being deep, if only it is filled again in time: see nudge.h, and from 2.2 on
 * fetch.queue.backoff.ms.
 *
 * A member that is killed is missed for the session's time, and nobody counts its partitions meanwhile. A broker that
 * stands still for eight seconds is to cost no rebalance: then the last heartbeat it heard is eight seconds and an
 * interval old.
 */
static const struct kafka_setting settings[] = {
    {"enable.auto.commit", "false", SETTING_OWNED},
    {"enable.auto.offset.store", "false", SETTING_OWNED},
    {"auto.offset.reset", "error", SETTING_OWNED}, /* The default would jump over records in silence. */
    {"enable.partition.eof", "true", SETTING_OWNED},
    {"isolation.level", "read_committed", SETTING_OWNED},
    {"partition.assignment.strategy", "range", SETTING_OWNED}, /* Eager: the cooperative protocol has bugs to 2.10. */
    {"check.crcs", "true", SETTING_TUNED},
    {"session.timeout.ms", "9500", SETTING_TUNED},
    {"heartbeat.interval.ms", "500", SETTING_TUNED},
    {"queued.min.messages", "50000", SETTING_TUNED},
    {"queued.max.messages.kbytes", "16384", SETTING_TUNED},
    {"fetch.max.bytes", "4194304", SETTING_TUNED},
    {"fetch.message.max.bytes", "1048576", SETTING_TUNED},
    {"fetch.wait.max.ms", "50", SETTING_TUNED},
    {"fetch.error.backoff.ms", "10", SETTING_TUNED},
    {"fetch.queue.backoff.ms", "10", SETTING_OPTIONAL},
    {"topic.metadata.refresh.interval.ms", "30000", SETTING_TUNED}, /* New partitions are to be found soon. */
};

void source_settings(struct kafka_setting all[SOURCE_SETTINGS], const char *group, bool has_statistics)
{
    static_assert(SOURCE_SETTINGS == LENGTH_OF(settings) + 2, "the fixed ones, statistics, and the group");
    memcpy(all, settings, sizeof(settings));
    /* From them alone is known that a broker is there again while nothing is read. */
    all[LENGTH_OF(settings) + 1] =
        (struct kafka_setting){"statistics.interval.ms", has_statistics ? "5000" : "0", SETTING_TUNED};
    all[LENGTH_OF(settings)] = (struct kafka_setting){"group.id", group, SETTING_OWNED};
}
