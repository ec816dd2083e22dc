/* The namespace of a replay, from its beginning, when its topics come into being, to its removal. */
#ifndef GENTALLY_REPLAY_NAMESPACE_H
#define GENTALLY_REPLAY_NAMESPACE_H

#include "gentally/config/settings.h"
#include "gentally/ingest/replay.h"
#include "window_list.h"

/*
 * Reads the settings of the live namespace and holds what this process is told against them; the group may be another.
 * HALT: SETTINGS-MISSING, SETTINGS-CHANGED, SETTINGS-REFUSED, and as settings_told() and store_settings_read() answer.
 */
MUST_CHECK enum verdict replay_settings(struct settings *settings, struct store *live, const struct config *live_config,
                                        struct reason *why);

/*
 * Opens a replay as replay_open() does, again for half a minute while topics that were made a moment ago are not known
 * to every broker.
 */
MUST_CHECK enum verdict replay_open_when_ready(struct replay **replay, const struct config *config,
                                               const struct settings *settings, struct logger *logger,
                                               struct reason *why);

/*
 * Deletes a replay's keys and topics; `list` is scratch. Safe to repeat: a removal that was interrupted is taken up
 * again. Verdicts of store_open(), store_remove() and topics_remove().
 */
MUST_CHECK enum verdict replay_remove(const struct config *config, struct window_list *list, struct logger *logger,
                                      struct reason *why);

#endif
