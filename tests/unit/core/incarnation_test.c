/* Names of states, in the form and with the example of RFC 9562, and by when they were made. */
#include "gentally/core/incarnation.h"

#include "suite.h"

/* RFC 9562, appendix A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F, of 2022-02-22T14:22:22.00-05:00. */
static const uint8_t example[16] = {0x01, 0x7F, 0x22, 0xE2, 0x79, 0xB0, 0x7C, 0xC3,
                                    0x98, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
#define EXAMPLE_TEXT "017f22e279b07cc398c4dc0c0c07398f"
#define EXAMPLE_MS INT64_C(1645557742000)

static void a_name_is_a_uuid_of_version_7(void)
{
    char text[INCARNATION_SIZE];

    incarnation_write(EXAMPLE_MS, example, text);
    CU_ASSERT_STRING_EQUAL(text, EXAMPLE_TEXT);
}

static void all_random_bits_but_six_stay(void)
{
    static const uint8_t none[16] = {0};
    uint8_t all[16];
    char text[INCARNATION_SIZE];

    memset(all, 0xFF, sizeof(all));
    incarnation_write(0, none, text);
    CU_ASSERT_STRING_EQUAL(text, "00000000000070008000000000000000");
    incarnation_write((INT64_C(1) << 48) - 1, all, text);
    CU_ASSERT_STRING_EQUAL(text, "ffffffffffff7fffbfffffffffffffff");
}

static void it_says_when_the_state_was_made(void)
{
    CU_ASSERT_EQUAL(incarnation_made_ms(EXAMPLE_TEXT), EXAMPLE_MS);
    CU_ASSERT_EQUAL(incarnation_made_ms("00000000000070008000000000000000"), 0);
    CU_ASSERT_EQUAL(incarnation_made_ms("ffffffffffff7fffbfffffffffffffff"), (INT64_C(1) << 48) - 1);
}

static void other_names_do_not_say(void)
{
    static const char *const others[] = {
        "",                                  /* no state */
        "a",                                 /* too short */
        "017f22e279b07cc398c4dc0c0c07398f0", /* too long */
        "017f22e279b04cc398c4dc0c0c07398f",  /* of version 4 */
        "017f22e279b07cc318c4dc0c0c07398f",  /* of another variant */
        "017f22e279b07cc3c8c4dc0c0c07398f",  /* of another variant */
        "017F22E279B07CC398C4DC0C0C07398F",  /* not as we write it */
        "017f22e279b07cc398c4dc0c0c07398g",  /* no hex */
    };

    for (size_t i = 0; i < LENGTH_OF(others); i++)
        CU_ASSERT_EQUAL(incarnation_made_ms(others[i]), NO_TIME);
}

static void only_what_surely_was_made_before_is_before(void)
{
    static const char earlier[] = "017f22e279af7fffbfffffffffffffff", later[] = EXAMPLE_TEXT;

    CU_ASSERT_TRUE(incarnation_is_before(earlier, later));
    CU_ASSERT_FALSE(incarnation_is_before(later, earlier));
    CU_ASSERT_FALSE(incarnation_is_before(later, "017f22e279b07fffbfffffffffffffff")); /* in the same millisecond */
    CU_ASSERT_FALSE(incarnation_is_before("017f22e279af4fffbfffffffffffffff", later)); /* of version 4 */
    CU_ASSERT_FALSE(incarnation_is_before(earlier, "017f22e279b04cc398c4dc0c0c07398f"));
    CU_ASSERT_FALSE(incarnation_is_before(earlier, ""));
    CU_ASSERT_FALSE(incarnation_is_before("", later));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_name_is_a_uuid_of_version_7", a_name_is_a_uuid_of_version_7},
        {"all_random_bits_but_six_stay", all_random_bits_but_six_stay},
        {"it_says_when_the_state_was_made", it_says_when_the_state_was_made},
        {"other_names_do_not_say", other_names_do_not_say},
        {"only_what_surely_was_made_before_is_before", only_what_surely_was_made_before_is_before},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
