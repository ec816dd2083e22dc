/* Corrections: which windows a change of an event may still alter, kind by kind. */
#include "correction.h"

#include "suite.h"

#define H (1u << WINDOW_HOUR)
#define D (1u << WINDOW_DAY)
#define W (1u << WINDOW_WEEK)
#define M (1u << WINDOW_MONTH)
#define ALL (H | D | W | M)

static void each_kind_by_itself(void)
{
    static const struct {
        const char *name;
        uint32_t placed, stuck, old_open;
        int64_t moved_ms; /* from Monday, 2025-10-06T12:00 */
        uint32_t new_open, taken, added, alone, placed_then, stuck_then;
    } rows[] = {
        {"amended in place", ALL, 0, ALL, 0, ALL, ALL, ALL, 0, ALL, 0},
        {"moved an hour on", ALL, 0, ALL, HOUR_MS, ALL, ALL, ALL, H, ALL, 0},
        {"moved a day on", ALL, 0, ALL, DAY_MS, ALL, ALL, ALL, H | D, ALL, 0},
        {"moved a day back, into another week", ALL, 0, ALL, -DAY_MS, ALL, ALL, ALL, H | D | W, ALL, 0},
        {"moved a month on", ALL, 0, ALL, 31 * DAY_MS, ALL, ALL, ALL, ALL, ALL, 0},
        {"retracted", ALL, 0, ALL, 0, 0, ALL, 0, ALL, 0, 0},
        {"its hour is closed", ALL, 0, D | W | M, 0, D | W | M, D | W | M, D | W | M, 0, D | W | M, H},
        {"out of a closed hour, into an open one", ALL, 0, D | W | M, HOUR_MS, ALL, D | W | M, D | W | M, 0, D | W | M,
         H},
        {"and again", D | W | M, H, ALL, 0, ALL, D | W | M, D | W | M, 0, D | W | M, H},
        {"into a closed hour", ALL, 0, ALL, -HOUR_MS, D | W | M, ALL, D | W | M, H, D | W | M, 0},
        {"out of it again", D | W | M, 0, ALL, HOUR_MS, ALL, D | W | M, ALL, 0, ALL, 0},
        {"it came late: its hour was closed before", M, 0, M, 0, M, M, M, 0, M, 0},
        {"all closed", ALL, 0, 0, 0, 0, 0, 0, 0, 0, ALL},
        {"out of all closed, into all open", ALL, 0, 0, 31 * DAY_MS, ALL, 0, 0, 0, 0, ALL},
        {"retracted, its hour closed", ALL, 0, D | W | M, 0, 0, D | W | M, 0, D | W | M, 0, H},
    };
    const int64_t noon_ms = days_of_date(2025, 10, 6) * DAY_MS + 12 * HOUR_MS;

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct correction correction = correction_of((struct placement){rows[i].placed, rows[i].stuck, 77}, noon_ms,
                                                     rows[i].old_open, noon_ms + rows[i].moved_ms, rows[i].new_open);
        bool is_right = correction.taken == rows[i].taken && correction.added == rows[i].added &&
                        correction.alone == rows[i].alone && correction.placement.placed == rows[i].placed_then &&
                        correction.placement.stuck == rows[i].stuck_then && correction.placement.rollups == 77;
        if (!is_right)
            printf("%s: taken %x added %x alone %x placed %x stuck %x\n", rows[i].name, correction.taken,
                   correction.added, correction.alone, correction.placement.placed, correction.placement.stuck);
        CU_ASSERT_TRUE(is_right);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"each_kind_by_itself", each_kind_by_itself},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
