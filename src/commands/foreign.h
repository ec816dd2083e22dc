/* What `produce --from` and `adapt` have in common: an adapter for the source that was named, with accounts hidden by
 * the configured key. */
#ifndef GENTALLY_FOREIGN_H
#define GENTALLY_FOREIGN_H

#include "gentally/adapters/adapter.h"
#include "gentally/config/config_load.h"

struct logger;
struct pseudonyms;

struct foreign {
    struct adapter *adapter;
    struct pseudonyms *pseudonyms; /* NULL: there is no account_key */
};

/* Reads which source is meant; leaves `*source` if none is. HALT: CONFIG-VALUE. */
MUST_CHECK enum verdict foreign_source(const struct command_option *from, enum adapter_source *source,
                                       struct reason *why);

/* With a key, asks the store whether it is the one that accounts of this namespace came in under before, so Redis must
 * be there. HALT: SETTINGS-REFUSED (it is another one), NO-MEMORY, ACCOUNT-HMAC, STORE-*; TRY_LATER: STORE-UNREACHABLE.
 * foreign_close() is to follow in any case. */
MUST_CHECK enum verdict foreign_open(struct foreign *foreign, const struct config *config, enum adapter_source source,
                                     struct logger *logger, struct reason *why);
void foreign_close(struct foreign *foreign);

#endif
