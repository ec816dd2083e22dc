/*
 * What every CUnit program shares: run an array of tests, print each failure with its place, end with "PROGRAM: N
 * passed, N failed" and an exit status that can fail. Property tests take their seed from GENTALLY_SEED, else from the
 * clock, and print it.
 *
 *     unit_x_test              all cases
 *     unit_x_test NAME...      the cases whose name contains one of the names
 *     unit_x_test --list       the names of the cases
 */
#ifndef GENTALLY_SUITE_H
#define GENTALLY_SUITE_H

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline void suite_list(FILE *file, const CU_TestInfo tests[])
{
    for (; tests->pName != NULL; tests++)
        fprintf(file, "    %s\n", tests->pName);
}

/* True if one of the words is in the case's name. */
static inline bool suite_wants(const CU_TestInfo *test, int count, char *const words[])
{
    for (int at = 0; at < count; at++)
        if (strstr(test->pName, words[at]) != NULL)
            return true;
    return false;
}

/* Keeps the cases that have one of the words in their name, in their order. False if one of the words is in no name. */
static inline bool suite_filter(CU_TestInfo tests[], int count, char *const words[])
{
    size_t kept = 0;

    for (int at = 0; at < count; at++) {
        const CU_TestInfo *test = tests;
        while (test->pName != NULL && !suite_wants(test, 1, &words[at]))
            test++;
        if (test->pName == NULL) {
            fprintf(stderr, "No case has \"%s\" in its name. The cases are:\n", words[at]);
            suite_list(stderr, tests);
            return false;
        }
    }
    for (const CU_TestInfo *test = tests; test->pName != NULL; test++)
        if (suite_wants(test, count, words))
            tests[kept++] = *test;
    tests[kept] = (CU_TestInfo)CU_TEST_INFO_NULL;
    return true;
}

/* The name of the program, without the folder it is in. */
static inline const char *suite_name(char **argv)
{
    const char *slash = strrchr(argv[0], '/');

    return slash != NULL ? slash + 1 : argv[0];
}

static inline int suite_run(int argc, char **argv, CU_TestInfo tests[])
{
    const char *name = suite_name(argv);
    CU_SuiteInfo suites[] = {{name, NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        suite_list(stdout, tests);
        return EXIT_SUCCESS;
    }
    if (argc > 1 && !suite_filter(tests, argc - 1, argv + 1))
        return EXIT_FAILURE;
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
