/*
 * The sources of the configuration. Later ones win: built-in default < file ("key = value" lines, '#' comments)
 * < environment < flags. `redis_url` is GENTALLY_REDIS_URL in the environment and --redis-url as a flag. A secret may
 * be given as a file: GENTALLY_REDIS_PASSWORD_FILE, --redis-password-file, redis_password_file. `kafka.<property>`
 * (file), GENTALLY_KAFKA_<PROPERTY> (dots as '_') and --kafka.<property> pass through to librdkafka, except what the
 * worker owns, which is refused by name.
 */
#ifndef GENTALLY_CONFIG_LOAD_H
#define GENTALLY_CONFIG_LOAD_H

#include "gentally/config/config.h"

/* An option a single command has besides the configuration, like --drain or --limit N. One that may be given N times
 * has N rows, one behind the other, all but the first without help; of others the last one given counts. */
struct command_option {
    const char *name;     /* "limit": --limit N or --limit=N */
    const char *argument; /* "N" for the help; NULL for a switch */
    const char *help;     /* one line; NULL: one more of the row before */
    const char *value;    /* set by config_load(): the text given, "" for a switch that was given, NULL if not given */
};

/*
 * Reads the configuration for one command: environment `environ`, flags `argv[1..argc)`; --config FILE names the file
 * (or GENTALLY_CONFIG). A flag that is no configuration is looked up in `options` (`option_count`); positional
 * arguments are refused unless `positional` is not NULL (then *positional gets the one allowed, or NULL). Does not
 * print, does not exit. HALT: CONFIG-UNKNOWN-KEY (of a file or the environment, with the nearest name as a suggestion),
 * CONFIG-FLAG (unknown, without its value, or too often), CONFIG-POSITIONAL, CONFIG-VALUE (key, value, allowed range),
 * CONFIG-UNREADABLE (file), CONFIG-OWNED (a kafka property the worker owns), CONFIG-ROLLUP.
 */
MUST_CHECK enum verdict config_load(struct config *config, int argc, char **argv, struct command_option options[],
                                    size_t option_count, const char **positional, struct reason *why);

/* True if `argv` has `flag` ("--help" or "--version"), which config_load() passes over. */
bool config_wants(int argc, char **argv, const char *flag);

#endif
