/*
 * What a checkpoint makes of a cell that does not read. Behind store_load() and store_flush() stands this file: two
 * partitions, of which the first finds a cell of somebody else's making, and what a second load says of it is what the
 * case is about.
 */
#include "checkpoint.h"

#include "config_defaults.h"
#include "gentally/redis/store_flush.h"
#include "suite.h"

static struct config config;
static struct logger logger;
static struct symbols *symbols;
static struct tally_pool *pool;
static struct tally *tally;
static struct checkpoint *checkpoint;
static struct partition_state states[2];
static struct partition_flush flushes[2];

/* What happened, and what the second load answers. */
static struct {
    uint32_t loads, second_count, sent;
    enum verdict second, of_change;
} told;

enum verdict store_load(struct store *store, struct change *changes[], uint32_t count, struct reason *why)
{
    (void)store;
    told.loads++;
    if (told.loads == 2) {
        told.second_count = count;
        if (told.second != GO_ON)
            return reason_set(why, told.second, STORE_UNREACHABLE, 0, "no answer");
    }
    for (uint32_t i = 0; i < count; i++) {
        changes[i]->verdict = GO_ON;
        if (told.loads == 2 && told.of_change != GO_ON)
            changes[i]->verdict = reason_set(&changes[i]->why, told.of_change, STORE_FENCED, 0, "another owner");
        for (uint32_t j = 0; j < changes[i]->cell_count; j++)
            changes[i]->cells[j].stored = span_of(changes[i]->state->partition == 0 ? "no cell" : NULL);
    }
    return GO_ON;
}

enum verdict store_flush(struct store *store, struct change *changes[], uint32_t count, struct reason *why)
{
    (void)store;
    (void)why;
    told.sent = count;
    for (uint32_t i = 0; i < count; i++)
        changes[i]->verdict = GO_ON;
    return GO_ON;
}

static enum verdict run(enum verdict second, enum verdict of_change)
{
    struct reason why;

    memset(&told, 0, sizeof(told));
    told.second = second;
    told.of_change = of_change;
    return checkpoint_run(checkpoint, flushes, 2, &why);
}

static void the_other_partition_is_written(void)
{
    CU_ASSERT_EQUAL(told.second_count, 1); /* only the one that is doubted is asked about */
    CU_ASSERT_EQUAL(told.sent, 1);
    CU_ASSERT_EQUAL(flushes[1].verdict, GO_ON);
}

static void a_cell_that_nobody_wrote_meanwhile_is_damaged(void)
{
    CU_ASSERT_EQUAL_FATAL(run(GO_ON, GO_ON), GO_ON);
    CU_ASSERT_EQUAL(flushes[0].verdict, HALT);
    CU_ASSERT_EQUAL(flushes[0].why.id, STORE_DAMAGED);
    the_other_partition_is_written();
}

static void a_cell_of_another_owner_is_no_damage(void)
{
    CU_ASSERT_EQUAL_FATAL(run(GO_ON, REWIND), GO_ON);
    CU_ASSERT_EQUAL(flushes[0].verdict, REWIND);
    CU_ASSERT_EQUAL(flushes[0].why.id, STORE_FENCED);
    the_other_partition_is_written();
}

static void nothing_is_written_while_it_is_not_known(void)
{
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(run(TRY_LATER, GO_ON), TRY_LATER);
    CU_ASSERT_EQUAL(told.sent, 0);
    told.loads = 0;
    told.second = GO_ON;
    told.of_change = REWIND;
    CU_ASSERT_EQUAL_FATAL(checkpoint_again(checkpoint, flushes, 2, &why), GO_ON);
    CU_ASSERT_EQUAL(flushes[0].verdict, REWIND);
    the_other_partition_is_written();
}

static bool open_all(void)
{
    struct fact fact = {.event_ms = HOUR_MS, .windows = 1u << WINDOW_HOUR};
    struct reason why;

    fact.sums[M_REQUESTS] = 1;
    config_defaults(&config);
    log_open(&logger, LOG_LEVEL_ERROR, "test");
    if (symbols_open(&symbols, 100, 1000, &why) != GO_ON || tally_pool_open(&pool, 1000, &why) != GO_ON)
        return false;
    const struct tally_options options = {&config.grouping.bases, config.base, 64, pool};
    if (tally_open(&tally, &options, &why) != GO_ON ||
        checkpoint_open(&checkpoint, &config, NULL, symbols, &logger, &why) != GO_ON)
        return false;
    tally_add(tally, &fact);
    for (int32_t i = 0; i < 2; i++) {
        states[i].partition = i;
        flushes[i] = (struct partition_flush){.tally = tally, .state = &states[i], .next = 1};
    }
    return true;
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_cell_that_nobody_wrote_meanwhile_is_damaged", a_cell_that_nobody_wrote_meanwhile_is_damaged},
        {"a_cell_of_another_owner_is_no_damage", a_cell_of_another_owner_is_no_damage},
        {"nothing_is_written_while_it_is_not_known", nothing_is_written_while_it_is_not_known},
        CU_TEST_INFO_NULL,
    };

    if (!open_all())
        return EXIT_FAILURE;
    int status = suite_run(argc, argv, tests);
    checkpoint_close(checkpoint);
    tally_close(tally);
    tally_pool_close(pool);
    symbols_close(symbols);
    return status;
}
