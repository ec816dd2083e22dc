/* Signals for people and for programs. */
#ifndef GENTALLY_SIGNAL_TEXT_H
#define GENTALLY_SIGNAL_TEXT_H

#include "gentally/inspect/signals.h"
#include "table.h"

/* One JSON object and a newline, to standard output: the schema's fields, nulls left out, numbers as an object. */
void signal_print_json(const struct signal *signal);

/* The columns of the table: kind, window, subject (with its cohort), why. HALT: NO-MEMORY. */
MUST_CHECK enum verdict signal_table_open(struct table **table, struct reason *why);

/* Bytes of the widest subject so far: of all that will be added. */
size_t signal_table_widen(size_t widest, const struct signal *signal);
/* The first of its numbers, as many as a line of 100 characters has room for behind the widest subject. */
void signal_table_add(struct table *table, const struct signal *signal, size_t widest);

#endif
