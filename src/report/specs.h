/* The table of all figures: S01 to S41 in the study's order. */
#ifndef GENTALLY_SPECS_H
#define GENTALLY_SPECS_H

#include "spec.h"

#define SPECS_COUNT 41

extern const struct figure_spec specs[SPECS_COUNT];

#endif
