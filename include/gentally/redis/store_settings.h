/*
 * The settings of a namespace in the store, under a hash tag of their own:
 *
 *   <ns>:{settings}:record    name -> value, as settings_write() of config/settings_text.h has them
 *   <ns>:{settings}:adapters  account_key -> digest of the key under which adapters let accounts in
 *
 * The record is written whole, by `gentally setup` and `gentally remove` alone; all others only read it. Calls answer
 * as store.h says of all.
 */
#ifndef GENTALLY_STORE_SETTINGS_H
#define GENTALLY_STORE_SETTINGS_H

#include "gentally/config/settings.h"

struct store;

/* Reads the settings. GO_ON with an empty `version`: none are kept. HALT: STORE-DAMAGED. */
MUST_CHECK enum verdict store_settings_read(struct store *store, struct settings *settings, struct reason *why);

/*
 * Writes the settings in place of those that have their version (none, if it is empty), and gives them a new version.
 * HALT: SETTINGS-CHANGED, others are kept meanwhile: somebody else runs setup, too.
 */
MUST_CHECK enum verdict store_settings_write(struct store *store, struct settings *settings, struct reason *why);

/*
 * Holds the key under which adapters let accounts into the namespace's topic, by its digest: the first one is kept, and
 * from then on only that one passes. HALT: SETTINGS-REFUSED, another one is kept; STORE-DAMAGED.
 */
MUST_CHECK enum verdict store_settings_hold_key(struct store *store, const char *digest, struct reason *why);

#endif
