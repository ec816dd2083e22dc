/* librdkafka's properties for the source's consumer. Private to this room. */
#ifndef GENTALLY_SOURCE_SETTINGS_H
#define GENTALLY_SOURCE_SETTINGS_H

#include "kafka_client.h"

#define SOURCE_SETTINGS 19

/* Fills `all`; the consumer group is `group`, which is borrowed. `has_statistics`: the notes are to know when a broker
 * is connected again (kafka_client.h). */
void source_settings(struct kafka_setting all[SOURCE_SETTINGS], const char *group, bool has_statistics);

#endif
