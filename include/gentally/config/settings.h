/*
 * The settings that a namespace is counted by: those options, and that input, of which a change would change what the
 * figures mean. `gentally setup` writes them down once and changes them alone; whoever counts compares them with what
 * it is told, before anything is created or counted. Pure: redis/store_settings.h keeps them, ingest/settings_told.h
 * says what a process is told.
 */
#ifndef GENTALLY_SETTINGS_H
#define GENTALLY_SETTINGS_H

#include "gentally/config/config.h"
#include "gentally/core/schema_ids.h"

/* Since when something is counted: in windows that start at or after it. NO_TIME: from the beginning. */
struct window_setting {
    bool is_on;
    int64_t since_ms, kept_ms;
};

/* A rollup stays in the settings when it is counted no longer: its rows are published, and its name is taken. */
struct rollup_setting {
    struct rollup rollup;
    bool is_on;
    int64_t since_ms;
};

enum retention_setting { RETENTION_NEVER, RETENTION_ON, RETENTION_ENDED };

#define SETTINGS_CLUSTER_SIZE 128
#define SETTINGS_DIGEST_SIZE 33

struct settings {
    char version[33]; /* random, another with each change; empty: not kept yet */
    char pending[8];  /* "setup", "remove" or "erase", which was begun and is not finished; empty: none of them */
    char topic[250], cluster[SETTINGS_CLUSTER_SIZE], group[256]; /* the cluster's id; empty: not known */
    int32_t partitions;                                          /* 0: the topic is not there */
    struct window_setting windows[WINDOW_KINDS];
    uint32_t rollup_count;
    struct rollup_setting rollups[ROLLUPS_MAX];
    enum ids_mode ids;
    enum ids_keep ids_keep;
    bool has_amended; /* ids was `amend` at some time */
    int64_t ids_kept_ms;
    int64_t out_of_orderness_ms, out_of_orderness_max_ms; /* the second: the longest there ever was */
    int64_t rows_max;
    char leave_out[LEAVE_OUT_SIZE];         /* as leave_out.h spells it */
    char account_key[SETTINGS_DIGEST_SIZE]; /* digest of the key; empty: there is none */
    enum retention_setting retention;
    int64_t retention_since_ms;
    struct schema_ids schema_ids; /* what `setup` registered last; none: it never did */
};

/* The settings that the options stand for, without what only servers know: cluster, partitions; and without the digest
 * of the account key. All of it since the beginning. */
void settings_of_config(struct settings *told, const struct config *config);

/* Whether an account is being erased: nothing is claimed meanwhile, nor any window published. */
static inline bool settings_is_erasing(const struct settings *settings)
{
    return strcmp(settings->pending, "erase") == 0;
}

/* What is to be done about a difference. */
enum settings_step {
    SETTINGS_BY_SETUP, /* `gentally setup` carries it out */
    SETTINGS_NEVER,    /* not in this namespace */
};

/* Gets a difference, as a sentence that says what is kept, what is told, and what follows. Borrows it for the call. */
typedef void settings_teller(void *context, enum settings_step step, const char *text);

/*
 * Tells each difference between the settings that are `kept` and those a process is `told`. With `is_fresh` nothing was
 * counted yet, so that all may change but the input. Where the cluster of either, or the told partitions (0), are not
 * known, they are not compared.
 */
void settings_compare(const struct settings *kept, const struct settings *told, bool is_fresh, settings_teller *tell,
                      void *context);

/*
 * Compares for a process that only counts. HALT: SETTINGS-REFUSED with the first difference that is never carried out
 * (or a removal that was begun), else SETTINGS-CHANGED with the first that `setup` carries out (or a setup that was
 * begun). `ns`: the namespace.
 */
MUST_CHECK enum verdict settings_check(const struct settings *kept, const struct settings *told, const char *ns,
                                       struct reason *why);

/*
 * Changes the settings that are kept to those told, whose differences are all carried out; `highest_ms` is the latest
 * event that may have been counted (NO_TIME: none was). What is new begins in windows that start after it.
 */
void settings_take(struct settings *kept, const struct settings *told, int64_t highest_ms);

/* Takes the ids of our schemas, if there are any; true if they are others. They are no setting that is told: what was
 * published with others stays as it is. */
bool settings_take_schema_ids(struct settings *kept, const struct settings *told);

/* The rollups that are counted in windows that start at `start_ms`. */
void settings_rollups_at(const struct settings *settings, int64_t start_ms, struct rollups *rollups);

/* The entry of a rollup, or NULL. */
const struct rollup_setting *settings_rollup(const struct settings *settings, const char *name);

/* Writes the dimensions of a rollup as they are configured: "category+model". */
#define SETTINGS_DIMS_SIZE 96
void settings_dims_write(const struct rollup *rollup, char text[SETTINGS_DIMS_SIZE]);

/* The word of a mode: "off", "dedup" or "amend". */
const char *settings_ids_name(enum ids_mode mode);

#endif
