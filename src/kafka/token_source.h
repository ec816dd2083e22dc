/*
 * Where a client's bearer token comes from (kafka_token_command, kafka_token_file), whenever librdkafka asks for one:
 * at the client's start, after four fifths of a token's time, and ten seconds after a failure. It asks on a thread of
 * its own, so that nobody waits for a command that hangs but the connections that need the token. Private to this room.
 */
#ifndef GENTALLY_TOKEN_SOURCE_H
#define GENTALLY_TOKEN_SOURCE_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>

#include "gentally/config/config.h"

/* What librdkafka's error text begins with that a failure makes of it. */
#define TOKEN_FAILURE "Failed to acquire SASL OAUTHBEARER token: "

/* All zero: none. Stays at one address while its client lives. */
struct token_source {
    char from[CONFIG_TEXT_MAX];
    bool is_command;
    atomic_bool is_failing;  /* the last asking gave no token */
    atomic_bool is_unwanted; /* its client is about to be closed */
};

/* Takes it from the configuration; returns whether there is one. */
bool token_source_open(struct token_source *source, const struct config *config);

/* Gives the client a token, or says why not: librdkafka tells that as an error that begins with TOKEN_FAILURE. Blocks
 * as long as the command may run. */
void token_source_give(struct token_source *source, rd_kafka_t *client);

#endif
