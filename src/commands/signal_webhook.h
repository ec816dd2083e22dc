/* The options of `signals` that name a webhook. */
#ifndef GENTALLY_SIGNAL_WEBHOOK_H
#define GENTALLY_SIGNAL_WEBHOOK_H

#include "signal_deliveries.h"

struct signal_webhook {
    const struct command_option *url, *url_file, *token_file, *state;
};

/* Opens deliveries as the options say; leaves `*deliveries` as it is where they name no webhook. HALT: CONFIG-VALUE
 * (not with --follow, named twice, without its file), CONFIG-UNREADABLE (a secret's file), and
 * signal_deliveries_open()'s. */
MUST_CHECK enum verdict signal_webhook_open(struct signal_deliveries **deliveries, const struct signal_webhook *webhook,
                                            bool is_followed, const struct signal_wanted *wanted, struct logger *logger,
                                            struct reason *why);

#endif
