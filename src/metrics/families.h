/* The table of all families, in the order of a scrape and of runbooks/metrics.md. */
#ifndef GENTALLY_FAMILIES_H
#define GENTALLY_FAMILIES_H

#include "samples.h"

extern const struct family families[];
extern const size_t family_count;

#endif
