/* A store tells how many windows it has; the list grows to that number and asks again. */
#include "window_list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "gentally/base/grow.h"

enum verdict window_list_read(struct window_list *list, struct store *store, int32_t partition, bool is_more,
                              struct reason *why)
{
    uint32_t first = is_more ? list->count : 0, count = 0;

    for (;;) {
        uint32_t room = (uint32_t)list->room - first;
        enum verdict verdict = store_windows(store, partition, list->windows + first, room, &count, why);
        if (verdict != GO_ON)
            return verdict;
        if (count <= room)
            break;
        struct stored_window *windows = grow(list->windows, &list->room, first + count, sizeof(*windows));
        if (windows == NULL)
            return reason_set(why, HALT, NO_MEMORY, errno, "no memory for %" PRIu32 " windows", first + count);
        list->windows = windows;
    }
    list->count = first + count;
    return GO_ON;
}

static int in_order(const void *left_window, const void *right_window)
{
    const struct stored_window *left = left_window, *right = right_window;

    return window_compare(left->window, right->window);
}

void window_list_unite(struct window_list *list)
{
    uint32_t kept = 0;

    if (list->count == 0)
        return;
    qsort(list->windows, list->count, sizeof(*list->windows), in_order);
    for (uint32_t i = 1; i < list->count; i++)
        if (window_compare(list->windows[kept].window, list->windows[i].window) != 0)
            list->windows[++kept] = list->windows[i];
    list->count = kept + 1;
}
