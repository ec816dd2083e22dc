/* Numbers kept within bounds, both inclusive. Pure. */
#ifndef GENTALLY_CLAMP_H
#define GENTALLY_CLAMP_H

#include <stdint.h>

static inline double clamp(double value, double least, double most)
{
    return value < least ? least : value > most ? most : value;
}

static inline int64_t clamp_integer(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

#endif
