/* How many models of each size had a request, by week. */
#ifndef GENTALLY_MODEL_COUNTS_H
#define GENTALLY_MODEL_COUNTS_H

#include "spec.h"

figure_maker model_counts_make; /* S06 */

#endif
