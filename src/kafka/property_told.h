/* What is wrong with a property that librdkafka refuses. Private to this room. */
#ifndef GENTALLY_PROPERTY_TOLD_H
#define GENTALLY_PROPERTY_TOLD_H

#include <librdkafka/rdkafka.h>

#include "gentally/base/verdict.h"

struct config;

/* HALT with `id`: librdkafka does not know the property (the nearest name is told), or does not take the value (what is
 * allowed is told, or what librdkafka says, which is not repeated of a secret). `text`: librdkafka's own words. */
enum verdict property_refuse(const char *name, rd_kafka_conf_res_t result, const char *text, enum reason_id id,
                             struct reason *why);

/* HALT with `id`: librdkafka made no client, and says `text`. Of a file that cannot be read it does not say which: it
 * is told here. */
enum verdict property_refuse_all(const struct config *config, const char *text, enum reason_id id, struct reason *why);

#endif
