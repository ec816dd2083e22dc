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

/* ---- batches that cannot be read ---- */

static void a_broken_batch_is_read_again_before_it_is_suspect(void)
{
    struct position position = position_at(7, &none);
    struct record record;

    CU_ASSERT_EQUAL(arrives(&position, 7), ARRIVAL_PASS);
    for (uint32_t i = 1; i < BROKEN_TRIES; i++) {
        CU_ASSERT_EQUAL(position_broken(&position, 8, &record), ARRIVAL_AGAIN);
        CU_ASSERT_EQUAL(position_broken(&position, 8, &record), ARRIVAL_DROP); /* until it is read again */
        CU_ASSERT_EQUAL(position.suspicion, SUSPICION_NONE);
        read_again(&position);
    }
    CU_ASSERT_EQUAL(position_broken(&position, 8, &record), ARRIVAL_SUSPECT);
    CU_ASSERT_EQUAL(position.suspicion, SUSPICION_BROKEN);
    CU_ASSERT_EQUAL(arrives(&position, 9), ARRIVAL_DROP);
}

static void a_transfer_that_mends_is_no_loss(void)
{
    struct position position = position_at(7, &none);
    struct record record;

    for (int times = 0; times < 5; times++) { /* In a row is meant: what came between took the tries back. */
        for (uint32_t i = 1; i < BROKEN_TRIES; i++) {
            CU_ASSERT_EQUAL(position_broken(&position, 7 + times, &record), ARRIVAL_AGAIN);
            read_again(&position);
        }
        CU_ASSERT_EQUAL(arrives(&position, 7 + times), ARRIVAL_PASS);
    }
    CU_ASSERT_EQUAL(position_broken(&position, 20, &record), ARRIVAL_AGAIN);
    read_again(&position);
    CU_ASSERT_EQUAL(position_broken(&position, 12, &record), ARRIVAL_AGAIN); /* another batch has tries of its own */
    read_again(&position);
    CU_ASSERT_EQUAL(position_broken(&position, 20, &record), ARRIVAL_AGAIN);
}

static void lost_offsets_are_handed_out_once(void)
{
    struct position position = position_at(7, &none);
    struct record record;

    position.broken = 5; /* The batch begins before the position. */
    position_lose(&position, 12);
    CU_ASSERT_EQUAL(position_broken(&position, 5, &record), ARRIVAL_PASS);
    CU_ASSERT_EQUAL(record.offset, 7);
    CU_ASSERT_EQUAL(record.unreadable, 5);
    CU_ASSERT_EQUAL(arrives(&position, 12), ARRIVAL_DROP); /* The log is read again behind it. */
    read_again(&position);
    CU_ASSERT_EQUAL(position_broken(&position, 5, &record), ARRIVAL_AGAIN); /* It is passed. */
    read_again(&position);
    CU_ASSERT_EQUAL(arrives(&position, 12), ARRIVAL_PASS);
    CU_ASSERT_EQUAL(position_wanted(&position), 13);
}

/* A log of batches: records, lost ones, offsets that hold nothing. */
struct made_log {
    int64_t next;
    int64_t base_of[64], end_of[64]; /* of the batch that holds the offset */
    char kind[64];                   /* 'r'ecord, 'l'ost, '-' nothing */
};

static void make_log(struct made_log *log, uint64_t *seed)
{
    log->next = 0;
    while (log->next < 50) {
        int64_t size = 1 + (int64_t)suite_below(seed, 5), base = log->next;
        char kind = "rrlr-l"[suite_below(seed, 6)];
        for (; log->next < base + size; log->next++) {
            log->base_of[log->next] = base;
            log->end_of[log->next] = base + size;
            log->kind[log->next] = kind;
        }
    }
}

/* What librdkafka's fetcher does: it goes on, and stays before a batch that it cannot read. */
struct fetcher {
    struct position position;
    struct made_log log;
    int64_t at;
    int64_t told[64]; /* how often each offset was handed out */
};

static void hand_out(struct fetcher *fetcher, int64_t first, int64_t count, char kind)
{
    for (int64_t i = first; i < first + count; i++) {
        fetcher->told[i]++;
        CU_ASSERT_TRUE(fetcher->log.kind[i] == kind);
    }
}

/* An offset or the end arrives. */
static void arrive_at(struct fetcher *fetcher, int64_t offset)
{
    const struct made_log *log = &fetcher->log;
    struct position *position = &fetcher->position;
    struct record record = {0};
    enum arrival arrival;

    if (offset == log->next)
        arrival = position_end(position, offset);
    else if (log->kind[offset] == 'l')
        arrival = position_broken(position, log->base_of[offset], &record);
    else
        arrival = arrives(position, offset);
    if (arrival == ARRIVAL_ANCHOR_GONE) {
        position_forget_anchor(position);
        position->is_waiting = true;
    }
    if (arrival == ARRIVAL_SUSPECT) {
        CU_ASSERT_EQUAL_FATAL(position->suspicion, SUSPICION_BROKEN);
        int64_t at = position->expected; /* source_check_log() looks what stands there. */
        while (at < log->next && log->kind[at] == '-')
            at++;
        if (at < log->next && log->kind[at] == 'l' && log->base_of[at] == position->broken)
            position_lose(position, log->end_of[at]);
        position->suspicion = SUSPICION_NONE;
    }
    bool may_pass = arrival == ARRIVAL_PASS || arrival == ARRIVAL_FIRST_SPARSE;
    if (may_pass && record.unreadable > 0)
        hand_out(fetcher, record.offset, record.unreadable, 'l');
    else if (may_pass && offset < log->next)
        hand_out(fetcher, offset, 1, 'r');
}

static void fetch(struct fetcher *fetcher, uint64_t *seed)
{
    const struct made_log *log = &fetcher->log;

    if (fetcher->position.is_waiting) {
        read_again(&fetcher->position);
        fetcher->at = fetcher->position.expected;
    }
    int64_t old = (int64_t)suite_below(seed, (uint64_t)log->next);
    bool is_left_over = log->kind[old] == 'l' || (log->kind[old] == 'r' && old < fetcher->at);
    if (is_left_over && suite_below(seed, 3) == 0 && !fetcher->position.is_settled)
        arrive_at(fetcher, old);
    while (fetcher->at < log->next && log->kind[fetcher->at] == '-')
        fetcher->at++;
    arrive_at(fetcher, fetcher->at);
    if (fetcher->at < log->next && log->kind[fetcher->at] == 'r')
        fetcher->at++;
}

/* Back to what the store has: what came since then is to come again. */
static void rewind_to(struct fetcher *fetcher, int64_t next)
{
    struct lost_range lost = fetcher->position.lost;

    if (fetcher->log.kind[next] == 'l')
        next = fetcher->log.base_of[next];
    fetcher->position = position_at(next, &none);
    fetcher->position.lost = lost;
    fetcher->position.is_waiting = true;
    memset(fetcher->told + next, 0, sizeof(fetcher->told) - (size_t)next * sizeof(fetcher->told[0]));
}

/* Whatever the log, and whatever is left over of earlier assignments: every record comes once, every lost offset too.
 */
static void any_log_comes_whole(void)
{
    uint64_t seed = suite_seed();

    for (int run = 0; run < 20000; run++) {
        struct fetcher fetcher = {.position = position_at(0, &none)};
        make_log(&fetcher.log, &seed);
        for (int turn = 0; turn < 2000 && position_wanted(&fetcher.position) < fetcher.log.next; turn++) {
            fetch(&fetcher, &seed);
            if (suite_below(&seed, 60) == 0)
                rewind_to(&fetcher, (int64_t)suite_below(&seed, (uint64_t)position_wanted(&fetcher.position) + 1));
        }
        for (int64_t i = 0; i < fetcher.log.next; i++)
            CU_ASSERT_EQUAL_FATAL(fetcher.told[i], fetcher.log.kind[i] == '-' ? 0 : 1);
    }
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
        {"a_broken_batch_is_read_again_before_it_is_suspect", a_broken_batch_is_read_again_before_it_is_suspect},
        {"a_transfer_that_mends_is_no_loss", a_transfer_that_mends_is_no_loss},
        {"lost_offsets_are_handed_out_once", lost_offsets_are_handed_out_once},
        {"any_log_comes_whole", any_log_comes_whole},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
