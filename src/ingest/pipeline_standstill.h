/* What stands still while all else is counted: told again and again, and ready to become metrics. */
#ifndef GENTALLY_PIPELINE_STANDSTILL_H
#define GENTALLY_PIPELINE_STANDSTILL_H

#include "pipeline.h"

struct standstill {
    uint32_t partitions;      /* of ours, that stopped */
    bool is_retention;        /* retention did */
    int64_t since_ms;         /* monotonic: when the first of them did; 0 if nothing stands still */
    const struct reason *why; /* why that one did; NULL likewise; borrowed until the next verb */
};

struct standstill pipeline_standstill(const struct pipeline *pipeline);

/* Logs an error line for each that stands still, with its reason and since when. */
void pipeline_tell_standstill(const struct pipeline *pipeline, int64_t now_ms);

#endif
