/* Marks: what the signals say about that which a figure shows, drawn on it: first weeks, jumps, cohorts. */
#ifndef GENTALLY_MARKS_H
#define GENTALLY_MARKS_H

#include "gentally/inspect/signals.h"
#include "spec.h"

#define MARKS_MAX 5 /* of a figure: the largest models, the widest jumps */

/* The signals of the dataset's rows, by the thresholds without any option; NULL without memory, which sets
 * `*dataset->has_failed`. The caller closes them. */
struct signals *marks_find(struct dataset *dataset);

/* Adds lines to figures that ask for some, and to a figure of cohorts which of them stand out. */
void marks_add(const struct figure_spec *spec, struct dataset *dataset, const struct signals *signals,
               struct figure *figure);

#endif
