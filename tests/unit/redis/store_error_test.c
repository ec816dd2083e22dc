/* What Redis' error texts ask of us. */
#include "store_error.h"

#include "suite.h"

static void errors_become_verdicts(void)
{
    static const struct {
        const char *text;
        enum verdict verdict;
        const char *id;
    } rows[] = {
        {"LOADING Redis is loading the dataset in memory", TRY_LATER, "STORE-BUSY"},
        {"OOM command not allowed when used memory > 'maxmemory'.", TRY_LATER, "STORE-BUSY"},
        {"READONLY You can't write against a read only replica.", TRY_LATER, "STORE-BUSY"},
        {"BUSY Redis is busy running a script.", TRY_LATER, "STORE-BUSY"},
        {"MISCONF Errors writing to the AOF file", TRY_LATER, "STORE-BUSY"},
        {"NOREPLICAS Not enough good replicas to write.", TRY_LATER, "STORE-BUSY"},
        {"CLUSTERDOWN The cluster is down", HALT, "STORE-CLUSTER"},
        {"MOVED 3999 127.0.0.1:6381", HALT, "STORE-CLUSTER"},
        {"ASK 3999 127.0.0.1:6381", HALT, "STORE-CLUSTER"},
        {"NOAUTH Authentication required.", HALT, "STORE-AUTH"},
        {"WRONGPASS invalid username-password pair or user is disabled.", HALT, "STORE-AUTH"},
        {"NOPERM this user has no permissions to run the 'fcall' command", HALT, "STORE-DENIED"},
        {"ERR The user executing the script can't run this command or subcommand script: gentally_2_claim, on "
         "@user_function:71.",
         HALT, "STORE-DENIED"},
        {"ERR Function not found", HALT, "STORE-FUNCTIONS-MISSING"},
        {"WRONGTYPE Operation against a key holding the wrong kind of value", HALT, "STORE-ERROR"},
        {"something new", HALT, "STORE-ERROR"},
        {"", HALT, "STORE-ERROR"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct reason why = {0};
        CU_ASSERT_EQUAL(store_error_verdict(rows[i].text, &why), rows[i].verdict);
        CU_ASSERT_STRING_EQUAL(reason_name(why.id), rows[i].id);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"errors_become_verdicts", errors_become_verdicts},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
