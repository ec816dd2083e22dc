/* What `gentally replay` stands on: lists of windows, and a replay's namespace from its beginning to its end. */
#ifndef GENTALLY_REPLAY_NAMESPACE_H
#define GENTALLY_REPLAY_NAMESPACE_H

#include "gentally/config/config.h"
#include "gentally/ingest/replay.h"
#include "gentally/inspect/compare.h"

struct replay_counts {
    uint64_t records; /* read again */
    uint64_t windows; /* compared, of one partition each */
    struct comparison compared;
    uint64_t outcomes; /* partitions' outcomes that differ */
    uint64_t moved, sealed, outside;
    int64_t shown;
};

/* Zero at first; `windows` is freed by the owner. */
struct window_list {
    uint32_t count, room;
    struct stored_window *windows;
};

/* Reads a partition's windows, behind what is there with `is_more`. Verdicts of store_windows(). */
MUST_CHECK enum verdict window_list_read(struct window_list *list, struct store *store, int32_t partition, bool is_more,
                                         struct reason *why);

/* Sorts, and keeps one of each window. */
void window_list_unite(struct window_list *list);

/* replay_open(), again while the topics that were made a moment ago are not everywhere. */
MUST_CHECK enum verdict replay_open_when_ready(struct replay **replay, const struct config *config,
                                               struct logger *logger, struct reason *why);

/* Deletes a replay's keys and topics. Safe to repeat. */
MUST_CHECK enum verdict replay_remove(const struct config *config, struct window_list *list, struct logger *logger,
                                      struct reason *why);

#endif
