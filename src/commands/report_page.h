/* The page of `gentally report`, made around a document: written once to a file, or anew for browsers that watch. */
#ifndef GENTALLY_REPORT_PAGE_H
#define GENTALLY_REPORT_PAGE_H

#include <stdio.h>

#include "gentally/base/verdict.h"
#include "gentally/report/figures.h"

/*
 * Writes the page around the document `json` to `file`. `revision`: the document's number on a page that is served live
 * and renews itself; 0: a page that stands alone. HALT: REPORT-NOT-BUILT, OUTPUT-FAILED.
 */
MUST_CHECK enum verdict report_page(FILE *file, struct span json, uint64_t revision, struct reason *why);

/* Writes a page of one figure alone, for the frame of another page, from the document that was written last. HALT:
 * REPORT-NOT-BUILT, OUTPUT-FAILED, NO-MEMORY. */
MUST_CHECK enum verdict report_page_embedded(FILE *file, const struct figures *figures, uint32_t index,
                                             struct reason *why);

#endif
