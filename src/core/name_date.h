/* Dates at the end of a model's name. Pure. Private to this room. */
#ifndef GENTALLY_NAME_DATE_H
#define GENTALLY_NAME_DATE_H

#include "gentally/base/base.h"

/*
 * How many bytes at the end of `name` (in lower case, without author) are its date, with the '-' before it; 0 = none:
 *
 *   -20250929  -2025-09-29
 *   -04-17               behind "-preview"
 *   -0905  -2407  -251104    month and day, year and month, all three: such numbers are versions as often (`*is_short`)
 *   -preview             behind month and day, of Moonshot's names; then `*date` stays
 *
 * `*date` is 20250929, 417 without a year, 20240700 without a day.
 */
size_t name_date_size(struct span name, int32_t *date, bool *is_short);

#endif
