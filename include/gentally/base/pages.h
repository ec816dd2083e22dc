/* Memory for one large table that is read all over. */
#ifndef GENTALLY_PAGES_H
#define GENTALLY_PAGES_H

#include "gentally/base/base.h"

/*
 * Takes `size` > 0 bytes, zero and aligned to at least 2 MiB. The kernel is asked for large pages, so that a look at
 * any place does not cost a walk through the page tables too; where it has none, these are ordinary ones, touched when
 * used. NULL: no memory. pages_give_back() with the same size frees it; NULL does nothing there.
 */
MUST_CHECK void *pages_take(size_t size);
void pages_give_back(void *memory, size_t size);

#endif
