/* The name of a verdict, for tests that say what they were answered. */
#ifndef GENTALLY_VERDICT_NAME_H
#define GENTALLY_VERDICT_NAME_H

#include "gentally/base/verdict.h"

static inline const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {
        [GO_ON] = "GO_ON",   [TRY_LATER] = "TRY_LATER", [SET_ASIDE] = "SET_ASIDE",
        [REWIND] = "REWIND", [STEP_DOWN] = "STEP_DOWN", [HALT] = "HALT",
    };
    return (size_t)verdict < LENGTH_OF(names) ? names[verdict] : "no verdict";
}

#endif
