/*
 * What a text may be. One answer for who takes texts in (events) and who reads them again (summaries, signals, the
 * ledger), so that nothing is counted that no reader could be shown.
 */
#ifndef GENTALLY_TEXT_H
#define GENTALLY_TEXT_H

#include "gentally/base/base.h"

/*
 * True for well-formed UTF-8 (table 3-7 of the Unicode standard) without U+0000. C strings, CSV tables, PostgreSQL and
 * Kafka Connect's sinks end or fail at U+0000; all other characters, control characters too, are carried everywhere.
 */
bool text_is_sound(struct span text);

/* The first part of a sound text, of at most `size_max` bytes and with no character cut in two. Borrows from `text`. */
struct span text_cut(struct span text, size_t size_max);

#endif
