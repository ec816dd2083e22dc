/*
 * One account taken out of the counters: its rows are added to those of all that were erased, its pairs of retention
 * go, and the counts stay. Partition by partition, each claimed first, so that its worker counts nothing meanwhile; the
 * settings say that an erasure is under way, so that no worker claims it back. Harmless to repeat, whatever an earlier
 * run has done.
 */
#ifndef GENTALLY_ERASURE_H
#define GENTALLY_ERASURE_H

#include "gentally/base/log.h"
#include "gentally/config/settings.h"
#include "gentally/core/event.h"

struct store;

/* All pointers are borrowed for the call. */
struct erasure_order {
    const struct config *config;
    const struct settings *settings; /* of the namespace */
    struct store *store;
    struct logger *logger;
    struct pseudonym account;
    bool is_dry; /* only look: cells and pairs that are there by now */
};

struct erasure_counts {
    uint64_t rows;  /* of cells, of a partition and window each */
    uint64_t pairs; /* of retention */
    uint64_t noted; /* of pairs, over a cluster, by flushes whose notes may not be dropped yet: then its pairs stay */
};

/*
 * Carries it out. `offsets` has room for the settings' partitions: where each stood then, so that records before are
 * erased ones; -1: it has no state. Blocks for as long as it takes. TRY_LATER: no answer, or somebody claims the
 * partitions again and again. HALT: what keeps a partition from being counted, or retention from being merged.
 */
MUST_CHECK enum verdict erasure_run(const struct erasure_order *order, int64_t offsets[], struct erasure_counts *counts,
                                    struct reason *why);

/* The rollups that name accounts, of all that were ever counted. */
void erasure_rollups(const struct settings *settings, struct rollups *rollups);

#endif
