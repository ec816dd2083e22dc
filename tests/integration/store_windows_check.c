/* Windows read back from a real redis-server: large ones in portions, written ones whole, and all by people. */
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
        {"a_large_window_is_read_in_portions", a_large_window_is_read_in_portions},
        {"a_window_in_portions_is_of_one_moment", a_window_in_portions_is_of_one_moment},
        {"people_can_read_the_cells", people_can_read_the_cells},
        CU_TEST_INFO_NULL,
    };

    return store_scene_run(argc, argv, tests);
}
