/*
 * The ledger topic, read to its end: what earlier closers have published. The ledger stands in the same transactions as
 * the summaries, so neither a crash nor a store that rolled back makes a revision appear twice or fall. Others may
 * write there too: what is not ours is passed over, and a window whose record cannot be read is held.
 */
#ifndef GENTALLY_LEDGER_LOAD_H
#define GENTALLY_LEDGER_LOAD_H

#include "published.h"
#include "published_offsets.h"

struct config;
struct schema_ids;

/*
 * Adds all ledger records, framed with a bundled id, one of `ids`, or one that the registry says is ours, to
 * `published`, and how far their partitions had been read to `offsets`. Blocks until the end that the topic had when
 * the call began; fence other writers first (transaction_open()). TRY_LATER, HALT as topic_check_whole() and
 * topic_read(); HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict ledger_load(const struct config *config, const struct schema_ids *ids,
                                    struct published *published, struct published_offsets *offsets, struct reason *why);

#endif
