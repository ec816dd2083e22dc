/*
 * All keys of a namespace, whatever they hold: looked through in portions, and deleted for good by `gentally remove`.
 * A key belongs to the namespace if "<namespace>:{" is its beginning, so that no other namespace's key does, however
 * its name begins. Needs the right to run SCAN. The settings are not counted, and deleted by themselves, since they say
 * what belongs to the namespace beside its keys.
 */
#ifndef GENTALLY_STORE_NAMESPACE_H
#define GENTALLY_STORE_NAMESPACE_H

#include "gentally/base/verdict.h"

struct store;

/* Looks through all keys of the database, a thousand at a time, and counts, or with `is_removal` deletes, those of the
 * namespace. Safe to repeat. Verdicts as store.h says of all calls. */
MUST_CHECK enum verdict store_namespace_scan(struct store *store, bool is_removal, uint64_t *count, struct reason *why);

/* Deletes the settings. Safe to repeat. */
MUST_CHECK enum verdict store_namespace_forget(struct store *store, struct reason *why);

/* Whether a worker holds the right to close windows, which lapses some seconds after its end. */
MUST_CHECK enum verdict store_namespace_is_closed_by(struct store *store, bool *is_held, struct reason *why);

#endif
