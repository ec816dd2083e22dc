/* When partitions become idle, and when one that is fenced is claimed again, seen over the turns of the loop. The
 * linker leads the calls of what would need a server to the stand-ins here (CMakeLists.txt: --wrap). */
#include "assignment.h"

#include "config_defaults.h"
#include "gentally/redis/store.h"
#include "suite.h"

#define IDLE_MS 30000

static struct config config;
static struct tally_pool *pool;
static struct assignment assignment;
static struct batch batch;
static struct logger logger;
static uint32_t claims, stops;
static bool is_damaged; /* what is claimed does not read */
static bool is_missing; /* there is nothing to claim */

enum verdict __wrap_store_claim(struct store *store, int32_t partition, struct partition_state *state,
                                struct reason *why);
enum verdict __wrap_store_stop(struct store *store, const struct partition_state *state, enum reason_id id,
                               const char *text, struct reason *why);
void __wrap_source_reposition(struct source *source, const struct source_start *start);
void __wrap_source_stop(struct source *source, int32_t partition);

enum verdict __wrap_store_claim(struct store *store, int32_t partition, struct partition_state *state,
                                struct reason *why)
{
    (void)store;
    *state = (struct partition_state){.partition = partition, .next = 100, .watermark_ms = NO_TIME};
    claims++;
    if (is_missing)
        return reason_set(why, HALT, STORE_STATE_MISSING, 0, "partition 3 has no state");
    return is_damaged ? reason_set(why, HALT, STORE_DAMAGED, 0, "a count does not read") : GO_ON;
}

/* Another one has the partition, says the store. */
enum verdict __wrap_store_stop(struct store *store, const struct partition_state *state, enum reason_id id,
                               const char *text, struct reason *why)
{
    (void)store;
    (void)state;
    (void)id;
    (void)text;
    stops++;
    return reason_set(why, REWIND, STORE_FENCED, 0, "another owner");
}

void __wrap_source_stop(struct source *source, int32_t partition)
{
    (void)source;
    CU_ASSERT_EQUAL(partition, 3);
}

void __wrap_source_reposition(struct source *source, const struct source_start *start)
{
    (void)source;
    CU_ASSERT_EQUAL(start->next, 100);
}

/* One partition, number 3, that stands at 100. */
static struct partition *begin(int64_t now_ms)
{
    struct partition_state state = {.partition = 3, .next = 100, .watermark_ms = NO_TIME};
    struct reason why;

    assignment = (struct assignment){.logger = &logger, .count = 1, .partitions = {3}, .turned_ms = now_ms};
    CU_ASSERT_EQUAL_FATAL(partition_open(&assignment.by_partition[3], &config, &state, pool, now_ms, &why), GO_ON);
    return assignment.by_partition[3];
}

/* A turn that ends at `now_ms` and was given `records`, and the end of the log if `is_end`. */
static bool is_idle_after(int64_t now_ms, uint32_t records, bool is_end)
{
    batch.record_count = records;
    batch.end_count = is_end ? 1 : 0;
    batch.ends[0].partition = 3;
    batch.ends[0].next = 100;
    assignment_mark_ends(&assignment, &batch, IDLE_MS, now_ms);
    return assignment.by_partition[3]->is_idle;
}

static void time_at_the_end_adds_up_over_turns(void)
{
    begin(1000);
    CU_ASSERT_FALSE(is_idle_after(1050, 0, true));
    for (int64_t now_ms = 1100; now_ms < 1050 + IDLE_MS; now_ms += 50)
        CU_ASSERT_FALSE_FATAL(is_idle_after(now_ms, 0, false));
    CU_ASSERT_TRUE(is_idle_after(1050 + IDLE_MS, 0, false));
    assignment_close(&assignment);
}

/* What was produced while a turn was held up (a slow Redis) has not come yet. */
static void a_turn_that_was_held_up_is_no_time_at_the_end(void)
{
    begin(1000);
    CU_ASSERT_FALSE(is_idle_after(1050, 0, true));
    CU_ASSERT_FALSE(is_idle_after(1050 + 2 * IDLE_MS, 0, false));
    CU_ASSERT_FALSE(is_idle_after(1050 + 3 * IDLE_MS - 1000, 0, false)); /* nor the next one */
    assignment_close(&assignment);
}

/* The end that comes at the end of such a turn is as good as any: the time before it was not taken from it. */
static void an_end_after_a_turn_that_was_held_up_begins_at_once(void)
{
    begin(1000);
    CU_ASSERT_FALSE(is_idle_after(1000 + 2 * IDLE_MS, 0, true));
    for (int64_t passed_ms = 500; passed_ms < IDLE_MS; passed_ms += 500)
        CU_ASSERT_FALSE_FATAL(is_idle_after(1000 + 2 * IDLE_MS + passed_ms, 0, false));
    CU_ASSERT_TRUE(is_idle_after(1000 + 3 * IDLE_MS, 0, false));
    assignment_close(&assignment);
}

/* Its own records may be among those that wait behind a full batch of the others'. */
static void no_partition_is_idle_behind_a_full_batch(void)
{
    begin(1000);
    CU_ASSERT_FALSE(is_idle_after(1050, 0, true));
    for (int64_t now_ms = 1100; now_ms < 1050 + 2 * IDLE_MS; now_ms += 50)
        CU_ASSERT_FALSE_FATAL(is_idle_after(now_ms, BATCH_RECORDS_MAX, false));
    CU_ASSERT_TRUE(is_idle_after(1050 + 2 * IDLE_MS, 17, false));
    assignment_close(&assignment);
}

/* Fences the partition, and says how long it takes until it is claimed again, looked at every 100 ms. */
static int64_t claimed_after(struct partition *partition, int64_t *now_ms)
{
    const struct reason fenced = {.id = STORE_FENCED};
    int64_t begin_ms = *now_ms;
    uint32_t before = claims;
    struct reason why;

    assignment_refused(&assignment, partition, REWIND, &fenced);
    for (;; *now_ms += 100) {
        CU_ASSERT_EQUAL_FATAL(assignment_reclaim(&assignment, NULL, NULL, pool, *now_ms, &why), GO_ON);
        CU_ASSERT_FATAL(*now_ms - begin_ms <= 120000);
        CU_ASSERT_FALSE(partition->is_stopped);
        if (claims > before)
            break;
    }
    CU_ASSERT_EQUAL(claims, before + 1);
    return *now_ms - begin_ms;
}

static void whoever_is_fenced_again_and_again_claims_ever_later(void)
{
    static const int64_t after_ms[] = {0, 0, 0, 0, 0, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    struct partition *partition = begin(1000);
    int64_t now_ms = 1000;

    for (int turn = 0; turn < 2; turn++) { /* the second time after a flush got through */
        for (size_t i = 0; i < LENGTH_OF(after_ms); i++)
            CU_ASSERT_EQUAL(claimed_after(partition, &now_ms), after_ms[i]);
        const struct partition_flush flush = partition_flush_of(partition);
        partition_flushed(partition, &flush, now_ms);
    }
    assignment_close(&assignment);
}

/* A stop that is told under a token which does not hold any more: Kafka says that it is ours, so it is looked at anew.
 */
static void a_stop_that_is_fenced_is_looked_at_anew(void)
{
    struct partition *partition = begin(1000);
    struct reason why, gap = {.id = SOURCE_GAP};
    uint32_t before = claims;

    snprintf(partition->state.incarnation, sizeof(partition->state.incarnation), "aa");
    assignment_stop(&assignment, partition, NULL, &gap);
    assignment_tell_stops(&assignment, NULL);
    CU_ASSERT_FALSE(partition->is_stopped);
    CU_ASSERT_EQUAL(assignment_reclaim(&assignment, NULL, NULL, pool, 1000, &why), GO_ON);
    CU_ASSERT_EQUAL(claims, before + 1);
    assignment_close(&assignment);
}

/* But not one that never had the memory to be opened: there is nothing to count it with. */
static void without_memory_it_stays_stopped(void)
{
    const struct partition_state state = {.partition = 3, .incarnation = "aa", .next = 100, .watermark_ms = NO_TIME};
    const struct reason memory = {.id = NO_MEMORY};
    struct reason why;
    uint32_t before = claims;

    assignment = (struct assignment){.logger = &logger, .count = 1, .partitions = {3}, .turned_ms = 1000};
    CU_ASSERT_EQUAL_FATAL(partition_open_stopped(&assignment.by_partition[3], &config, &state, &why), GO_ON);
    assignment_stop(&assignment, assignment.by_partition[3], NULL, &memory);
    assignment_tell_stops(&assignment, NULL);
    CU_ASSERT_TRUE(assignment.by_partition[3]->is_stopped);
    CU_ASSERT_EQUAL(assignment_reclaim(&assignment, NULL, NULL, pool, 1000, &why), GO_ON);
    CU_ASSERT_EQUAL(claims, before);
    assignment_close(&assignment);
}

/* What stopped for want of a state is looked for every two seconds, and begins where the state says, once there is one.
 */
static void a_state_that_lacked_is_looked_for(void)
{
    const struct reason missing = {.id = STORE_STATE_MISSING};
    struct partition *partition = begin(1000);
    uint32_t before = claims;
    struct reason why;

    assignment_refused(&assignment, partition, HALT, &missing);
    is_missing = true;
    for (int64_t now_ms = 1000; now_ms < 7000; now_ms += 100) {
        CU_ASSERT_EQUAL(assignment_reclaim(&assignment, NULL, NULL, pool, now_ms, &why), GO_ON);
        CU_ASSERT_TRUE(assignment.by_partition[3]->is_stopped);
    }
    CU_ASSERT_EQUAL(claims, before + 3);
    is_missing = false;
    CU_ASSERT_EQUAL(assignment_reclaim(&assignment, NULL, NULL, pool, 7000, &why), GO_ON);
    CU_ASSERT_FALSE(assignment.by_partition[3]->is_stopped);
    CU_ASSERT_TRUE(assignment.by_partition[3]->is_stale);
    CU_ASSERT_FALSE(partition_wants(assignment.by_partition[3], 100));
    assignment_clear_stale(&assignment);
    CU_ASSERT_TRUE(partition_wants(assignment.by_partition[3], 100));
    CU_ASSERT_FALSE(partition_wants(assignment.by_partition[3], 99));
    assignment_close(&assignment);
}

/* A state that was made and does not read is not claimed again and again. */
static void a_state_that_came_damaged_is_claimed_once(void)
{
    const struct reason missing = {.id = STORE_STATE_MISSING};
    struct partition *partition = begin(1000);
    uint32_t before = claims;
    struct reason why;

    assignment_refused(&assignment, partition, HALT, &missing);
    is_damaged = true;
    for (int64_t now_ms = 1000; now_ms < 9000; now_ms += 100)
        CU_ASSERT_EQUAL(assignment_reclaim(&assignment, NULL, NULL, pool, now_ms, &why), GO_ON);
    is_damaged = false;
    CU_ASSERT_EQUAL(claims, before + 1);
    CU_ASSERT_TRUE(partition->is_stopped);
    CU_ASSERT_EQUAL(partition->why.id, STORE_DAMAGED);
    assignment_close(&assignment);
}

/* Claiming moved the token on before what else there is was seen not to read: the stop cannot be told, and to look at
 * it anew would claim it without end. */
static void a_damaged_state_is_claimed_once(void)
{
    const struct reason fenced = {.id = STORE_FENCED};
    struct partition *partition = begin(1000);
    struct reason why;
    uint32_t before = claims, told = stops;

    snprintf(partition->state.incarnation, sizeof(partition->state.incarnation), "aa");
    assignment_refused(&assignment, partition, REWIND, &fenced);
    is_damaged = true;
    for (int64_t now_ms = 1000; now_ms < 5000; now_ms += 1000) {
        CU_ASSERT_EQUAL(assignment_reclaim(&assignment, NULL, NULL, pool, now_ms, &why), GO_ON);
        assignment_tell_stops(&assignment, NULL);
        CU_ASSERT_TRUE(partition->is_stopped);
    }
    is_damaged = false;
    CU_ASSERT_EQUAL(claims, before + 1);
    CU_ASSERT_EQUAL(stops, told);
    assignment_close(&assignment);
}

int main(int argc, char **argv)
{
    struct reason why;
    CU_TestInfo tests[] = {
        {"time_at_the_end_adds_up_over_turns", time_at_the_end_adds_up_over_turns},
        {"a_turn_that_was_held_up_is_no_time_at_the_end", a_turn_that_was_held_up_is_no_time_at_the_end},
        {"an_end_after_a_turn_that_was_held_up_begins_at_once", an_end_after_a_turn_that_was_held_up_begins_at_once},
        {"no_partition_is_idle_behind_a_full_batch", no_partition_is_idle_behind_a_full_batch},
        {"whoever_is_fenced_again_and_again_claims_ever_later", whoever_is_fenced_again_and_again_claims_ever_later},
        {"a_stop_that_is_fenced_is_looked_at_anew", a_stop_that_is_fenced_is_looked_at_anew},
        {"without_memory_it_stays_stopped", without_memory_it_stays_stopped},
        {"a_state_that_lacked_is_looked_for", a_state_that_lacked_is_looked_for},
        {"a_state_that_came_damaged_is_claimed_once", a_state_that_came_damaged_is_claimed_once},
        {"a_damaged_state_is_claimed_once", a_damaged_state_is_claimed_once},
        CU_TEST_INFO_NULL,
    };

    config_defaults(&config);
    log_open(&logger, LOG_LEVEL_ERROR, "test");
    if (tally_pool_open(&pool, 100000, &why) != GO_ON)
        return EXIT_FAILURE;
    int status = suite_run(argc, argv, tests);
    tally_pool_close(pool);
    return status;
}
