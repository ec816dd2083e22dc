/* The share of tokens in requests with tools, by week: called and offered. */
#ifndef GENTALLY_TOOL_SHARES_H
#define GENTALLY_TOOL_SHARES_H

#include "spec.h"

figure_maker tool_shares_make; /* S13 */

#endif
