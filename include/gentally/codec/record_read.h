/*
 * Reads records of our own topics back, key and value together. Anybody with the right to write may have put something
 * between them: what is not ours is told apart from what is ours and cannot be read, since the one says nothing, and
 * the other hides what it stood for. Pure; no allocation.
 */
#ifndef GENTALLY_RECORD_READ_H
#define GENTALLY_RECORD_READ_H

#include "gentally/codec/avro_read.h"
#include "gentally/core/event.h"

/*
 * Reads a record of the ledger, or of a summary topic. GO_ON: it is ours, `*window` is that of its key, and unless the
 * value is absent (a tombstone) `*read` holds it. SET_ASIDE with SOURCE-FOREIGN: the key is none of ours, so whatever
 * the value is, it changes nothing. SET_ASIDE with LEDGER-UNREADABLE or SUMMARY-UNREADABLE: the key is ours, and its
 * value cannot be read, or belongs under another key; what it stands for is unknown.
 */
MUST_CHECK enum verdict ledger_record_read(const struct record *record, struct ledger_read *read, struct window *window,
                                           struct reason *why);
MUST_CHECK enum verdict summary_record_read(const struct record *record, struct summary_read *read,
                                            struct window *window, struct reason *why);

#endif
