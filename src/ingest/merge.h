/*
 * Merging: the cells of a plan, as the store has them, become what they shall be. Decides which new rows stand by
 * themselves (admission.h). Pure.
 */
#ifndef GENTALLY_MERGE_H
#define GENTALLY_MERGE_H

#include "flush_plan.h"

/*
 * Merges a plan whose cells were loaded; may be repeated after another load. HALT: NO-MEMORY, STORE-DAMAGED (a cell, or
 * a number of rows, does not read as we wrote it).
 */
MUST_CHECK enum verdict merge_plan(struct flush_tools *tools, struct flush_plan *plan, struct reason *why);

#endif
