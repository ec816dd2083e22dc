/* The table of options: one row per option. Whatever reads, checks, prints or explains options walks these rows. */
#ifndef GENTALLY_CONFIG_TABLE_H
#define GENTALLY_CONFIG_TABLE_H

#include "gentally/base/suggest.h"
#include "gentally/config/config.h"

enum option_kind {
    OPTION_TEXT,    /* any printable text */
    OPTION_NAME,    /* what Kafka allows in a name: [A-Za-z0-9._-] */
    OPTION_URL,     /* of Redis: never holds a password */
    OPTION_INTEGER, /* decimal */
    OPTION_CHOICE,  /* one word of a few; the field is an enum in their order */
};

struct option {
    const char *name;
    enum option_kind kind;
    bool is_for_readers;     /* what only reads looks at it, too */
    size_t offset, size;     /* of the field in struct config, in bytes */
    const char *argument;    /* "URL": what --help calls the value */
    const char *initial;     /* the default, as a user would write it */
    int64_t min, max;        /* of an integer; of a text's length in bytes */
    const char *unit;        /* "ms"; integers only */
    const char *choices[5];  /* the words, then NULL; choices only */
    const char *secret_file; /* a secret's other name, whose value is a file's path; NULL: no secret */
    const char *help;        /* what it is, the price of it, and what to do if unsure */
};

extern const struct option config_options[];
extern const size_t config_option_count;

/* The option of that name (`size` bytes), or NULL. */
const struct option *config_option(const char *name, size_t size);

/* Offers the name of every option, and NAME_file of the secrets, to a search for what was meant. */
void config_suggest(struct suggestion *suggestion);

#endif
