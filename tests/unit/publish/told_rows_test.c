/* What is remembered of the rows that were told: against all that can be forgotten. */
#include "told_rows.h"

#include <stdio.h>

#include "suite.h"

static struct window hour(int64_t number)
{
    return (struct window){WINDOW_HOUR, number * HOUR_MS};
}

static struct told_rows *opened(size_t rows_max)
{
    struct told_rows *told;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(told_rows_open(&told, rows_max, &why), GO_ON);
    return told;
}

/* Tells `count` rows of a part with contents that begin with `content`; answers how many were told before as `want`. */
static unsigned tell(struct told_rows *told, struct window window, enum told_part part, unsigned count,
                     const char *content, enum told want)
{
    unsigned found = 0;

    told_rows_begin(told, window, part);
    for (unsigned i = 0; i < count; i++) {
        char key[32], text[64];
        snprintf(key, sizeof(key), "model|%u", i);
        snprintf(text, sizeof(text), "%s %u", content, i);
        found += told_rows_note(told, span_of(key), span_of(text)) == want ? 1 : 0;
    }
    told_rows_end(told);
    return found;
}

static enum told note(struct told_rows *told, const char *key, const char *content)
{
    return told_rows_note(told, span_of(key), span_of(content));
}

static void a_row_is_unknown_new_other_or_as_it_was(void)
{
    struct told_rows *told = opened(1000);

    told_rows_begin(told, hour(1), TOLD_ROWS);
    CU_ASSERT_EQUAL(note(told, "a", "1"), TOLD_UNKNOWN);
    CU_ASSERT_EQUAL(note(told, "b", "1"), TOLD_UNKNOWN);
    CU_ASSERT_EQUAL(note(told, "gone", NULL), TOLD_UNKNOWN);
    CU_ASSERT_EQUAL(note(told, "empty", ""), TOLD_UNKNOWN);
    told_rows_end(told);
    told_rows_commit(told);
    CU_ASSERT_EQUAL(told_rows_count(told), 4);

    told_rows_begin(told, hour(1), TOLD_ROWS);
    CU_ASSERT_EQUAL(note(told, "b", "1"), TOLD_AS_IS); /* in whatever order */
    CU_ASSERT_EQUAL(note(told, "a", "2"), TOLD_OTHERWISE);
    CU_ASSERT_EQUAL(note(told, "c", "1"), TOLD_NEVER);
    CU_ASSERT_EQUAL(note(told, "d", NULL), TOLD_NEVER);
    CU_ASSERT_EQUAL(note(told, "gone", NULL), TOLD_AS_IS);
    CU_ASSERT_EQUAL(note(told, "empty", NULL), TOLD_OTHERWISE); /* what is gone is not what is empty */
    told_rows_end(told);
    told_rows_commit(told);
    CU_ASSERT_EQUAL(told_rows_count(told), 6);

    told_rows_begin(told, hour(1), TOLD_ROWS);
    CU_ASSERT_EQUAL(note(told, "a", "2"), TOLD_AS_IS);
    CU_ASSERT_EQUAL(note(told, "b", NULL), TOLD_OTHERWISE);
    CU_ASSERT_EQUAL(note(told, "gone", "1"), TOLD_OTHERWISE);
    CU_ASSERT_EQUAL(note(told, "d", "1"), TOLD_OTHERWISE);
    told_rows_end(told);
    told_rows_commit(told);
    CU_ASSERT_EQUAL(told_rows_count(told), 4); /* rows that are no more are none */
    told_rows_begin(told, hour(1), TOLD_ROWS);
    CU_ASSERT_EQUAL(note(told, "c", "1"), TOLD_NEVER);
    told_rows_close(told);
}

static void parts_and_windows_are_remembered_by_themselves(void)
{
    struct told_rows *told = opened(1000);

    CU_ASSERT_EQUAL(tell(told, hour(2), TOLD_ROWS, 9, "x", TOLD_UNKNOWN), 9);
    CU_ASSERT_EQUAL(tell(told, hour(2), TOLD_RETENTION, 9, "y", TOLD_UNKNOWN), 9);
    CU_ASSERT_EQUAL(tell(told, hour(1), TOLD_ROWS, 9, "z", TOLD_UNKNOWN), 9);
    CU_ASSERT_EQUAL(tell(told, (struct window){WINDOW_DAY, HOUR_MS}, TOLD_ROWS, 9, "d", TOLD_UNKNOWN), 9);
    told_rows_commit(told);
    CU_ASSERT_EQUAL(tell(told, hour(1), TOLD_ROWS, 9, "z", TOLD_AS_IS), 9);
    CU_ASSERT_EQUAL(tell(told, hour(2), TOLD_ROWS, 9, "x", TOLD_AS_IS), 9);
    CU_ASSERT_EQUAL(tell(told, hour(2), TOLD_RETENTION, 9, "x", TOLD_OTHERWISE), 9);
    CU_ASSERT_EQUAL(told_rows_count(told), 36);
    told_rows_close(told);
}

/* Some rows of hour 1 went out with a transaction that committed, and the next one did not. */
static void a_telling_that_fails_leaves_nothing_to_go_by(void)
{
    struct told_rows *told = opened(1000);

    CU_ASSERT_EQUAL(tell(told, hour(1), TOLD_ROWS, 5, "a", TOLD_UNKNOWN), 5);
    CU_ASSERT_EQUAL(tell(told, hour(1), TOLD_RETENTION, 5, "a", TOLD_UNKNOWN), 5);
    CU_ASSERT_EQUAL(tell(told, hour(2), TOLD_ROWS, 5, "a", TOLD_UNKNOWN), 5);
    told_rows_commit(told);
    told_rows_begin(told, hour(1), TOLD_ROWS);
    CU_ASSERT_EQUAL(note(told, "new", "1"), TOLD_NEVER);
    told_rows_commit(told);
    told_rows_doubt(told, hour(1));
    told_rows_abort(told);
    told_rows_begin(told, hour(1), TOLD_ROWS);
    CU_ASSERT_EQUAL(note(told, "new", NULL), TOLD_UNKNOWN); /* so a tombstone is put */
    CU_ASSERT_EQUAL(told_rows_count(told), 5);
    CU_ASSERT_EQUAL(tell(told, hour(2), TOLD_ROWS, 5, "a", TOLD_AS_IS), 5);

    /* Where the next one commits, all is remembered. */
    told_rows_begin(told, hour(1), TOLD_ROWS);
    told_rows_doubt(told, hour(1));
    CU_ASSERT_EQUAL(note(told, "new", "1"), TOLD_UNKNOWN);
    told_rows_end(told);
    told_rows_commit(told);
    told_rows_abort(told);
    told_rows_begin(told, hour(1), TOLD_ROWS);
    CU_ASSERT_EQUAL(note(told, "new", "1"), TOLD_AS_IS);
    told_rows_close(told);
}

/* Whether readers have it is known with the commit. */
static void what_was_aborted_is_forgotten(void)
{
    struct told_rows *told = opened(1000);

    CU_ASSERT_EQUAL(tell(told, hour(1), TOLD_ROWS, 5, "a", TOLD_UNKNOWN), 5);
    told_rows_commit(told);
    CU_ASSERT_EQUAL(tell(told, hour(1), TOLD_ROWS, 5, "b", TOLD_OTHERWISE), 5);
    CU_ASSERT_EQUAL(tell(told, hour(2), TOLD_ROWS, 5, "a", TOLD_UNKNOWN), 5);
    told_rows_begin(told, hour(3), TOLD_ROWS); /* and one that failed half-way */
    CU_ASSERT_EQUAL(note(told, "a", "1"), TOLD_UNKNOWN);
    told_rows_abort(told);
    CU_ASSERT_EQUAL(told_rows_count(told), 0);
    for (int64_t number = 1; number <= 3; number++) /* neither what was put nor what was there before */
        CU_ASSERT_EQUAL(tell(told, hour(number), TOLD_ROWS, 5, number == 1 ? "a" : "b", TOLD_UNKNOWN), 5);
    told_rows_commit(told);
    CU_ASSERT_EQUAL(tell(told, hour(4), TOLD_ROWS, 5, "a", TOLD_UNKNOWN), 5);
    told_rows_abort(told); /* which leaves what had been committed */
    CU_ASSERT_EQUAL(tell(told, hour(2), TOLD_ROWS, 5, "b", TOLD_AS_IS), 5);
    told_rows_close(told);
}

static void the_windows_told_longest_ago_make_room(void)
{
    struct told_rows *told = opened(100);

    for (int64_t number = 0; number < 10; number++)
        CU_ASSERT_EQUAL(tell(told, hour(number), TOLD_ROWS, 10, "a", TOLD_UNKNOWN), 10);
    told_rows_commit(told);
    CU_ASSERT_EQUAL(told_rows_count(told), 100);
    CU_ASSERT_EQUAL(tell(told, hour(0), TOLD_ROWS, 10, "a", TOLD_AS_IS), 10); /* in its own place */
    CU_ASSERT_EQUAL(told_rows_count(told), 100);
    CU_ASSERT_EQUAL(tell(told, hour(50), TOLD_ROWS, 11, "a", TOLD_UNKNOWN), 11); /* in that of 1 and 2 */
    CU_ASSERT_EQUAL(told_rows_count(told), 91);
    CU_ASSERT_EQUAL(tell(told, hour(3), TOLD_ROWS, 10, "a", TOLD_AS_IS), 10);
    CU_ASSERT_EQUAL(tell(told, hour(0), TOLD_ROWS, 10, "a", TOLD_AS_IS), 10);
    CU_ASSERT_EQUAL(tell(told, hour(1), TOLD_ROWS, 9, "a", TOLD_UNKNOWN), 9);
    CU_ASSERT_EQUAL(told_rows_count(told), 100);
    told_rows_close(told);
}

/* It is told whole, each time; and what was remembered of it before is not true any more. */
static void a_window_that_does_not_fit_is_not_remembered(void)
{
    struct told_rows *told = opened(100), *none = opened(0);

    CU_ASSERT_EQUAL(tell(told, hour(1), TOLD_ROWS, 100, "a", TOLD_UNKNOWN), 100);
    CU_ASSERT_EQUAL(tell(told, hour(1), TOLD_ROWS, 101, "b", TOLD_NEVER), 1);
    CU_ASSERT_EQUAL(told_rows_count(told), 0);
    CU_ASSERT_EQUAL(tell(told, hour(1), TOLD_ROWS, 100, "b", TOLD_UNKNOWN), 100);
    CU_ASSERT_EQUAL(told_rows_count(told), 100);
    CU_ASSERT_EQUAL(tell(none, hour(1), TOLD_ROWS, 1, "a", TOLD_UNKNOWN), 1);
    CU_ASSERT_EQUAL(tell(none, hour(1), TOLD_ROWS, 1, "a", TOLD_UNKNOWN), 1);
    CU_ASSERT_EQUAL(tell(none, hour(1), TOLD_ROWS, 0, "a", TOLD_UNKNOWN), 0);
    CU_ASSERT_EQUAL(told_rows_count(none), 0);
    told_rows_close(told);
    told_rows_close(none);
}

static void windows_that_are_gone_are_forgotten(void)
{
    const struct stored_window stored[] = {{hour(0), 1}, {hour(2), 1}, {hour(4), 1}, {hour(9), 1}};
    struct told_rows *told = opened(1000);

    for (int64_t number = 1; number <= 5; number++)
        CU_ASSERT_EQUAL(tell(told, hour(number), TOLD_ROWS, 3, "a", TOLD_UNKNOWN), 3);
    CU_ASSERT_EQUAL(tell(told, hour(4), TOLD_RETENTION, 3, "a", TOLD_UNKNOWN), 3);
    told_rows_commit(told);
    told_rows_keep(told, stored, LENGTH_OF(stored));
    CU_ASSERT_EQUAL(told_rows_count(told), 9);
    CU_ASSERT_EQUAL(tell(told, hour(4), TOLD_RETENTION, 3, "a", TOLD_AS_IS), 3);
    CU_ASSERT_EQUAL(tell(told, hour(2), TOLD_ROWS, 3, "a", TOLD_AS_IS), 3);
    CU_ASSERT_EQUAL(tell(told, hour(3), TOLD_ROWS, 3, "a", TOLD_UNKNOWN), 3);
    told_rows_keep(told, stored, 0);
    CU_ASSERT_EQUAL(told_rows_count(told), 0);
    told_rows_close(told);
}

/* Many rows, of which some change each time; nothing is mistaken. */
static void of_many_rows_just_those_that_changed_are_found(void)
{
    enum { ROWS = 20000 };
    static unsigned content[ROWS];
    struct told_rows *told = opened(ROWS);
    uint64_t random = 7;

    for (int turn = 0; turn < 10; turn++) {
        unsigned wrong = 0;
        told_rows_begin(told, hour(1), TOLD_ROWS);
        for (unsigned i = 0; i < ROWS; i++) {
            char key[16];
            random = random * 6364136223846793005u + 1442695040888963407u;
            bool is_changed = random >> 60 == 0;
            content[i] += is_changed ? 1 : 0;
            enum told want = turn == 0 ? TOLD_UNKNOWN : is_changed ? TOLD_OTHERWISE : TOLD_AS_IS;
            snprintf(key, sizeof(key), "%u", i);
            wrong += told_rows_note(told, span_of(key), (struct span){(const char *)&content[i], 4}) != want;
        }
        told_rows_end(told);
        told_rows_commit(told);
        CU_ASSERT_EQUAL(wrong, 0);
        CU_ASSERT_EQUAL(told_rows_count(told), ROWS);
    }
    told_rows_close(told);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a row is unknown, new, other, or as it was", a_row_is_unknown_new_other_or_as_it_was},
        {"parts and windows are remembered by themselves", parts_and_windows_are_remembered_by_themselves},
        {"what was aborted is forgotten", what_was_aborted_is_forgotten},
        {"a telling that fails after a commit leaves nothing to go by", a_telling_that_fails_leaves_nothing_to_go_by},
        {"the windows told longest ago make room", the_windows_told_longest_ago_make_room},
        {"a window that does not fit is not remembered", a_window_that_does_not_fit_is_not_remembered},
        {"windows that are gone are forgotten", windows_that_are_gone_are_forgotten},
        {"of many rows just those that changed are found", of_many_rows_just_those_that_changed_are_found},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
