/* Which rows get a place of their own. */
#include "gentally/core/admission.h"

#include "suite.h"

static void the_first_rows_are_admitted_and_nobody_after_them(void)
{
    for (int64_t limit = 1; limit < 9; limit++) {
        struct admission admission = {.limit = limit};
        for (int64_t row = 0; row < 20; row++) {
            CU_ASSERT_EQUAL(admission_admits(&admission), row < limit);
            CU_ASSERT_EQUAL(admission.rows, row < limit ? row + 1 : limit);
            CU_ASSERT_EQUAL(admission.is_closed, row >= limit);
        }
    }
}

/* What went to others under the lower limit must be found there again. */
static void a_higher_limit_opens_no_window_again(void)
{
    struct admission full = {.rows = 3, .is_closed = true, .limit = 3}, raised = full, lowered = full;

    raised.limit = 4;
    CU_ASSERT_FALSE(admission_admits(&raised));
    CU_ASSERT_EQUAL(raised.rows, 3);
    lowered.limit = 1;
    CU_ASSERT_FALSE(admission_admits(&lowered));
    struct admission open = {.rows = 3, .limit = 4}; /* nobody was refused yet */
    CU_ASSERT_TRUE(admission_admits(&open));
    CU_ASSERT_FALSE(admission_admits(&open));
}

static void four_fifths_are_nearly_full(void)
{
    static const struct {
        int64_t limit, last;
    } rows[] = {{1, 0}, {2, 1}, {4, 3}, {5, 3}, {10, 7}, {1048576, 838860}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct admission admission = {.rows = rows[i].last, .limit = rows[i].limit};
        CU_ASSERT_FALSE(admission_is_nearly_full(&admission));
        admission.rows++;
        CU_ASSERT_TRUE(admission_is_nearly_full(&admission));
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"the first rows are admitted and nobody after them", the_first_rows_are_admitted_and_nobody_after_them},
        {"a higher limit opens no window again", a_higher_limit_opens_no_window_again},
        {"four fifths are nearly full", four_fifths_are_nearly_full},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
