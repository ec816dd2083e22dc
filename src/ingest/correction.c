/*
 * A correction is worked out for each window kind by itself: where the old event was counted and the window is still
 * open, it is taken out; where a window has closed over it, it is stuck and nothing is added in its place.
 */
#include "correction.h"

struct correction correction_of(struct placement old, int64_t old_ms, uint32_t old_open, int64_t new_ms,
                                uint32_t new_open)
{
    struct correction correction = {.placement = {.rollups = old.rollups}};

    correction.taken = old.placed & old_open;
    correction.placement.stuck = old.stuck | (old.placed & ~old_open);
    correction.added = new_open & ~correction.placement.stuck;
    correction.placement.placed = correction.added;
    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        uint32_t bit = 1u << kind;
        bool is_same = window_of(kind, old_ms).start_ms == window_of(kind, new_ms).start_ms;
        if ((correction.taken & bit) != 0 && !((correction.added & bit) != 0 && is_same))
            correction.alone |= bit;
    }
    return correction;
}
