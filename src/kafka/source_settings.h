/*
 * librdkafka's properties for the source's consumer. Of all our clients it alone is a member of the workers' group, so
 * what is configured of the group's protocol is for it alone. Private to this room.
 */
#ifndef GENTALLY_SOURCE_SETTINGS_H
#define GENTALLY_SOURCE_SETTINGS_H

#include "kafka_client.h"

#define SOURCE_SETTINGS 19

/* Fills `all` and returns how many there are. Borrows the configuration. `has_statistics`: the notes are to know when
 * a broker is connected again (kafka_client.h). */
size_t source_settings(struct kafka_setting all[SOURCE_SETTINGS], const struct config *config, bool has_statistics);

/* Whether the protocol that is configured gives and takes partitions one by one, and not all at once. */
bool source_is_incremental(const struct config *config);

/* Whether the broker assigns: the protocol "consumer". */
bool source_is_assigned_by_broker(const struct config *config);

/* Looks at what is configured of the group's protocol, for a librdkafka of that version, as rd_kafka_version() writes
 * it. HALT: SOURCE-CONFIG (no such protocol), SOURCE-PROTOCOL (it is not sound in this version). */
MUST_CHECK enum verdict source_settings_check(const struct config *config, int version, struct reason *why);

#endif
