/* The settings of the namespace that a pipeline counts into, held against what it is told. */
#ifndef GENTALLY_PIPELINE_SETTINGS_H
#define GENTALLY_PIPELINE_SETTINGS_H

#include "gentally/base/verdict.h"

struct pipeline;
struct settings;
struct store;

/*
 * Reads the settings that are kept, compares them, and counts by them from here on. A topic that has grown is told, not
 * refused: its new partitions have no state, and stop by themselves. HALT: SETTINGS-MISSING, SETTINGS-CHANGED,
 * SETTINGS-REFUSED, and as settings_told() and store_settings_read() answer.
 */
MUST_CHECK enum verdict pipeline_check_settings(struct pipeline *pipeline, struct reason *why);

/* Counts by these settings, which somebody else compared. */
void pipeline_use_settings(struct pipeline *pipeline, const struct settings *settings);

/*
 * To be called after partitions were claimed: whoever changes the settings first says so in them, then claims all
 * partitions. So a claim that is followed by the same settings as before is one from before the change, and fenced by
 * it, or one after it. HALT: SETTINGS-CHANGED; TRY_LATER: ERASE-UNDER-WAY; both as store_settings_read() answers.
 */
MUST_CHECK enum verdict pipeline_recheck_settings(struct pipeline *pipeline, struct reason *why);

/* Before a claim, or a closer: nobody claims a partition from an erasure, nor publishes what it has done in part.
 * TRY_LATER: ERASE-UNDER-WAY; TRY_LATER and HALT as store_settings_read() answers. */
MUST_CHECK enum verdict pipeline_await_erasure(struct pipeline *pipeline, struct reason *why);

/* Reads which accounts were erased in the namespace of `store`; `notes`: what they did is noted for retention, as a
 * replay does. Verdicts of erased_open(). */
MUST_CHECK enum verdict pipeline_read_erased(struct pipeline *pipeline, struct store *store, bool notes,
                                             struct reason *why);

/* The ids that what is published is framed with, as the settings keep them; none without a `registry_url`, or where
 * nothing is kept. */
struct schema_ids pipeline_schema_ids(const struct pipeline *pipeline);

#endif
