/* Decimal numbers as their digits, so that money is rounded as it is written. Pure; private to this room. */
#ifndef GENTALLY_DECIMAL_H
#define GENTALLY_DECIMAL_H

#include "gentally/base/base.h"

#define DECIMAL_DIGITS_MAX 64

struct decimal {
    char digits[DECIMAL_DIGITS_MAX]; /* what is behind them is below any unit we have */
    long count;                      /* digits there are */
    long whole; /* how many of them stand before the point: fewer than none, or more than there are, too */
    bool is_negative;
};

/* Reads "12.5", "-3", "4.07e-05"; false for anything else. */
bool decimal_read(struct span text, struct decimal *decimal);

/* The shortest decimal that reads back as the same double; false for NaN and the infinities. */
bool decimal_of_real(double real, struct decimal *decimal);

/* The decimal without its sign, times 10^`places`, rounded half up; false if it leaves 63 bits. */
bool decimal_scale(const struct decimal *decimal, long places, int64_t *number);

bool decimal_is_zero(const struct decimal *decimal);

#endif
