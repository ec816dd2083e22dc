/*
 * A hostile or broken Redis: a byte that says which verb is called, another whether the greeting is the fuzzer's too,
 * and whether it is one server or a cluster, then the bytes of the connections, one after the other, each ended by a
 * line "----". They go through hiredis' own reader into store_node.c, store_cluster.c, store_map.c, store_reply.c and
 * the store's verbs; only the socket is replaced, by the functions of
 * hiredis at the top. What is claimed: every verb ends with a verdict and, if it is not GO_ON, a STORE reason
 * (reasons_test.c sees to it that each is in the runbook); what is GO_ON is within its types' ranges; nothing leaks,
 * whatever breaks off where.
 *
 * Left out: arrays of more elements than fit in a message. hiredis 0.14 takes room for as many as a header claims, up
 * to 16 GiB, before any has come.
 */
#include <ctype.h>
#include <hiredis/hiredis.h>

#include "combination.h"
#include "config_defaults.h"
#include "fuzz.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_flush.h"
#include "gentally/redis/store_journal.h"
#include "gentally/redis/store_view.h"
#include "gentally/redis/store_windows.h"

#define CONNECTION_END "\n----\n"
#define ELEMENTS_DIGITS_MAX 4
#define GREETING "$59\r\n# Server\r\nredis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\n"

#define CLUSTER_GREETING                                                                                               \
    "$93\r\n# Server\r\nredis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\nrole:master\r\ncluster_enabled:1\r\n\r\n"
#define SLOTS                                                                                                          \
    "*3\r\n*3\r\n:0\r\n:5999\r\n*2\r\n$1\r\na\r\n:1\r\n"                                                               \
    "*3\r\n:6000\r\n:9999\r\n*2\r\n$1\r\nb\r\n:2\r\n"                                                                  \
    "*3\r\n:10000\r\n:16383\r\n*2\r\n$1\r\nc\r\n:3\r\n"
#define EPOCH "+OK\r\n$20\r\n\r\ncluster_my_epoch:7\r\n"

static struct span script;   /* what is left of the connections */
static bool is_greeted;      /* by a proper Redis */
static bool is_cluster;      /* of three primaries */
static uint32_t connections; /* so far */
static int last_type;        /* of the last reply, and how many it holds */
static size_t last_elements;

/* ---- hiredis without a socket ---- */

static struct span next_connection(void)
{
    const char *end = memmem(script.bytes, script.size, CONNECTION_END, strlen(CONNECTION_END));
    struct span bytes = {script.bytes, end == NULL ? script.size : (size_t)(end - script.bytes)};
    size_t used = end == NULL ? bytes.size : bytes.size + strlen(CONNECTION_END);

    script = (struct span){script.bytes + used, script.size - used};
    return bytes;
}

static void feed(redisContext *context, const char *text)
{
    CLAIM(redisReaderFeed(context->reader, text, strlen(text)) == REDIS_OK);
}

static redisContext *connect_to_script(void)
{
    redisContext *context = calloc(1, sizeof(*context));

    CLAIM(context != NULL);
    context->reader = redisReaderCreate();
    connections++;
    if (is_cluster && is_greeted && connections == 1) { /* to be told where the slots are */
        feed(context, CLUSTER_GREETING SLOTS);
        return context;
    }
    if (script.size == 0) {
        context->err = REDIS_ERR_IO;
        snprintf(context->errstr, sizeof(context->errstr), "Connection refused");
        return context;
    }
    struct span bytes = next_connection();
    if (is_greeted)
        feed(context, is_cluster ? CLUSTER_GREETING EPOCH : GREETING);
    CLAIM(redisReaderFeed(context->reader, bytes.bytes, bytes.size) == REDIS_OK);
    return context;
}

redisContext *redisConnectWithTimeout(const char *ip, int port, const struct timeval tv)
{
    (void)ip;
    (void)port;
    (void)tv;
    return connect_to_script();
}

redisContext *redisConnectUnixWithTimeout(const char *path, const struct timeval tv)
{
    (void)path;
    (void)tv;
    return connect_to_script();
}

int redisSetTimeout(redisContext *c, const struct timeval tv)
{
    (void)tv;
    return c->err == 0 ? REDIS_OK : REDIS_ERR;
}

int redisEnableKeepAlive(redisContext *c)
{
    return c->err == 0 ? REDIS_OK : REDIS_ERR;
}

int redisAppendCommandArgv(redisContext *c, int argc, const char **argv, const size_t *argvlen)
{
    char *command = NULL;
    long long size = redisFormatCommandArgv(&command, argc, argv, argvlen); /* reads every argument */

    CLAIM(c->err == 0 && size > 0);
    redisFreeCommand(command);
    return REDIS_OK;
}

int redisBufferWrite(redisContext *c, int *done)
{
    CLAIM(c->err == 0);
    *done = 1;
    return REDIS_OK;
}

int redisGetReply(redisContext *c, void **reply)
{
    int status = redisReaderGetReply(c->reader, reply);

    if (status == REDIS_OK && *reply != NULL) {
        last_type = ((redisReply *)*reply)->type;
        last_elements = ((redisReply *)*reply)->elements;
        return REDIS_OK;
    }
    c->err = status == REDIS_OK ? REDIS_ERR_EOF : c->reader->err;
    snprintf(c->errstr, sizeof(c->errstr), "%s", status == REDIS_OK ? "Server closed it" : c->reader->errstr);
    return REDIS_ERR;
}

void redisFree(redisContext *c)
{
    redisReaderFree(c->reader);
    free(c);
}

/* ---- the verbs ---- */

static bool is_good(enum verdict verdict, const struct reason *why)
{
    if (verdict == GO_ON)
        return true;
    CLAIM(verdict == TRY_LATER || verdict == REWIND || verdict == HALT);
    CLAIM(why->id != REASON_NONE && why->text[0] != '\0');
    CLAIM(strncmp(reason_name(why->id), "STORE-", 6) == 0);
    return false;
}

static void claim_state(const struct partition_state *state, int32_t partition)
{
    CLAIM(state->partition == partition);
    CLAIM(memchr(state->incarnation, '\0', sizeof(state->incarnation)) != NULL);
    CLAIM(memchr(state->token, '\0', sizeof(state->token)) != NULL);
}

/* Two partitions: one with entries for two windows, and one with none. */
static void flush(struct store *store)
{
    struct partition_state state[2] = {{.partition = 0, .incarnation = "a", .token = "t", .next = 7}, {.partition = 1}};
    const struct entry_window windows[2] = {{{WINDOW_HOUR, 3600000}, 1}, {{WINDOW_DAY, 0}, 1}};
    const struct span entries[2] = {{"one", 3}, {"another", 7}};
    struct change changes[2] = {
        {.state = &state[0], .next = 8, .window_count = 2, .windows = windows, .entry_count = 2, .entries = entries},
        {.state = &state[1], .watermark_ms = NO_TIME}};
    struct change *both[2] = {&changes[0], &changes[1]};
    struct reason why = {0};

    if (is_good(store_flush(store, both, 2, &why), &why))
        for (size_t i = 0; i < LENGTH_OF(changes); i++)
            (void)is_good(changes[i].verdict, &changes[i].why);
}

/* Reads a journal; what it has of the first windows that are behind is applied. */
static void apply(struct store *store)
{
    const struct partition_state state = {.partition = 0, .incarnation = "a", .token = "t"};
    struct window_step steps[2] = {{NULL, NULL}};
    uint32_t count = 0;
    struct journal journal;
    struct reason why = {0};
    bool are_good = true;

    if (!is_good(store_journal_read(store, &state, &journal, &why), &why))
        return;
    for (; count < journal.behind_count && count < LENGTH_OF(steps) && are_good; count++) {
        const struct window_behind *behind = &journal.behind[count];
        CLAIM(behind->number >= journal.first - 1 && behind->number < journal.last && behind->records >= 0);
        steps[count].behind = behind;
        CLAIM(tail_open(&steps[count].tail, &why) == GO_ON);
        tail_begin(steps[count].tail, behind->window);
        for (int64_t number = behind->number + 1; number <= journal.last && are_good; number++)
            are_good = is_good(tail_add(steps[count].tail, journal.entries[number - journal.first], &why), &why);
    }
    are_good = are_good && is_good(store_journal_load(store, 0, steps, count, &why), &why);
    for (uint32_t i = 0; i < count && are_good; i++)
        are_good = is_good(tail_merge(steps[i].tail, &why), &why);
    if (are_good && count > 0)
        (void)is_good(store_journal_apply(store, &state, &journal, steps, count, journal.last, &why), &why);
    for (uint32_t i = 0; i < LENGTH_OF(steps); i++)
        tail_close(steps[i].tail);
    store_journal_close(&journal);
}

static void read_windows(struct store *store)
{
    struct stored_window windows[4];
    struct reason why = {0};
    uint32_t count = 0;

    if (!is_good(store_windows(store, 3, windows, LENGTH_OF(windows), &count, &why), &why))
        return;
    CLAIM(last_type == REDIS_REPLY_ARRAY && last_elements == 2 * (size_t)count);
    for (uint32_t i = 0; i < count && i < LENGTH_OF(windows); i++)
        CLAIM(windows[i].window.kind < WINDOW_KINDS);
}

static enum verdict add_cell(void *context, struct span key, struct span packed, struct reason *why)
{
    enum verdict verdict = combination_add(context, key, packed, why);

    CLAIM(verdict == GO_ON || verdict == HALT);
    return verdict;
}

static void read_snapshot(struct store *store)
{
    const struct window window = {WINDOW_HOUR, 3600000};
    struct partition_state state;
    struct combination *combination;
    struct reason why = {0};
    const struct cell *cell;
    struct span key;
    int64_t records = 0;

    CLAIM(combination_open(&combination, &why) == GO_ON);
    if (is_good(store_snapshot(store, 5, window, add_cell, combination, &records, &state, &why), &why)) {
        claim_state(&state, 5);
        bool is_sound = is_good(combination_finish(combination, &why), &why);
        for (uint32_t i = 0; is_sound && i < combination_count(combination); i++)
            combination_at(combination, i, &key, &cell);
    }
    combination_close(combination);
}

static void ignore_part(void *context, int32_t partition, const struct partition_state *state, int64_t records)
{
    (void)context;
    (void)records;
    CLAIM(partition == 0 && state != NULL);
    claim_state(state, 0);
}

/* Takes a view, twice as a turn and the next one do, and reads a window that it may have. */
static void read_viewed(struct store *store)
{
    const struct window window = {WINDOW_HOUR, 3600000};
    struct combination *combination;
    struct store_view *view;
    struct reason why = {0};

    CLAIM(combination_open(&combination, &why) == GO_ON);
    CLAIM(store_view_open(&view, &why) == GO_ON);
    for (int turn = 0; turn < 2; turn++) {
        size_t bytes = STORE_VIEWS_BYTES;
        combination_clear(combination);
        if (!is_good(store_view_take(view, store, 0, &bytes, &why), &why) || store_view_state(view, store) == NULL)
            continue;
        CLAIM(bytes <= STORE_VIEWS_BYTES);
        claim_state(store_view_state(view, store), 0);
        if (is_good(store_snapshots(store, 1, window, &view, add_cell, ignore_part, combination, &why), &why))
            (void)is_good(combination_finish(combination, &why), &why);
    }
    store_view_close(view);
    combination_close(combination);
}

static void call_verb(struct store *store, uint8_t verb)
{
    const struct stored_window known[2] = {{{WINDOW_HOUR, 0}, 3}, {{WINDOW_HOUR, 3600000}, 4}};
    const int64_t floors_ms[WINDOW_KINDS] = {NO_TIME, NO_TIME, 0, 0};
    struct partition_state state = {.partition = 1};
    struct reason why = {0};
    bool is_created = false;

    switch (verb % 10) {
    case 0:
        if (is_good(store_check(store, &why), &why))
            (void)is_good(store_create(store, 1, 0, floors_ms, &is_created, &why), &why);
        break;
    case 1:
        if (is_good(store_claim(store, 2, &state, &why), &why))
            claim_state(&state, 2);
        break;
    case 2:
        if (is_good(store_state(store, 2, &state, &why), &why))
            claim_state(&state, 2);
        break;
    case 3:
        flush(store);
        break;
    case 4:
        read_windows(store);
        break;
    case 5:
        read_snapshot(store);
        break;
    case 6:
        (void)is_good(store_seal(store, &state, WINDOW_HOUR, 7200000, known, 2, &why), &why);
        break;
    case 7:
        (void)is_good(store_collect(store, 1, known, 2, &why), &why);
        break;
    case 8:
        apply(store);
        break;
    default:
        read_viewed(store);
    }
}

static bool claims_too_much(struct span bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        size_t digits = 0;
        while (bytes.bytes[i] == '*' && i + 1 + digits < bytes.size &&
               (isdigit((unsigned char)bytes.bytes[i + 1 + digits]) || strchr("+- ", bytes.bytes[i + 1 + digits])))
            digits++;
        if (digits > ELEMENTS_DIGITS_MAX)
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct config *config;
    static struct logger logger;
    struct fuzz_input input = {bytes, size};
    struct store *store = NULL;
    struct reason why = {0};
    uint8_t verb = take_byte(&input);

    if (config == NULL) {
        config = malloc(sizeof(*config));
        CLAIM(config != NULL);
        config_defaults(config);
        log_open(&logger, LOG_LEVEL_ERROR, "fuzz");
    }
    uint8_t how = take_byte(&input);
    is_greeted = how % 2 == 0;
    is_cluster = how % 4 >= 2;
    connections = 0;
    snprintf(config->redis_url, sizeof(config->redis_url), is_cluster ? "redis+cluster://a:1,b:2" : "redis://a");
    script = take_rest(&input);
    if (claims_too_much(script))
        return 0;
    if (is_good(store_open(&store, config, &logger, &why), &why)) {
        call_verb(store, verb);
        store_close(store);
    }
    return 0;
}
