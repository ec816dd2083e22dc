/* `gentally give-up`: an operator says that a partition that stopped is not waited for any more, or takes that back. */
#include <inttypes.h>
#include <stdio.h>

#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/commands/commands.h"
#include "gentally/core/event.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_stop.h"

enum option { PARTITION, REASON, UNDO };

static const struct command_option option_table[] = {
    [PARTITION] = {"partition", "P", "the partition of the input topic", NULL},
    [REASON] = {"reason", "TEXT", "why, for whoever looks later (default: given up by an operator)", NULL},
    [UNDO] = {"undo", NULL, "wait for the partition again", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_give_up = {
    .name = "give-up",
    .purpose = "wait no longer for a partition that stopped: its windows become final without it",
    .arguments = "--partition P [--reason TEXT | --undo]",
    .summary = "wait no longer for a partition that stopped",
    .text =
        "While a partition is stopped, windows that may still get records of it are published as early, and kept.\n"
        "Once it is given up they become on_time, and are deleted when their time is over; the ledger says given_up\n"
        "of the partition, with its reason and offset. What its log still holds of windows that are deleted by then\n"
        "is too late when it counts again. The next record that it counts, or its log's end, takes it back. A\n"
        "partition that counts is not given up.\n"
        "\n"
        "Example:\n"
        "  gentally give-up --partition 3 --reason 'disk lost, backup has no copy'",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

static enum verdict give_up(struct store *store, int32_t partition, const char *text, struct reason *why)
{
    struct partition_state state;
    enum verdict verdict = store_give_up(store, partition, text, why);

    if (verdict == GO_ON)
        verdict = store_state(store, partition, &state, why);
    if (verdict != GO_ON)
        return verdict;
    printf("partition %" PRId32 ", stopped at offset %" PRId64 " for %s, is %s\n", partition, state.stopped_at,
           state.stopped, text == NULL ? "waited for again" : "given up");
    return GO_ON;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    const struct command_option *options = call->options;
    struct store *store = NULL;
    struct logger logger;
    int64_t partition = 0;
    const char *text = options[REASON].value == NULL ? "given up by an operator" : options[REASON].value;

    if (options[PARTITION].value == NULL || (options[UNDO].value != NULL && options[REASON].value != NULL) ||
        text[0] == '\0')
        return reason_set(why, HALT, CONFIG_FLAG, 0, "give-up wants --partition P, and a --reason TEXT or --undo");
    enum verdict verdict = option_integer(&options[PARTITION], 0, PARTITIONS_MAX - 1, &partition, why);
    if (verdict != GO_ON)
        return verdict;
    log_open_as(&logger, call->config->log_level, call->config->log_format, command_give_up.name);
    verdict = store_open(&store, call->config, &logger, why);
    if (verdict == GO_ON)
        verdict = give_up(store, (int32_t)partition, options[UNDO].value != NULL ? NULL : text, why);
    store_close(store);
    log_close(&logger);
    return verdict;
}
