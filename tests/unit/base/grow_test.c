/* Arrays that grow: rooms, contents, and what cannot be had. */
#include "gentally/base/grow.h"

#include "suite.h"

static void a_room_doubles_and_keeps_what_is_in_it(void)
{
    size_t room = 0, grown = 0;
    int *items = NULL;

    for (int i = 0; i < 1000; i++) {
        size_t before = room;
        int *fresh = grow(items, &room, (size_t)i + 1, sizeof(*fresh));
        CU_ASSERT_PTR_NOT_NULL_FATAL(fresh);
        CU_ASSERT(room > (size_t)i);
        CU_ASSERT(room == before || room >= 2 * before);
        grown += room != before;
        items = fresh;
        items[i] = i;
    }
    CU_ASSERT(grown < 10);
    for (int i = 0; i < 1000; i++)
        CU_ASSERT_EQUAL(items[i], i);
    free(items);
}

static void a_large_wish_is_granted_at_once(void)
{
    size_t room = 0;
    char *items = grow(NULL, &room, 12345, 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(items);
    CU_ASSERT(room >= 12345);
    CU_ASSERT_PTR_EQUAL(grow(items, &room, 12345, 1), items);
    free(items);
}

static void an_array_for_nothing_is_one(void)
{
    size_t room = 0;
    char *items = grow(NULL, &room, 0, 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(items); /* NULL would say that there is no memory */
    CU_ASSERT(room > 0);
    CU_ASSERT_PTR_EQUAL(grow(items, &room, 0, 1), items);
    free(items);
}

static void what_no_memory_can_hold_changes_nothing(void)
{
    size_t room = 0;
    int *items = grow(NULL, &room, 3, sizeof(*items));
    size_t before = room;

    CU_ASSERT_PTR_NOT_NULL_FATAL(items);
    items[2] = 7;
    CU_ASSERT_PTR_NULL(grow(items, &room, SIZE_MAX / 2, sizeof(*items))); /* the product overflows */
    CU_ASSERT_EQUAL(room, before);
    CU_ASSERT_EQUAL(items[2], 7);
    free(items);
}

static void spans_are_ordered_by_their_bytes(void)
{
    static const struct {
        const char *left, *right;
        int want;
    } rows[] = {
        {"", "", 0},    {"a", "a", 0}, {"a", "b", -1},       {"b", "a", 1}, {"a", "ab", -1},
        {"ab", "a", 1}, {"", "a", -1}, {"\x7f", "\x80", -1}, {NULL, "", 0}, {NULL, "a", -1},
    };

    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        int order = span_compare(span_of(rows[at].left), span_of(rows[at].right));
        CU_ASSERT_EQUAL((order > 0) - (order < 0), rows[at].want);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_room_doubles_and_keeps_what_is_in_it", a_room_doubles_and_keeps_what_is_in_it},
        {"a_large_wish_is_granted_at_once", a_large_wish_is_granted_at_once},
        {"an_array_for_nothing_is_one", an_array_for_nothing_is_one},
        {"what_no_memory_can_hold_changes_nothing", what_no_memory_can_hold_changes_nothing},
        {"spans_are_ordered_by_their_bytes", spans_are_ordered_by_their_bytes},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
