/* The namespace of a replay, from its beginning, when its topics come into being, to its removal. */
#ifndef GENTALLY_REPLAY_NAMESPACE_H
#define GENTALLY_REPLAY_NAMESPACE_H

#include "gentally/config/config.h"
#include "gentally/ingest/replay.h"
#include "window_list.h"

/*
 * Opens a replay as replay_open() does, again for half a minute while topics that were made a moment ago are not known
 * to every broker.
 */
MUST_CHECK enum verdict replay_open_when_ready(struct replay **replay, const struct config *config,
                                               struct logger *logger, struct reason *why);

/*
 * Deletes a replay's keys and topics; `list` is scratch. Safe to repeat: a removal that was interrupted is taken up
 * again. Verdicts of store_open(), store_remove() and topics_remove().
 */
MUST_CHECK enum verdict replay_remove(const struct config *config, struct window_list *list, struct logger *logger,
                                      struct reason *why);

#endif
