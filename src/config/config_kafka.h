/* The properties that pass through to librdkafka (kafka.*), and the refusal of those the worker owns. */
#ifndef GENTALLY_CONFIG_KAFKA_H
#define GENTALLY_CONFIG_KAFKA_H

#include "gentally/config/config.h"

/*
 * Sets one property, `name` without "kafka."; a second value replaces the first. `place` says where the text came from.
 * HALT: CONFIG-OWNED (the worker sets the property itself; the message says what to use instead), CONFIG-VALUE.
 */
MUST_CHECK enum verdict config_kafka_set(struct config *config, const char *name, const char *text, const char *place,
                                         struct reason *why);

/* Checks the properties against the options that go with them: a token, and the mechanism that takes one. HALT:
 * CONFIG-VALUE. */
MUST_CHECK enum verdict config_kafka_check(const struct config *config, struct reason *why);

#endif
