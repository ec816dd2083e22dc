/*
 * What one event added to the rows, in bytes that outlive the worker's symbols: kept with the event's id, so that an
 * amendment or a retraction can take exactly that back, whatever the taxonomy says by then.
 *
 *   version 2 | placed | stuck | rollups, 4 bytes | flags varint | event_ms varint | five amounts, varints | five
 * histogram buckets | six dimensions: size varint, text | categories: count varint, texts | tags: count varint,
 * (category index, text)
 *
 * Most measures follow from the five amounts, as the tokens, their square, the cost or 1, or are nothing: one flag
 * each, by measure. A gentally that had fewer measures set no flag for the others, and added nothing to them either, so
 * just what was added is taken back. Version 1, which had no account among its dimensions, is read. Labels stand in the
 * fact's order, by which split_tokens were divided. The account's register is not kept: a union cannot be taken back.
 * Pure.
 */
#ifndef GENTALLY_CONTRIBUTION_H
#define GENTALLY_CONTRIBUTION_H

#include "gentally/base/symbols.h"
#include "gentally/core/event.h"

/* The most bytes contribution_write() can need. */
#define CONTRIBUTION_MAX (128 + (DIM_COUNT + 3 * EVENT_LABELS_MAX) * (EVENT_TEXT_MAX + 4))

/* The windows of the event, a bit per window_kind. */
struct placement {
    uint32_t placed;  /* it is counted in these */
    uint32_t stuck;   /* it is counted in an earlier window of these, closed before an amendment moved it */
    uint32_t rollups; /* names the rollups it was counted in: what was not there cannot be taken out */
};

/* Writes `fact`, whose symbols are in `symbols`, and returns the size. */
size_t contribution_write(const struct fact *fact, struct placement placement, const struct symbols *symbols,
                          uint8_t *bytes);

/* Reads it back; texts are interned, for which there must be room (as enrich_has_room() has it). The sample is without
 * the account. False if the bytes are no contribution. */
MUST_CHECK bool contribution_read(struct span bytes, struct symbols *symbols, struct fact *fact,
                                  struct placement *placement);

#endif
