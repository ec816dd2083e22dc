/*
 * The configuration, source by source. Each test begins with an environment of its own; files are written to a folder
 * that is removed at the end.
 */
#include <errno.h>
#include <unistd.h>

#include "config_defaults.h"
#include "config_kafka.h"
#include "config_table.h"
#include "gentally/config/config_load.h"
#include "gentally/config/config_print.h"
#include "suite.h"
#include "verdict_name.h"

static struct config config;
static struct reason why;
static char *nothing[] = {NULL};

/* Loads the flags, a NULL-terminated list, with `variables` as the whole environment. */
static enum verdict load(char **variables, char **flags, struct command_option *options, size_t option_count,
                         const char **positional)
{
    char *argv[16] = {(char[]){"worker"}};
    int argc = 1;
    char **before = environ;

    for (; flags[argc - 1] != NULL; argc++)
        argv[argc] = flags[argc - 1];
    environ = variables;
    why = (struct reason){0};
    enum verdict verdict = config_load(&config, argc, argv, options, option_count, positional, &why);
    environ = before;
    return verdict;
}

static enum verdict load_flags(char **flags)
{
    return load(nothing, flags, NULL, 0, NULL);
}

static enum verdict load_variables(char **variables)
{
    return load(variables, nothing, NULL, 0, NULL);
}

static const char *write_file(const char *text, size_t size)
{
    static char path[64];
    snprintf(path, sizeof(path), "/tmp/gentally-config-test-XXXXXX");
    int file = mkstemp(path);
    if (file < 0 || write(file, text, size) != (ssize_t)size || close(file) != 0)
        abort();
    return path;
}

/* Loads a file of this text, and nothing else. */
static enum verdict load_text(const char *text)
{
    char flag[96];
    const char *path = write_file(text, strlen(text));
    snprintf(flag, sizeof(flag), "--config=%s", path);
    enum verdict verdict = load_flags((char *[]){flag, NULL});
    unlink(path);
    return verdict;
}

static void check_refusal(enum verdict verdict, const char *name, const char *id, const char *words)
{
    bool is_right = verdict == HALT && why.id != REASON_NONE && strcmp(reason_name(why.id), id) == 0 &&
                    strstr(why.text, words) != NULL;
    if (!is_right)
        printf("%s: %s %s: %s (wanted %s: %s)\n", name, verdict_name(verdict),
               why.id == REASON_NONE ? "-" : reason_name(why.id), why.text, id, words);
    CU_ASSERT(is_right);
}

static void defaults_are_as_documented(void)
{
    CU_ASSERT_EQUAL(load_flags(nothing), GO_ON);
    CU_ASSERT_STRING_EQUAL(config.kafka_bootstrap_servers, "localhost:9092");
    CU_ASSERT_STRING_EQUAL(config.topic, "generations");
    CU_ASSERT_STRING_EQUAL(config.namespace_, "gentally");
    CU_ASSERT_STRING_EQUAL(config.catalog, "");
    CU_ASSERT_EQUAL(config.log_level, LOG_LEVEL_INFO);
    CU_ASSERT_EQUAL(config.out_of_orderness_ms, 300000);
    CU_ASSERT_EQUAL(config.message_bytes_max, 1048576);
    CU_ASSERT_EQUAL(config.base, WINDOW_HOUR);
    CU_ASSERT_EQUAL(config.kept_ms[WINDOW_HOUR], 8 * DAY_MS);
    CU_ASSERT_EQUAL(config.kept_ms[WINDOW_MONTH], 100 * DAY_MS);
    CU_ASSERT_EQUAL(config.rollups.count, 7);
    CU_ASSERT_EQUAL(config.kafka_count, 0);
}

static void later_source_wins(void)
{
    char flag[96];
    const char *path = write_file("topic = a\ngroup = a\nnamespace = a\n", 34);
    char variable[96];

    snprintf(variable, sizeof(variable), "GENTALLY_CONFIG=%s", path);
    CU_ASSERT_EQUAL(load((char *[]){variable, "GENTALLY_TOPIC=b", "GENTALLY_GROUP=b", NULL},
                         (char *[]){"--topic", "c", NULL}, NULL, 0, NULL),
                    GO_ON);
    CU_ASSERT_STRING_EQUAL(config.topic, "c");
    CU_ASSERT_STRING_EQUAL(config.group, "b");
    CU_ASSERT_STRING_EQUAL(config.namespace_, "a");
    /* A file named by a flag stands for the one of the environment, wherever the flag is. */
    snprintf(flag, sizeof(flag), "%s", path);
    CU_ASSERT_EQUAL(load((char *[]){"GENTALLY_CONFIG=/nowhere", NULL}, (char *[]){"--group=c", "--config", flag, NULL},
                         NULL, 0, NULL),
                    GO_ON);
    CU_ASSERT_STRING_EQUAL(config.topic, "a");
    CU_ASSERT_STRING_EQUAL(config.group, "c");
    unlink(path);
}

static void file_is_read_line_by_line(void)
{
    CU_ASSERT_EQUAL(load_text("# a comment\n\n  topic=x  \r\n\tgroup = y\nrollups = total=,model=model\n"
                              "redis_password = a#b = c\nkafka.client.id = d"),
                    GO_ON);
    CU_ASSERT_STRING_EQUAL(config.topic, "x");
    CU_ASSERT_STRING_EQUAL(config.group, "y");
    CU_ASSERT_EQUAL(config.rollups.count, 2);
    CU_ASSERT_STRING_EQUAL(config.redis_password, "a#b = c");
    CU_ASSERT_EQUAL(config.kafka_count, 1);
    CU_ASSERT_STRING_EQUAL(config.kafka[0].name, "client.id");
    CU_ASSERT_STRING_EQUAL(config.kafka[0].value, "d");
    CU_ASSERT_EQUAL(load_text(""), GO_ON);
}

static void file_is_refused_where_it_is_wrong(void)
{
    static const struct {
        const char *text, *id, *words;
    } rows[] = {
        {"topic = a\ntopics = b\n", "CONFIG-UNKNOWN-KEY", ":2: there is no 'topics'; did you mean 'topic'?"},
        {"elephants = 3\n", "CONFIG-UNKNOWN-KEY", ":1: there is no 'elephants'"},
        {" = 3\n", "CONFIG-UNKNOWN-KEY", "there is no ''"},
        {"config = x\n", "CONFIG-UNKNOWN-KEY", "there is no 'config'"},
        {"redis_pasword_file = x\n", "CONFIG-UNKNOWN-KEY", "did you mean 'redis_password_file'?"},
        {"topic\n", "CONFIG-VALUE", ":1: allowed are 'key = value'"},
        {"topic =\n", "CONFIG-VALUE", "topic = ''"},
        {"flush_interval_ms = 1s\n", "CONFIG-VALUE", "10..600000 ms"},
        {"kafka.acks = 1\n", "CONFIG-OWNED", "kafka.acks"},
        {"redis_password_file = /nowhere/x\n", "CONFIG-UNREADABLE", "/nowhere/x"},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++)
        check_refusal(load_text(rows[at].text), rows[at].text, rows[at].id, rows[at].words);
    check_refusal(load_flags((char *[]){"--config=/nowhere/x", NULL}), "no file", "CONFIG-UNREADABLE", "/nowhere/x");
    check_refusal(load_flags((char *[]){"--config=/", NULL}), "a folder", "CONFIG-UNREADABLE", "/");
}

static void long_lines_are_refused(void)
{
    static char text[8192];
    memset(text, 'x', sizeof(text) - 1);
    check_refusal(load_text(text), "a long line", "CONFIG-VALUE", "lines of at most");
    const char *path = write_file("topic = a\0b\n", 12);
    char flag[96];
    snprintf(flag, sizeof(flag), "--config=%s", path);
    check_refusal(load_flags((char *[]){flag, NULL}), "a NUL byte", "CONFIG-VALUE", "bytes of text");
    unlink(path);
}

static void values_are_checked(void)
{
    static const struct {
        const char *flag, *words; /* NULL: allowed */
    } rows[] = {
        {"--flush-interval-ms=10", NULL},
        {"--flush-interval-ms=9", "flush_interval_ms = '9'"},
        {"--flush-interval-ms=600000", NULL},
        {"--flush-interval-ms=600001", "10..600000 ms"},
        {"--flush-interval-ms=", "10..600000 ms"},
        {"--flush-interval-ms= 20", "10..600000 ms"},
        {"--flush-interval-ms=+20", "10..600000 ms"},
        {"--flush-interval-ms=0x20", "10..600000 ms"},
        {"--flush-interval-ms=-20", "10..600000 ms"},
        {"--flush-interval-ms=99999999999999999999", "10..600000 ms"},
        {"--out-of-orderness-ms=0", NULL},
        {"--out-of-orderness-ms=-1", "0..604800000 ms"},
        {"--log-level=debug", NULL},
        {"--log-level=INFO", "debug, info, warn, error"},
        {"--topic=A-z_0.9", NULL},
        {"--topic=a b", "letters, digits"},
        {"--topic=a/b", "letters, digits"},
        {"--namespace={a}", "letters, digits"},
        {"--topic=..", "letters, digits"},
        {"--topic=", "1..249 bytes"},
        {"--catalog=", NULL},
        {"--catalog=a\nb", "control characters"},
        {"--catalog= a", "blanks"},
        {"--windows=day", NULL},
        {"--windows=", "1..63 bytes"},
        {"--ids=amend", NULL},
        {"--ids=dedup", NULL},
        {"--ids=on", "off, dedup, amend"},
        {"--ids-kept-hours=0", "1..87600"},
        {"--windows=hour,", "hour, day, week, month"},
        {"--windows=hour,hour", "at most once"},
        {"--windows=hour,year", "hour, day, week, month"},
        {"--redis-url=redis://h", NULL},
        {"--redis-url=redis://u@h:1/2", NULL},
        {"--redis-url=rediss://[::1]:6379", NULL},
        {"--redis-url=unix:///run/redis.sock", NULL},
        {"--redis-url=unix://worker@/run/redis.sock", NULL},
        {"--redis-url=unix://worker", "unix://[USER@]/PATH"},
        {"--redis-url=unix:///", "unix://[USER@]/PATH"},
        {"--redis-url=h:6379", "redis://"},
        {"--redis-url=http://h", "redis://"},
        {"--redis-url=redis://", "host is missing"},
        {"--redis-url=redis://u@:6379", "host is missing"},
        {"--redis-url=redis://:hunter2@h", "redis_password_file"},
        {"--redis-url=redis://u:hunter2@h:1", "redis_password_file"},
        {"--redis-url=redis://u:hunter2@x@h:1", "redis_password_file"},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        char flag[96];
        snprintf(flag, sizeof(flag), "%s", rows[at].flag);
        enum verdict verdict = load_flags((char *[]){flag, NULL});
        if (rows[at].words != NULL)
            check_refusal(verdict, flag, "CONFIG-VALUE", rows[at].words);
        else if (verdict != GO_ON)
            printf("%s: %s\n", flag, why.text);
        CU_ASSERT_EQUAL(verdict == GO_ON, rows[at].words == NULL);
        CU_ASSERT_PTR_NULL(strstr(why.text, "hunter2"));
    }
}

static void texts_fit_to_the_last_byte(void)
{
    static char flag[2048];
    static const struct {
        size_t size;
        enum verdict want;
    } rows[] = {{1, GO_ON}, {249, GO_ON}, {250, HALT}, {255, HALT}, {256, HALT}, {1500, HALT}};
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        memset(flag, 'a', sizeof(flag));
        memcpy(flag, "--topic=", 8);
        flag[8 + rows[at].size] = '\0';
        CU_ASSERT_EQUAL(load_flags((char *[]){flag, NULL}), rows[at].want);
    }
}

static void ids_that_are_off_are_kept_for_no_time(void)
{
    CU_ASSERT_EQUAL(load_flags((char *[]){"--ids-kept-hours=7", NULL}), GO_ON);
    CU_ASSERT_EQUAL(config.ids, IDS_OFF);
    CU_ASSERT_EQUAL(config.ids_kept_ms, 0);
    CU_ASSERT_EQUAL(load_flags((char *[]){"--ids-kept-hours=7", "--ids=amend", NULL}), GO_ON);
    CU_ASSERT_EQUAL(config.ids, IDS_AMEND);
    CU_ASSERT_EQUAL(config.ids_kept_ms, 7 * HOUR_MS);
}

static void windows_give_the_base(void)
{
    CU_ASSERT_EQUAL(load_flags((char *[]){"--windows=month,hour", "--hours-kept-days=2", NULL}), GO_ON);
    CU_ASSERT_EQUAL(config.base, WINDOW_HOUR);
    CU_ASSERT(config.windows[WINDOW_HOUR] && config.windows[WINDOW_MONTH]);
    CU_ASSERT(!config.windows[WINDOW_DAY] && !config.windows[WINDOW_WEEK]);
    CU_ASSERT_EQUAL(config.kept_ms[WINDOW_HOUR], 2 * DAY_MS);
    CU_ASSERT_EQUAL(load_flags((char *[]){"--windows=week", NULL}), GO_ON);
    CU_ASSERT_EQUAL(config.base, WINDOW_DAY);
}

static void secrets_come_from_files(void)
{
    const char *path = write_file("s3cret#\r\n", 9);
    char flag[96];
    char variable[96];
    char line[96];

    snprintf(flag, sizeof(flag), "--redis-password-file=%s", path);
    CU_ASSERT_EQUAL(load_flags((char *[]){flag, NULL}), GO_ON);
    CU_ASSERT_STRING_EQUAL(config.redis_password, "s3cret#");
    snprintf(variable, sizeof(variable), "GENTALLY_ACCOUNT_KEY_FILE=%s", path);
    CU_ASSERT_EQUAL(load_variables((char *[]){variable, NULL}), GO_ON);
    CU_ASSERT_STRING_EQUAL(config.account_key, "s3cret#");
    snprintf(variable, sizeof(variable), "GENTALLY_KAFKA_SASL_PASSWORD_FILE=%s", path);
    CU_ASSERT_EQUAL(load_variables((char *[]){variable, NULL}), GO_ON);
    CU_ASSERT_STRING_EQUAL(config.kafka[0].name, "sasl.password");
    CU_ASSERT_STRING_EQUAL(config.kafka[0].value, "s3cret#");
    char secret[64];
    snprintf(secret, sizeof(secret), "%s", path);
    snprintf(line, sizeof(line), "account_key_file = %s\n", secret);
    CU_ASSERT_EQUAL(load_text(line), GO_ON);
    CU_ASSERT_STRING_EQUAL(config.account_key, "s3cret#");
    unlink(secret);
    check_refusal(load_flags((char *[]){flag, NULL}), "gone", "CONFIG-UNREADABLE", "redis_password_file");
}

static void secret_files_must_hold_text(void)
{
    static char large[CONFIG_TEXT_MAX + 1];
    static const struct {
        const char *text;
        size_t size;
        const char *words; /* NULL: allowed */
    } rows[] = {
        {"", 0, "not nothing"},
        {"\n", 1, "not nothing"},
        {"a\0b", 3, "not raw bytes"},
        {"a\nb", 3, "one line"},
        {"a", 1, NULL},
        {large, CONFIG_TEXT_MAX - 1, NULL},
        {large, CONFIG_TEXT_MAX, "larger than"},
    };
    memset(large, 'k', sizeof(large));
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        char flag[96];
        const char *path = write_file(rows[at].text, rows[at].size);
        snprintf(flag, sizeof(flag), "--account-key-file=%s", path);
        enum verdict verdict = load_flags((char *[]){flag, NULL});
        unlink(path);
        CU_ASSERT_EQUAL(verdict == GO_ON, rows[at].words == NULL);
        if (rows[at].words != NULL)
            check_refusal(verdict, rows[at].words, "CONFIG-VALUE", rows[at].words);
        CU_ASSERT_PTR_NULL(strstr(why.text, "kkk"));
    }
}

static void environment_is_read(void)
{
    CU_ASSERT_EQUAL(load_variables((char *[]){
                        "HOME=/", "GENTALLY=1", "GENTALLY_SEED=7", "GENTALLY_CONFIG=", "GENTALLY_REDIS_URL=redis://r:1",
                        "GENTALLY_KAFKA_BOOTSTRAP_SERVERS=k:1", "GENTALLY_KAFKA_SECURITY_PROTOCOL=ssl", NULL}),
                    GO_ON);
    CU_ASSERT_STRING_EQUAL(config.redis_url, "redis://r:1");
    CU_ASSERT_STRING_EQUAL(config.kafka_bootstrap_servers, "k:1");
    CU_ASSERT_EQUAL(config.kafka_count, 1);
    CU_ASSERT_STRING_EQUAL(config.kafka[0].name, "security.protocol");
}

static void environment_is_refused_where_it_is_wrong(void)
{
    static const struct {
        const char *variable, *id, *words;
    } rows[] = {
        {"GENTALLY_REDIS_URI=x", "CONFIG-UNKNOWN-KEY", "no GENTALLY_REDIS_URI; did you mean GENTALLY_REDIS_URL?"},
        {"GENTALLY_ELEPHANTS=3", "CONFIG-UNKNOWN-KEY", "no GENTALLY_ELEPHANTS"},
        {"GENTALLY_=3", "CONFIG-UNKNOWN-KEY", "no GENTALLY_"},
        {"GENTALLY_TOPIC_FILE=/x", "CONFIG-UNKNOWN-KEY", "no GENTALLY_TOPIC_FILE"},
        {"GENTALLY_TOPIC=", "CONFIG-VALUE", "GENTALLY_TOPIC"},
        {"GENTALLY_KAFKA_GROUP_ID=x", "CONFIG-OWNED", "use group"},
        {"GENTALLY_KAFKA_=x", "CONFIG-VALUE", "librdkafka's names"},
        {"GENTALLY_PORT=9090", "CONFIG-UNKNOWN-KEY", "no GENTALLY_PORT"},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        char variable[96];
        snprintf(variable, sizeof(variable), "%s", rows[at].variable);
        check_refusal(load_variables((char *[]){variable, NULL}), variable, rows[at].id, rows[at].words);
    }
    check_refusal(load_variables((char *[]){"GENTALLY_ACCOUNT_KEY_FILE=/x", "GENTALLY_ACCOUNT_KEY=y", NULL}), "both",
                  "CONFIG-VALUE", "not both");
}

static void service_links_of_kubernetes_are_passed_over(void)
{
    CU_ASSERT_EQUAL(
        load_variables((char *[]){"GENTALLY_SERVICE_HOST=10.0.0.1", "GENTALLY_SERVICE_PORT=9090",
                                  "GENTALLY_SERVICE_PORT_METRICS=9090", "GENTALLY_PORT=tcp://10.0.0.1:9090",
                                  "GENTALLY_PORT_9090_TCP=tcp://10.0.0.1:9090", "GENTALLY_PORT_9090_TCP_PROTO=tcp",
                                  "GENTALLY_KAFKA_SERVICE_HOST=10.0.0.2", "GENTALLY_KAFKA_PORT=tcp://10.0.0.2:9092",
                                  "GENTALLY_KAFKA_PORT_9092_TCP_ADDR=10.0.0.2", NULL}),
        GO_ON);
    CU_ASSERT_EQUAL(config.kafka_count, 0);
}

static void flags_are_read_in_both_forms(void)
{
    struct command_option options[] = {
        {"drain", NULL, "", "stale"}, {"limit", "N", "", "stale"}, {"out", "FILE", "", NULL}};
    const char *positional = "stale";

    CU_ASSERT_EQUAL(load(nothing,
                         (char *[]){"--topic", "a", "--group=b=c", "--drain", "file", "--limit", "-3", "--help",
                                    "--kafka.client.id", "me", NULL},
                         options, 3, &positional),
                    HALT); /* "b=c" is no name of a group */
    CU_ASSERT_EQUAL(load(nothing,
                         (char *[]){"--topic", "a", "--group=b", "--drain", "file", "--limit", "-3", "--help",
                                    "--kafka.client.id", "me", NULL},
                         options, 3, &positional),
                    GO_ON);
    CU_ASSERT_STRING_EQUAL(config.topic, "a");
    CU_ASSERT_STRING_EQUAL(config.group, "b");
    CU_ASSERT_STRING_EQUAL(options[0].value, "");
    CU_ASSERT_STRING_EQUAL(options[1].value, "-3");
    CU_ASSERT_PTR_NULL(options[2].value);
    CU_ASSERT_STRING_EQUAL(positional, "file");
    CU_ASSERT_STRING_EQUAL(config.kafka[0].value, "me");
    CU_ASSERT_EQUAL(load(nothing, (char *[]){"-", NULL}, NULL, 0, &positional), GO_ON);
    CU_ASSERT_STRING_EQUAL(positional, "-");
    CU_ASSERT_EQUAL(load(nothing, nothing, NULL, 0, &positional), GO_ON);
    CU_ASSERT_PTR_NULL(positional);
}

static void flags_are_refused_where_they_are_wrong(void)
{
    static const struct {
        const char *flags[3], *id, *words;
    } rows[] = {
        {{"--topics", "x"}, "CONFIG-FLAG", "no --topics; did you mean --topic?"},
        {{"--redis-pasword-file=x"}, "CONFIG-FLAG", "did you mean --redis-password-file?"},
        {{"--drian"}, "CONFIG-FLAG", "did you mean --drain?"},
        {{"--verison"}, "CONFIG-FLAG", "did you mean --version?"},
        {{"--elephants"}, "CONFIG-FLAG", "--help lists"},
        {{"-t"}, "CONFIG-FLAG", "no -t"},
        {{"--"}, "CONFIG-FLAG", "no --"},
        {{"--topic"}, "CONFIG-FLAG", "--topic needs a value"},
        {{"--topic", "--drain"}, "CONFIG-FLAG", "--topic needs a value"},
        {{"--config"}, "CONFIG-FLAG", "--config needs a value"},
        {{"--limit"}, "CONFIG-FLAG", "--limit needs a value"},
        {{"--drain=yes"}, "CONFIG-FLAG", "--drain takes no value"},
        {{"--kafka.bootstrap.servers", "x"}, "CONFIG-OWNED", "use kafka_bootstrap_servers"},
        {{"x"}, "CONFIG-POSITIONAL", "'x'"},
        {{""}, "CONFIG-POSITIONAL", "''"},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        struct command_option options[] = {{"drain", NULL, "", NULL}, {"limit", "N", "", NULL}};
        char texts[2][64];
        char *flags[3] = {NULL};
        for (size_t flag = 0; rows[at].flags[flag] != NULL; flag++) {
            snprintf(texts[flag], sizeof(texts[flag]), "%s", rows[at].flags[flag]);
            flags[flag] = texts[flag];
        }
        check_refusal(load(nothing, flags, options, 2, NULL), texts[0], rows[at].id, rows[at].words);
    }
    const char *positional = NULL;
    check_refusal(load(nothing, (char *[]){"x", "y", NULL}, NULL, 0, &positional), "two", "CONFIG-POSITIONAL", "'y'");
}

static void what_the_worker_owns_is_refused(void)
{
    static const char *const names[] = {
        "bootstrap.servers",
        "metadata.broker.list",
        "group.id",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "auto.offset.reset",
        "enable.partition.eof",
        "isolation.level",
        "partition.assignment.strategy",
        "group.protocol",
        "transactional.id",
        "enable.idempotence",
        "acks",
        "partitioner",
        "delivery.timeout.ms",
        "dr_cb",
        "dr_msg_cb",
        "rebalance_cb",
        "max.in.flight",
        "retries",
        "something_new_cb",
    };
    for (size_t at = 0; at < LENGTH_OF(names); at++) {
        config_defaults(&config);
        why = (struct reason){0};
        check_refusal(config_kafka_set(&config, names[at], "x", "here", &why), names[at], "CONFIG-OWNED", names[at]);
    }
    static const struct {
        const char *contexts;
        enum verdict want;
    } rows[] = {{"broker,cgrp", GO_ON}, {"msg", HALT},      {"broker, protocol", HALT},
                {"all", HALT},          {"message", GO_ON}, {"", GO_ON}};
    for (size_t at = 0; at < LENGTH_OF(rows); at++)
        CU_ASSERT_EQUAL(config_kafka_set(&config, "debug", rows[at].contexts, "here", &why), rows[at].want);
}

static void kafka_properties_are_bounded(void)
{
    char name[160];

    config_defaults(&config);
    for (int count = 0; count < CONFIG_KAFKA_MAX; count++) {
        snprintf(name, sizeof(name), "p%d", count);
        CU_ASSERT_EQUAL(config_kafka_set(&config, name, "x", "here", &why), GO_ON);
    }
    CU_ASSERT_EQUAL(config_kafka_set(&config, "one.more", "x", "here", &why), HALT);
    CU_ASSERT_EQUAL(config_kafka_set(&config, "p0", "y", "here", &why), GO_ON);
    CU_ASSERT_STRING_EQUAL(config.kafka[0].value, "y");
    CU_ASSERT_EQUAL(config.kafka_count, CONFIG_KAFKA_MAX);
    config_defaults(&config);
    memset(name, 'a', sizeof(name));
    name[128] = '\0';
    CU_ASSERT_EQUAL(config_kafka_set(&config, name, "x", "here", &why), HALT);
    name[127] = '\0';
    CU_ASSERT_EQUAL(config_kafka_set(&config, name, "x", "here", &why), GO_ON);
    CU_ASSERT_EQUAL(config_kafka_set(&config, "Client.Id", "x", "here", &why), HALT);
    CU_ASSERT_EQUAL(config_kafka_set(&config, "a", "x\ny", "here", &why), HALT);
}

static char *print(const struct config *printed)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    config_print(printed, file);
    fclose(file);
    return text;
}

static void print_is_read_back(void)
{
    CU_ASSERT_EQUAL(load_flags((char *[]){"--topic=t", "--flush-rows-max=64", "--windows=day,week", "--log-level=warn",
                                          "--rollups=total=,model=model", "--redis-url=unix:///a b=c",
                                          "--kafka.client.id=a = #b", NULL}),
                    GO_ON);
    static struct config before;
    before = config;
    char *text = print(&before);
    CU_ASSERT_EQUAL(load_text(text), GO_ON);
    CU_ASSERT_EQUAL(memcmp(&config, &before, sizeof(config)), 0);
    free(text);
}

static void print_tells_no_secret(void)
{
    CU_ASSERT_EQUAL(load_flags((char *[]){"--redis-password=hunter2", "--kafka.sasl.password=hunter2",
                                          "--kafka.ssl.key.pem=hunter2", NULL}),
                    GO_ON);
    char *text = print(&config);
    CU_ASSERT_PTR_NULL(strstr(text, "hunter2"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "# redis_password = (set)\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "# kafka.sasl.password = (set)\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\naccount_key = \n"));
    CU_ASSERT_EQUAL(load_text(text), GO_ON);
    free(text);
    check_refusal(load_flags((char *[]){"--redis-password=hunter2\n", NULL}), "secret", "CONFIG-VALUE",
                  "redis_password");
    CU_ASSERT_PTR_NULL(strstr(why.text, "hunter2"));
}

static void help_names_every_option(void)
{
    for (int markdown = 0; markdown <= 1; markdown++) {
        char *text = NULL;
        size_t size = 0;
        FILE *file = open_memstream(&text, &size);
        config_help(file, markdown == 1 ? CONFIG_MARKDOWN : CONFIG_HELP);
        fclose(file);
        for (size_t at = 0; at < config_option_count; at++) {
            char name[64];
            snprintf(name, sizeof(name), markdown == 1 ? "| `%s`" : "  --%s", config_options[at].name);
            for (char *letter = name; markdown == 0 && *letter != '\0'; letter++)
                *letter = *letter == '_' ? '-' : *letter;
            CU_ASSERT_PTR_NOT_NULL(strstr(text, name));
        }
        free(text);
    }
}

static void help_of_each_option_says_what_to_do_if_unsure(void)
{
    for (size_t at = 0; at < config_option_count; at++)
        if (strstr(config_options[at].help, "If unsure, ") == NULL && strstr(config_options[at].help, "|") == NULL)
            CU_FAIL("an option leaves the unsure alone");
}

static void wants_finds_a_flag(void)
{
    CU_ASSERT(config_wants(2, (char *[]){"worker", "--help", NULL}, "--help"));
    CU_ASSERT(!config_wants(1, (char *[]){"--help", NULL}, "--help"));
    CU_ASSERT(!config_wants(2, (char *[]){"worker", "--help", NULL}, "--version"));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"defaults_are_as_documented", defaults_are_as_documented},
        {"later_source_wins", later_source_wins},
        {"file_is_read_line_by_line", file_is_read_line_by_line},
        {"file_is_refused_where_it_is_wrong", file_is_refused_where_it_is_wrong},
        {"long_lines_are_refused", long_lines_are_refused},
        {"values_are_checked", values_are_checked},
        {"texts_fit_to_the_last_byte", texts_fit_to_the_last_byte},
        {"ids_that_are_off_are_kept_for_no_time", ids_that_are_off_are_kept_for_no_time},
        {"windows_give_the_base", windows_give_the_base},
        {"secrets_come_from_files", secrets_come_from_files},
        {"secret_files_must_hold_text", secret_files_must_hold_text},
        {"environment_is_read", environment_is_read},
        {"environment_is_refused_where_it_is_wrong", environment_is_refused_where_it_is_wrong},
        {"service_links_of_kubernetes_are_passed_over", service_links_of_kubernetes_are_passed_over},
        {"flags_are_read_in_both_forms", flags_are_read_in_both_forms},
        {"flags_are_refused_where_they_are_wrong", flags_are_refused_where_they_are_wrong},
        {"what_the_worker_owns_is_refused", what_the_worker_owns_is_refused},
        {"kafka_properties_are_bounded", kafka_properties_are_bounded},
        {"print_is_read_back", print_is_read_back},
        {"print_tells_no_secret", print_tells_no_secret},
        {"help_names_every_option", help_names_every_option},
        {"help_of_each_option_says_what_to_do_if_unsure", help_of_each_option_says_what_to_do_if_unsure},
        {"wants_finds_a_flag", wants_finds_a_flag},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
