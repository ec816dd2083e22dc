/*
 * What a process is told, as settings: its options, where its input is, and a digest of its account key. Whoever counts
 * compares it with what the namespace keeps (config/settings.h).
 */
#ifndef GENTALLY_SETTINGS_TOLD_H
#define GENTALLY_SETTINGS_TOLD_H

#include "gentally/config/settings.h"

/*
 * Fills the settings; asks Kafka for the cluster and the topic's partitions (0: the topic is not there). The digest is
 * an HMAC of a constant: nothing of the key can be read from it. Blocks, and answers, as topics_input() does; HALT too:
 * NO-MEMORY, ACCOUNT-HMAC.
 */
MUST_CHECK enum verdict settings_told(struct settings *told, const struct config *config, struct reason *why);

/* The digest alone; empty if there is no key. HALT: NO-MEMORY, ACCOUNT-HMAC. */
MUST_CHECK enum verdict settings_key_digest(const struct config *config, char digest[SETTINGS_DIGEST_SIZE],
                                            struct reason *why);

#endif
