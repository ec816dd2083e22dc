/*
 * The windows of a partition in the store, from reading them back to their end: a window is read with the state it
 * belongs to, sealed once its summary is final, collected when every partition has sealed it. A replay's namespace is
 * removed whole.
 */
#ifndef GENTALLY_STORE_WINDOWS_H
#define GENTALLY_STORE_WINDOWS_H

#include "gentally/base/verdict.h"
#include "gentally/redis/partition_state.h"

struct store;
struct store_view;

/* One window of one partition in the store. */
struct stored_window {
    struct window window;
    int64_t records;
};

/* Reads a partition's windows, in no order, at most `room`; `*count` = how many there are (call again with more room if
 * there are more). */
MUST_CHECK enum verdict store_windows(struct store *store, int32_t partition, struct stored_window windows[],
                                      uint32_t room, uint32_t *count, struct reason *why);

/* How many cells a window has, with the few numbers beside them. */
MUST_CHECK enum verdict store_window_cells(struct store *store, int32_t partition, struct window window, int64_t *cells,
                                           struct reason *why);

/* Gets a cell of a window; the key and the packed cell are borrowed for the call. */
typedef enum verdict store_cell_reader(void *context, struct span key, struct span packed, struct reason *why);

/*
 * Reads one window of one partition together with the state it belongs to, and gives `each` all its cells, in no order:
 * as they are stored, with what the journal has of them (store_journal.h) added. A window with more than a sixteenth of
 * `flush_rows_max` fields is read in portions of that many; `each` is called once it is known that nothing changed
 * meanwhile. `*records` is 0, and `each` is not called, if the window has no data. Stops at the first verdict of `each`
 * that is not GO_ON and returns it. TRY_LATER: STORE-WINDOW-GREW, it changed each time. HALT: STORE-TORN,
 * STORE-STATE-MISSING, NO-MEMORY.
 */
MUST_CHECK enum verdict store_snapshot(struct store *store, int32_t partition, struct window window,
                                       store_cell_reader *each, void *context, int64_t *records,
                                       struct partition_state *state, struct reason *why);

/* Gets what a partition has of a window: its records, with the state it was read with; NULL and 0 where its state is
 * missing. Borrowed for the call. */
typedef void store_part_reader(void *context, int32_t partition, const struct partition_state *state, int64_t records);

/*
 * Reads one window of the partitions 0 to `partitions` - 1, each as store_snapshot() does and at a moment of its own,
 * and gives `each` the cells and `part` what the partition has, once for each, in no order. Asks 32 partitions before
 * the first answer is waited for, so that the store works while its answers are looked at; what a partition's view
 * knows (store_view.h; `views` by partition, or NULL) is not asked for, and is as of the view. Verdicts of
 * store_snapshot(), but for STORE-STATE-MISSING; STORE-UNREACHABLE is TRY_LATER. Some cells may have been given then.
 */
MUST_CHECK enum verdict store_snapshots(struct store *store, int32_t partitions, struct window window,
                                        struct store_view *const views[], store_cell_reader *each,
                                        store_part_reader *part, void *context, struct reason *why);

/*
 * Seals the windows of `kind` in one partition that start before `floor_ms` (the start of the first one kept): no flush
 * touches them any more. `seen` is the partition as the caller last read it, and `known` are those windows with the
 * records that their last summary was made of. TRY_LATER (STORE-WINDOW-GREW): one of them has grown since, is not
 * named, or is missing, or the partition stands before `seen` (the store was rolled back, and will count again): look
 * and emit first. Never lowers the floor; harmless to repeat.
 */
MUST_CHECK enum verdict store_seal(struct store *store, const struct partition_state *seen, enum window_kind kind,
                                   int64_t floor_ms, const struct stored_window known[], uint32_t count,
                                   struct reason *why);

/* Deletes 1 to STORE_COLLECT_MAX sealed windows, all of one kind. Only when every partition has sealed them: until then
 * a late record may still need their sum. Harmless to repeat. */
#define STORE_COLLECT_MAX 1000
MUST_CHECK enum verdict store_collect(struct store *store, int32_t partition, const struct stored_window windows[],
                                      uint32_t count, struct reason *why);

/* Deletes all that a partition has, given its windows: of a replay's namespace only, whose name holds STORE_REPLAY.
 * Harmless to repeat. */
#define STORE_REPLAY "-replay-"
MUST_CHECK enum verdict store_remove(struct store *store, int32_t partition, const struct stored_window windows[],
                                     uint32_t count, struct reason *why);

#endif
