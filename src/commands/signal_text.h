/* Signals as text: a table for people, JSON for programs. */
#ifndef GENTALLY_SIGNAL_TEXT_H
#define GENTALLY_SIGNAL_TEXT_H

#include "gentally/inspect/signals.h"
#include "table.h"

/* Prints one JSON object and a newline: the fields of the schema, nulls left out, `numbers` as an object. */
void signal_print_json(const struct signal *signal);

/*
 * Writes a signal as a message that Slack's incoming webhooks take, and what follows them (Mattermost, Discord's
 * /slack):
 * {"text", "attachments": [{"fallback", "fields": [{"title", "value", "short"}], "footer"}]}. Names are somebody
 * else's, so that none of them can mention or link anything.
 */
void signal_write_message(FILE *file, const struct signal *signal);

/* Opens a table with the columns kind, window, subject (with its cohort) and why. HALT: NO-MEMORY. */
MUST_CHECK enum verdict signal_table_open(struct table **table, struct reason *why);

/*
 * The widest subject, in bytes: of `signal` and of those before, whose widest was `widest` (0 at first). Measure all
 * signals so before the first is added.
 */
size_t signal_table_widen(size_t widest, const struct signal *signal);

/* Adds a signal with its first numbers, as many as a line of 100 characters has room for behind the widest subject. */
void signal_table_add(struct table *table, const struct signal *signal, size_t widest);

#endif
