/* The properties that exactness rests on, and those that make reading fast. */
#include "source_settings.h"

#include <assert.h>

/*
 * Memory: the queued records (all partitions share one queue), one fetch of 16 MiB a broker beyond them, and about 250
 * bytes of librdkafka's own for each queued record.
 *
 * How deep the queue is, is a matter of speed before librdkafka 2.2: a full queue makes it pause for a second, whatever
 * is read meanwhile, so the queue must hold more than is read in a second. Measured with 2.0.2, 200-byte records and a
 * reader that takes 1.1 us each: 150,000 records/s with 100,000 queued, 480,000 with 64 MiB, 830,000 with 128 MiB.
 * kafka.queued.max.messages.kbytes and kafka.queued.min.messages make it smaller.
 */
#define BACKOFF_FIXED 0x02020000

static void choose_depth(struct kafka_setting depth[2])
{
    bool is_deep = rd_kafka_version() < BACKOFF_FIXED;

    depth[0] = (struct kafka_setting){"queued.min.messages", is_deep ? "1000000" : "300000", SETTING_TUNED};
    depth[1] = (struct kafka_setting){"queued.max.messages.kbytes", is_deep ? "131072" : "65536", SETTING_TUNED};
}

static const struct kafka_setting settings[] = {
    {"enable.auto.commit", "false", SETTING_OWNED},
    {"enable.auto.offset.store", "false", SETTING_OWNED},
    {"auto.offset.reset", "error", SETTING_OWNED}, /* The default would jump over records in silence. */
    {"enable.partition.eof", "true", SETTING_OWNED},
    {"isolation.level", "read_committed", SETTING_OWNED},
    {"partition.assignment.strategy", "range", SETTING_OWNED}, /* Eager: the cooperative protocol has bugs to 2.10. */
    {"check.crcs", "true", SETTING_TUNED},
    {"fetch.max.bytes", "16777216", SETTING_TUNED},
    {"fetch.message.max.bytes", "4194304", SETTING_TUNED},
    {"fetch.wait.max.ms", "50", SETTING_TUNED},
    {"fetch.error.backoff.ms", "10", SETTING_TUNED},
    {"fetch.queue.backoff.ms", "10", SETTING_OPTIONAL},
    {"topic.metadata.refresh.interval.ms", "30000", SETTING_TUNED}, /* New partitions are to be found soon. */
};

void source_settings(struct kafka_setting all[SOURCE_SETTINGS], const char *group)
{
    static_assert(SOURCE_SETTINGS == LENGTH_OF(settings) + 3, "the fixed ones, the group, and the depth of the queue");
    memcpy(all, settings, sizeof(settings));
    all[LENGTH_OF(settings)] = (struct kafka_setting){"group.id", group, SETTING_OWNED};
    choose_depth(all + LENGTH_OF(settings) + 1);
}
