/*
 * From a reason to the exit status a script or a container platform sees (sysexits.h): by the id's words, so that a new
 * reason has a fitting status without being listed. Level 0: pure.
 */
#ifndef GENTALLY_EXIT_CODE_H
#define GENTALLY_EXIT_CODE_H

#include "gentally/base/base.h"

/* The status for a reason's id, never EX_OK. */
int exit_code_of(const char *id);

#endif
