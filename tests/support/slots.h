/* Compares slots by what they say: between their fields may lie bytes that say nothing. */
#ifndef GENTALLY_TEST_SLOTS_H
#define GENTALLY_TEST_SLOTS_H

#include "gentally/core/cell.h"

static inline bool same_slots(const struct slot *left, const struct slot *right, uint32_t count)
{
    uint32_t same = 0;

    while (same < count && left[same].id == right[same].id && left[same].value == right[same].value)
        same++;
    return same == count;
}

#endif
