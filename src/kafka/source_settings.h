/* librdkafka's properties for the source. Private to source*.c. */
#ifndef GENTALLY_SOURCE_SETTINGS_H
#define GENTALLY_SOURCE_SETTINGS_H

#include "kafka_client.h"

#define SOURCE_SETTINGS 16

/* Fills all of them; `group` is borrowed. */
void source_settings(struct kafka_setting all[SOURCE_SETTINGS], const char *group);

#endif
