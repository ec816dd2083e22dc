/* Where a key is: by CRC-32, as librdkafka's consistent partitioner has it, so that others can find it, too. */
#include "gentally/kafka/topic_places.h"

#include "suite.h"

static void test_places(void)
{
    static const struct {
        const char *key;
        int32_t of_two, of_three, of_twelve;
    } places[] = {
        {"total|day|2025-11-10T00:00:00Z", 0, 0, 0},
        {"total|hour|2025-11-10T05:00:00Z", 1, 1, 1},
        {"model|week|2025-11-17T00:00:00Z|openai/gpt-4o", 0, 0, 0},
        {"geography|month|2025-11-01T00:00:00Z|CH", 0, 0, 0},
        {"day|2025-11-17T00:00:00Z", 1, 0, 3},
    };

    for (size_t i = 0; i < LENGTH_OF(places); i++) {
        struct span key = span_of(places[i].key);
        CU_ASSERT_EQUAL(topic_place(key, 1), 0);
        CU_ASSERT_EQUAL(topic_place(key, 2), places[i].of_two);
        CU_ASSERT_EQUAL(topic_place(key, 3), places[i].of_three);
        CU_ASSERT_EQUAL(topic_place(key, 12), places[i].of_twelve);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"places", test_places},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
