/* Reading the options a single command has, once config_load() has found their texts. An option that was not given
 * leaves `*value` as it is: the default stands there. All answer HALT: CONFIG-VALUE with name, text and what is
 * allowed. */
#ifndef GENTALLY_OPTIONS_H
#define GENTALLY_OPTIONS_H

#include "gentally/config/config_load.h"

MUST_CHECK enum verdict option_integer(const struct command_option *option, int64_t min, int64_t max, int64_t *value,
                                       struct reason *why);

/* A share like "0.05", in millionths: 0..1000000. */
MUST_CHECK enum verdict option_share(const struct command_option *option, uint32_t *per_million, struct reason *why);

/* A part like "1e-6" or "0.001", in 10^-9: `min`..10^9. */
MUST_CHECK enum verdict option_scale(const struct command_option *option, int64_t min, int64_t *billionths,
                                     struct reason *why);

/* ISO 8601, or integer milliseconds since the epoch. */
MUST_CHECK enum verdict option_time(const struct command_option *option, int64_t *ms, struct reason *why);

/* One of `count` names; `*index` of it. */
MUST_CHECK enum verdict option_choice(const struct command_option *option, const char *const names[], uint32_t count,
                                      uint32_t *index, struct reason *why);

/* A configured rollup; required. The message lists those there are. */
MUST_CHECK enum verdict option_rollup(const struct command_option *option, const struct rollups *rollups,
                                      const struct rollup **rollup, struct reason *why);

/* A window kind; required. */
MUST_CHECK enum verdict option_window(const struct command_option *option, enum window_kind *kind, struct reason *why);

#endif
