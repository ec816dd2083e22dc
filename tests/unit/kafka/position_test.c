/* The guard of one partition: what may pass, what is read again, and when the log is suspect. */
#include "position.h"

#include "suite.h"

static const struct anchor none = {.offset = ANCHOR_NONE};

/* The record at an offset; its value is the offset, so that every one is another. */
static struct record at(int64_t offset)
{
    static char values[64][8];

    snprintf(values[offset % 64], sizeof(values[0]), "%d", (int)(offset % 1000));
    return (struct record){.offset = offset, .timestamp_ms = 1000 + offset, .value = span_of(values[offset % 64])};
}

static enum arrival arrives(struct position *position, int64_t offset)
{
    struct record record = at(offset);

    return position_record(position, &record);
}

static struct anchor anchored(int64_t offset)
{
    struct record record = at(offset);

    return anchor_of(offset, record.timestamp_ms, record.key, record.value);
}

/* What the source does before it reads a position again. */
static void read_again(struct position *position)
{
    position->is_waiting = false;
    position->is_settled = false;
}

static void records_pass_in_order_and_once(void)
{
    struct position position = position_at(7, &none);

    CU_ASSERT_EQUAL(arrives(&position, 6), ARRIVAL_DROP);
    CU_ASSERT_EQUAL(arrives(&position, 7), ARRIVAL_PASS);
    CU_ASSERT_EQUAL(arrives(&position, 7), ARRIVAL_DROP);
    CU_ASSERT_EQUAL(arrives(&position, 8), ARRIVAL_PASS);
    CU_ASSERT_EQUAL(position_end(&position, 9), ARRIVAL_PASS);
    CU_ASSERT_EQUAL(arrives(&position, 9), ARRIVAL_PASS);
    CU_ASSERT_EQUAL(position_end(&position, 9), ARRIVAL_DROP); /* an older end */
}

static void a_jump_is_believed_the_second_time(void)
{
    struct position position = position_at(7, &none);

    CU_ASSERT_EQUAL(arrives(&position, 9), ARRIVAL_AGAIN);
    CU_ASSERT_EQUAL(arrives(&position, 7), ARRIVAL_DROP); /* until it is read again */
    read_again(&position);
    CU_ASSERT_EQUAL(arrives(&position, 9), ARRIVAL_FIRST_SPARSE);
    CU_ASSERT_EQUAL(arrives(&position, 12), ARRIVAL_PASS); /* known to leave offsets out */
    read_again(&position);
    CU_ASSERT_EQUAL(arrives(&position, 20), ARRIVAL_AGAIN); /* perhaps of an older assignment */
    read_again(&position);
    CU_ASSERT_EQUAL(arrives(&position, 15), ARRIVAL_AGAIN);
    read_again(&position);
    CU_ASSERT_EQUAL(arrives(&position, 13), ARRIVAL_PASS);
}

static void the_anchor_is_compared_and_not_handed_out(void)
{
    struct anchor anchor = anchored(11);
    struct position position = position_at(12, &anchor);

    CU_ASSERT_EQUAL(position.expected, 11);
    CU_ASSERT_EQUAL(arrives(&position, 10), ARRIVAL_DROP);
    CU_ASSERT_EQUAL(arrives(&position, 11), ARRIVAL_DROP);
    CU_ASSERT_EQUAL(position.suspicion, SUSPICION_NONE);
    CU_ASSERT_EQUAL(arrives(&position, 12), ARRIVAL_PASS);
}

static void what_lies_between_anchor_and_next_is_dropped(void)
{
    struct anchor anchor = anchored(11);
    struct position position = position_at(14, &anchor);

    CU_ASSERT_EQUAL(arrives(&position, 11), ARRIVAL_DROP);
    CU_ASSERT_EQUAL(arrives(&position, 12), ARRIVAL_DROP);
    CU_ASSERT_EQUAL(arrives(&position, 14), ARRIVAL_PASS);
    position = position_at(14, &anchor);
    CU_ASSERT_EQUAL(arrives(&position, 11), ARRIVAL_DROP);
    CU_ASSERT_EQUAL(position_end(&position, 14), ARRIVAL_PASS);
    position = position_at(11, &anchor); /* not before next: nothing to look for */
    CU_ASSERT_EQUAL(arrives(&position, 11), ARRIVAL_PASS);
}

static void another_record_at_the_anchor_is_suspect(void)
{
    struct anchor anchors[] = {anchored(11), anchored(11)};

    anchors[0].digest ^= 1;
    anchors[1].timestamp_ms++;
    for (size_t i = 0; i < LENGTH_OF(anchors); i++) {
        struct position position = position_at(12, &anchors[i]);
        CU_ASSERT_EQUAL(arrives(&position, 11), ARRIVAL_SUSPECT);
        CU_ASSERT_EQUAL(position.suspicion, SUSPICION_FOREIGN);
        CU_ASSERT_EQUAL(position.found.timestamp_ms, 1011);
        CU_ASSERT_EQUAL(arrives(&position, 12), ARRIVAL_DROP); /* nothing more, until somebody has looked */
        CU_ASSERT_EQUAL(position_end(&position, 13), ARRIVAL_DROP);
    }
}

static void a_log_that_ends_too_early_is_suspect(void)
{
    struct anchor anchor = anchored(11);
    struct position position = position_at(14, &anchor);

    CU_ASSERT_EQUAL(position_end(&position, 11), ARRIVAL_SUSPECT); /* not even the anchor */
    CU_ASSERT_EQUAL(position.suspicion, SUSPICION_SHORT);
    position = position_at(14, &anchor);
    CU_ASSERT_EQUAL(arrives(&position, 11), ARRIVAL_DROP);
    CU_ASSERT_EQUAL(position_end(&position, 13), ARRIVAL_SUSPECT); /* a marker is missing: a record will stand there */
    CU_ASSERT_EQUAL(position.suspicion, SUSPICION_SHORT);
    position = position_at(14, &anchor);
    position_refuse(&position);
    CU_ASSERT_EQUAL(position.suspicion, SUSPICION_NO_OFFSET);
    CU_ASSERT_EQUAL(arrives(&position, 14), ARRIVAL_DROP);
}

/* Compaction took it: the second time the log jumps over it there is nothing to compare. */
static void an_anchor_that_is_jumped_over_is_gone(void)
{
    struct anchor anchor = anchored(11);
    struct position position = position_at(12, &anchor);

    CU_ASSERT_EQUAL(arrives(&position, 12), ARRIVAL_AGAIN);
    read_again(&position);
    CU_ASSERT_EQUAL(arrives(&position, 12), ARRIVAL_ANCHOR_GONE);
    position_forget_anchor(&position);
    CU_ASSERT_EQUAL(arrives(&position, 12), ARRIVAL_PASS);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"records_pass_in_order_and_once", records_pass_in_order_and_once},
        {"a_jump_is_believed_the_second_time", a_jump_is_believed_the_second_time},
        {"the_anchor_is_compared_and_not_handed_out", the_anchor_is_compared_and_not_handed_out},
        {"what_lies_between_anchor_and_next_is_dropped", what_lies_between_anchor_and_next_is_dropped},
        {"another_record_at_the_anchor_is_suspect", another_record_at_the_anchor_is_suspect},
        {"a_log_that_ends_too_early_is_suspect", a_log_that_ends_too_early_is_suspect},
        {"an_anchor_that_is_jumped_over_is_gone", an_anchor_that_is_jumped_over_is_gone},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
