/*
 * An entry of a partition's journal: what one flush, or a part of one, adds to rows and takes from them. Entries lie in
 * the store, one behind the other, until they are applied to the cells; tail.h adds them up. As bytes:
 *
 *   version 1 (1 byte) | rows_max varint
 *                      | count of windows varint | per window: kind (1 byte), start varint, records varint
 *                      | count of rows varint    | per row: flags (1 byte), place if flagged, key, cell
 *                      | blocks to the end       | per block: tag (1 byte), bytes
 *
 * A place is where a row counts: the start of its base window (varint) and the kinds of its windows (1 byte); a row
 * without one has the place of the row before. Times are zigzag varints; before bytes stands their size, a varint. A
 * block whose tag a reader does not know is passed over; there is none yet. Rows stand in the order in which the
 * input's log had them first, those that are taken behind all others. Pure; no allocation.
 */
#ifndef GENTALLY_JOURNAL_ENTRY_H
#define GENTALLY_JOURNAL_ENTRY_H

#include "gentally/base/verdict.h"
#include "gentally/core/window.h"

/* One window of an entry, and the records that it gets by it. */
struct entry_window {
    struct window window;
    int64_t records;
};

/* One row of an entry. */
struct entry_row {
    int64_t base_ms;    /* start of the base window */
    uint32_t kinds;     /* of the windows around it in which the row counts: a bit per window_kind, never 0 */
    bool is_taken;      /* taken away, not added */
    struct span key;    /* as row_key_write() has it */
    struct span packed; /* a packed cell */
};

/* The most bytes that an entry takes without its rows, and that a row takes beside its key and cell. */
#define ENTRY_HEAD_MAX(windows) (32 + 21 * (size_t)(windows))
#define ENTRY_ROW_MAX 33

/* Writes an entry begin to end: first the windows, then `rows` rows in their order. `bytes` has the room. */
struct entry_writer {
    uint8_t *at;
    int64_t base_ms;
    uint32_t kinds; /* 0: no row was written yet */
};
void entry_begin(struct entry_writer *writer, uint8_t *bytes, int64_t rows_max, const struct entry_window windows[],
                 uint32_t window_count, uint32_t rows);
void entry_put_row(struct entry_writer *writer, const struct entry_row *row);

/* Reads an entry that is borrowed: its windows, then its rows. */
struct entry_reader {
    const uint8_t *at, *end;
    int64_t rows_max;
    uint64_t windows, rows; /* that are left */
    int64_t base_ms;
    uint32_t kinds;
    bool is_taken; /* what was read last */
};

/* All return false if the bytes are no entry. The windows must be read out before the first row; after the last row
 * entry_close() looks at the rest. */
MUST_CHECK bool entry_open(struct entry_reader *reader, struct span bytes);
MUST_CHECK bool entry_next_window(struct entry_reader *reader, struct entry_window *window);
MUST_CHECK bool entry_next_row(struct entry_reader *reader, struct entry_row *row);
MUST_CHECK bool entry_close(struct entry_reader *reader);

#endif
