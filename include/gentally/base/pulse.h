/* A loop's sign of life, for the thread that watches it: beaten by one, looked at by another. All zero before the first
 * use. */
#ifndef GENTALLY_PULSE_H
#define GENTALLY_PULSE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct pulse {
    atomic_uint_fast64_t beats;
};

/* The loop goes on. NULL: nobody watches. */
static inline void pulse_beat(struct pulse *pulse)
{
    if (pulse != NULL)
        atomic_fetch_add_explicit(&pulse->beats, 1, memory_order_relaxed);
}

#endif
