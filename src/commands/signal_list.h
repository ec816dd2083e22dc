/* Signals as a person reads them: those that are wanted, oldest window first. */
#ifndef GENTALLY_SIGNAL_LIST_H
#define GENTALLY_SIGNAL_LIST_H

#include "signal_wanted.h"

/* Where signals are read from, in their order. */
struct signal_list {
    size_t count;
    /* The signal at a place, borrowed until the next call; false: it cannot be read. */
    bool (*read)(void *context, size_t index, const struct signal **signal);
    void *context;
};

/* Orders keys of signals by the start of their windows, then as bytes. */
int signal_list_compare_keys(struct span left, struct span right);

/* Prints a table, or JSON lines, to standard output. `*unreadable` is how many could not be read. HALT: NO-MEMORY,
 * OUTPUT-FAILED. */
MUST_CHECK enum verdict signal_list_print(const struct signal_list *list, const struct signal_wanted *wanted,
                                          bool is_json, size_t *unreadable, struct reason *why);

#endif
