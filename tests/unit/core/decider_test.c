/* Whose decision a letter is: by offset, token, incarnation, and how far the store remembers. */
#include "gentally/core/decider.h"

#include "suite.h"

#define INCARNATION "0123456789abcdef0123456789abcdef"
#define OTHER "0123456789abcdef0123456789abcdee"
#define FIRST "aaaaaaaaaaaaaaaa"
#define SECOND "bbbbbbbbbbbbbbbb"
#define THIRD "cccccccccccccccc"

static struct decider items[] = {{100, FIRST}, {150, SECOND}, {151, THIRD}, {400, FIRST}};

static struct deciders whole(void)
{
    return (struct deciders){INCARNATION, 500, LENGTH_OF(items), items};
}

static void a_letter_is_final_if_its_owner_passed_the_record(void)
{
    static const struct {
        int64_t offset;
        const char *decided_by;
        enum decision decision;
    } rows[] = {
        {100, INCARNATION ":" FIRST, DECISION_FINAL},
        {149, INCARNATION ":" FIRST, DECISION_FINAL},
        {150, INCARNATION ":" FIRST, DECISION_SUPERSEDED},
        {149, INCARNATION ":" SECOND, DECISION_SUPERSEDED},
        {150, INCARNATION ":" SECOND, DECISION_FINAL},
        {151, INCARNATION ":" SECOND, DECISION_SUPERSEDED},
        {399, INCARNATION ":" THIRD, DECISION_FINAL},
        {499, INCARNATION ":" FIRST, DECISION_FINAL},
        {400, INCARNATION ":dddddddddddddddd", DECISION_SUPERSEDED},
        {500, INCARNATION ":" FIRST, DECISION_PENDING},
        {INT64_MAX, INCARNATION ":" THIRD, DECISION_PENDING},
        {99, INCARNATION ":" FIRST, DECISION_UNKNOWN}, /* forgotten */
        {0, INCARNATION ":" FIRST, DECISION_UNKNOWN},
        {120, OTHER ":" FIRST, DECISION_UNKNOWN},
        {500, OTHER ":" FIRST, DECISION_UNKNOWN}, /* no owner will decide it under that state */
        {120, NULL, DECISION_UNKNOWN},
        {120, "", DECISION_UNKNOWN},
        {120, INCARNATION, DECISION_UNKNOWN},
        {120, INCARNATION "-" FIRST, DECISION_UNKNOWN},
        {120, INCARNATION ":", DECISION_SUPERSEDED},
        {120, INCARNATION ":" FIRST "a", DECISION_SUPERSEDED},
    };
    const struct deciders deciders = whole();

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        CU_ASSERT_EQUAL(decision_of(&deciders, rows[i].offset, span_of(rows[i].decided_by)), rows[i].decision);
}

static void of_nothing_nothing_is_known(void)
{
    struct deciders deciders = {.next = 500};

    CU_ASSERT_EQUAL(decision_of(&deciders, 100, span_of(":" FIRST)), DECISION_UNKNOWN); /* no state */
    deciders = whole();
    deciders.count = 0;
    CU_ASSERT_EQUAL(decision_of(&deciders, 100, span_of(INCARNATION ":" FIRST)), DECISION_UNKNOWN);
    CU_ASSERT_EQUAL(decision_of(&deciders, 500, span_of(INCARNATION ":" FIRST)), DECISION_PENDING);
}

/* Half a token names its owner, and writes nothing. */
static void a_name_has_half_of_the_token(void)
{
    char name[DECIDER_SIZE];
    const struct deciders deciders = whole();

    decider_write(INCARNATION, FIRST "1234567890123456", name);
    CU_ASSERT_STRING_EQUAL(name, INCARNATION ":" FIRST);
    CU_ASSERT_EQUAL(decision_of(&deciders, 100, span_of(name)), DECISION_FINAL);
    decider_write("", "", name); /* a partition that was never claimed decides nothing */
    CU_ASSERT_EQUAL(decision_of(&deciders, 100, span_of(name)), DECISION_UNKNOWN);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_letter_is_final_if_its_owner_passed_the_record", a_letter_is_final_if_its_owner_passed_the_record},
        {"of_nothing_nothing_is_known", of_nothing_nothing_is_known},
        {"a_name_has_half_of_the_token", a_name_has_half_of_the_token},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
