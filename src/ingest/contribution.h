/*
 * A contribution is what one event added to the rows, in bytes that outlive the worker's symbols. The store keeps it
 * with the event's id, so that an amendment or a retraction can take exactly that back, whatever the taxonomy says by
 * then. Pure.
 *
 *   version 2, placed, stuck      a byte each
 *   rollups                       4 bytes, little-endian
 *   flags, event_ms               varints
 *   five amounts                  varints: prompt, completion, reasoning, cached, cost
 *   five histogram buckets        a byte each
 *   six dimensions                size varint, text
 *   categories                    count varint; size varint, text of each
 *   tags                          count varint; index of the category, size varint, text of each
 *
 * Most measures follow from the five amounts, as the tokens, their square, the cost or 1, or are 0: one flag each, by
 * measure. A gentally that had fewer measures set no flag for the others, and added nothing to them either, so just
 * what was added is taken back. Version 1, which had no account among its dimensions, is read. Labels stand in the
 * fact's order, by which split_tokens were divided. The account's register is not kept: a union cannot be taken back.
 */
#ifndef GENTALLY_CONTRIBUTION_H
#define GENTALLY_CONTRIBUTION_H

#include "gentally/base/symbols.h"
#include "gentally/core/event.h"

/* The most bytes contribution_write() can need. */
#define CONTRIBUTION_MAX (128 + (DIM_COUNT + 3 * EVENT_LABELS_MAX) * (EVENT_TEXT_MAX + 4))

/* Where an event is counted. */
struct placement {
    uint32_t placed;  /* in its window of these kinds (a bit per window_kind) */
    uint32_t stuck;   /* in an earlier window of these kinds, which was closed before an amendment moved the event */
    uint32_t rollups; /* the mark of the rollups (config.h) it is counted by: no other row holds it */
};

/* Writes a contribution: of `fact`, whose symbols are in `symbols`, to `bytes` (room for CONTRIBUTION_MAX). Returns the
 * size. */
size_t contribution_write(const struct fact *fact, struct placement placement, const struct symbols *symbols,
                          uint8_t *bytes);

/* Reads a contribution back into `fact`, all but its account and `fact->windows`. Texts are interned, for which there
 * must be room, as for one event (enrich_has_room()). False if the bytes are no contribution. */
MUST_CHECK bool contribution_read(struct span bytes, struct symbols *symbols, struct fact *fact,
                                  struct placement *placement);

#endif
