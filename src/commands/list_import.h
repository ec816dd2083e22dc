/* `gentally catalog import`: what somebody else's list of models has that the catalog has not. */
#ifndef GENTALLY_LIST_IMPORT_H
#define GENTALLY_LIST_IMPORT_H

#include "gentally/base/verdict.h"

struct config;

struct list_import {
    const char *list;      /* the file; "-" is standard input */
    const char *out;       /* where the catalog with the new rows goes; NULL: it is only told */
    int64_t valid_from_ms; /* the day from which prices hold */
    uint32_t format;       /* enum leaderboard_format */
};

/* Reads the list, prints what is new in it, a line each, and what was left out as numbers on standard error. A file is
 * written beside its place and moved there, once it reads as a catalog. HALT: TABLE-UNREADABLE, TABLE-INVALID,
 * OUTPUT-FAILED, NO-MEMORY; then nothing was written. */
MUST_CHECK enum verdict list_import_run(const struct config *config, const struct list_import *order,
                                        struct reason *why);

#endif
