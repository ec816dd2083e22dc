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

/* The bytes of the control character (C0, DEL, C1) that `text` begins with: 1, or 2 of C1; 0 if it begins with none, or
 * is empty. Terminals obey such characters. */
size_t text_control_size(struct span text);

/* Whether no character of it is a control character. */
bool text_is_one_line(struct span text);

/* Makes each control character of `size` bytes blank, in place. */
void text_make_one_line(char *text, size_t size);

/* The first part of a sound text, of at most `size_max` bytes and with no character cut in two. Borrows from `text`. */
struct span text_cut(struct span text, size_t size_max);

/* Writes a number for people, "22,131,436", and a NUL. Returns `text`. */
#define TEXT_GROUPED_SIZE 28 /* a sign, 19 digits, 6 commas, a NUL */
const char *text_grouped(int64_t value, char text[TEXT_GROUPED_SIZE]);

#endif
