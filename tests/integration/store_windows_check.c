/* Windows read back from a real redis-server: large ones in portions, written ones whole, and all by people. */
#include <signal.h>

#include "gentally/base/hash.h"
#include "gentally/redis/store_view.h"
#include "store_scene.h"

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

/* Rows of model as an entry: those from `first` to before `end`, with as many requests as `requests` says. */
static struct span entry_of(int first, int end, int64_t (*requests)(int row, int64_t of), int64_t of)
{
    static uint8_t room[8000 * 100];
    const struct entry_window window = {{WINDOW_DAY, monday}, 1};
    struct entry_writer writer;

    assert(end - first <= 8000);
    entry_begin(&writer, room, 100000000, &window, 1, (uint32_t)(end - first));
    for (int i = first; i < end; i++) {
        char key[40];
        snprintf(key, sizeof(key), "model|author/name-%d", i);
        const struct entry_row row = {
            .base_ms = monday, .kinds = 1u << WINDOW_DAY, .key = span_of(key), .packed = packed(0, requests(i, of))};
        entry_put_row(&writer, &row);
    }
    return (struct span){(const char *)room, (size_t)(writer.at - room)};
}

/* Flushes an entry, as one record. */
static bool write_entry(struct store *into, struct partition_state *state, struct span entry)
{
    const struct entry_window window = {{WINDOW_DAY, monday}, 1};
    struct change change = {.state = state,
                            .next = state->next + 1,
                            .window_count = 1,
                            .windows = &window,
                            .entry_count = 1,
                            .entries = &entry};
    struct change *changes[] = {&change};
    struct reason why;

    if (store_flush(into, changes, 1, &why) != GO_ON || change.verdict != GO_ON)
        return false;
    state->next = change.next;
    return true;
}

static int64_t one_or_two(int row, int64_t of)
{
    (void)of;
    return row % 2 + 1;
}

/* Writes the rows, as many a flush as one makes; the last ones stay in the journal. */
static void write_rows(struct partition_state *state, int count)
{
    enum { FLUSH = 8000 };
    struct reason why;

    for (int first = 0; first < count; first += FLUSH) {
        CU_ASSERT_EQUAL_FATAL(apply(state, &why), GO_ON);
        CU_ASSERT_FATAL(
            write_entry(store, state, entry_of(first, count - first < FLUSH ? count : first + FLUSH, one_or_two, 0)));
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

static int64_t one(int row, int64_t of)
{
    (void)row;
    return of;
}

/* Another process adds one request to all rows of a window, again and again, and applies that now and then. Its exit
 * status: 0 if all went well. */
static int write_again_and_again(const struct partition_state *claimed_state, int rows, int flushes)
{
    struct partition_state state = *claimed_state;
    struct applier *applier = NULL;
    struct store *mine = NULL;
    struct reason why;
    bool is_good = store_open(&mine, &config, &logger, &why) == GO_ON &&
                   applier_open(&applier, &config, mine, &logger, &why) == GO_ON;

    for (int flushed = 1; is_good && flushed <= flushes; flushed++) {
        is_good = write_entry(mine, &state, entry_of(0, rows, one, 1));
        for (bool is_done = flushed % 3 != 0; is_good && !is_done;)
            is_good = applier_run(applier, &state, APPLY_RUN_US, &is_done, &why) == GO_ON;
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

#define PARTS 40 /* more than are asked at once */

/* What a window was read as: its rows as one number, and what each partition has of it. */
struct parts {
    uint64_t rows;
    int64_t records[PARTS]; /* -1: no state */
    int given[PARTS];
};

static enum verdict add_row(void *context, struct span key, struct span value, struct reason *why)
{
    struct parts *parts = context;

    (void)why;
    parts->rows += hash_fold(hash_fnv1a(key), hash_fnv1a(value));
    return GO_ON;
}

static void give_part(void *context, int32_t partition, const struct partition_state *state, int64_t records)
{
    struct parts *parts = context;

    parts->records[partition] = state == NULL ? -1 : records;
    parts->given[partition]++;
}

/* The same by one partition after the other. */
static void read_one_by_one(struct window window, struct parts *parts)
{
    struct partition_state state;
    struct reason why;

    for (int32_t p = 0; p < PARTS; p++) {
        enum verdict verdict = store_snapshot(store, p, window, add_row, parts, &parts->records[p], &state, &why);
        if (verdict == HALT && why.id == STORE_STATE_MISSING)
            parts->records[p] = -1;
        else
            CU_ASSERT_EQUAL_FATAL(verdict, GO_ON);
        parts->given[p]++;
    }
}

/* Some partitions have nothing of the window, some a tail, one more cells than one answer holds, and some no state. */
static void a_window_is_read_from_all_partitions(void)
{
    const struct window window = {WINDOW_DAY, monday};
    static struct parts want, found;
    struct reason why;

    for (int32_t p = 0; p < 12; p++) {
        struct partition_state state = claimed(p);
        if (p % 3 != 0)
            CU_ASSERT_TRUE_FATAL(write_entry(store, &state, entry_of(p, p + 20, one_or_two, 0)));
        if (p % 3 == 1)
            CU_ASSERT_EQUAL_FATAL(apply(&state, &why), GO_ON);
    }
    struct partition_state large = claimed(12);
    write_rows(&large, 9000);
    read_one_by_one(window, &want);
    CU_ASSERT_EQUAL(store_snapshots(store, PARTS, window, NULL, add_row, give_part, &found, &why), GO_ON);
    CU_ASSERT_EQUAL(memcmp(&want, &found, sizeof(want)), 0);
}

/* What is wrong with one is told with its reason, and no answer is taken for that to another question. */
static void one_torn_window_is_told_as_such(void)
{
    const struct window window = {WINDOW_DAY, monday};
    struct parts found = {.rows = 0};
    struct partition_state state;
    struct reason why;
    char command[200], line[200];
    int64_t records = 0;

    snprintf(command, sizeof(command), "HINCRBY 'check:{events:4}:windows' day:%" PRId64 " 1", monday);
    ask_redis(command, "", line, sizeof(line));
    CU_ASSERT_EQUAL(store_snapshots(store, PARTS, window, NULL, add_row, give_part, &found, &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_TORN);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "partition 4"));
    CU_ASSERT_EQUAL(store_snapshot(store, 7, window, add_row, &found, &records, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(state.partition, 7);
    CU_ASSERT_EQUAL(records, 1);
}

/* A row that cannot be taken ends it, and the answers that are on their way belong to nobody. */
static enum verdict refuse_row(void *context, struct span key, struct span value, struct reason *why)
{
    (void)context;
    (void)key;
    (void)value;
    return reason_set(why, HALT, NO_MEMORY, 0, "none for rows");
}

static void a_reader_that_fails_ends_it(void)
{
    const struct window window = {WINDOW_DAY, monday};
    struct parts found = {.rows = 0};
    struct partition_state state;
    struct reason why;
    int64_t records = 0;

    CU_ASSERT_EQUAL(store_snapshots(store, PARTS, window, NULL, refuse_row, give_part, &found, &why), HALT);
    CU_ASSERT_EQUAL(why.id, NO_MEMORY);
    CU_ASSERT_EQUAL(store_snapshot(store, 7, window, add_row, &found, &records, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(state.partition, 7);
    CU_ASSERT_EQUAL(records, 1);
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

/* ---- views ---- */

#define HOURS 60
#define HOUR_MS INT64_C(3600000)

static struct window hour(int number)
{
    return (struct window){WINDOW_HOUR, monday + number * HOUR_MS};
}

/* Flushes a record of each hour from `first` on, which counts in its day, too, in rows of a few models. */
static void write_hours(struct partition_state *state, int first, int count)
{
    static uint8_t room[HOURS * 200];
    struct entry_window windows[HOURS + 4] = {{.records = 0}};
    uint32_t days = 0;
    struct entry_writer writer;
    struct reason why;

    for (int i = 0; i < count; i++)
        windows[i] = (struct entry_window){hour(first + i), 1};
    for (int i = 0; i < count; i++) {
        struct window day = {WINDOW_DAY, monday + (first + i) / 24 * 24 * HOUR_MS};
        struct entry_window *last = days == 0 ? NULL : &windows[count + (int)days - 1];
        if (last != NULL && window_compare(last->window, day) == 0)
            last->records++;
        else
            windows[count + (int)days++] = (struct entry_window){day, 1};
    }
    entry_begin(&writer, room, 100, windows, (uint32_t)count + days, (uint32_t)count);
    for (int i = 0; i < count; i++) {
        char key[40];
        snprintf(key, sizeof(key), "model|author/name-%d", i % 7);
        const struct entry_row row = {.base_ms = hour(first + i).start_ms,
                                      .kinds = 1u << WINDOW_HOUR | 1u << WINDOW_DAY,
                                      .key = span_of(key),
                                      .packed = packed(0, first + i + 1)};
        entry_put_row(&writer, &row);
    }
    const struct span entry = {(const char *)room, (size_t)(writer.at - room)};
    struct change change = {.state = state,
                            .next = state->next + count,
                            .window_count = (uint32_t)count + days,
                            .windows = windows,
                            .entry_count = 1,
                            .entries = &entry};
    struct change *changes[] = {&change};
    CU_ASSERT_EQUAL_FATAL(store_flush(store, changes, 1, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(change.verdict, GO_ON);
    state->next = change.next;
}

/* A window as all partitions are asked for it, and as one's view has it. */
static void read_twice(int32_t partition, struct store_view *view, struct window window, struct parts found[2])
{
    struct store_view *views[PARTS];
    struct store_view *silent = NULL;
    struct reason why;

    memset(found, 0, 2 * sizeof(found[0]));
    CU_ASSERT_EQUAL_FATAL(store_view_open(&silent, &why), GO_ON);
    for (int32_t p = 0; p < PARTS; p++)
        views[p] = p == partition ? view : silent;
    CU_ASSERT_EQUAL_FATAL(store_snapshots(store, PARTS, window, NULL, add_row, give_part, &found[0], &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(store_snapshots(store, PARTS, window, views, add_row, give_part, &found[1], &why), GO_ON);
    store_view_close(silent);
}

static long calls_of_snapshot(void)
{
    char line[300];

    ask_redis("INFO commandstats", "cmdstat_fcall_ro:calls=", line, sizeof(line));
    return line[0] == '\0' ? 0 : strtol(line + strlen("cmdstat_fcall_ro:calls="), NULL, 10);
}

/* Hours in two entries, some of them in both, some with cells already, some that are not there. */
static void a_view_has_what_the_windows_have(void)
{
    enum { PARTITION = PARTS - 1 };
    struct partition_state state = claimed(PARTITION);
    struct store_view *view = NULL;
    static struct parts found[2];
    size_t room = STORE_VIEWS_BYTES;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(store_view_open(&view, &why), GO_ON);
    CU_ASSERT_PTR_NULL(store_view_state(view, store));
    write_hours(&state, 0, 5);
    CU_ASSERT_EQUAL_FATAL(apply(&state, &why), GO_ON);
    write_hours(&state, 3, 30);
    write_hours(&state, 20, 25);
    CU_ASSERT_EQUAL_FATAL(store_view_take(view, store, PARTITION, &room, &why), GO_ON);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store_view_state(view, store));
    CU_ASSERT_EQUAL(store_view_state(view, store)->next, state.next);
    CU_ASSERT_TRUE(room < STORE_VIEWS_BYTES);
    for (int i = 0; i < HOURS; i++) {
        read_twice(PARTITION, view, hour(i), found);
        CU_ASSERT_EQUAL(found[0].rows, found[1].rows);
        CU_ASSERT_EQUAL(found[0].records[PARTITION], found[1].records[PARTITION]);
        CU_ASSERT_EQUAL(found[1].records[PARTITION], (i < 5) + (i >= 3 && i < 33) + (i >= 20 && i < 45));
    }
    for (int i = 1; i < 4; i++) { /* other tests are on Monday */
        read_twice(PARTITION, view, (struct window){WINDOW_DAY, monday + i * 24 * HOUR_MS}, found);
        CU_ASSERT_EQUAL(found[0].rows, found[1].rows);
        CU_ASSERT_EQUAL(found[0].records[PARTITION], found[1].records[PARTITION]);
    }
    store_view_close(view);
}

/* It goes on telling of its moment, without a call, whatever is written and applied meanwhile; taken anew it is of now.
 * Where few windows are in the journal alone it is silent, and where their entries are too large. */
static void a_view_is_of_one_moment(void)
{
    enum { PARTITION = PARTS - 2 };
    struct partition_state state = claimed(PARTITION);
    struct store_view *view = NULL;
    struct tail *tail = NULL;
    size_t room = STORE_VIEWS_BYTES, few = 100;
    int64_t records = 0;
    bool is_known = false;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(store_view_open(&view, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(tail_open(&tail, &why), GO_ON);
    write_hours(&state, 0, 3);
    CU_ASSERT_EQUAL_FATAL(apply(&state, &why), GO_ON);
    write_hours(&state, 0, 10);
    CU_ASSERT_EQUAL_FATAL(store_view_take(view, store, PARTITION, &few, &why), GO_ON);
    CU_ASSERT_PTR_NULL(store_view_state(view, store));
    CU_ASSERT_EQUAL(few, 100);
    CU_ASSERT_EQUAL_FATAL(store_view_take(view, store, PARTITION, &room, &why), GO_ON);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store_view_state(view, store));
    write_hours(&state, 5, 10);
    CU_ASSERT_EQUAL_FATAL(apply(&state, &why), GO_ON);
    long calls = calls_of_snapshot();
    for (int i = 0; i < 20; i++) {
        tail_begin(tail, hour(i));
        CU_ASSERT_EQUAL(store_view_fill(view, tail, &records, &is_known, &why), GO_ON);
        CU_ASSERT_EQUAL(is_known, i >= 3);
        CU_ASSERT_EQUAL(records, (i < 3) + (i < 10));
    }
    CU_ASSERT_EQUAL(calls_of_snapshot(), calls);
    CU_ASSERT_EQUAL_FATAL(store_view_take(view, store, PARTITION, &room, &why), GO_ON);
    CU_ASSERT_PTR_NULL(store_view_state(view, store)); /* all is in cells */
    tail_close(tail);
    store_view_close(view);
}

/* What Redis has behind another connection may be of an older history. */
static void a_view_is_of_its_connection(void)
{
    enum { PARTITION = PARTS + 1 };
    struct partition_state state = claimed(PARTITION);
    struct store_view *view = NULL;
    size_t room = STORE_VIEWS_BYTES;
    char line[300];
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(store_view_open(&view, &why), GO_ON);
    write_hours(&state, 30, 10);
    CU_ASSERT_EQUAL_FATAL(store_view_take(view, store, PARTITION, &room, &why), GO_ON);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store_view_state(view, store));
    uint64_t connections = store_connections(store);
    ask_redis("CLIENT KILL TYPE normal", "", line, sizeof(line));
    enum verdict verdict = TRY_LATER;
    for (int i = 0; i < 100 && (verdict == TRY_LATER || verdict == REWIND); i++)
        verdict = store_state(store, PARTITION, &state, &why);
    CU_ASSERT_EQUAL(verdict, GO_ON);
    CU_ASSERT_NOT_EQUAL_FATAL(store_connections(store), connections);
    CU_ASSERT_PTR_NULL(store_view_state(view, store));
    CU_ASSERT_EQUAL_FATAL(store_view_take(view, store, PARTITION, &room, &why), GO_ON);
    CU_ASSERT_PTR_NOT_NULL(store_view_state(view, store));
    store_view_close(view);
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
    const struct entry_window window = {{WINDOW_DAY, monday}, 1};
    struct partition_state state = claimed(35);
    uint8_t room[256];
    char command[200], line[300], behind[64];
    struct reason why;

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct entry_writer writer;
        char key[16];
        snprintf(key, sizeof(key), "total%zu", i);
        const struct entry_row row = {.base_ms = monday,
                                      .kinds = 1u << WINDOW_DAY,
                                      .key = span_of(key),
                                      .packed = {rows[i].packed, rows[i].size}};
        entry_begin(&writer, room, 10, &window, 1, 1);
        entry_put_row(&writer, &row);
        CU_ASSERT_FATAL(write_entry(store, &state, (struct span){(const char *)room, (size_t)(writer.at - room)}));
        snprintf(command, sizeof(command), "FCALL_RO gentally_2_read 1 'check:{events:35}:day:%" PRId64 "' %s", monday,
                 key);
        ask_redis(command, "", line, sizeof(line)); /* what is not in the cells yet is told */
        snprintf(behind, sizeof(behind), "%zu of %zu records", i, i + 1);
        CU_ASSERT_PTR_NOT_NULL(strstr(line, behind));
        CU_ASSERT_EQUAL_FATAL(apply(&state, &why), GO_ON);
        ask_redis(command, "", line, sizeof(line));
        if (strstr(line, rows[i].want) == NULL)
            printf("\"%s\"\n", line);
        CU_ASSERT_PTR_NOT_NULL(strstr(line, rows[i].want));
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_large_window_is_read_in_portions", a_large_window_is_read_in_portions},
        {"a_window_in_portions_is_of_one_moment", a_window_in_portions_is_of_one_moment},
        {"a_window_is_read_from_all_partitions", a_window_is_read_from_all_partitions},
        {"one_torn_window_is_told_as_such", one_torn_window_is_told_as_such},
        {"a_reader_that_fails_ends_it", a_reader_that_fails_ends_it},
        {"a_view_has_what_the_windows_have", a_view_has_what_the_windows_have},
        {"a_view_is_of_one_moment", a_view_is_of_one_moment},
        {"a_view_is_of_its_connection", a_view_is_of_its_connection},
        {"people_can_read_the_cells", people_can_read_the_cells},
        CU_TEST_INFO_NULL,
    };

    signal(SIGPIPE, SIG_IGN); /* as in the program: a connection is killed */
    return store_scene_run(argc, argv, tests);
}
