/* How far a batch reaches that cannot be read: librdkafka says where it begins, and nothing else. Private to this room.
 */
#ifndef GENTALLY_BROKEN_BATCH_H
#define GENTALLY_BROKEN_BATCH_H

#include "gentally/base/verdict.h"

struct config;
struct logger;

/* A batch that could not be read. */
struct broken_batch {
    const char *topic;
    int32_t partition;
    int64_t base;    /* where it begins */
    int64_t first;   /* the offset that is read next: before `base` if the log leaves offsets out */
    int64_t log_end; /* the log's next offset */
};

/*
 * Reads the log from `first` on once more, by a client of its own, and then from offsets further on until it finds
 * where the batch ends. Blocks up to 10 s. GO_ON: `*end` is the next batch's first offset, or `first` if the batch can
 * be read after all. HALT: SOURCE-CORRUPT, and as source_poll(); TRY_LATER: SOURCE-UNREACHABLE.
 */
MUST_CHECK enum verdict broken_batch_end(const struct broken_batch *batch, const struct config *config,
                                         struct logger *logger, int64_t *end, struct reason *why);

#endif
