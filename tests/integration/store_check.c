/* The store's verbs against a real redis-server: what each guard refuses, and that a refused flush leaves nothing
 * behind. */
#include <stdarg.h>

#include "store_scene.h"

static void state_is_created_once_and_never_by_a_claim(void)
{
    struct partition_state state;
    struct reason why;
    bool created = true;

    CU_ASSERT_EQUAL(store_claim(store, 1, &state, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-STATE-MISSING");
    state = claimed(1);
    CU_ASSERT_EQUAL(state.first, 100);
    CU_ASSERT_EQUAL(state.next, 100);
    CU_ASSERT_EQUAL(state.watermark_ms, NO_TIME);
    CU_ASSERT_EQUAL(state.floor_ms[WINDOW_HOUR], NO_TIME);
    CU_ASSERT_EQUAL(store_create(store, 1, 7, no_floors, &created, &why), GO_ON);
    CU_ASSERT_FALSE(created);
    CU_ASSERT_EQUAL(store_state(store, 1, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(state.next, 100);
}

/* What a partition that nobody owned has got meanwhile, nobody knows: it must not stand aside until it is read. */
static void a_claimed_partition_is_not_idle(void)
{
    struct partition_state state = claimed(10);
    struct small_change small;
    struct reason why;

    prepare(&small, &state, 105, 5);
    small.change.is_idle = true;
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    CU_ASSERT_EQUAL(store_state(store, 10, &state, &why), GO_ON);
    CU_ASSERT_TRUE(state.is_idle);
    CU_ASSERT_EQUAL(store_claim(store, 10, &state, &why), GO_ON);
    CU_ASSERT_FALSE(state.is_idle);
    CU_ASSERT_EQUAL(store_state(store, 10, &state, &why), GO_ON);
    CU_ASSERT_FALSE(state.is_idle);
    CU_ASSERT_EQUAL(state.watermark_ms, monday);
}

static void a_flush_is_applied_once(void)
{
    struct partition_state state = claimed(2);
    struct small_change small;

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_PTR_NULL(small.cell.stored.bytes);
    CU_ASSERT_EQUAL(small.window.records_stored, 0);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    expect(2, 105, 5, 5);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON); /* the reply was lost, say: the identical flush again */
    expect(2, 105, 5, 5);

    state.next = 105;
    prepare(&small, &state, 107, 2);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_EQUAL(small.window.records_stored, 5);
    CU_ASSERT_TRUE(cell_unpack(small.cell.stored, &scratch));
    CU_ASSERT_EQUAL(scratch.sums[M_REQUESTS], 5);
    CU_ASSERT_EQUAL(flush(&small, 7), GO_ON);
    expect(2, 107, 7, 7);
}

static void who_does_not_stand_where_the_store_stands_is_fenced(void)
{
    struct partition_state state = claimed(3), newer;
    struct small_change small, stale;
    struct reason why;

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    prepare(&stale, &state, 104, 4);
    CU_ASSERT_EQUAL(load(&stale), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    CU_ASSERT_EQUAL(flush(&stale, 4), REWIND); /* same token, but the offset has moved */
    CU_ASSERT_STRING_EQUAL(reason_name(stale.change.why.id), "STORE-FENCED");
    expect(3, 105, 5, 5);

    CU_ASSERT_EQUAL(store_claim(store, 3, &newer, &why), GO_ON);
    state.next = 105;
    prepare(&small, &state, 110, 5);
    CU_ASSERT_EQUAL(load(&small), REWIND); /* another owner */
    CU_ASSERT_EQUAL(flush(&small, 10), REWIND);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-FENCED");
    expect(3, 105, 5, 5);
}

static void a_torn_window_is_found(void)
{
    struct partition_state state = claimed(4);
    struct small_change small;
    struct reason why;
    int64_t records = 0;
    char command[256];

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    snprintf(command, sizeof(command), "redis-cli -s %s DEL 'check:{events:4}:day:%" PRId64 "' >/dev/null",
             redis.socket, monday);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    state.next = 105;
    prepare(&small, &state, 106, 1);
    CU_ASSERT_EQUAL(load(&small), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-TORN");
    CU_ASSERT_EQUAL(flush(&small, 6), HALT);
    CU_ASSERT_EQUAL(
        store_snapshot(store, 4, (struct window){WINDOW_DAY, monday}, find_requests, NULL, &records, &state, &why),
        HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-TORN");
}

static void a_flush_that_cannot_write_leaves_nothing(void)
{
    struct partition_state state = claimed(5);
    struct small_change small;
    char command[256];

    snprintf(command, sizeof(command), "redis-cli -s %s SET 'check:{events:5}:day:%" PRId64 "' x >/dev/null",
             redis.socket, monday);
    CU_ASSERT_EQUAL_FATAL(system(command), 0); /* a foreign writer put something else there */
    prepare(&small, &state, 105, 5);
    struct change *changes[] = {&small.change};
    struct reason why;
    small.cell.value = packed(0, 5);
    CU_ASSERT_EQUAL(store_flush(store, changes, 1, &why), HALT);
    CU_ASSERT_EQUAL(store_state(store, 5, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(state.next, 100);
}

/* The connection is dropped at the first refusal, so that the next one looks for the primary anew; but what an operator
 * has to hear is why. */
static void what_a_replica_says_is_told(void)
{
    struct partition_state first = claimed(40), second = claimed(41);
    struct small_change small[2];
    struct change *changes[] = {&small[0].change, &small[1].change};
    struct reason why;
    char command[256];

    prepare(&small[0], &first, 105, 5);
    prepare(&small[1], &second, 105, 5);
    small[0].cell.value = packed(0, 5);
    small[1].cell.value = packed(1, 5);
    CU_ASSERT_EQUAL(load(&small[0]), GO_ON);
    CU_ASSERT_EQUAL(load(&small[1]), GO_ON);
    snprintf(command, sizeof(command), "redis-cli -s %s REPLICAOF 127.0.0.1 1 >/dev/null", redis.socket);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    CU_ASSERT_EQUAL(store_flush(store, changes, 2, &why), TRY_LATER);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-BUSY");
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "READONLY"));
    snprintf(command, sizeof(command), "redis-cli -s %s REPLICAOF NO ONE >/dev/null", redis.socket);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    CU_ASSERT_EQUAL(store_flush(store, changes, 2, &why), GO_ON);
    expect(40, 105, 5, 5);
    expect(41, 105, 5, 5);
}

static void windows_end_in_two_steps(void)
{
    struct partition_state state = claimed(6);
    struct small_change small;
    struct reason why;
    struct stored_window windows[4];
    uint32_t count = 0;
    int64_t tuesday = monday + DAY_MS;

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    CU_ASSERT_EQUAL(store_windows(store, 6, windows, 4, &count, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(count, 1);
    CU_ASSERT_EQUAL(windows[0].records, 5);
    CU_ASSERT_EQUAL(windows[0].window.start_ms, monday);

    CU_ASSERT_EQUAL(store_collect(store, 6, windows, 1, &why), TRY_LATER); /* not sealed */
    windows[0].records = 4;                                                /* the last summary knew of four */
    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, tuesday, windows, 1, &why), TRY_LATER);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-WINDOW-GREW");
    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, tuesday, windows, 0, &why), TRY_LATER); /* of none */
    windows[0].records = 5;
    state.next = 106; /* a store that forgot the last record */
    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, tuesday, windows, 1, &why), TRY_LATER);
    state.next = 99; /* offsets are numbers, not texts */
    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, tuesday, windows, 1, &why), GO_ON);

    state.next = 105;
    prepare(&small, &state, 106, 1);
    CU_ASSERT_EQUAL(load(&small), REWIND);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-COLLECTED");
    CU_ASSERT_EQUAL(flush(&small, 6), REWIND);
    expect(6, 105, 5, 5);
    CU_ASSERT_EQUAL(store_collect(store, 6, windows, 1, &why), GO_ON);
    CU_ASSERT_EQUAL(store_collect(store, 6, windows, 1, &why), GO_ON); /* harmless to repeat */
    CU_ASSERT_EQUAL(store_windows(store, 6, windows, 4, &count, &why), GO_ON);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, monday, NULL, 0, &why), GO_ON); /* a floor never falls */
    CU_ASSERT_EQUAL(store_state(store, 6, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(state.floor_ms[WINDOW_DAY], tuesday);
}

__attribute__((format(printf, 1, 2))) static void redis_cli(const char *format, ...)
{
    char words[400], command[600];
    va_list values;

    va_start(values, format);
    vsnprintf(words, sizeof(words), format, values);
    va_end(values);
    snprintf(command, sizeof(command), "redis-cli -s %s %s >/dev/null", redis.socket, words);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
}

/* Without the right to write nothing is written, and nothing is tainted: with it, the same flush goes through. */
static void a_lacking_right_is_found_before_a_write(void)
{
    struct partition_state state = claimed(11), now;
    struct small_change small;
    struct change *changes[] = {&small.change};
    struct reason why;
    struct stored_window known = {{WINDOW_DAY, monday}, 5};

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    small.cell.value = packed(0, 5);
    redis_cli("ACL SETUSER default -hset");
    CU_ASSERT_EQUAL_FATAL(store_flush(store, changes, 1, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-DENIED");
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "HSET"));
    CU_ASSERT_EQUAL_FATAL(store_check(store, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-DENIED");
    redis_cli("ACL SETUSER default +hset");
    expect(11, 100, 0, 0);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    expect(11, 105, 5, 5);

    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, monday + DAY_MS, &known, 1, &why), GO_ON);
    redis_cli("ACL SETUSER default -hdel");
    CU_ASSERT_EQUAL_FATAL(store_collect(store, 11, &known, 1, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-DENIED");
    redis_cli("ACL SETUSER default +hdel");
    expect(11, 105, 5, 5); /* not torn */
    CU_ASSERT_EQUAL(store_state(store, 11, &now, &why), GO_ON);
    CU_ASSERT_EQUAL(store_collect(store, 11, &known, 1, &why), GO_ON);
    CU_ASSERT_EQUAL(store_check(store, &why), GO_ON);
}

/* Behind us stands only a store that forgot something. */
static void a_rollback_is_told_from_another_owner(void)
{
    struct partition_state state = claimed(12);
    struct small_change small;

    prepare(&small, &state, 105, 5);
    redis_cli("HSET 'check:{events:12}:meta' next 99");
    CU_ASSERT_EQUAL_FATAL(load(&small), REWIND);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-ROLLED-BACK");
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), REWIND);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-ROLLED-BACK");
    redis_cli("HSET 'check:{events:12}:meta' next 101");
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), REWIND);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-FENCED");
    CU_ASSERT_PTR_NOT_NULL(strstr(small.change.why.text, "ahead"));
    redis_cli("HSET 'check:{events:12}:meta' next 100 tok other");
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), REWIND);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-FENCED");
    redis_cli("HSET 'check:{events:12}:meta' tok '%s' inc other", state.token);
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-INCARNATION");
    redis_cli("DEL 'check:{events:12}:meta'");
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-STATE-MISSING");
}

static void the_anchor_comes_back_as_it_was_flushed(void)
{
    struct partition_state state = claimed(14);
    struct anchor anchor = {104, 1700000000000, UINT64_C(0x0123456789abcdef)};
    struct small_change small;
    struct reason why;

    CU_ASSERT_EQUAL(state.anchor.offset, ANCHOR_NONE);
    prepare(&small, &state, 105, 5);
    small.change.anchor = anchor;
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    CU_ASSERT_EQUAL(store_claim(store, 14, &state, &why), GO_ON);
    CU_ASSERT_TRUE(anchor_equal(&state.anchor, &anchor));
    redis_cli("HSET 'check:{events:14}:meta' anchor x");
    CU_ASSERT_EQUAL_FATAL(store_claim(store, 14, &state, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-DAMAGED");
}

/* More cells than one unpack() takes, over several partitions in one round trip. */
static void large_changes_go_in_chunks(void)
{
    enum { CELLS = 13000 };
    struct partition_state states[2] = {claimed(7), claimed(8)};
    struct change_cell *cells = calloc(CELLS, sizeof(*cells));
    char(*keys)[32] = calloc(CELLS, sizeof(*keys));
    struct change_window windows[2];
    struct change changes[2], *both[] = {&changes[0], &changes[1]};
    struct reason why;

    for (int i = 0; i < CELLS; i++) {
        snprintf(keys[i], sizeof(keys[i]), "model|author/name-%d", i);
        cells[i].key = span_of(keys[i]);
        cells[i].value = packed(i % 2, i % 2 + 1);
    }
    for (int i = 0; i < 2; i++) {
        windows[i] = (struct change_window){.window = {WINDOW_DAY, monday}, .cell_count = CELLS, .records_added = 9};
        changes[i] = (struct change){.state = &states[i],
                                     .next = 200,
                                     .window_count = 1,
                                     .windows = &windows[i],
                                     .cell_count = CELLS,
                                     .cells = cells};
    }
    CU_ASSERT_EQUAL(store_flush(store, both, 2, &why), GO_ON);
    CU_ASSERT_EQUAL(changes[0].verdict, GO_ON);
    CU_ASSERT_EQUAL(changes[1].verdict, GO_ON);
    states[0].next = states[1].next = 200;
    changes[0].nonce[0] = changes[1].nonce[0] = '\0';
    CU_ASSERT_EQUAL(store_load(store, both, 2, &why), GO_ON);
    CU_ASSERT_EQUAL(changes[1].verdict, GO_ON);
    CU_ASSERT_EQUAL(windows[1].records_stored, 9);
    for (int i = 0; i < CELLS; i++) {
        CU_ASSERT_FATAL(cells[i].stored.bytes != NULL && cell_unpack(cells[i].stored, &scratch));
        CU_ASSERT_EQUAL_FATAL(scratch.sums[M_REQUESTS], i % 2 + 1);
    }
    free(cells);
    free(keys);
}

/* Runs a command of redis-cli, and gives the last line of what it says that has `word` in it. */
static void ask_redis(const char *command, const char *word, char *line, size_t room)
{
    char whole[300], text[300];

    snprintf(whole, sizeof(whole), "redis-cli -s %s %s", redis.socket, command);
    FILE *output = popen(whole, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(output);
    line[0] = '\0';
    while (fgets(text, sizeof(text), output) != NULL)
        if (strstr(text, word) != NULL)
            snprintf(line, room, "%.*s", (int)strcspn(text, "\r\n"), text);
    pclose(output);
}

/* The rows of a large window, each of which is to be given once. */
struct large {
    int count, given;
    unsigned char *times;
};

static enum verdict give_row(void *context, struct span key, struct span value, struct reason *why)
{
    struct large *large = context;
    int row = (int)strtol(key.bytes + strlen("model|author/name-"), NULL, 10);

    (void)why;
    CU_ASSERT_FATAL(row >= 0 && row < large->count && cell_unpack(value, &scratch));
    CU_ASSERT_EQUAL(scratch.sums[M_REQUESTS], row % 2 + 1);
    large->times[row]++;
    large->given++;
    return GO_ON;
}

/* Writes the rows, as many a flush as one makes. */
static void write_rows(struct partition_state *state, int count)
{
    enum { FLUSH = 8000 };
    struct change_cell cells[FLUSH + 1];
    static char keys[FLUSH][40];
    struct change_window window = {.window = {WINDOW_DAY, monday}, .records_added = 1};
    struct change change = {.state = state, .window_count = 1, .windows = &window, .cells = cells};
    struct change *changes[] = {&change};
    struct reason why;

    packed(0, 1);
    for (int first = 0; first < count; first += FLUSH) {
        change.cell_count = window.cell_count = (uint32_t)(count - first < FLUSH ? count - first : FLUSH);
        for (int i = 0; i < (int)window.cell_count; i++) {
            snprintf(keys[i], sizeof(keys[i]), "model|author/name-%d", first + i);
            cells[i] =
                (struct change_cell){.key = span_of(keys[i]), .value = packed((first + i) % 2, (first + i) % 2 + 1)};
        }
        /* A number beside the cells is none of them. */
        cells[window.cell_count] = (struct change_cell){.key = span_of(STORE_ROWS "model"), .value = span_of("1")};
        change.cell_count = ++window.cell_count;
        change.next = state->next + 1;
        change.nonce[0] = '\0';
        CU_ASSERT_EQUAL_FATAL(store_flush(store, changes, 1, &why), GO_ON);
        CU_ASSERT_EQUAL_FATAL(change.verdict, GO_ON);
        state->next = change.next;
        window.records_stored++;
    }
}

/* GENTALLY_WINDOW_ROWS of them, 30,000 if that is not said. No call reads more than a few hundred of them. */
static void a_large_window_is_read_in_portions(void)
{
    const char *rows = getenv("GENTALLY_WINDOW_ROWS");
    struct large large = {.count = rows == NULL ? 30000 : (int)strtol(rows, NULL, 10)};
    struct partition_state state = claimed(30);
    struct reason why;
    char line[300];
    int64_t records = 0;

    large.times = calloc((size_t)large.count, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(large.times);
    write_rows(&state, large.count);
    ask_redis("CONFIG RESETSTAT", "", line, sizeof(line));
    enum verdict verdict =
        store_snapshot(store, 30, (struct window){WINDOW_DAY, monday}, give_row, &large, &records, &state, &why);
    CU_ASSERT_EQUAL(verdict, GO_ON);
    CU_ASSERT_EQUAL(large.given, large.count);
    for (int i = 0; i < large.count; i++)
        CU_ASSERT_EQUAL(large.times[i], 1);
    CU_ASSERT_EQUAL(records, (large.count + 7999) / 8000);
    ask_redis("INFO commandstats", "cmdstat_hscan:calls=", line, sizeof(line));
    long calls = line[0] == '\0' ? 0 : strtol(line + strlen("cmdstat_hscan:calls="), NULL, 10);
    CU_ASSERT_TRUE(calls >= large.count / 1000);
    ask_redis("INFO commandstats", "cmdstat_hgetall", line, sizeof(line));
    CU_ASSERT_STRING_EQUAL(line, "");
    ask_redis("INFO latencystats", "usec_hscan", line, sizeof(line));
    printf("note: %d rows in %ld calls: %s\n", large.count, calls, line);
    free(large.times);
}

/* Another process writes all rows of a window anew, again and again. Its exit status: 0 if all went well. */
static int write_again_and_again(const struct partition_state *claimed_state, int rows, int flushes)
{
    struct partition_state state = *claimed_state;
    struct change_cell *cells = calloc((size_t)rows, sizeof(*cells));
    char(*keys)[40] = calloc((size_t)rows, sizeof(*keys));
    struct change_window window = {.window = {WINDOW_DAY, monday}, .cell_count = (uint32_t)rows, .records_added = 1};
    struct change change = {
        .state = &state, .window_count = 1, .windows = &window, .cells = cells, .cell_count = (uint32_t)rows};
    struct change *changes[] = {&change};
    struct store *mine = NULL;
    struct reason why;
    bool is_good = cells != NULL && keys != NULL && store_open(&mine, &config, &logger, &why) == GO_ON;

    for (int i = 0; is_good && i < rows; i++) {
        snprintf(keys[i], sizeof(keys[i]), "model|author/name-%d", i);
        cells[i].key = span_of(keys[i]);
    }
    for (int flushed = 1; is_good && flushed <= flushes; flushed++) {
        for (int i = 0; i < rows; i++)
            cells[i].value = packed(0, flushed);
        change.next = state.next + 1;
        change.nonce[0] = '\0';
        is_good = store_flush(mine, changes, 1, &why) == GO_ON && change.verdict == GO_ON;
        state.next = change.next;
        window.records_stored++;
    }
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* What a snapshot saw: how often, and between which requests. */
struct seen {
    int rows;
    int64_t least, most;
};

static enum verdict see_row(void *context, struct span key, struct span value, struct reason *why)
{
    struct seen *seen = context;

    (void)key;
    (void)why;
    CU_ASSERT_FATAL(cell_unpack(value, &scratch));
    int64_t requests = scratch.sums[M_REQUESTS];
    seen->least = seen->rows == 0 || requests < seen->least ? requests : seen->least;
    seen->most = seen->rows == 0 || requests > seen->most ? requests : seen->most;
    seen->rows++;
    return GO_ON;
}

/* While a window is written anew it may be read late, but never half old and half new. */
static void a_window_in_portions_is_of_one_moment(void)
{
    enum { ROWS = 3000, FLUSHES = 200 };
    struct partition_state state = claimed(31), found;
    int status = -1, whole = 0, grew = 0;
    int64_t records = 0;
    struct reason why;

    pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0)
        _exit(write_again_and_again(&state, ROWS, FLUSHES));
    while (waitpid(child, &status, WNOHANG) == 0 || whole == 0) {
        struct seen seen = {0};
        enum verdict verdict =
            store_snapshot(store, 31, (struct window){WINDOW_DAY, monday}, see_row, &seen, &records, &found, &why);
        CU_ASSERT_FATAL(verdict == GO_ON || (verdict == TRY_LATER && why.id == STORE_WINDOW_GREW));
        grew += verdict == TRY_LATER;
        if (verdict == TRY_LATER || records == 0)
            continue;
        CU_ASSERT_EQUAL_FATAL(seen.rows, ROWS);
        CU_ASSERT_EQUAL_FATAL(seen.least, records);
        CU_ASSERT_EQUAL_FATAL(seen.most, records);
        whole++;
    }
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    printf("note: a window written %d times: read whole %d times, given up %d times\n", FLUSHES, whole, grew);
}

/* What a person at redis-cli sees, of sums beyond 2^53 and 2^64 too. */
static void people_can_read_the_cells(void)
{
    static const struct {
        const char *packed, *want;
        size_t size;
    } rows[] = {
        {"\3\1\xac\2\0", "requests=300", 5},
        {"\3\2\0\xff\xff\xff\xff\xff\xff\xff\xff\x7f\0", "tokens_prompt=9223372036854775807", 13},
        {"\3\1\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\1\0", "requests=1180591620717411303424", 14},
        {"\3\2\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\3\0",
         "requests=1 tokens_prompt=340282366920938463463374607431768211455", 23},
        {"\2\1\2\0", "unknown cell version", 4},
        {"\3", "unknown cell version", 1},
    };
    struct partition_state state = claimed(9);
    struct small_change small;
    char command[200], line[300];
    struct reason why;

    prepare(&small, &state, 101, 1);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct change *changes[] = {&small.change};
        CU_ASSERT_EQUAL(load(&small), GO_ON);
        small.cell.value = (struct span){rows[i].packed, rows[i].size};
        small.change.nonce[0] = '\0';
        CU_ASSERT_EQUAL(store_flush(store, changes, 1, &why), GO_ON);
        CU_ASSERT_EQUAL(small.change.verdict, GO_ON);
        state.next = small.change.next++;
        snprintf(command, sizeof(command), "FCALL_RO gentally_1_read 1 'check:{events:9}:day:%" PRId64 "' total",
                 monday);
        ask_redis(command, "", line, sizeof(line));
        if (strstr(line, rows[i].want) == NULL)
            printf("\"%s\"\n", line);
        CU_ASSERT_PTR_NOT_NULL(strstr(line, rows[i].want));
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"state_is_created_once_and_never_by_a_claim", state_is_created_once_and_never_by_a_claim},
        {"a_claimed_partition_is_not_idle", a_claimed_partition_is_not_idle},
        {"a_flush_is_applied_once", a_flush_is_applied_once},
        {"who_does_not_stand_where_the_store_stands_is_fenced", who_does_not_stand_where_the_store_stands_is_fenced},
        {"a_torn_window_is_found", a_torn_window_is_found},
        {"a_flush_that_cannot_write_leaves_nothing", a_flush_that_cannot_write_leaves_nothing},
        {"what_a_replica_says_is_told", what_a_replica_says_is_told},
        {"windows_end_in_two_steps", windows_end_in_two_steps},
        {"a_lacking_right_is_found_before_a_write", a_lacking_right_is_found_before_a_write},
        {"a_rollback_is_told_from_another_owner", a_rollback_is_told_from_another_owner},
        {"the_anchor_comes_back_as_it_was_flushed", the_anchor_comes_back_as_it_was_flushed},
        {"large_changes_go_in_chunks", large_changes_go_in_chunks},
        {"a_large_window_is_read_in_portions", a_large_window_is_read_in_portions},
        {"a_window_in_portions_is_of_one_moment", a_window_in_portions_is_of_one_moment},
        {"people_can_read_the_cells", people_can_read_the_cells},
        CU_TEST_INFO_NULL,
    };

    return store_scene_run(argc, argv, tests);
}
