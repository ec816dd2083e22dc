/* The one check that only some commands ask for: those that only read need no account key. */
#include "gentally/config/config.h"

#include <inttypes.h>

enum verdict config_check_accounts(const struct config *config, struct reason *why)
{
    if (config->account_key[0] != '\0')
        return GO_ON;
    if (config->suppress_below_accounts > 0)
        return reason_set(why, HALT, CONFIG_ACCOUNT_KEY, 0,
                          "suppress_below_accounts = %" PRId64
                          ": accounts are not counted without an account_key, so "
                          "nothing could be published",
                          config->suppress_below_accounts);
    if (config->names_accounts)
        return reason_set(why, HALT, CONFIG_ACCOUNT_KEY, 0,
                          "rollups: a rollup by `account` counts by pseudonyms, and without an account_key there are "
                          "none");
    return GO_ON;
}
