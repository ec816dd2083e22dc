/* The closer's end of windows: what is published and kept long enough is sealed, then deleted. */
#ifndef GENTALLY_CLOSER_COLLECT_H
#define GENTALLY_CLOSER_COLLECT_H

#include "closer_state.h"

/*
 * Ends the windows whose time is over: all partitions seal them first, so that none of them grows once another lost its
 * part; then they are deleted. `*has_more`: what a month's end brought to light is to be published before the month
 * goes. TRY_LATER is not among the verdicts: there is no hurry, and the next turn surveys anew.
 */
MUST_CHECK enum verdict closer_collect(struct closer *closer, bool *has_more, struct reason *why);

#endif
