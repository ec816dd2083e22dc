/* What the log writes, read back through a pipe in the place of standard error. */
#include "gentally/base/log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <unistd.h>

#include "gentally/base/hash.h"
#include "gentally/base/text.h"
#include "suite.h"

#define CAPTURE_SIZE 65536

struct capture {
    int pipe[2];
    int stderr_before;
    char text[CAPTURE_SIZE];
};

static void capture_begin(struct capture *capture)
{
    if (pipe2(capture->pipe, O_NONBLOCK) != 0)
        abort();
    capture->stderr_before = dup(STDERR_FILENO);
    dup2(capture->pipe[1], STDERR_FILENO);
}

static void capture_end(struct capture *capture)
{
    dup2(capture->stderr_before, STDERR_FILENO);
    close(capture->stderr_before);
    close(capture->pipe[1]);
    ssize_t size = read(capture->pipe[0], capture->text, sizeof(capture->text) - 1);
    capture->text[size > 0 ? size : 0] = '\0';
    close(capture->pipe[0]);
}

static size_t lines_of(const struct capture *capture)
{
    size_t count = 0;
    for (const char *at = capture->text; *at != '\0'; at++)
        count += *at == '\n';
    return count;
}

static void line_has_its_form(void)
{
    static struct capture capture;
    struct logger logger;
    int size = 0;

    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_INFO, "worker");
    log_line(&logger, LOG_LEVEL_INFO, "WORKER-ASSIGNED", "partitions=%d", 12);
    capture_end(&capture);
    int fields = sscanf(capture.text,
                        "worker: %*4d-%*2d-%*2dT%*2d:%*2d:%*2d%*[.0-9]Z info WORKER-ASSIGNED partitions=12%n", &size);
    CU_ASSERT_EQUAL(fields, 0);
    CU_ASSERT_EQUAL(size, (int)strlen(capture.text) - 1);
    CU_ASSERT_EQUAL(lines_of(&capture), 1);
}

static void line_is_one_line_however_hostile(void)
{
    static struct capture capture;
    struct logger logger;
    char text[5000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_INFO, "worker");
    log_line(&logger, LOG_LEVEL_WARN, "A-B", "a\nb\033c\r%s", "d\n");
    log_line(&logger, LOG_LEVEL_WARN, "C-D", "%s", text);
    capture_end(&capture);
    CU_ASSERT_EQUAL(lines_of(&capture), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "a b c d \n"));
    CU_ASSERT_PTR_NULL(strchr(capture.text, '\033'));
    CU_ASSERT_EQUAL(strlen(strchr(capture.text, '\n') + 1), 1023); /* bounded, and still ends in a newline */
    CU_ASSERT_EQUAL(capture.text[strlen(capture.text) - 1], '\n');
}

static void lines_below_the_level_are_not_written(void)
{
    static struct capture capture;
    struct logger logger;

    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_WARN, "worker");
    log_line(&logger, LOG_LEVEL_DEBUG, "A-B", "x");
    log_line(&logger, LOG_LEVEL_INFO, "A-B", "x");
    log_line(&logger, LOG_LEVEL_WARN, "A-B", "x");
    log_line(&logger, LOG_LEVEL_ERROR, "A-B", "x");
    capture_end(&capture);
    CU_ASSERT_EQUAL(lines_of(&capture), 2);
}

static void time_passes(struct logger *logger, int64_t ms)
{
    for (size_t i = 0; i < LOG_SUBJECTS; i++) {
        logger->subjects[i].told_ms -= ms;
        logger->bursts[i].begin_ms -= ms;
    }
}

static void burst_is_counted_and_told_by_its_own_next_line(void)
{
    static struct capture capture;
    struct logger logger;

    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_INFO, "worker");
    for (int count = 0; count < 4; count++)
        log_line(&logger, LOG_LEVEL_WARN, "STORE-UNREACHABLE", "x");
    log_line(&logger, LOG_LEVEL_INFO, "WORKER-ASSIGNED", "partitions=%d", 4);
    time_passes(&logger, 1000);
    log_line(&logger, LOG_LEVEL_WARN, "STORE-UNREACHABLE", "x");
    log_line(&logger, LOG_LEVEL_WARN, "STORE-UNREACHABLE", "x");
    log_close(&logger);
    log_close(&logger); /* tells nothing twice */
    capture_end(&capture);
    CU_ASSERT_EQUAL(lines_of(&capture), 4);
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "WORKER-ASSIGNED partitions=4\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "STORE-UNREACHABLE x suppressed=3\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "warn LOG-SUPPRESSED of=STORE-UNREACHABLE about=\"x\" suppressed=1\n"));
}

/* Who had four partitions and has two a moment later says so. */
static void another_fact_is_told_at_once(void)
{
    static struct capture capture;
    struct logger logger;

    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_INFO, "worker");
    log_line(&logger, LOG_LEVEL_INFO, "WORKER-ASSIGNED", "partitions=%d", 4);
    log_line(&logger, LOG_LEVEL_INFO, "WORKER-REVOKED", "partitions=%d", 4);
    log_line(&logger, LOG_LEVEL_INFO, "WORKER-ASSIGNED", "partitions=%d", 2);
    log_line(&logger, LOG_LEVEL_INFO, "WORKER-REWOUND", "partition=%d from=%d", 3, 17);
    log_line(&logger, LOG_LEVEL_INFO, "WORKER-REWOUND", "partition=%d from=%d", 3, 18); /* of the same partition */
    capture_end(&capture);
    CU_ASSERT_EQUAL(lines_of(&capture), 4);
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "WORKER-ASSIGNED partitions=2\n"));
}

/* Three topics are three facts, though they have one id; each is told once. */
static void subjects_do_not_suppress_each_other(void)
{
    static struct capture capture;
    struct logger logger;
    struct reason why;

    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_INFO, "setup");
    for (int round = 0; round < 2; round++)
        for (int topic = 0; topic < 3; topic++) {
            log_line(&logger, LOG_LEVEL_WARN, "SETUP-TOPIC-POLICY", "topic=t%d wanted=compact: lost", topic);
            (void)reason_set(&why, HALT, STORE_DENIED, 0, "no right number %d", topic);
            log_reason(&logger, LOG_LEVEL_WARN, &why);
        }
    log_close(&logger);
    capture_end(&capture);
    CU_ASSERT_EQUAL(lines_of(&capture), 6 + 6);
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "SETUP-TOPIC-POLICY topic=t2 wanted=compact: lost\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "STORE-DENIED no right number 2\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "of=SETUP-TOPIC-POLICY about=\"topic=t1\" suppressed=1\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "of=STORE-DENIED about=\"no right number 0\" suppressed=1\n"));
}

/* Four times a second for two minutes: soon a line in ten seconds each, and not one goes uncounted. */
static void two_that_alternate_get_quiet(void)
{
    static struct capture capture;
    struct logger logger;
    size_t lines = 0;
    uint64_t told = 0;

    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_INFO, "worker");
    for (int count = 0; count < 480; count++) {
        log_line(&logger, LOG_LEVEL_INFO, "STORE-RECONNECTED", "address=redis");
        log_line(&logger, LOG_LEVEL_WARN, "STORE-BUSY", "READONLY");
        time_passes(&logger, 250);
    }
    log_close(&logger);
    capture_end(&capture);
    for (const char *line = capture.text; *line != '\0'; line = strchr(line, '\n') + 1) {
        const char *mark = strstr(line, "suppressed="), *end = strchr(line, '\n');
        told += strstr(line, "LOG-SUPPRESSED") == NULL || strstr(line, "LOG-SUPPRESSED") > end;
        told += mark != NULL && mark < end ? strtoull(mark + strlen("suppressed="), NULL, 10) : 0;
        lines++;
    }
    CU_ASSERT_EQUAL(told, 960);
    CU_ASSERT(lines <= 40);
    time_passes(&logger, 10000);
    capture_begin(&capture);
    log_line(&logger, LOG_LEVEL_WARN, "STORE-BUSY", "READONLY");
    time_passes(&logger, 1000); /* It was silent: it may speak as at first. */
    log_line(&logger, LOG_LEVEL_WARN, "STORE-BUSY", "READONLY");
    capture_end(&capture);
    CU_ASSERT_EQUAL(lines_of(&capture), 2);
}

/* More subjects than there are places: none is printed twice in a second, and what is told of all adds up. */
static void an_id_about_ever_other_things_is_held(void)
{
    static struct capture capture;
    struct logger logger;

    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_INFO, "worker");
    for (int partition = 0; partition < 500; partition++)
        log_line(&logger, LOG_LEVEL_WARN, "WORKER-REWOUND", "partition=%d", partition);
    log_line(&logger, LOG_LEVEL_WARN, "STORE-BUSY", "another id is heard");
    time_passes(&logger, 1000);
    log_line(&logger, LOG_LEVEL_WARN, "WORKER-REWOUND", "partition=%d", 500);
    capture_end(&capture);
    CU_ASSERT_EQUAL(lines_of(&capture), 20 + 1 + 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "another id is heard\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "partition=500 suppressed=480\n"));
}

static void errors_are_never_suppressed(void)
{
    static struct capture capture;
    struct logger logger;

    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_INFO, "worker");
    for (int count = 0; count < 5; count++)
        log_line(&logger, LOG_LEVEL_ERROR, "STORE-TORN", "x");
    capture_end(&capture);
    CU_ASSERT_EQUAL(lines_of(&capture), 5);
}

static void reason_is_logged_under_its_own_id(void)
{
    static struct capture capture;
    struct logger logger;
    struct reason why;

    capture_begin(&capture);
    log_open(&logger, LOG_LEVEL_INFO, "worker");
    enum verdict verdict = reason_set(&why, HALT, STORE_DENIED, 0, "no %%n permission");
    log_reason(&logger, LOG_LEVEL_ERROR, &why);
    verdict = reason_set(&why, verdict, SINK_FATAL, -144, "gone");
    log_reason(&logger, LOG_LEVEL_ERROR, &why);
    capture_end(&capture);
    CU_ASSERT_EQUAL(verdict, HALT);
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, " error STORE-DENIED no %n permission\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, " error SINK-FATAL gone code=-144\n"));
}

/* ---- records ---- */

#define VALUES_MAX 16

/* A line of logfmt, taken apart by its grammar alone. */
struct logfmt {
    size_t count;
    char keys[VALUES_MAX][32], values[VALUES_MAX][4096];
};

/* Reads a key and '='. */
static const char *read_key(const char *at, char *key)
{
    size_t size = strcspn(at, "= \"\n");

    if (size == 0 || size > 31 || at[size] != '=')
        return NULL;
    memcpy(key, at, size);
    key[size] = '\0';
    return at + size + 1;
}

/* A quoted value is a JSON text: let jansson read it. */
static const char *read_quoted(const char *at, char *value)
{
    const char *end = at + 1;

    while (*end != '"' && *end != '\0' && *end != '\n')
        end += *end == '\\' ? 2 : 1;
    json_t *text = json_loadb(at, (size_t)(end + 1 - at), JSON_DECODE_ANY, NULL);
    if (text == NULL || json_string_length(text) > 4095)
        return NULL;
    memcpy(value, json_string_value(text), json_string_length(text) + 1);
    json_decref(text);
    return end + 1;
}

static bool read_logfmt(const char *at, struct logfmt *line)
{
    for (line->count = 0; *at != '\n'; line->count++) {
        at += line->count > 0 && *at == ' ';
        if (line->count == VALUES_MAX || (at = read_key(at, line->keys[line->count])) == NULL)
            return false;
        char *value = line->values[line->count];
        size_t size = strcspn(at, " \n\"=");
        if (*at == '"') {
            at = read_quoted(at, value);
        } else {
            memcpy(value, at, size);
            value[size] = '\0';
            at += size;
        }
        if (at == NULL || (*at != ' ' && *at != '\n'))
            return false;
    }
    return true;
}

static const char *value_of(const struct logfmt *line, const char *key)
{
    for (size_t i = 0; i < line->count; i++)
        if (strcmp(line->keys[i], key) == 0)
            return line->values[i];
    return "(none)";
}

static void record_has_its_form(void)
{
    static struct capture capture;
    struct logger logger;
    struct reason why;

    (void)reason_set(&why, HALT, SINK_FATAL, -144, "gone: \"x\"");
    for (enum log_format format = LOG_LOGFMT; format <= LOG_JSON; format++) {
        int size = 0;
        capture_begin(&capture);
        log_open_as(&logger, LOG_LEVEL_INFO, format, "worker");
        log_line(&logger, LOG_LEVEL_WARN, "WORKER-ODD",
                 "partition=%d next=%" PRId64 " of=%zu cleanup.policy=%.3s wanted=compact text=\"%s\"", 3, INT64_MIN,
                 SIZE_MAX, "compact", "a b");
        log_line(&logger, LOG_LEVEL_WARN, "WORKER-ODD", "topic=%s count=%u: %u of %d%% are %s=%c", "t", 1U, 2U, 50,
                 "late", 'x');
        log_reason(&logger, LOG_LEVEL_ERROR, &why);
        capture_end(&capture);
        const char *rest = capture.text;
        const char *begin = format == LOG_JSON ? "{\"time\":\"" : "time=";
        CU_ASSERT_EQUAL_FATAL(strncmp(rest, begin, strlen(begin)), 0);
        sscanf(rest + strlen(begin), "%*4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3[0-9]Z%n", &size);
        CU_ASSERT_EQUAL(size, (int)strlen("2026-11-24T08:00:00.123Z"));
        CU_ASSERT_PTR_NOT_NULL(
            strstr(rest, format == LOG_JSON
                             ? "Z\",\"level\":\"warn\",\"id\":\"WORKER-ODD\",\"program\":\"worker\",\"partition\":3,"
                               "\"next\":-9223372036854775808,\"of\":18446744073709551615,\"cleanup.policy\":\"com\","
                               "\"wanted\":\"compact\",\"text\":\"a b\"}\n"
                             : "Z level=warn id=WORKER-ODD program=worker partition=3 next=-9223372036854775808 "
                               "of=18446744073709551615 cleanup.policy=com wanted=compact text=\"a b\"\n"));
        CU_ASSERT_PTR_NOT_NULL(strstr(rest, format == LOG_JSON
                                                ? "\"topic\":\"t\",\"count\":1,\"text\":\"2 of 50% are late=x\"}\n"
                                                : " topic=t count=1 text=\"2 of 50% are late=x\"\n"));
        CU_ASSERT_PTR_NOT_NULL(strstr(
            rest, format == LOG_JSON
                      ? "\"id\":\"SINK-FATAL\",\"program\":\"worker\",\"code\":-144,\"text\":\"gone: \\\"x\\\"\"}\n"
                      : " id=SINK-FATAL program=worker code=-144 text=\"gone: \\\"x\\\"\"\n"));
    }
}

static uint64_t drawn(uint64_t *state)
{
    *state = hash_fold(*state + UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xd1342543de82ef95));
    return *state;
}

/* What breaks records, and any bytes between. */
static size_t draw_hostile(uint64_t *state, char *text, size_t room)
{
    static const char *const pieces[] = {
        "\n",
        "\r\n",
        "\"",
        "\\",
        "\\\"",
        "\",\"id\":\"EVIL\"}",
        " id=EVIL ",
        "=",
        " ",
        "\t",
        "\033[2J",
        "\x7f",
        "\xc2\x85",
        "\xe2\x80\xa8",
        "\xe2\x80\xae",
        "\xff",
        "\xc0\x80",
        "\xed\xa0\x80",
        "\xf0\x9f\x92\xa9",
        "\xe2\x82",
        "\xc3\xa4",
        "%s%n",
        "x",
        "{",
        "}",
        "\\u0000",
        "null",
        ": ",
    };
    size_t size = 0, wanted = drawn(state) % (drawn(state) % 8 == 0 ? room : 60);

    while (size < wanted) {
        const char *piece = pieces[drawn(state) % LENGTH_OF(pieces)];
        char any[2] = {(char)(1 + drawn(state) % 255), '\0'};
        if (drawn(state) % 3 == 0)
            piece = any;
        if (size + strlen(piece) >= room)
            break;
        memcpy(text + size, piece, strlen(piece));
        size += strlen(piece);
    }
    text[size] = '\0';
    return size;
}

/* As any reader should have it: what is no UTF-8 became U+FFFD, byte by byte. */
static void sound(const char *text, char *result)
{
    while (*text != '\0') {
        size_t size = 1;
        while (size < 4 && !text_is_sound((struct span){text, size}) && text[size] != '\0')
            size++;
        bool is_sound = text_is_sound((struct span){text, size});
        size = is_sound ? size : 1;
        result = memcpy(result, is_sound ? text : "\xef\xbf\xbd", is_sound ? size : 3);
        result += is_sound ? size : 3;
        text += size;
    }
    *result = '\0';
}

static void check_json(const char *line, const char *one, const char *other)
{
    json_error_t error;
    json_t *record = json_loadb(line, strcspn(line, "\n"), JSON_REJECT_DUPLICATES, &error);

    CU_ASSERT_PTR_NOT_NULL_FATAL(record);
    CU_ASSERT_EQUAL(json_object_size(record), 7);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(record, "id")), "TEST-HOSTILE");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(record, "one")), one);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(record, "offset")), 7);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(record, "text")), other);
    json_decref(record);
}

static void check_logfmt(const char *text, const char *one, const char *other)
{
    static struct logfmt line;

    CU_ASSERT_TRUE_FATAL(read_logfmt(text, &line));
    CU_ASSERT_EQUAL(line.count, 7);
    CU_ASSERT_STRING_EQUAL(value_of(&line, "id"), "TEST-HOSTILE");
    CU_ASSERT_STRING_EQUAL(value_of(&line, "one"), one);
    CU_ASSERT_STRING_EQUAL(value_of(&line, "offset"), "7");
    CU_ASSERT_STRING_EQUAL(value_of(&line, "text"), other);
}

/* A record is one line, its fields are ours, and its values come out as they went in: read by jansson. */
static void record_is_one_record_however_hostile(void)
{
    static struct capture capture;
    char one[300], other[300], one_sound[900], other_sound[900];
    uint64_t state = 1;

    for (int round = 0; round < 4000; round++) {
        struct logger logger;
        enum log_format format = round % 2 == 0 ? LOG_JSON : LOG_LOGFMT;
        draw_hostile(&state, one, sizeof(one));
        other[0] = 'x'; /* so that there is a text */
        draw_hostile(&state, other + 1, sizeof(other) - 1);
        sound(one, one_sound);
        sound(other, other_sound);
        capture_begin(&capture);
        log_open_as(&logger, LOG_LEVEL_INFO, format, "worker");
        log_line(&logger, LOG_LEVEL_ERROR, "TEST-HOSTILE", "one=\"%s\" offset=%d: %s", one, 7, other);
        capture_end(&capture);
        CU_ASSERT_EQUAL(lines_of(&capture), 1);
        CU_ASSERT_PTR_NULL(strstr(capture.text, "\xc2\x85")); /* lines, to some readers */
        CU_ASSERT_PTR_NULL(strstr(capture.text, "\xe2\x80\xa8"));
        if (format == LOG_JSON)
            check_json(capture.text, one_sound, other_sound);
        else
            check_logfmt(capture.text, one_sound, other_sound);
    }
}

/* What is too long is cut and says so, and is a record still, no longer than a pipe keeps whole. */
static void record_is_bounded(void)
{
    static struct capture capture;
    static struct logfmt line;
    char longs[3][5000];

    for (size_t i = 0; i < LENGTH_OF(longs); i++)
        snprintf(longs[i], sizeof(longs[i]), "%*s", 4999 - (int)i, "");
    memset(longs[0], '\001', 4000);
    memset(longs[1], 'x', 4000);
    memset(longs[2], '\xe2', 4000);
    for (size_t row = 0; row < 27; row++)
        for (enum log_format format = LOG_LOGFMT; format <= LOG_JSON; format++) {
            struct logger logger;
            capture_begin(&capture);
            log_open_as(&logger, LOG_LEVEL_INFO, format, "worker");
            log_line(&logger, LOG_LEVEL_ERROR, "TEST-LONG", "one=\"%s\" two=\"%s\" three=\"%s\" number=%d",
                     longs[row % 3], longs[row / 3 % 3], longs[row / 9], 7);
            capture_end(&capture);
            CU_ASSERT_EQUAL(lines_of(&capture), 1);
            CU_ASSERT(strlen(capture.text) <= 4096);
            if (format == LOG_LOGFMT) {
                CU_ASSERT_TRUE_FATAL(read_logfmt(capture.text, &line));
                CU_ASSERT_STRING_EQUAL(value_of(&line, "cut"), "true");
                continue;
            }
            json_t *record = json_loadb(capture.text, strlen(capture.text), JSON_REJECT_DUPLICATES, NULL);
            CU_ASSERT_PTR_NOT_NULL_FATAL(record);
            CU_ASSERT_TRUE(json_is_true(json_object_get(record, "cut")));
            json_decref(record);
        }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"line_has_its_form", line_has_its_form},
        {"line_is_one_line_however_hostile", line_is_one_line_however_hostile},
        {"lines_below_the_level_are_not_written", lines_below_the_level_are_not_written},
        {"burst_is_counted_and_told_by_its_own_next_line", burst_is_counted_and_told_by_its_own_next_line},
        {"another_fact_is_told_at_once", another_fact_is_told_at_once},
        {"subjects_do_not_suppress_each_other", subjects_do_not_suppress_each_other},
        {"two_that_alternate_get_quiet", two_that_alternate_get_quiet},
        {"an_id_about_ever_other_things_is_held", an_id_about_ever_other_things_is_held},
        {"errors_are_never_suppressed", errors_are_never_suppressed},
        {"reason_is_logged_under_its_own_id", reason_is_logged_under_its_own_id},
        {"record_has_its_form", record_has_its_form},
        {"record_is_one_record_however_hostile", record_is_one_record_however_hostile},
        {"record_is_bounded", record_is_bounded},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
