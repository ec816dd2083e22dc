/* The page of `gentally report`, made of a document: written once to a file, or again and again for those who watch. */
#ifndef GENTALLY_REPORT_PAGE_H
#define GENTALLY_REPORT_PAGE_H

#include <stdio.h>

#include "gentally/base/verdict.h"

/*
 * Writes the page around the document `json` to `file`. `revision` > 0: as a page that is served live. HALT:
 * REPORT-NOT-BUILT, OUTPUT-FAILED.
 */
MUST_CHECK enum verdict report_page(FILE *file, struct span json, uint64_t revision, struct reason *why);

#endif
