/* A list of windows that stores hold: of a partition, of several, or of one partition in two stores. */
#ifndef GENTALLY_WINDOW_LIST_H
#define GENTALLY_WINDOW_LIST_H

#include "gentally/redis/store_windows.h"

/* Zero at first; `windows` is freed by the owner. */
struct window_list {
    uint32_t count;
    size_t room;
    struct stored_window *windows;
};

/*
 * Reads a partition's windows: in place of what the list holds, or behind that with `is_more`. Verdicts of
 * store_windows(); HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict window_list_read(struct window_list *list, struct store *store, int32_t partition, bool is_more,
                                         struct reason *why);

/* Sorts the list, and keeps one of each window. */
void window_list_unite(struct window_list *list);

#endif
