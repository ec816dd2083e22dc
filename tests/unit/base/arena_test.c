/* An arena: pieces that stay where they are, copies, and blocks that are kept or let go. */
#include "gentally/base/arena.h"

#include <malloc.h>

#include "suite.h"

enum { BLOCK = 1024, PIECE = 400, PIECES = 200 };

/* Bytes that are taken from the heap; 0 under a sanitizer, which has one of its own. */
static size_t heap_size(void)
{
    return mallinfo2().uordblks;
}

static void fill(struct arena *arena)
{
    char *pieces[PIECES];

    for (int i = 0; i < PIECES; i++) {
        pieces[i] = arena_take(arena, PIECE);
        CU_ASSERT_PTR_NOT_NULL_FATAL(pieces[i]);
        CU_ASSERT_EQUAL((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], i, PIECE);
    }
    for (int i = 0; i < PIECES; i++)
        for (int j = 0; j < PIECE; j++)
            CU_ASSERT_EQUAL_FATAL(pieces[i][j], (char)i);
}

static void a_copy_is_of_its_own(void)
{
    char text[] = "as it was";
    struct arena arena;

    arena_open(&arena, BLOCK);
    char *copy = arena_copy(&arena, text, sizeof(text));
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    text[0] = 'x';
    CU_ASSERT_STRING_EQUAL(copy, "as it was");
    CU_ASSERT_PTR_NOT_NULL(arena_copy(&arena, NULL, 0));
    arena_close(&arena);
}

/* What was filled once is filled again without an allocation. */
static void clearing_keeps_the_blocks(void)
{
    struct arena arena;

    arena_open(&arena, BLOCK);
    fill(&arena);
    size_t full = heap_size();
    arena_clear(&arena);
    CU_ASSERT_EQUAL(heap_size(), full);
    fill(&arena);
    CU_ASSERT_EQUAL(heap_size(), full);
    arena_close(&arena);
}

static void shrinking_keeps_the_first(void)
{
    struct arena arena;
    size_t empty = heap_size();

    arena_open(&arena, BLOCK);
    arena_shrink(&arena); /* there is none yet */
    CU_ASSERT_EQUAL(heap_size(), empty);
    fill(&arena);
    size_t full = heap_size();
    arena_shrink(&arena);
    if (full > 0) {
        CU_ASSERT(full - empty > (size_t)PIECES * PIECE);
        CU_ASSERT(heap_size() - empty < 2 * BLOCK);
        CU_ASSERT(heap_size() > empty);
    }
    fill(&arena);
    arena_close(&arena);
    CU_ASSERT_EQUAL(heap_size(), empty);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_copy_is_of_its_own", a_copy_is_of_its_own},
        {"clearing_keeps_the_blocks", clearing_keeps_the_blocks},
        {"shrinking_keeps_the_first", shrinking_keeps_the_first},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
