/* Suggestions: how edits are counted, and which name is offered. */
#include "gentally/base/suggest.h"

#include "suite.h"

static size_t distance_of(const char *wanted, const char *candidate)
{
    struct suggestion suggestion = suggestion_for(wanted);

    suggestion_try(&suggestion, candidate);
    return suggestion.distance;
}

static void edits_are_counted(void)
{
    static const struct {
        const char *left, *right;
        size_t want;
    } rows[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"abc", "", 3},
        {"abc", "abc", 0},
        {"abc", "abd", 1},
        {"abc", "acb", 1},
        {"abc", "ab", 1},
        {"abc", "xabc", 1},
        {"kitten", "sitting", 3},
        {"ca", "abc", 3},
        {"redis-url", "redis_url", 0},
        {"top", "pot", 2},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        size_t distance = distance_of(rows[at].left, rows[at].right);
        if (distance != rows[at].want)
            printf("%s, %s: %zu\n", rows[at].left, rows[at].right, distance);
        CU_ASSERT_EQUAL(distance, rows[at].want);
        CU_ASSERT_EQUAL(distance_of(rows[at].right, rows[at].left), rows[at].want);
    }
}

static void names_beyond_the_limit_never_match(void)
{
    char name[SUGGESTION_NAME_MAX + 2];
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    CU_ASSERT_EQUAL(distance_of(name, name), SIZE_MAX);
    CU_ASSERT_EQUAL(distance_of(name + 1, name + 1), 0);
    struct suggestion suggestion = suggestion_for(name);
    suggestion_try(&suggestion, name);
    CU_ASSERT_PTR_NULL(suggestion_name(&suggestion));
}

static void a_candidate_is_offered_only_if_near(void)
{
    static const struct {
        const char *wanted, *want;
    } rows[] = {
        {"workr", "worker"}, {"wroker", "worker"}, {"setpu", "setup"},
        {"tp", "top"},       {"elephant", NULL},   {"summarys", "summaries"},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        struct suggestion suggestion = suggestion_for(rows[at].wanted);
        CU_ASSERT_PTR_NULL(suggestion_name(&suggestion));
        suggestion_try(&suggestion, "worker");
        suggestion_try(&suggestion, "setup");
        suggestion_try(&suggestion, "top");
        suggestion_try(&suggestion, "summaries");
        const char *name = suggestion_name(&suggestion);
        if (rows[at].want == NULL)
            CU_ASSERT_PTR_NULL(name);
        if (rows[at].want != NULL)
            CU_ASSERT_STRING_EQUAL(name == NULL ? "" : name, rows[at].want);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"edits_are_counted", edits_are_counted},
        {"names_beyond_the_limit_never_match", names_beyond_the_limit_never_match},
        {"a_candidate_is_offered_only_if_near", a_candidate_is_offered_only_if_near},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
