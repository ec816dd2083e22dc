/* gentally: one binary, one word says what to do. Each command is a file of src/commands/. */
#include "gentally/cli/program.h"
#include "gentally/commands/commands.h"

/* In the order in which a newcomer needs them. */
static const struct command *const commands[] = {
    &command_setup, &command_worker,  &command_produce,  &command_adapt,   &command_summaries, &command_signals,
    &command_top,   &command_report,  &command_figures,  &command_catalog, &command_verify,    &command_replay,
    &command_dlq,   &command_give_up, &command_registry, &command_erase,   &command_remove,    &command_health,
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
