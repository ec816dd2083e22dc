/* A summary that was read back, of whatever form. */
#ifndef GENTALLY_SUMMARY_READ_H
#define GENTALLY_SUMMARY_READ_H

#include "gentally/core/summary.h"

/* A summary that was read, with the room it borrows from; not to be copied. */
struct summary_read {
    struct summary summary; /* texts point into `text` */
    struct cell cell;       /* sums and histograms; a summary does not carry registers of accounts */
    int64_t accounts;       /* -1 = null */
    char text[8192];
};

#endif
