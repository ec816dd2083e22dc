/* Shares of sums over time, or over a whole period: most figures of the study, each by its specification. */
#ifndef GENTALLY_SHARES_H
#define GENTALLY_SHARES_H

#include "spec.h"

figure_maker shares_make;

#endif
