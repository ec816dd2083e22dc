/* Which day a model is of, and whether a date that was cut off a name is that day. Pure. For catalog.c only. */
#ifndef GENTALLY_SNAPSHOT_DAY_H
#define GENTALLY_SNAPSHOT_DAY_H

#include "gentally/core/model_name.h"

struct snapshot_day {
    int64_t released_ms; /* when it was listed; 0 = not known */
    int32_t alias;       /* the date that one of its names ends with, as 20250929; 0 = none does */
    bool has_snapshots;  /* there are names of it with a date, or of models that differ from it by one */
};

/* Whether what `guess` had cut off is the day. A whole date is taken for one, unless the model has snapshots and it is
 * far from its day; fewer digits may be a version, and have to be the day. */
bool snapshot_day_fits(const struct snapshot_day *day, const struct name_guess *guess);

/* The year and month in which it was listed, as 2503; 0 = not known. */
int32_t snapshot_day_month(const struct snapshot_day *day);

#endif
