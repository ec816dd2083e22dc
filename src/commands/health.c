/* `gentally health`: asks the worker of this machine how it is, as an image's HEALTHCHECK and people do. */
#include <stdio.h>

#include "gentally/cli/command.h"
#include "gentally/commands/commands.h"
#include "gentally/metrics/probe.h"

enum option { READY };

static const struct command_option option_table[] = {
    [READY] = {"ready", NULL, "whether it has joined and sees Redis and a broker, too (/readyz)", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_health = {
    .name = "health",
    .purpose = "ask the worker on this machine how it is",
    .arguments = "[--ready]",
    .summary = "ask the worker on this machine how it is",
    .text =
        "Asks where metrics_listen says for /livez, or with --ready for /readyz, and prints the answer. Exit status 0\n"
        "where that is good, else 69: what a container's health check wants, without a shell or an HTTP client.\n"
        "\n"
        "Example:\n"
        "  gentally health --ready --metrics-listen 9464",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

static enum verdict run(struct command_call *call, struct reason *why)
{
    if (call->config->metrics_listen[0] == '\0')
        return reason_set(why, HALT, HEALTH_FAILED, 0,
                          "metrics_listen is not set: nothing is served that could be asked");
    return probe_ask(&call->config->metrics_endpoint, call->options[READY].value != NULL ? "/readyz" : "/livez", stdout,
                     why);
}
