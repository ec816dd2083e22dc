/* The rule, and when to tell of it. */
#include "gentally/core/admission.h"

#include <assert.h>

bool admission_admits(struct admission *admission)
{
    assert(admission->limit >= 1);
    if (admission->is_closed || admission->rows >= admission->limit) {
        admission->is_closed = true;
        return false;
    }
    admission->rows++;
    return true;
}

bool admission_is_nearly_full(const struct admission *admission)
{
    return admission->rows >= admission->limit - admission->limit / 5;
}
