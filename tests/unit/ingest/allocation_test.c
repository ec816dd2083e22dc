/*
 * Zero heap allocations per message in our code after warm-up: the linker routes our objects' malloc, calloc and
 * realloc through counters (see CMakeLists.txt), and a whole day of events passes without one.
 */
#include "stages.h"
#include "suite.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static uint64_t allocations;

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    allocations++;
    return __real_realloc(old, size);
}

static void no_message_allocates_after_warm_up(void)
{
    enum { COUNT = 20000 };
    struct messages messages;
    static struct stages stages;

    messages_make(&messages, COUNT, 24);
    stages_open(&stages, messages.taxonomy);
    CU_ASSERT_TRUE(allocations > 0); /* The counters do count. */
    for (uint32_t i = 0; i < COUNT / 2; i++)
        CU_ASSERT_TRUE_FATAL(stages_fold(&stages, messages_at(&messages, i)));
    uint64_t before = allocations;
    for (uint32_t i = 0; i < COUNT; i++)
        CU_ASSERT_TRUE_FATAL(stages_fold(&stages, messages_at(&messages, i)));
    CU_ASSERT_EQUAL(allocations, before);
    CU_ASSERT_TRUE(stages.cleared > 0); /* Emptying a tally takes nothing either. */

    /* Nor does setting aside: a message cut short. */
    struct span cut = messages_at(&messages, 0);
    cut.size -= 3;
    CU_ASSERT_FALSE(stages_fold(&stages, cut));
    CU_ASSERT_EQUAL(allocations, before);
    stages_close(&stages);
    messages_free(&messages);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"no_message_allocates_after_warm_up", no_message_allocates_after_warm_up},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
