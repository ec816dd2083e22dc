/* The program gentally-demo: what the quickstart, tests and benches try gentally with. No part of a deployment. */
#include "gentally/study/demo.h"

#include "gentally/cli/program.h"

static const struct command *const commands[] = {&command_generate, &command_broker};

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
