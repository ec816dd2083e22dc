/* The settings of a namespace in `setup`: compared before anything is made, then written down or carried out. */
#ifndef GENTALLY_SETUP_SETTINGS_H
#define GENTALLY_SETUP_SETTINGS_H

#include "gentally/config/settings.h"

struct store;

/* Zero at first. */
struct setup_settings {
    struct settings kept, told;
    bool is_changed; /* they differ, in what can be carried out, not counting a topic that grew */
};

/*
 * Compares what is kept with what is told, and prints each difference that will be carried out. HALT: SETTINGS-REFUSED;
 * SETTINGS-MISSING: records were counted, and nothing is kept of what by (with `may_begin_again` what is told is taken
 * for it); and as settings_told() and store_state() answer.
 */
MUST_CHECK enum verdict setup_settings_compare(struct setup_settings *settings, const struct config *config,
                                               struct store *store, bool may_begin_again, struct reason *why);

/*
 * Writes the settings, now that the topic has `partitions`, before states are made for them. Where they changed, and
 * not just the topic grew, all partitions are claimed first, so that whoever counts by the old ones is fenced and ends;
 * a kind of window that is new is sealed below its first whole window. Safe to repeat. HALT: SETTINGS-CHANGED (somebody
 * else runs setup), and as store_claim() and store_seal() answer.
 */
MUST_CHECK enum verdict setup_settings_carry_out(struct setup_settings *settings, struct store *store,
                                                 int32_t partitions, struct reason *why);

#endif
