/*
 * The options, in the order in which --help tells them: where things are, what is counted, when, and how much. Each
 * help says what the choice costs and ends with what to do if unsure.
 */
#include "config_table.h"

/* Macros for a row's beginning, after its name: the field, and what may stand in it. A text leaves room for its NUL. */
#define SIZE(member) sizeof(((struct config *)NULL)->member)
#define FIELD(member) .offset = offsetof(struct config, member), .size = SIZE(member)
#define TEXT_OF(text_kind, member, called, least)                                                                      \
    .kind = (text_kind), FIELD(member), .argument = (called), .min = (least), .max = SIZE(member) - 1
#define TEXT(member, called, least) TEXT_OF(OPTION_TEXT, member, called, least)
#define NAME(member, called, least) TEXT_OF(OPTION_NAME, member, called, least)
#define URL(member, called, least) TEXT_OF(OPTION_URL, member, called, least)
#define INTEGER(member, least, most, unit_name)                                                                        \
    .kind = OPTION_INTEGER, FIELD(member), .argument = "N", .min = (least), .max = (most), .unit = (unit_name)
#define CHOICE(member, called, ...) .kind = OPTION_CHOICE, FIELD(member), .argument = (called), .choices = {__VA_ARGS__}

/* The least length of a text. */
#define MAY_BE_EMPTY 0
#define NOT_EMPTY 1

#define DAYS_MAX 3650

const struct option config_options[] = {
    {"kafka_bootstrap_servers", TEXT(kafka_bootstrap_servers, "HOSTS", NOT_EMPTY), .is_for_readers = true,
     .initial = "localhost:9092",
     .help = "Kafka brokers to begin with, HOST:PORT separated by commas. "
             "One is enough to find the others; name two or three so that a start survives a broker that is down. "
             "If unsure, ask who runs the cluster."},
    {"kafka_token_command", TEXT(kafka_token_command, "COMMAND", MAY_BE_EMPTY), .is_for_readers = true, .initial = "",
     .help = "Program that prints a bearer token for Kafka, with its arguments, parted by blanks; no shell is asked. "
             "For kafka.sasl.mechanism=OAUTHBEARER: MSK IAM, OIDC. "
             "It prints the token alone, or JSON with access_token and expires_in, within eight seconds, "
             "for each connection's client, and again after four fifths of the token's time. "
             "If unsure, leave it empty."},
    {"kafka_token_file", TEXT(kafka_token_file, "PATH", MAY_BE_EMPTY), .is_for_readers = true, .initial = "",
     .help = "File that holds such a token, and is written anew before it ends, as Kubernetes does. "
             "If unsure, leave it empty."},
    {"redis_url", URL(redis_url, "URL", NOT_EMPTY), .is_for_readers = true, .initial = "redis://localhost:6379",
     .help =
         "Where the counters are: redis://[USER@]HOST:PORT[/DB], an IPv6 address in brackets, "
         "rediss:// for TLS, "
         "unix://[USER@]/PATH for a socket; "
         "redis+sentinel://[USER@]HOST:PORT,HOST:PORT,.../MASTER[/DB] asks sentinels at each connect, "
         "rediss+sentinel:// over TLS; "
         "redis+cluster://[USER@]HOST:PORT,HOST:PORT,... is a Redis Cluster, of which these are nodes to begin with, "
         "rediss+cluster:// over TLS. "
         "It holds no password: see redis_password. "
         "Two gentallys may share a database if their namespaces differ. "
         "If unsure, give gentally a Redis of its own, with maxmemory-policy noeviction (or a volatile one)."},
    {"redis_password", TEXT(redis_password, "PASSWORD", MAY_BE_EMPTY), .is_for_readers = true, .initial = "",
     .secret_file = "redis_password_file",
     .help = "Password for Redis. "
             "As a flag anyone on the machine can read it in the process list, so prefer redis_password_file. "
             "If unsure, leave it empty and see whether Redis asks for one."},
    {"redis_sentinel_user", TEXT(redis_sentinel_user, "USER", MAY_BE_EMPTY), .initial = "",
     .help = "User for the sentinels, with redis_sentinel_password. "
             "The user in redis_url is that of the servers. "
             "If unsure, leave it empty."},
    {"redis_sentinel_password", TEXT(redis_sentinel_password, "PASSWORD", MAY_BE_EMPTY), .initial = "",
     .secret_file = "redis_sentinel_password_file",
     .help = "Password for the sentinels, which may be another than redis_password. "
             "Prefer redis_sentinel_password_file. "
             "If unsure, leave it empty and see whether they ask for one."},
    {"topic", NAME(topic, "NAME", NOT_EMPTY), .initial = "generations",
     .help = "Topic the events come from. "
             "Counters belong to a topic: another name begins to count from nothing. "
             "If unsure, keep the default."},
    {"group", NAME(group, "NAME", NOT_EMPTY), .initial = "gentally",
     .help = "Kafka consumer group that shares the partitions among the workers. "
             "Workers of different groups on the same namespace fence each other off. "
             "If unsure, keep the default."},
    {"namespace", NAME(namespace_, "NAME", NOT_EMPTY), .is_for_readers = true, .initial = "gentally",
     .help = "Prefix of the output topics and of the keys in Redis; two namespaces never touch each other. "
             "Changing it begins to count from nothing. "
             "If unsure, keep the default."},
    {"catalog", TEXT(catalog, "PATH", MAY_BE_EMPTY), .initial = "",
     .help = "CSV of models: author, country, weights, size. "
             "Empty means the bundled one. "
             "A newer file re-states windows still kept, with no replay. "
             "If unsure, leave it empty."},
    {"catalog_steps", TEXT(catalog_steps_text, "LIST", NOT_EMPTY), .initial = "all",
     .help = "How names of models may be taken apart until the catalog knows them, separated by commas: "
             "clean, case, host, region, vendor, variant, pin, mode, precision, date, latest, tag, tuned, bare, "
             "spelling; or all, or none. "
             "Events are counted under their raw names anyhow, so that a change re-states windows still kept. "
             "If unsure, keep all, and ask `gentally catalog show NAME` what was done."},
    {"taxonomy", TEXT(taxonomy, "PATH", MAY_BE_EMPTY), .initial = "",
     .help = "CSV from classifier path to tag, bucket and category. "
             "Empty means the bundled one. "
             "A change holds from then on: what is counted stays counted under the old names. "
             "If unsure, leave it empty."},
    {"countries", TEXT(countries, "PATH", MAY_BE_EMPTY), .initial = "",
     .help = "CSV from country code to continent. "
             "Empty means the bundled one. "
             "If unsure, leave it empty."},
    {"writer_schemas", TEXT(writer_schemas, "FOLDER", MAY_BE_EMPTY), .initial = "",
     .help = "Folder of ID.avsc files, the schemas your producers write with. "
             "Empty means only the bundled schema; records with another id go to the dead letters. "
             "If unsure, leave it empty until DECODE-SCHEMA-UNKNOWN is seen."},
    {"registry_url", TEXT(registry_url, "URL", MAY_BE_EMPTY), .is_for_readers = true, .initial = "",
     .help = "Schema registry, by the Confluent paths: http://HOST:PORT or https://... "
             "It is asked for the schemas of ids that are not known here, and setup registers in it what is published. "
             "Empty means none, and bundled ids. "
             "A registry that is away stops no schema that is known already. "
             "If unsure, say where your producers register theirs."},
    {"registry_user", TEXT(registry_user, "USER", MAY_BE_EMPTY), .is_for_readers = true, .initial = "",
     .help = "User for the registry, with registry_password. "
             "If unsure, leave it empty and see whether the registry asks for one."},
    {"registry_password", TEXT(registry_password, "PASSWORD", MAY_BE_EMPTY), .is_for_readers = true, .initial = "",
     .secret_file = "registry_password_file",
     .help = "Password of registry_user. "
             "As a flag anyone on the machine can read it in the process list, so prefer registry_password_file. "
             "If unsure, leave it empty."},
    {"registry_token", TEXT(registry_token, "TOKEN", MAY_BE_EMPTY), .is_for_readers = true, .initial = "",
     .secret_file = "registry_token_file",
     .help = "Bearer token for the registry, instead of a user. "
             "Prefer registry_token_file. "
             "If unsure, leave it empty."},
    {"registry_ca_file", TEXT(registry_ca_file, "PATH", MAY_BE_EMPTY), .is_for_readers = true, .initial = "",
     .help = "PEM file of the authorities that the registry's certificate is held against. "
             "Empty means the system's. "
             "If unsure, leave it empty."},
    {"registry_cert_file", TEXT(registry_cert_file, "PATH", MAY_BE_EMPTY), .is_for_readers = true, .initial = "",
     .help = "PEM file of the certificate that we show the registry. "
             "If unsure, leave it empty."},
    {"registry_key_file", TEXT(registry_key_file, "PATH", MAY_BE_EMPTY), .is_for_readers = true, .initial = "",
     .help = "PEM file of the key of that certificate. "
             "If unsure, leave it empty."},
    {"registry_wait_ms", INTEGER(registry_wait_ms, 0, 86400000, "ms"), .is_for_readers = true, .initial = "600000",
     .help = "How long a partition waits for the schema of a record while the registry is away. "
             "Then the record is a dead letter, and what follows is read. "
             "Meanwhile it holds back the watermark of all. "
             "If unsure, keep ten minutes."},
    {"account_key", TEXT(account_key, "KEY", MAY_BE_EMPTY), .initial = "", .secret_file = "account_key_file",
     .help = "Key that pseudonyms of accounts are made with before they leave the worker. "
             "Without one accounts are not counted; another one is refused, as each account would count again. "
             "If unsure, make one (openssl rand -hex 32), keep it, and give account_key_file."},
    {"rollups", TEXT(rollups_text, "LIST", NOT_EMPTY), .is_for_readers = true, .initial = ROLLUPS_DEFAULT,
     .help = "What to count by: NAME=DIMENSION+DIMENSION separated by commas; `total=` must be among them. "
             "Rows, Redis memory and flush time grow with the product of the dimensions' values. "
             "A new one counts from now on. "
             "`account` (the pseudonym) is a dimension, too: a row for each account, "
             "so for few windows and small numbers. "
             "So is `app`, which stands in rows as events have it. "
             "If unsure, keep the default."},
    {"windows", TEXT(windows_text, "LIST", NOT_EMPTY), .is_for_readers = true, .initial = "hour,day,week,month",
     .help = "Which windows to keep, of hour, day, week, month (UTC). "
             "Without `hour` there are fewer rows to flush, and nothing is known before the day is over. "
             "If unsure, keep all four."},
    {"ids", TEXT(ids_text, "MODE", NOT_EMPTY), .initial = "off",
     .help = "What to remember of event ids. "
             "`off`: nothing. "
             "`dedup`: an id counts once, however often it was produced. "
             "`amend`: that, and what it counted, "
             "so that later records with `op` amend or retract correct it exactly. "
             "Redis holds some 75 MB (dedup) or 170 MB (amend) per million ids. "
             "If unsure, keep off."},
    {"ids_keep", TEXT(ids_keep_text, "WHICH", NOT_EMPTY), .initial = "first",
     .help = "Which record of an id counts, if a later one says something else. "
             "`first`: the later one is a dead letter, EVENT-ID-CONFLICT. "
             "`last`: it replaces the earlier, exactly, as growing usage under one id needs; `ids` must be `amend`. "
             "Ids that are not unique then overwrite each other, with a warning and no letter. "
             "If unsure, keep first."},
    {"ids_kept_hours", INTEGER(ids_kept_hours, 1, 24 * DAYS_MAX, "hours"), .initial = "48",
     .help = "How long an id is remembered at least, in event time; at most half as long again. "
             "Redis memory grows with it. "
             "If unsure, take the longest time after which your producers may repeat or correct a record."},
    {"leave_out", TEXT(leave_out_text, "LIST", MAY_BE_EMPTY), .initial = "",
     .help = "Which events to leave out, such as health checks: FIELD=VALUE separated by commas, "
             "of model, provider, app, country, language, finish_reason. "
             "An event with just that text, as it counts, is in no row and no dead letter; "
             "the ledger counts it as filtered. "
             "`*` at the end of a value stands for any rest, as in `model=author/*`; "
             "a comma, `*` or backslash of the value itself takes a backslash before it. "
             "Up to 32 of them, 511 bytes in all. "
             "Another list holds from then on. "
             "If unsure, keep it empty."},
    {"suppress_below_accounts", INTEGER(suppress_below_accounts, 0, 1000000, "accounts"), .initial = "0",
     .help = "Rows of fewer accounts are published without their numbers, with `suppressed` set: "
             "for figures that leave the house, 10. "
             "Needs account_key. "
             "What is left out may still follow from a total and its other rows. "
             "Another value re-states windows still kept. "
             "If unsure, keep 0, which leaves out nothing."},
    {"summary_format", CHOICE(summary_format, "FORMAT", "avro", "json"), .initial = "avro",
     .help = "What summaries are published as. "
             "`avro`: with a schema id in front, for readers with a registry. "
             "`json`: the same fields as one JSON object, some three times as large, for readers with nothing else. "
             "The ledger and signals are Avro anyhow. "
             "Another value re-states windows still kept; what is closed for good keeps its form. "
             "If unsure, keep avro."},
    {"retention", TEXT(retention_text, "MODE", NOT_EMPTY), .initial = "on",
     .help = "Whether to keep, of each model and account, the months of activity: `on` or `off`. "
             "It needs an account_key and months among the windows. "
             "Redis holds some 10 bytes per pair of model and account, for good. "
             "Switched on later, it begins then: whoever was there before looks new. "
             "If unsure, keep on."},
    {"retention_pairs_max", INTEGER(retention_pairs_max, 8, 1000000000000, "pairs"), .initial = "1000000000",
     .help =
         "How many pairs of model and account retention may have, an eighth of them in each of its eight shards. "
         "A new pair that a shard has no room for ends retention for good, with a warning at four fifths: "
         "so a producer that makes up accounts cannot fill Redis, and no published row gets wrong. "
         "All else is counted on. "
         "If unsure, set what Redis has memory for, at some 10 bytes a pair, 20 where accounts use one model each."},
    {"metrics_listen", TEXT(metrics_listen, "HOST:PORT", MAY_BE_EMPTY), .initial = "",
     .help = "Where a worker serves /metrics, /livez and /readyz over HTTP: "
             "an address of this machine and a port, or a port alone, which is on loopback. "
             "HOST is 127.0.0.1, 0.0.0.0, [::] and the like, no name. "
             "Empty means nowhere. "
             "Whoever reaches it reads topic partitions, versions and counts, and no event. "
             "The image listens on 0.0.0.0:9464. "
             "If unsure, say 9464."},
    {"log_level", CHOICE(log_level, "LEVEL", "debug", "info", "warn", "error"), .is_for_readers = true,
     .initial = "info",
     .help = "debug, info, warn or error. "
             "Nothing is logged per record, so info is cheap. "
             "If unsure, keep info."},
    {"log_format", CHOICE(log_format, "FORMAT", "text", "logfmt", "json"), .is_for_readers = true, .initial = "text",
     .help = "How a line of the log is written: text for people, logfmt or json for programs, a record a line. "
             "The ids, and what is told, are the same. "
             "If unsure, keep text, and take json where a collector reads the log."},
    {"out_of_orderness_ms", INTEGER(out_of_orderness_ms, 0, 7 * DAY_MS, "ms"), .initial = "300000",
     .help = "How much later than its neighbours an event may come and still be in the first summary of its window. "
             "Larger means later summaries, smaller means more revisions. "
             "If unsure, keep five minutes."},
    {"future_skew_ms", INTEGER(future_skew_ms, 0, 365 * DAY_MS, "ms"), .initial = "600000",
     .help = "How far ahead of the latest clock an event may be: this machine's, that of Redis, the broker's where it "
             "stamps records (LogAppendTime); beyond it is a dead letter. "
             "One wrong clock far in the future would otherwise close every window. "
             "If unsure, keep ten minutes."},
    {"hours_kept_days", INTEGER(hours_kept_days, 1, DAYS_MAX, "days"), .initial = "8",
     .help = "How long an hour stays open for late events after its end. "
             "Redis memory grows with it. "
             "If unsure, keep the default."},
    {"days_kept_days", INTEGER(days_kept_days, 1, DAYS_MAX, "days"), .initial = "35",
     .help = "The same for days. "
             "If unsure, keep the default."},
    {"weeks_kept_days", INTEGER(weeks_kept_days, 1, DAYS_MAX, "days"), .initial = "100",
     .help = "The same for weeks. "
             "If unsure, keep the default."},
    {"months_kept_days", INTEGER(months_kept_days, 1, DAYS_MAX, "days"), .initial = "100",
     .help = "The same for months. "
             "If unsure, keep the default."},
    {"idle_ms", INTEGER(idle_ms, 1000, DAY_MS, "ms"), .initial = "30000",
     .help = "A partition that has been read to its end for so long stops holding the watermark back. "
             "Too short, and a producer's pause makes its next events late; too long, "
             "and an empty partition delays every summary. "
             "If unsure, keep 30 seconds."},
    {"flush_interval_ms", INTEGER(flush_interval_ms, 10, 600000, "ms"), .initial = "1000",
     .help = "How often counts go to Redis. "
             "Longer combines more events into one write, "
             "and makes the live counters and the work repeated after a crash older. "
             "If unsure, keep one second."},
    {"apply_interval_ms", INTEGER(apply_interval_ms, 0, 3600000, "ms"), .initial = "60000",
     .help = "How long counts may wait in a partition's journal before they are added to its cells. "
             "Whoever reads counts adds the journal up by itself, and sees no difference. "
             "Longer writes fewer cells, and makes every reading of a window dearer. "
             "If unsure, keep a minute."},
    {"emit_interval_ms", INTEGER(emit_interval_ms, 10, 600000, "ms"), .initial = "1000",
     .help = "How often to look for windows to close. "
             "If unsure, keep one second."},
    {"early_emit_interval_ms", TEXT(early_emit_text, "MS[,KIND=MS...]", NOT_EMPTY), .initial = "60000",
     .help =
         "How often windows that are open yet are published, of all kinds, or, as in 60000,month=600000, of one. "
         "0, or 100 to 86400000 ms. "
         "0 is off: they are published when they end, at the end of a drain, or if only a stopped partition keeps them "
         "open. "
         "Each time the counts of an open window with news are read from Redis, and the rows that changed are sent; "
         "shorter than emit_interval_ms it is as that. "
         "If unsure, keep one minute."},
    {"late_emit_interval_ms", INTEGER(late_emit_interval_ms, 100, DAY_MS, "ms"), .initial = "10000",
     .help = "How often a window that got late events is emitted again. "
             "Longer saves revisions downstream. "
             "If unsure, keep ten seconds."},
    {"flush_rows_max", INTEGER(flush_rows_max, 64, 16384, "rows"), .initial = "8192",
     .help = "Rows of one partition that force a flush before its time, "
             "and the most fields of a window that are read or changed by one call: "
             "bounds memory (about 200 bytes a row and partition) and how long Redis is held. "
             "Fewer cost Redis more in all. "
             "If unsure, keep the default."},
    {"rows_max", INTEGER(rows_max, 1, 100000000, "rows"), .initial = "1048576",
     .help = "How many rows a rollup may have in one window of one partition. "
             "Whatever is of further ones, in the order of the log, is added to one row named (other), with a warning: "
             "so a producer that makes up models cannot fill Redis, which holds some 300 bytes a row. "
             "A window that has such a row takes no more even if this is raised; "
             "a replay under another value tells the difference. "
             "If unsure, keep a million."},
    {"message_bytes_max", INTEGER(message_bytes_max, 1024, 104857600, "bytes"), .initial = "1048576",
     .help = "A record larger than this is a dead letter, unread. "
             "An event is about 300 bytes. "
             "If unsure, keep the default."},
    {"dead_letters_keep", CHOICE(dead_letters_keep, "KEPT", "full", "sealed", "headers"), .initial = "full",
     .help = "What a dead letter keeps of a record that could not be counted. "
             "`full`: key and value as they came, so with the account as its producer wrote it. "
             "`sealed`: the same, encrypted to dead_letters_public_key, for some 0.1 ms of the worker's time a letter; "
             "`dlq` takes the private key. "
             "`headers`: where it lies in the input topic, and the reason; it cannot be sent back by `dlq redrive`. "
             "If unsure, keep full, and let few read the topic."},
    {"dead_letters_public_key", TEXT(dead_letters_public_key, "PATH", MAY_BE_EMPTY), .initial = "",
     .help = "PEM file of the public key, of X25519, that dead letters are sealed for; a worker reads it at its start. "
             "The private one is for no worker, and without it nobody reads those letters: keep it, and a copy. "
             "If unsure, make both as runbooks/dlq.md says."},
    {"redis_timeout_ms", INTEGER(redis_timeout_ms, 10, 60000, "ms"), .is_for_readers = true, .initial = "5000",
     .help = "How long to wait for Redis before the same flush is sent again. "
             "Below the longest pause of your Redis (snapshots, failover) it only makes noise. "
             "If unsure, keep five seconds."},
};

const size_t config_option_count = LENGTH_OF(config_options);

const struct option *config_option(const char *name, size_t size)
{
    for (size_t at = 0; at < config_option_count; at++)
        if (strlen(config_options[at].name) == size && strncmp(config_options[at].name, name, size) == 0)
            return &config_options[at];
    return NULL;
}

void config_suggest(struct suggestion *suggestion)
{
    for (size_t at = 0; at < config_option_count; at++) {
        suggestion_try(suggestion, config_options[at].name);
        if (config_options[at].secret_file != NULL)
            suggestion_try(suggestion, config_options[at].secret_file);
    }
}
