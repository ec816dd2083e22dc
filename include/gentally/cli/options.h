/*
 * Readers of the options a single command has, once config_load() has found their texts. Where an option was not given,
 * its reader leaves the result as it is: the caller put the default there. All answer HALT: CONFIG-VALUE, with the
 * option's name, its text, and what is allowed.
 */
#ifndef GENTALLY_OPTIONS_H
#define GENTALLY_OPTIONS_H

#include "gentally/config/config_load.h"

/* A whole number, `min`..`max`. */
MUST_CHECK enum verdict option_integer(const struct command_option *option, int64_t min, int64_t max, int64_t *value,
                                       struct reason *why);

/* A share like "0.05", as millionths: 0..1000000. */
MUST_CHECK enum verdict option_share(const struct command_option *option, uint32_t *per_million, struct reason *why);

/* A part like "1e-6" or "0.001", as billionths (10^-9): `min`..10^9. */
MUST_CHECK enum verdict option_scale(const struct command_option *option, int64_t min, int64_t *billionths,
                                     struct reason *why);

/* A time as time_read() takes it, or whole milliseconds since the Unix epoch: as milliseconds since then, UTC. */
MUST_CHECK enum verdict option_time(const struct command_option *option, int64_t *ms, struct reason *why);

/* A name, one of `count`; `*index` is its place among them. */
MUST_CHECK enum verdict option_choice(const struct command_option *option, const char *const names[], uint32_t count,
                                      uint32_t *index, struct reason *why);

/* A configured rollup, borrowed from `rollups`. The option must be given; the message lists the rollups. */
MUST_CHECK enum verdict option_rollup(const struct command_option *option, const struct rollups *rollups,
                                      const struct rollup **rollup, struct reason *why);

/* A window kind. The option must be given. */
MUST_CHECK enum verdict option_window(const struct command_option *option, enum window_kind *kind, struct reason *why);

#endif
