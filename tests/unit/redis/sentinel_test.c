/* What follows from what sentinels say. */
#include "sentinel.h"

#include "suite.h"
#include "verdict_name.h"

#define A                                                                                                              \
    {                                                                                                                  \
        .answer = SENTINEL_NAMES, .place = { "10.0.0.1", 6379 }                                                        \
    }
#define B                                                                                                              \
    {                                                                                                                  \
        .answer = SENTINEL_NAMES, .place = { "10.0.0.2", 6379 }                                                        \
    }
#define B_OTHER_PORT                                                                                                   \
    {                                                                                                                  \
        .answer = SENTINEL_NAMES, .place = { "10.0.0.2", 6380 }                                                        \
    }
#define SILENT                                                                                                         \
    {                                                                                                                  \
        .answer = SENTINEL_SILENT, .text = "Connection refused"                                                        \
    }
#define REFUSES                                                                                                        \
    {                                                                                                                  \
        .answer = SENTINEL_REFUSES, .text = "NOAUTH Authentication required."                                          \
    }
#define UNKNOWN                                                                                                        \
    {                                                                                                                  \
        .answer = SENTINEL_UNKNOWN                                                                                     \
    }

static void the_most_votes_decide(void)
{
    static const struct {
        struct sentinel_vote votes[3];
        bool is_settled;
        enum verdict verdict;
        enum reason_id id;
        const char *words; /* the host, or a part of the reason */
    } rows[] = {
        {{A, A, SILENT}, true, GO_ON, REASON_NONE, "10.0.0.1"},
        {{A, B, B}, true, GO_ON, REASON_NONE, "10.0.0.2"},
        {{SILENT, SILENT, B}, false, GO_ON, REASON_NONE, "10.0.0.2"},
        {{UNKNOWN, REFUSES, B}, false, GO_ON, REASON_NONE, "10.0.0.2"},
        {{A, B, SILENT},
         false,
         TRY_LATER,
         STORE_UNREACHABLE,
         "disagree on who \"m\" is: s0:1 says 10.0.0.1:6379, s1:2 says"},
        {{B, B_OTHER_PORT, UNKNOWN}, false, TRY_LATER, STORE_UNREACHABLE, "s1:2 says 10.0.0.2:6380"},
        {{A, B, B_OTHER_PORT}, false, TRY_LATER, STORE_UNREACHABLE, "disagree"},
        {{SILENT, SILENT, SILENT},
         false,
         TRY_LATER,
         STORE_UNREACHABLE,
         "none of 3 sentinels answers; s0:1: Connection refused"},
        {{SILENT, REFUSES, SILENT}, false, HALT, STORE_SENTINEL, "s1:2 refuses the question: NOAUTH"},
        {{SILENT, REFUSES, UNKNOWN}, false, HALT, STORE_SENTINEL, "s2:3 knows no master \"m\""},
    };
    const struct redis_url url = {.master = "m", .sentinel_count = 3, .sentinels = {{"s0", 1}, {"s1", 2}, {"s2", 3}}};

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct redis_place master = {.port = 0};
        struct reason why = {0};
        enum verdict verdict = sentinel_judge(&url, rows[i].votes, &master, &why);
        const char *told = verdict == GO_ON ? master.host : why.text;
        if (verdict != rows[i].verdict || strstr(told, rows[i].words) == NULL)
            printf("row %zu: %s %s\n", i, verdict_name(verdict), told);
        CU_ASSERT_EQUAL(verdict, rows[i].verdict);
        CU_ASSERT_EQUAL(why.id, rows[i].id);
        CU_ASSERT_PTR_NOT_NULL(strstr(told, rows[i].words));
        CU_ASSERT_EQUAL(sentinel_is_settled(rows[i].votes, 3), rows[i].is_settled);
    }
}

static void one_alone_is_believed(void)
{
    const struct redis_url url = {.master = "m", .sentinel_count = 1, .sentinels = {{"s0", 1}}};
    const struct sentinel_vote vote = A;
    struct redis_place master;

    CU_ASSERT_TRUE(sentinel_is_settled(&vote, 1));
    CU_ASSERT_EQUAL(sentinel_judge(&url, &vote, &master, NULL), GO_ON);
    CU_ASSERT_EQUAL(master.port, 6379);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"the_most_votes_decide", the_most_votes_decide},
        {"one_alone_is_believed", one_alone_is_believed},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
