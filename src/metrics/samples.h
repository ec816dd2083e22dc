/* Samples of one family, as both text formats write them. Private to this room. */
#ifndef GENTALLY_SAMPLES_H
#define GENTALLY_SAMPLES_H

#include <stdio.h>

#include "gentally/metrics/metrics.h"

enum family_kind { FAMILY_GAUGE, FAMILY_COUNTER, FAMILY_HISTOGRAM, FAMILY_INFO };

/* A family of samples: one name, one meaning. */
struct family {
    const char *name; /* without `_total` or `_info`; ends with the unit, if it has one */
    const char *unit; /* "": none */
    const char *help; /* one line without a backslash */
    enum family_kind kind;
    void (*print)(FILE *file, const struct family *family, const struct metrics *metrics);
};

/* Label names are static; a label without a name is left out. */
struct metric_label {
    const char *name, *value;
};
#define NO_LABELS ((const struct metric_label[]){{NULL, NULL}})

/* What follows a family's name in a sample: "_total", "_info" or nothing. */
const char *family_suffix(enum family_kind kind);

/* A line each, with the labels up to the first without a name; what is METRIC_UNKNOWN is left out. Counters are given
 * as int64_t, too. A label's value is escaped, and never has a byte that is no UTF-8. */
void print_number(FILE *file, const struct family *family, const struct metric_label labels[], int64_t value);
void print_ms(FILE *file, const struct family *family, const struct metric_label labels[], int64_t ms);
void print_us(FILE *file, const struct family *family, const struct metric_label labels[], int64_t us);
void print_durations(FILE *file, const struct family *family, const struct durations *durations);

#endif
