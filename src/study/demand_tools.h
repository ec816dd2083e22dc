/* Which items of a demand are tool calls. */
#ifndef GENTALLY_DEMAND_TOOLS_H
#define GENTALLY_DEMAND_TOOLS_H

#include "demand_list.h"

/* Splits tool calls off the items, as many tokens as S13 and S14 want. The items have their costs and are sorted by
 * week; new ones stand at the end of the list. HALT: NO-MEMORY. */
MUST_CHECK enum verdict demand_split_tool_calls(struct demand *demand, const struct budget *budget, int64_t scale,
                                                struct reason *why);

#endif
