/* The pure parts of the connection: addresses, and what Redis' error texts ask of us. */
#include "store_link.h"

#include "suite.h"

static void addresses_are_read(void)
{
    static const struct {
        const char *url;
        bool is_good;
        struct store_address want;
    } rows[] = {
        {"redis://localhost", true, {.host = "localhost", .port = 6379}},
        {"redis://localhost:7000", true, {.host = "localhost", .port = 7000}},
        {"redis://worker@localhost:7000/3", true, {.host = "localhost", .user = "worker", .port = 7000, .db = 3}},
        {"redis://localhost/", true, {.host = "localhost", .port = 6379}},
        {"rediss://redis.example:6380", true, {.is_tls = true, .host = "redis.example", .port = 6380}},
        {"unix:///run/redis.sock", true, {.is_unix = true, .host = "/run/redis.sock", .port = 6379}},
        {"unix://worker@/run/redis.sock",
         true,
         {.is_unix = true, .host = "/run/redis.sock", .user = "worker", .port = 6379}},
        {"unix://worker/run/redis.sock", false, {0}},
        {"unix:///run/redis.sock?db=2", true, {.is_unix = true, .host = "/run/redis.sock", .port = 6379, .db = 2}},
        {"redis://user:password@localhost", false, {0}}, /* a password has no place in a URL */
        {"redis://", false, {0}},
        {"redis://:7000", false, {0}},
        {"redis://localhost:0", false, {0}},
        {"redis://localhost:65536", false, {0}},
        {"redis://localhost:7000x", false, {0}},
        {"redis://localhost/x", false, {0}},
        {"unix://relative", false, {0}},
        {"localhost:6379", false, {0}},
        {"", false, {0}},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct store_address address;
        bool is_good = store_address_parse(rows[i].url, &address);
        if (is_good != rows[i].is_good)
            printf("row: %s\n", rows[i].url);
        CU_ASSERT_EQUAL(is_good, rows[i].is_good);
        if (!is_good || !rows[i].is_good)
            continue;
        CU_ASSERT_STRING_EQUAL(address.host, rows[i].want.host);
        CU_ASSERT_STRING_EQUAL(address.user, rows[i].want.user);
        CU_ASSERT_EQUAL(address.port, rows[i].want.port);
        CU_ASSERT_EQUAL(address.db, rows[i].want.db);
        CU_ASSERT_EQUAL(address.is_unix, rows[i].want.is_unix);
        CU_ASSERT_EQUAL(address.is_tls, rows[i].want.is_tls);
    }
}

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
        {"addresses_are_read", addresses_are_read},
        {"errors_become_verdicts", errors_become_verdicts},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
