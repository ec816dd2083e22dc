/* Which windows a change of an event reaches. */
#include "correction.h"

struct shift shift_of(struct placement old, int64_t old_ms, uint32_t old_open, int64_t new_ms, uint32_t new_open)
{
    struct shift shift = {.placement = {.rollups = old.rollups}};

    shift.taken = old.placed & old_open;
    shift.placement.stuck = old.stuck | (old.placed & ~old_open);
    shift.added = new_open & ~shift.placement.stuck;
    shift.placement.placed = shift.added;
    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        uint32_t bit = 1u << kind;
        bool is_same = window_of(kind, old_ms).start_ms == window_of(kind, new_ms).start_ms;
        if ((shift.taken & bit) != 0 && !((shift.added & bit) != 0 && is_same))
            shift.alone |= bit;
    }
    return shift;
}
