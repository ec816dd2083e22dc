/* A snapshot as the text that monitoring reads. Private to this room. */
#ifndef GENTALLY_METRICS_TEXT_H
#define GENTALLY_METRICS_TEXT_H

#include <stdio.h>

#include "gentally/metrics/metrics.h"

enum metrics_format {
    METRICS_OPEN, /* OpenMetrics 1.0 */
    METRICS_TEXT  /* Prometheus' text format 0.0.4 */
};

/* Writes all that is known. Pure but for `file`. */
void metrics_print(FILE *file, const struct metrics *metrics, enum metrics_format format);

/* The content type of a format, static. */
const char *metrics_type(enum metrics_format format);

#endif
