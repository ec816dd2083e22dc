/* Which rows of retention stand in the topic: as it was read, told again, committed or not. */
#include "standing.h"

#include <stdio.h>

#include "suite.h"

static const struct window may = {WINDOW_MONTH, INT64_C(1746057600000)}, june = {WINDOW_MONTH, INT64_C(1748736000000)};

static struct standing *opened(void)
{
    struct standing *standing;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(standing_open(&standing, &why), GO_ON);
    return standing;
}

static void note(struct standing *standing, struct window window, const char *key, bool is_there)
{
    struct reason why = {0};

    CU_ASSERT_EQUAL(standing_note(standing, window, span_of(key), is_there, &why), GO_ON);
}

/* Begins a window and tells it the keys, a letter each. */
static void tell(struct standing *standing, struct window window, const char *keys)
{
    struct reason why = {0};

    CU_ASSERT_EQUAL(standing_begin(standing, window, &why), GO_ON);
    for (; *keys != '\0'; keys++)
        CU_ASSERT_EQUAL(standing_tell(standing, (struct span){keys, 1}, &why), GO_ON);
}

/* Whether the keys that are gone are those, a letter each. */
static bool is_gone(struct standing *standing, const char *keys)
{
    struct span key;
    bool is_right = true;

    for (; standing_next_gone(standing, &key); keys += is_right ? 1 : 0)
        is_right = is_right && *keys != '\0' && key.size == 1 && key.bytes[0] == *keys;
    return is_right && *keys == '\0';
}

static void end(struct standing *standing)
{
    struct reason why = {0};

    CU_ASSERT_EQUAL(standing_end(standing, &why), GO_ON);
}

static void commit(struct standing *standing)
{
    struct reason why = {0};

    CU_ASSERT_EQUAL(standing_commit(standing, &why), GO_ON);
}

static void what_stands_and_is_not_told_is_gone(void)
{
    struct standing *standing = opened();

    note(standing, may, "c", true);
    note(standing, june, "x", true);
    note(standing, may, "a", true);
    note(standing, may, "d", true);
    note(standing, may, "b", false); /* never there */
    note(standing, may, "a", false);
    note(standing, may, "d", false);
    note(standing, may, "d", true); /* and there again */
    CU_ASSERT_EQUAL(standing_count(standing), 3);
    tell(standing, may, "ec");
    CU_ASSERT(is_gone(standing, "d"));
    end(standing);
    commit(standing);
    tell(standing, may, "");
    CU_ASSERT(is_gone(standing, "ce")); /* d is gone already */
    end(standing);
    commit(standing);
    tell(standing, june, "x");
    CU_ASSERT(is_gone(standing, ""));
    end(standing);
    commit(standing);
    CU_ASSERT_EQUAL(standing_count(standing), 1);
    standing_close(standing);
    standing_close(NULL);
}

static void what_did_not_commit_stands_as_before(void)
{
    struct standing *standing = opened();

    note(standing, may, "a", true);
    note(standing, may, "b", true);
    tell(standing, may, "b");
    CU_ASSERT(is_gone(standing, "a"));
    end(standing);
    tell(standing, june, "z");
    standing_abort(standing); /* in the middle of the second window */
    commit(standing);         /* a transaction with other windows */
    tell(standing, may, "c");
    CU_ASSERT(is_gone(standing, "ab"));
    tell(standing, may, "ab"); /* begun anew, without an end */
    CU_ASSERT(is_gone(standing, ""));
    end(standing);
    tell(standing, may, "a"); /* and told once more in one transaction */
    CU_ASSERT(is_gone(standing, "b"));
    end(standing);
    commit(standing);
    CU_ASSERT_EQUAL(standing_count(standing), 1);
    tell(standing, june, "");
    CU_ASSERT(is_gone(standing, ""));
    standing_close(standing);
}

/* One transaction commits with some rows of a window, the next one does not. */
static void half_a_window_stands_beside_what_stood(void)
{
    struct standing *standing = opened();
    struct span key;

    for (const char *old = "mnopq"; *old != '\0'; old++) {
        char text[2] = {*old, '\0'};
        note(standing, may, text, true);
    }
    tell(standing, may, "ab");
    commit(standing);
    CU_ASSERT_EQUAL(standing_count(standing), 7);
    struct reason why = {0};
    CU_ASSERT_EQUAL(standing_tell(standing, span_of("n"), &why), GO_ON);
    CU_ASSERT_TRUE(standing_next_gone(standing, &key));
    CU_ASSERT_TRUE(span_equal(key, span_of("m")));
    commit(standing); /* between two tombstones */
    CU_ASSERT(is_gone(standing, "opq"));
    standing_abort(standing);
    tell(standing, may, "b");
    CU_ASSERT(is_gone(standing, "amnopq"));
    end(standing);
    commit(standing);
    CU_ASSERT_EQUAL(standing_count(standing), 1);
    standing_close(standing);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what_stands_and_is_not_told_is_gone", what_stands_and_is_not_told_is_gone},
        {"what_did_not_commit_stands_as_before", what_did_not_commit_stands_as_before},
        {"half_a_window_stands_beside_what_stood", half_a_window_stands_beside_what_stood},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
