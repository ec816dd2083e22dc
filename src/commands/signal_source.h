/* What the rules of signals look at, out of a summary. */
#ifndef GENTALLY_SIGNAL_SOURCE_H
#define GENTALLY_SIGNAL_SOURCE_H

#include "gentally/codec/avro_read.h"
#include "gentally/inspect/signals.h"

/* Fills a row from a summary of the rollup; its texts are borrowed from `read`. */
void signal_source_read(enum signal_rollup rollup, const struct summary_read *read, struct signal_row *row);

#endif
