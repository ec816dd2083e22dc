/* Tables in pages of their own. */
#include "gentally/base/pages.h"

#include "suite.h"

static void what_is_taken_is_zero_and_aligned(void)
{
    static const size_t sizes[] = {1, 4096, ((size_t)2 << 20) - 1, (size_t)2 << 20, ((size_t)2 << 20) + 1};

    for (size_t i = 0; i < LENGTH_OF(sizes); i++) {
        unsigned char *memory = pages_take(sizes[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
        CU_ASSERT_EQUAL((uintptr_t)memory % ((size_t)2 << 20), 0);
        CU_ASSERT_EQUAL(memory[0] | memory[sizes[i] / 2] | memory[sizes[i] - 1], 0);
        memset(memory, 0xff, sizes[i]);
        pages_give_back(memory, sizes[i]);
    }
    pages_give_back(NULL, 1);
}

static void what_nobody_has_is_refused(void)
{
    CU_ASSERT_PTR_NULL(pages_take(SIZE_MAX)); /* it would be rounded to nothing */
    CU_ASSERT_PTR_NULL(pages_take(SIZE_MAX / 2));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what_is_taken_is_zero_and_aligned", what_is_taken_is_zero_and_aligned},
        {"what_nobody_has_is_refused", what_nobody_has_is_refused},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
