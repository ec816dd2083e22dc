/* The commands of gentally-demo, as cli/program.h runs them. */
#ifndef GENTALLY_DEMO_H
#define GENTALLY_DEMO_H

/* A seeded workload as JSON lines on standard output. */
int command_generate(int argc, char **argv);

/* The embedded broker of the quickstart: librdkafka's mock cluster. */
int command_broker(int argc, char **argv);

#endif
