/* The windows of an audit, in the order of window_compare(), found by halving. */
#include "audit_state.h"

#include <stdlib.h>

#include "gentally/base/grow.h"

/* Index of the first window that is not before `window`. */
static uint32_t lower_bound(const struct audit *audit, struct window window)
{
    uint32_t first = 0, end = audit->window_count;

    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        if (window_compare(audit->windows[middle]->window, window) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

struct audited_window *audit_state_window(const struct audit *audit, struct window window)
{
    uint32_t index = lower_bound(audit, window);

    return index < audit->window_count && window_compare(audit->windows[index]->window, window) == 0
               ? audit->windows[index]
               : NULL;
}

struct audited_window *audit_state_add_window(struct audit *audit, struct window window)
{
    uint32_t index = lower_bound(audit, window);
    struct audited_window **windows =
        grow(audit->windows, &audit->window_room, audit->window_count + (size_t)1, sizeof(struct audited_window *));

    if (windows == NULL)
        return NULL;
    audit->windows = windows;
    struct audited_window *added = calloc(1, sizeof(*added));
    if (added == NULL)
        return NULL;
    added->window = window;
    added->totals = calloc(audit->options.rollups->count, sizeof(*added->totals));
    if (added->totals == NULL) {
        free(added);
        return NULL;
    }
    memmove(&audit->windows[index + 1], &audit->windows[index],
            (audit->window_count - index) * sizeof(struct audited_window *));
    audit->windows[index] = added;
    audit->window_count++;
    return added;
}
