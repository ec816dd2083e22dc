/*
 * What every CUnit program shares: run an array of tests, print each failure with its place, end with "N passed, N
 * failed" and an exit status that can fail. Property tests take their seed from GENTALLY_SEED, else from the clock, and
 * print it.
 */
#ifndef GENTALLY_SUITE_H
#define GENTALLY_SUITE_H

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline int suite_run(const char *name, CU_TestInfo tests[])
{
    CU_SuiteInfo suites[] = {{name, NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS) {
        fprintf(stderr, "%s: CUnit: %s\n", name, CU_get_error_msg());
        return EXIT_FAILURE;
    }
    CU_basic_set_mode(CU_BRM_SILENT);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_tests_failed();
    unsigned passed = CU_get_number_of_tests_run() - failed;
    for (CU_pFailureRecord failure = CU_get_failure_list(); failure != NULL; failure = failure->pNext)
        printf("%s/%s: %s:%u: %s\n", name, failure->pTest->pName, failure->strFileName, failure->uiLineNumber,
               failure->strCondition);
    printf("%s: %u passed, %u failed\n", name, passed, failed);
    CU_cleanup_registry();
    return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static inline uint64_t suite_seed(void)
{
    const char *text = getenv("GENTALLY_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : (uint64_t)time(NULL) * 2654435761u;
    printf("seed %" PRIu64 " (repeat with GENTALLY_SEED)\n", seed);
    return seed;
}

/* SplitMix64 (Steele, Lea, Flood 2014): small, seedable, good enough for tests. */
static inline uint64_t suite_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline uint64_t suite_below(uint64_t *state, uint64_t bound)
{
    return suite_random(state) % bound;
}

#endif
