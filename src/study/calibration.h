/*
 * The constants of calibration.def: INTEGER rows as enum constants, REAL rows as doubles, the others as arrays. The
 * .def file says what each is, in which unit, and which figure of the study it was fitted to.
 */
#ifndef GENTALLY_CALIBRATION_H
#define GENTALLY_CALIBRATION_H

#include <stdint.h>

#define INTEGER(name, value, unit, figure, what) enum { name = (value) };
#define REAL(name, value, unit, figure, what) static const double name = (value);
#define INTEGERS(name, unit, figure, what, ...) static const uint16_t name[] = {__VA_ARGS__};
#define REALS(name, unit, figure, what, ...) static const double name[] = {__VA_ARGS__};
#include "calibration.def"
#undef INTEGER
#undef REAL
#undef INTEGERS
#undef REALS

#endif
