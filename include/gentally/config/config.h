/*
 * The configuration of a process, as all rooms read it. config_load.h fills the struct, config_print.h tells it to
 * people; both walk the same table of options.
 */
#ifndef GENTALLY_CONFIG_H
#define GENTALLY_CONFIG_H

#include "gentally/base/endpoint.h"
#include "gentally/base/log.h"
#include "gentally/core/leave_out.h"
#include "gentally/core/rollup.h"
#include "gentally/core/window.h"

#define CONFIG_TEXT_MAX 1024 /* bytes of a text, with its NUL */
#define CONFIG_KAFKA_MAX 64  /* properties that pass through to librdkafka */

/* What is remembered of the ids of events. */
enum ids_mode {
    IDS_OFF,   /* nothing: a record counts as often as it was produced */
    IDS_DEDUP, /* which were counted */
    IDS_AMEND, /* and what each contributed, so that it can be amended and retracted */
};

/* What summaries are published as. */
enum summary_format { SUMMARIES_AVRO, SUMMARIES_JSON };

/* Which of an id's records counts, if they say different things. */
enum ids_keep {
    KEEP_FIRST, /* the others are set aside */
    KEEP_LAST,  /* it replaces the others */
};

/* What a dead letter keeps of its record. */
enum letters_keep {
    LETTERS_FULL,    /* key and value as they were */
    LETTERS_SEALED,  /* both, for whoever has the private key */
    LETTERS_HEADERS, /* its place, and the reason */
};

/* A property that passes through to librdkafka. */
struct kafka_property {
    char name[128];
    char value[CONFIG_TEXT_MAX];
};

/* One member an option, with its default in the comment. The struct is large (about 100 kB): no place for a stack. */
struct config {
    char kafka_bootstrap_servers[CONFIG_TEXT_MAX];                                /* "localhost:9092" */
    char kafka_token_command[CONFIG_TEXT_MAX], kafka_token_file[CONFIG_TEXT_MAX]; /* at most one of them */
    char redis_url[CONFIG_TEXT_MAX];      /* redis://[user@]host:port[/db], rediss://..., unix://[user@]/path */
    char redis_password[CONFIG_TEXT_MAX]; /* secret */
    char redis_sentinel_user[128];
    char redis_sentinel_password[CONFIG_TEXT_MAX]; /* secret */
    char topic[250];                               /* "generations"; Kafka takes 249 characters */
    char group[256];                               /* "gentally" */
    char namespace_[128];          /* "gentally": prefix of output topics and Redis keys; option name `namespace` */
    char catalog[CONFIG_TEXT_MAX]; /* path; empty = bundled; likewise the next two */
    char taxonomy[CONFIG_TEXT_MAX];
    char countries[CONFIG_TEXT_MAX];
    char catalog_steps_text[128];         /* option `catalog_steps`: "all" */
    char writer_schemas[CONFIG_TEXT_MAX]; /* folder of <id>.avsc; empty = only the bundled schema */
    char registry_url[CONFIG_TEXT_MAX];   /* empty = none */
    char registry_user[256];
    char registry_password[CONFIG_TEXT_MAX]; /* secret */
    char registry_token[8192];               /* secret */
    char registry_ca_file[CONFIG_TEXT_MAX], registry_cert_file[CONFIG_TEXT_MAX], registry_key_file[CONFIG_TEXT_MAX];
    int64_t registry_wait_ms;           /* 600000: how long a record of an unknown schema waits for it */
    char account_key[CONFIG_TEXT_MAX];  /* secret; usually by account_key_file */
    char rollups_text[CONFIG_TEXT_MAX]; /* option `rollups` */
    char windows_text[64];              /* option `windows`: "hour,day,week,month" */
    char early_emit_text[128];          /* option `early_emit_interval_ms`: "60000" */
    char metrics_listen[64];            /* "": not served */
    enum log_level log_level;           /* "info" */
    enum log_format log_format;         /* "text" */
    int64_t out_of_orderness_ms;        /* 300000 */
    int64_t future_skew_ms;             /* 600000 */
    int64_t hours_kept_days, days_kept_days, weeks_kept_days, months_kept_days; /* 8 35 100 100 */
    int64_t idle_ms;               /* 30000: a partition read to its end for so long stops holding the watermark back */
    int64_t flush_interval_ms;     /* 1000 */
    int64_t apply_interval_ms;     /* 60000: how long counts may wait in a journal before they go into cells */
    int64_t emit_interval_ms;      /* 1000 */
    int64_t late_emit_interval_ms; /* 10000 */
    int64_t flush_rows_max;        /* 8192: rows of one partition that force a flush */
    int64_t rows_max;              /* 1048576: rows of one rollup in one window of one partition */
    int64_t message_bytes_max;     /* 1048576 */
    enum letters_keep dead_letters_keep;           /* "full" */
    char dead_letters_public_key[CONFIG_TEXT_MAX]; /* path; empty = none */
    int64_t redis_timeout_ms;                      /* 5000 */
    char ids_text[16];                             /* option `ids`: "off" */
    char ids_keep_text[16];                        /* option `ids_keep`: "first" */
    char leave_out_text[LEAVE_OUT_SIZE];           /* option `leave_out`: "" */
    int64_t suppress_below_accounts;               /* 0: nothing is suppressed */
    enum summary_format summary_format;            /* "avro" */
    int64_t ids_kept_hours;                        /* 48 */
    char retention_text[8];                        /* option `retention`: "on" */
    int64_t retention_pairs_max;                   /* 1000000000: how many it may have, each shard its part of them */

    /* Derived from the above. */
    struct endpoint metrics_endpoint; /* valid if metrics_listen is not empty */
    uint32_t catalog_steps;           /* bits NAME_STEP() of model_name.h */
    struct rollups rollups;
    struct grouping grouping; /* of the rollups */
    bool names_accounts;      /* a rollup has DIM_ACCOUNT */
    bool names_apps;          /* one has DIM_APP */
    uint32_t rollups_mark; /* hash of their text: another set of rollups has another mark, but for one case in 2^32 */
    bool windows[WINDOW_KINDS];
    enum window_kind base; /* the unit all configured windows are made of: hour if configured, else day */
    int64_t kept_ms[WINDOW_KINDS];
    int64_t early_emit_interval_ms[WINDOW_KINDS]; /* 0: open windows of the kind are not told */
    int64_t
        transaction_rows_max; /* of one window in one transaction: 20,000 x some 300 bytes suit a producer's queue */
    int64_t told_rows_max;    /* how many rows the closer remembers as they were told; 4 Mi x 16 bytes = 64 MiB */
    enum ids_mode ids;
    enum ids_keep ids_keep; /* KEEP_LAST only with IDS_AMEND */
    int64_t ids_kept_ms;
    struct leave_out leave_out;
    bool has_retention; /* on, and possible: with an account key and months */

    uint32_t kafka_count;
    struct kafka_property kafka[CONFIG_KAFKA_MAX]; /* names without "kafka." */
};

/*
 * Checks that there is an account_key, if what is counted or published is made of accounts: for who counts and who
 * publishes; who only reads needs none. HALT: CONFIG-ACCOUNT-KEY.
 */
MUST_CHECK enum verdict config_check_accounts(const struct config *config, struct reason *why);

/* Whether the value of a property of librdkafka (`name` is without "kafka.") is a secret: never printed, and allowed as
 * NAME_file. */
bool config_kafka_is_secret(const char *name);

#endif
