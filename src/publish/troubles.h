/*
 * The windows that could not be published by their own fault: keys that are lost, a cell that cannot be read, one that
 * is written each time it is read, a reading that does not end in time. Each is tried again, later and later, and holds
 * up no other window.
 */
#ifndef GENTALLY_TROUBLES_H
#define GENTALLY_TROUBLES_H

#include "gentally/redis/store_windows.h"

#define TROUBLE_FIRST_MS 2000      /* until the second attempt; then twice as long each time */
#define TROUBLE_LAST_MS 300000     /* but no longer than that */
#define TROUBLE_FINAL_ATTEMPTS 3u  /* at the end of a drain there is no later */
#define TROUBLE_FINAL_ABSENCES 20u /* but for a Redis that is away, and comes back */

struct trouble {
    struct window window;
    struct reason why; /* of the last attempt */
    uint32_t attempts;
    int64_t
        pause_ms; /* that begins with the next turn: an attempt may take long, and time stands still in it; 0: begun */
    int64_t due_ms; /* of the next, monotonic */
};

/* Zero before the first use. */
struct troubles {
    struct trouble *items;
    uint32_t count;
    size_t room;
};

void troubles_free(struct troubles *troubles);

/* Whether trouble of one window: what else fails, fails for all. */
bool trouble_is_its_own(enum verdict verdict, const struct reason *why);

/* Notes an attempt that failed for `why`. Gives the trouble, until the next call; NULL: no memory. */
const struct trouble *troubles_note(struct troubles *troubles, struct window window, const struct reason *why);

/* Forgets a window, which was published after all, or of which there is nothing to be told any more. */
void troubles_clear(struct troubles *troubles, struct window window);

/* Begins a turn at `now_ms`: forgets the windows that are not among those `stored`, sorted by window_compare(). */
void troubles_begin(struct troubles *troubles, const struct stored_window stored[], uint32_t count, int64_t now_ms);

/* The end of a drain begins: each window has all its final attempts, however many there were before it. */
void troubles_begin_end(struct troubles *troubles);

/* Whether a window is not to be tried at `now_ms`. With `is_final` its first attempts follow at once. */
bool troubles_puts_off(const struct troubles *troubles, struct window window, int64_t now_ms, bool is_final);

/* Whether the final attempts are over, at the end of a drain. */
bool trouble_is_final(const struct trouble *trouble);

/* The first trouble that may still end at once, at the end of a drain; else the first; NULL: there is none. */
const struct trouble *troubles_first(const struct troubles *troubles);

#endif
