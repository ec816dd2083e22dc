/* Cohort retention: of eight models, which part of the accounts of a month were back after so many months. */
#ifndef GENTALLY_COHORTS_H
#define GENTALLY_COHORTS_H

#include "spec.h"

figure_maker cohorts_make; /* S34 */

#endif
