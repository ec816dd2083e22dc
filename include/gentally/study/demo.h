/* The commands of gentally-demo. cli/command.h says what a command is, and runs it. */
#ifndef GENTALLY_DEMO_H
#define GENTALLY_DEMO_H

#include "gentally/cli/command.h"

extern const struct command command_generate; /* a seeded workload as JSON lines on standard output */
extern const struct command command_broker;   /* the broker of the quickstart: librdkafka's mock cluster */

#endif
