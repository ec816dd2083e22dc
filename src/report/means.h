/* Means by week: tokens of a request. */
#ifndef GENTALLY_MEANS_H
#define GENTALLY_MEANS_H

#include "spec.h"

figure_maker means_make;             /* S15, S16, S18: of all requests */
figure_maker means_make_by_category; /* S17: of classified requests, with intervals */
figure_maker means_make_beside_all;  /* S19: of one category beside all requests */

#endif
