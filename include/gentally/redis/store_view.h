/*
 * A view: all windows of a partition at one moment, for those that are in its journal alone. While a log is caught up
 * with, hours come by the thousand, and are over before the journal was ever applied to cells: read one by one, each
 * would cost a call, and all entries. A view is one call, and the entries once. It knows of every window of the
 * partition whether it is there; what of them is in cells has to be asked for.
 */
#ifndef GENTALLY_STORE_VIEW_H
#define GENTALLY_STORE_VIEW_H

#include "gentally/core/tail.h"
#include "gentally/redis/partition_state.h"

struct store;
struct store_view;

/* Bytes of the journals of all partitions that may be in views together. Owners who catch up apply before theirs have
 * more, or their windows would be read one by one after all. */
#define STORE_VIEWS_BYTES ((size_t)64 << 20)

/* Opens a view of nothing, which is silent. GO_ON gives it to the caller, to be closed once; NULL is fine there. HALT:
 * NO-MEMORY. */
MUST_CHECK enum verdict store_view_open(struct store_view **view, struct reason *why);
void store_view_close(struct store_view *view);

/*
 * Takes the view anew; of entries that have not changed since, what was read of them is kept. The view is silent where
 * few windows are in the journal alone, where the entries have more than `*bytes`, of which those that were read are
 * taken off, and where the partition cannot be read in full just now: whoever asks for a window then is told why. HALT:
 * NO-MEMORY.
 */
MUST_CHECK enum verdict store_view_take(struct store_view *view, struct store *store, int32_t partition, size_t *bytes,
                                        struct reason *why);

/* The state that the view was taken with; NULL: it is silent, since it has none, or Redis was connected to anew. */
const struct partition_state *store_view_state(const struct store_view *view, const struct store *store);

/*
 * Fills the empty tail of a window whose records are in the journal alone, or has nothing of: `*is_known`. `*records`
 * is how many the window has. Not silent. Verdicts of compaction_fill().
 */
MUST_CHECK enum verdict store_view_fill(const struct store_view *view, struct tail *tail, int64_t *records,
                                        bool *is_known, struct reason *why);

#endif
