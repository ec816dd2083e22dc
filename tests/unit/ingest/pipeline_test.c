/* What becomes of a batch when its partitions are taken away. The linker leads the pipeline's calls of what would need
 * a server to the stand-ins here (CMakeLists.txt: --wrap). */
#include "config_defaults.h"
#include "pipeline_parts.h"
#include "pipeline_read.h"
#include "suite.h"

enum verdict __wrap_source_release_all(struct source *source, struct reason *why);
void __wrap_checkpoint_forget(struct checkpoint *checkpoint);
enum verdict __wrap_fold_record(struct fold *fold, struct partition *partition, const struct record *record,
                                const struct present *present, struct reason *why);

static struct config config;
static struct tally_pool *pool;
static struct pipeline pipeline;
static uint32_t fold_count;

enum verdict __wrap_source_release_all(struct source *source, struct reason *why)
{
    (void)source;
    (void)why;
    return GO_ON;
}

void __wrap_checkpoint_forget(struct checkpoint *checkpoint)
{
    (void)checkpoint;
}

enum verdict __wrap_fold_record(struct fold *fold, struct partition *partition, const struct record *record,
                                const struct present *present, struct reason *why)
{
    (void)fold;
    (void)present;
    (void)why;
    partition->next = record->offset + 1;
    fold_count++;
    return GO_ON;
}

/* One partition, number 3, whose state stands at `next`, is ours. */
static void assign(int64_t next)
{
    struct partition_state state = {.partition = 3, .next = next, .watermark_ms = NO_TIME};
    struct reason why;

    pipeline.assignment.partitions[0] = 3;
    pipeline.assignment.count = 1;
    CU_ASSERT_EQUAL_FATAL(partition_open(&pipeline.assignment.by_partition[3], &config, &state, pool, 1000, &why),
                          GO_ON);
}

/* A batch of five records, 100 to 104, of which two are folded. */
static void begin(enum rebalance rebalance)
{
    struct reason why;

    pipeline = (struct pipeline){.config = &config};
    fold_count = 0;
    assign(100);
    for (uint32_t i = 0; i < 5; i++)
        pipeline.batch.records[i] = (struct record){.partition = 3, .offset = 100 + i};
    pipeline.batch.record_count = 2;
    CU_ASSERT_EQUAL(pipeline_fold(&pipeline, 0, &why), GO_ON);
    CU_ASSERT_EQUAL(fold_count, 2);
    pipeline.batch.record_count = 5;
    pipeline.batch.rebalance = rebalance;
}

/* Where the next owner stands decides what he reads: he may be before the rest of our batch, within it or behind it. */
static void the_rest_of_a_batch_is_not_for_the_next_assignment(void)
{
    static const enum rebalance ends[] = {REBALANCE_REVOKED, REBALANCE_LOST};
    static const int64_t nexts[] = {0, 90, 101, 102, 104, 105, 200};
    struct reason why;

    for (size_t i = 0; i < LENGTH_OF(ends); i++)
        for (size_t j = 0; j < LENGTH_OF(nexts); j++) {
            begin(ends[i]);
            CU_ASSERT_EQUAL(pipeline_release(&pipeline, &why), GO_ON);
            CU_ASSERT_EQUAL(pipeline_batch(&pipeline)->rebalance, REBALANCE_NONE);
            assign(nexts[j]);
            CU_ASSERT_EQUAL(pipeline_fold(&pipeline, 0, &why), GO_ON);
            CU_ASSERT_EQUAL(fold_count, 2);
            CU_ASSERT_EQUAL(pipeline.assignment.by_partition[3]->next, nexts[j]);
            assignment_close(&pipeline.assignment);
        }
}

/* The log ended at 143 for who had the partition; whoever has it next is told so when he gets there. */
static void the_ends_of_a_batch_are_not_for_the_next_assignment(void)
{
    static const enum rebalance ends[] = {REBALANCE_REVOKED, REBALANCE_LOST};
    struct reason why;

    for (size_t i = 0; i < LENGTH_OF(ends); i++) {
        begin(ends[i]);
        pipeline.batch.end_count = pipeline.batch.suspect_count = 1;
        pipeline.batch.ends[0].partition = pipeline.batch.suspects[0] = 3;
        pipeline.batch.ends[0].next = 143;
        CU_ASSERT_EQUAL(pipeline_release(&pipeline, &why), GO_ON);
        CU_ASSERT_EQUAL(pipeline_batch(&pipeline)->suspect_count, 0);
        assign(90);
        pipeline.assignment.by_partition[3]->is_stale = false;
        pipeline_mark_ends(&pipeline, 0, 2000);
        CU_ASSERT_EQUAL(pipeline.assignment.by_partition[3]->next, 90);
        CU_ASSERT_FALSE(pipeline.assignment.by_partition[3]->is_at_end);
        assignment_close(&pipeline.assignment);
    }
}

static void an_end_is_reached_while_the_assignment_stands(void)
{
    begin(REBALANCE_NONE);
    pipeline.batch.end_count = 1;
    pipeline.batch.ends[0].partition = 3;
    pipeline.batch.ends[0].next = 143;
    pipeline_mark_ends(&pipeline, 0, 2000);
    CU_ASSERT_EQUAL(pipeline.assignment.by_partition[3]->next, 143);
    CU_ASSERT(pipeline.assignment.by_partition[3]->is_at_end);
    assignment_close(&pipeline.assignment);
}

static void the_rest_of_a_batch_is_folded_while_the_assignment_stands(void)
{
    struct reason why;

    begin(REBALANCE_NONE);
    CU_ASSERT_EQUAL(pipeline_fold(&pipeline, 0, &why), GO_ON);
    CU_ASSERT_EQUAL(fold_count, 5);
    CU_ASSERT_EQUAL(pipeline.assignment.by_partition[3]->next, 105);
    assignment_close(&pipeline.assignment);
}

int main(int argc, char **argv)
{
    struct reason why;
    CU_TestInfo tests[] = {
        {"the_rest_of_a_batch_is_not_for_the_next_assignment", the_rest_of_a_batch_is_not_for_the_next_assignment},
        {"the_ends_of_a_batch_are_not_for_the_next_assignment", the_ends_of_a_batch_are_not_for_the_next_assignment},
        {"an_end_is_reached_while_the_assignment_stands", an_end_is_reached_while_the_assignment_stands},
        {"the_rest_of_a_batch_is_folded_while_the_assignment_stands",
         the_rest_of_a_batch_is_folded_while_the_assignment_stands},
        CU_TEST_INFO_NULL,
    };

    config_defaults(&config);
    if (tally_pool_open(&pool, 100000, &why) != GO_ON)
        return EXIT_FAILURE;
    int status = suite_run(argc, argv, tests);
    tally_pool_close(pool);
    return status;
}
