/* gentally: one binary, one word says what to do. Each command is a file of src/commands/. */
#include "gentally/cli/program.h"
#include "gentally/commands/commands.h"

/* In the order in which a newcomer needs them. */
static const struct program_command commands[] = {
    {"setup", command_setup, "create what is missing: topics, Redis functions, the partitions' first state"},
    {"worker", command_worker, "count events: Kafka to Redis to summaries; run as many as you need"},
    {"produce", command_produce, "send events, JSON lines on standard input, to the topic"},
    {"summaries", command_summaries, "show the summaries of a rollup, as a table, CSV or JSON"},
    {"signals", command_signals, "find what is worth a look in the summaries, and publish it"},
    {"top", command_top, "show the live counters, straight from Redis"},
    {"report", command_report, "write the study's figures and tables from the summaries"},
    {"catalog", command_catalog, "look models up; list those the catalog does not know"},
    {"verify", command_verify, "prove from the ledger and the summaries that nothing was lost or counted twice"},
    {"replay", command_replay, "count the log again, beside the live counters, and compare cell by cell"},
    {"dlq", command_dlq, "look at dead letters; send them back once their cause is repaired"},
};

int main(int argc, char **argv)
{
    static const struct program gentally = {
        .name = "gentally",
        .purpose = "Exact, live usage statistics from a stream of LLM generation records.",
        .commands = commands,
        .command_count = LENGTH_OF(commands),
    };

    return program_run(&gentally, argc, argv);
}
