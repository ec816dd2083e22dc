/*
 * The table behind config.h: one row per option. Everything that reads, checks, prints or explains an option walks it.
 * Private to config*.c and its test.
 */
#ifndef GENTALLY_CONFIG_TABLE_H
#define GENTALLY_CONFIG_TABLE_H

#include "gentally/base/suggest.h"
#include "gentally/config/config.h"

enum option_kind {
    OPTION_TEXT,    /* any printable text */
    OPTION_NAME,    /* what Kafka allows in a name: [A-Za-z0-9._-] */
    OPTION_URL,     /* of Redis: never holds a password */
    OPTION_INTEGER, /* decimal */
    OPTION_LEVEL,   /* of the log */
};

struct option {
    const char *name;
    enum option_kind kind;
    size_t offset;           /* of the field in struct config */
    size_t size;             /* bytes of the field, text kinds only */
    const char *initial;     /* the default, as a user would write it */
    int64_t min, max;        /* of an integer; of a text's length in bytes */
    const char *unit;        /* "ms"; for texts what the placeholder in the help is called */
    const char *secret_file; /* a secret's other name, whose value is a file's path; NULL: no secret */
    const char *help;        /* the price of it, and what to do if unsure */
};

extern const struct option config_options[];
extern const size_t config_option_count;

/* NULL if there is none of that name. */
const struct option *config_option(const char *name, size_t size);

/*
 * Sets one option from text. `place` says where the text came from, for the message ("--topic", "gentally.conf:3").
 * HALT: CONFIG-VALUE.
 */
MUST_CHECK enum verdict config_set(struct config *config, const struct option *option, const char *text,
                                   const char *place, struct reason *why);

/* Writes the option's value as a user would write it to `text`; `size` >= CONFIG_TEXT_MAX. */
void config_get(const struct config *config, const struct option *option, char *text, size_t size);

/* Fills what is derived (rollups, windows, base, kept_ms) once all sources are read. HALT: CONFIG-VALUE, CONFIG-ROLLUP.
 */
MUST_CHECK enum verdict config_derive(struct config *config, struct reason *why);

/*
 * Sets one pass-through property, `name` without "kafka."; a second value replaces the first. HALT: CONFIG-OWNED (the
 * worker sets it itself; says what to use instead), CONFIG-VALUE.
 */
MUST_CHECK enum verdict config_kafka_set(struct config *config, const char *name, const char *text, const char *place,
                                         struct reason *why);

/* True for properties whose value is never printed, and which may be given as NAME_file. */
bool config_kafka_is_secret(const char *name);

/*
 * Sets `key` of a file or a flag: an option, a secret's NAME_file, or kafka.PROPERTY. `*is_known` is false, and nothing
 * is set, if it is none of these. HALT: as config_set() and config_kafka_set(); CONFIG-UNREADABLE: a secret's file.
 */
MUST_CHECK enum verdict config_set_key(struct config *config, const char *key, const char *text, const char *place,
                                       bool *is_known, struct reason *why);

/* The whole configuration file. HALT: CONFIG-UNREADABLE, CONFIG-UNKNOWN-KEY, and what a key may give. */
MUST_CHECK enum verdict config_read_file(struct config *config, const char *path, struct reason *why);

/* Every GENTALLY_ variable of `environment` ("NAME=value" texts, NULL-terminated). HALT: CONFIG-UNKNOWN-KEY, and what a
 * key may give. */
MUST_CHECK enum verdict config_read_environment(struct config *config, char **environment, struct reason *why);

/* Offers the name of every option, and NAME_file of the secrets. */
void config_nearest(struct suggestion *suggestion);

#endif
