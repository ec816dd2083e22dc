/* The end of windows, in which order and with what in hand. The linker leads the calls of what would need a store to
 * the stand-ins here (CMakeLists.txt: --wrap). */
#include "closer_collect.h"

#include <stdlib.h>

#include "gentally/base/log.h"
#include "gentally/config/config.h"
#include "suite.h"

#define TABLES UINT64_C(7)

static const struct window day = {WINDOW_DAY, 5 * DAY_MS};

static struct config config = {.windows = {[WINDOW_DAY] = true}, .kept_ms = {[WINDOW_DAY] = 2 * DAY_MS}};
static char steps[16];          /* a letter for each: "s" sealed, "h" held the lease, "c" collected */
static enum verdict answers[2]; /* of the lease: the first time, and the second */
static uint32_t holds;

/* Of a cluster: what the closer kept from turn to turn, the time of the turn, and the floor that the store has then. */
static bool is_cluster;
static struct aging aging;
static int64_t now_ms, stored_floor_ms = NO_TIME;

enum verdict __wrap_store_seal(struct store *store, const struct partition_state *seen, enum window_kind kind,
                               int64_t floor_ms, const struct stored_window known[], uint32_t count,
                               struct reason *why);
enum verdict __wrap_store_collect(struct store *store, int32_t partition, const struct stored_window windows[],
                                  uint32_t count, struct reason *why);
uint64_t __wrap_store_connections(const struct store *store);
bool __wrap_store_is_cluster(const struct store *store);

static void note(char step)
{
    size_t size = strlen(steps);

    CU_ASSERT_FATAL(size + 1 < sizeof(steps));
    steps[size] = step;
    steps[size + 1] = '\0';
}

enum verdict __wrap_store_seal(struct store *store, const struct partition_state *seen, enum window_kind kind,
                               int64_t floor_ms, const struct stored_window known[], uint32_t count, struct reason *why)
{
    (void)store;
    (void)seen;
    (void)why;
    CU_ASSERT_EQUAL(kind, WINDOW_DAY);
    CU_ASSERT_EQUAL(floor_ms, 6 * DAY_MS);
    CU_ASSERT(count == 1 && window_compare(known[0].window, day) == 0);
    note('s');
    return GO_ON;
}

enum verdict __wrap_store_collect(struct store *store, int32_t partition, const struct stored_window windows[],
                                  uint32_t count, struct reason *why)
{
    (void)store;
    (void)why;
    CU_ASSERT_EQUAL(partition, 0);
    CU_ASSERT(count == 1 && window_compare(windows[0].window, day) == 0);
    note('c');
    return GO_ON;
}

uint64_t __wrap_store_connections(const struct store *store)
{
    (void)store;
    return 1;
}

bool __wrap_store_is_cluster(const struct store *store)
{
    (void)store;
    return is_cluster;
}

static enum verdict hold(void *context, int64_t ms, struct reason *why)
{
    (void)context;
    CU_ASSERT_EQUAL(ms, CLOSER_HOLD_MS);
    CU_ASSERT_FATAL(holds < LENGTH_OF(answers));
    note('h');
    enum verdict answer = answers[holds++];
    return answer == GO_ON ? GO_ON : reason_set(why, answer, SINK_FENCED, 0, "no lease");
}

static enum verdict count_partitions(void *context, int32_t *count, struct reason *why)
{
    (void)context;
    (void)why;
    *count = 1;
    return GO_ON;
}

static enum verdict end_at_ten(void *context, int32_t count, int64_t ends[], struct reason *why)
{
    (void)context;
    (void)why;
    CU_ASSERT_EQUAL(count, 1);
    ends[0] = 10;
    return GO_ON;
}

/* A day that was told on time and kept for as long as it has to be, in a store of one partition that stands at 10. */
static enum verdict collect(bool has_lease)
{
    struct reason why = {0};
    struct ledger_partition at = {.incarnation = "aa", .next = 10, .records = 5};
    struct published_part part = published_part_of(&at);
    struct stored_window stored = {day, 5};
    struct survey_partition partition = {
        .state = {.next = 10, .floor_ms = {[WINDOW_DAY] = stored_floor_ms}}, .windows = &stored, .count = 1};
    struct published_window told = {.window = day,
                                    .pane = PANE_ON_TIME,
                                    .generation = 1,
                                    .revision = 5,
                                    .tables = TABLES,
                                    .partitions = 1,
                                    .parts = &part};
    int64_t ends[1];
    bool has_more = true;
    struct logger logger;
    struct closer closer = {
        .config = &config,
        .logger = &logger,
        .logs = {.count = count_partitions, .ends = end_at_ten},
        .tables = TABLES,
        .ends = ends,
        .now_ms = now_ms,
        .aging = {[WINDOW_DAY] = aging},
        .survey = {.partition_count = 1,
                   .partitions = &partition,
                   .parts = &part,
                   .windows = &stored,
                   .count = 1,
                   .watermark_ms = 8 * DAY_MS,
                   .going_ms = 8 * DAY_MS},
    };

    steps[0] = '\0';
    holds = 0;
    log_open(&logger, LOG_LEVEL_ERROR, "test");
    if (has_lease)
        closer.hold.hold = hold;
    CU_ASSERT_EQUAL_FATAL(published_open(&closer.published, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(published_offsets_open(&closer.offsets, 1, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(published_put(closer.published, &told, &why), GO_ON);
    enum verdict verdict = closer_collect(&closer, &has_more, &why);
    aging = closer.aging[WINDOW_DAY];
    free(closer.scratch);
    published_offsets_close(closer.offsets);
    published_close(closer.published);
    return verdict;
}

/* Who has the lease by now may be telling the day anew, which takes its cells. */
static void nothing_ends_without_the_lease(void)
{
    static const struct {
        enum verdict answers[2], want;
        const char *steps;
    } rows[] = {
        {{GO_ON, GO_ON}, GO_ON, "hshc"},        {{STEP_DOWN, GO_ON}, STEP_DOWN, "h"}, {{TRY_LATER, GO_ON}, GO_ON, "h"},
        {{GO_ON, STEP_DOWN}, STEP_DOWN, "hsh"}, {{GO_ON, TRY_LATER}, GO_ON, "hsh"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        memcpy(answers, rows[i].answers, sizeof(answers));
        CU_ASSERT_EQUAL(collect(true), rows[i].want);
        CU_ASSERT_STRING_EQUAL(steps, rows[i].steps);
    }
}

static void where_nobody_else_closes_no_lease_is_asked_for(void)
{
    CU_ASSERT_EQUAL(collect(false), GO_ON);
    CU_ASSERT_STRING_EQUAL(steps, "sc");
}

/* A turn of a closer over a cluster; the store has sealed the windows before `floor_ms`. */
static void turn(int64_t at_ms, int64_t floor_ms, const char *want)
{
    now_ms = at_ms;
    stored_floor_ms = floor_ms;
    CU_ASSERT_EQUAL(collect(false), GO_ON);
    CU_ASSERT_STRING_EQUAL(steps, want);
}

static void a_cluster_deletes_what_was_sealed_for_long(void)
{
    const int64_t minute_ms = 60000;

    is_cluster = true;
    turn(1000, NO_TIME, "s");
    turn(2000, 6 * DAY_MS, "");
    turn(1000 + 15 * minute_ms - 1, 6 * DAY_MS, "");
    turn(1000 + 15 * minute_ms, 6 * DAY_MS, "sc");
    CU_ASSERT_FALSE(aging.is_there);

    turn(20 * minute_ms, NO_TIME, "s");
    turn(35 * minute_ms, 5 * DAY_MS, "s"); /* Somebody forgot it: the time begins anew. */
    turn(50 * minute_ms - 1, 6 * DAY_MS, "");
    turn(50 * minute_ms, 6 * DAY_MS, "sc");
    is_cluster = false;
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"nothing ends without the lease", nothing_ends_without_the_lease},
        {"where nobody else closes no lease is asked for", where_nobody_else_closes_no_lease_is_asked_for},
        {"a cluster deletes what was sealed for long", a_cluster_deletes_what_was_sealed_for_long},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
