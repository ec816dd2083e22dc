/* What tests see of the page beyond its contract: any template in place of the bundled one. */
#ifndef GENTALLY_PAGE_PRIVATE_H
#define GENTALLY_PAGE_PRIVATE_H

#include <stdio.h>

#include "gentally/base/verdict.h"

struct page;

/* Writes the page by a template: {{title}}, {{connect}}, {{live}}, {{contents}}, {{sections}} and {{study}} are filled
 * in, any other text is copied. Blocks as writing to `file` does. HALT: OUTPUT-FAILED. */
MUST_CHECK enum verdict page_fill(FILE *file, struct span template, const struct page *page, struct reason *why);

#endif
