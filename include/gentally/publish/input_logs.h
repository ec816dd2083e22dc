/* The input's logs, as the closer asks about them before it seals, and to say how far behind their ends a window was
 * told; the worker answers from its consumer. */
#ifndef GENTALLY_INPUT_LOGS_H
#define GENTALLY_INPUT_LOGS_H

#include "gentally/base/verdict.h"

struct input_logs {
    /* Asks for the number of partitions, as of now. Blocks, and answers, as source_partitions(). */
    enum verdict (*count)(void *context, int32_t *count, struct reason *why);
    /* Asks for the end offsets of the logs of partitions 0 .. count - 1. Blocks, and answers, as source_ends(). */
    enum verdict (*ends)(void *context, int32_t count, int64_t ends[], struct reason *why);
    void *context; /* given to both; borrowed */
};

#endif
