/*
 * The commands of gentally-demo, which make traffic and a broker to try gentally with. Each takes the arguments after
 * the program's name, writes to standard output and error, and returns an exit status, as cli/program.h wants it.
 */
#ifndef GENTALLY_DEMO_H
#define GENTALLY_DEMO_H

/* Writes a seeded workload as JSON lines to standard output. */
int command_generate(int argc, char **argv);

/* Runs the quickstart's broker, librdkafka's mock cluster, until SIGTERM or SIGINT. */
int command_broker(int argc, char **argv);

#endif
