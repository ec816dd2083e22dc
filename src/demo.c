/* The program gentally-demo: what the quickstart, tests and benches try gentally with. No part of a deployment. */
#include "gentally/study/demo.h"

#include "gentally/cli/program.h"

static const struct program_command commands[] = {
    {"generate", command_generate, "make events with the shape of real traffic, from a seed"},
    {"broker", command_broker, "run a throw-away Kafka broker in memory, to try things out"},
};

int main(int argc, char **argv)
{
    static const struct program demo = {
        .name = "gentally-demo",
        .purpose = "Traffic and a Kafka broker, both made up, to try gentally with.",
        .commands = commands,
        .command_count = LENGTH_OF(commands),
    };

    return program_run(&demo, argc, argv);
}
