/* Which signals somebody wants to see, or to be told of: by kind, date and traffic. All of them stand in the topic. */
#ifndef GENTALLY_SIGNAL_WANTED_H
#define GENTALLY_SIGNAL_WANTED_H

#include "gentally/config/config_load.h"
#include "gentally/core/signal.h"

struct signal_wanted {
    uint32_t kinds;   /* bits by enum signal_kind */
    int64_t since_ms; /* windows that start then or later; INT64_MIN: all */
    int64_t floor;    /* of those that have `requests`, only of so many */
};

/* Everything. */
struct signal_wanted signal_wanted_all(void);

/* Reads --kind KIND[,KIND], --since TIME and --floor N. HALT: CONFIG-VALUE. */
MUST_CHECK enum verdict signal_wanted_read(struct signal_wanted *wanted, const struct command_option *kind,
                                           const struct command_option *since, const struct command_option *floor,
                                           struct reason *why);

bool signal_is_wanted(const struct signal_wanted *wanted, const struct signal *signal);

#endif
