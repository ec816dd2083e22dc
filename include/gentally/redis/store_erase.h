/*
 * One account taken out of what the store keeps by accounts (runbooks/erase.md): rows by account in
 * the cells of open windows, and retention's pairs. And the marks by which a log that is counted again knows whose
 * records were erased:
 *
 *   <ns>:{settings}:erased   mark -> "" while the erasure is under way, then "<partition>:<offset> ..."
 *
 * The caller owns the partitions, and nobody flushes or merges meanwhile. Calls answer as store.h says of all.
 */
#ifndef GENTALLY_STORE_ERASE_H
#define GENTALLY_STORE_ERASE_H

#include "gentally/core/activities.h"
#include "gentally/redis/partition_state.h"

struct store;

/* Checks that Redis has the functions for it, which an older `setup` did not load, and that the partition may be
 * written. HALT: STORE-FUNCTIONS-MISSING, STORE-TAINTED. */
MUST_CHECK enum verdict store_erase_check(struct store *store, int32_t partition, struct reason *why);

/* Gets a row of a window whose key holds the text that was looked for: borrowed for the call. */
typedef enum verdict store_row_reader(void *context, struct span key, struct span packed, struct reason *why);

/* Gives `each` the cells of a window whose keys hold `text` (no characters of a pattern). Each at least once, in no
 * order. Blocks for some round trips. */
MUST_CHECK enum verdict store_rows_find(struct store *store, int32_t partition, struct window window, const char *text,
                                        store_row_reader *each, void *context, struct reason *why);

/* The cell of a row, copied to `packed` (room for CELL_PACKED_MAX); `*size` 0: there is none. */
MUST_CHECK enum verdict store_row_read(struct store *store, int32_t partition, struct window window, struct span key,
                                       uint8_t *packed, size_t *size, struct reason *why);

/* A row that gets another name. */
struct row_renaming {
    const char *rollup;
    struct span key, new_key;
    struct span there; /* the cell under the new name; absent: none */
    struct span cell;  /* the cell to be there */
};

/* Renames a row of a window that lacks nothing of its journal, in a partition that the caller owns by `state`.
 * TRY_LATER: STORE-WINDOW-GREW, the window changed. REWIND: STORE-FENCED. HALT: STORE-TORN, STORE-TAINTED,
 * STORE-STATE-MISSING, STORE-INCARNATION. */
MUST_CHECK enum verdict store_row_rename(struct store *store, const struct partition_state *state, struct window window,
                                         const struct row_renaming *renaming, struct reason *why);

/* Takes an account out of retention's pairs; the counts stay. What others read of entries before and have not merged
 * yet they give up. `*pairs` = how many it had. With `is_dry` it only looks. TRY_LATER, HALT as store_retention_merge()
 * answers. */
MUST_CHECK enum verdict store_retention_erase(struct store *store, const uint8_t account[ACCOUNT_SIZE], bool is_dry,
                                              uint32_t *pairs, struct reason *why);

#define ERASED_MARK_SIZE 33 /* bytes: 32 hexadecimal digits, with the NUL */

/* Gets a mark: where its account's records end that were erased, by partition; -1: not in that partition. `count` 0: it
 * is under way. Borrowed for the call. */
typedef enum verdict store_mark_reader(void *context, const char *mark, const int64_t offsets[], int32_t count,
                                       struct reason *why);

/* Gives `each` all marks. HALT: STORE-DAMAGED. */
MUST_CHECK enum verdict store_marks_read(struct store *store, store_mark_reader *each, void *context,
                                         struct reason *why);

/* Writes a mark in place of what is there. `count` 0: it is under way. */
MUST_CHECK enum verdict store_mark_write(struct store *store, const char *mark, const int64_t offsets[], int32_t count,
                                         struct reason *why);

#endif
