/* What Redis may drop when its memory is full. */
#ifndef GENTALLY_EVICTION_H
#define GENTALLY_EVICTION_H

#include "gentally/base/base.h"

/* Whether a maxmemory-policy may drop our keys: all may but noeviction and the volatile ones, which drop only keys that
 * expire, and none of ours does. */
static inline bool eviction_is_possible(const char *policy)
{
    return strcmp(policy, "noeviction") != 0 && strncmp(policy, "volatile-", strlen("volatile-")) != 0;
}

#endif
