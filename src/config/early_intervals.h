/* The value of the option early_emit_interval_ms: how often open windows are told, by kind. */
#ifndef GENTALLY_EARLY_INTERVALS_H
#define GENTALLY_EARLY_INTERVALS_H

#include "gentally/base/verdict.h"
#include "gentally/core/window.h"

#define EARLY_INTERVAL_MIN_MS 100
#define EARLY_INTERVAL_MAX_MS DAY_MS

/* Reads "MS[,KIND=MS...]" into the intervals by kind, in ms; each is 0 (off) or within the bounds above, and each kind
 * named at most once. HALT: CONFIG-VALUE, which says what is wrong. */
MUST_CHECK enum verdict early_intervals_parse(const char *text, int64_t interval_ms[WINDOW_KINDS], struct reason *why);

#endif
