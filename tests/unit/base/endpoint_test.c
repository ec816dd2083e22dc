/* Where a server of ours listens: texts that are taken, and texts that are refused. */
#include "gentally/base/endpoint.h"

#include "suite.h"

static void reads_what_is_one(void)
{
    static const struct {
        const char *text;
        bool is_v6;
        uint8_t address[16];
        uint16_t port;
    } rows[] = {
        {"9464", false, {127, 0, 0, 1}, 9464},   {"0", false, {127, 0, 0, 1}, 0},
        {"65535", false, {127, 0, 0, 1}, 65535}, {"localhost:1", false, {127, 0, 0, 1}, 1},
        {"0.0.0.0:9464", false, {0}, 9464},      {"10.1.2.3:80", false, {10, 1, 2, 3}, 80},
        {"[::]:9464", true, {0}, 9464},          {"[::1]:9464", true, {[15] = 1}, 9464},
    };

    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        struct endpoint endpoint;
        bool is_read = endpoint_parse(rows[at].text, &endpoint);
        bool is_right = is_read && endpoint.is_v6 == rows[at].is_v6 && endpoint.port == rows[at].port &&
                        memcmp(endpoint.address, rows[at].address, rows[at].is_v6 ? 16 : 4) == 0;
        if (!is_right)
            printf("%s\n", rows[at].text);
        CU_ASSERT_TRUE(is_right);
    }
}

static void refuses_all_else(void)
{
    static const char *const texts[] = {
        "",
        ":",
        "host:1",
        ":9464",
        "1.2.3:80",
        "1.2.3.4:",
        "1.2.3.4:x",
        "65536",
        "-1",
        "+1",
        " 1",
        "1 ",
        "[::1]",
        "::1:80",
        "[::1:80",
        "[]:80",
        "[1.2.3.4]:80",
        "1.2.3.4",
        "*:9464",
        "1.2.3.4:1:2",
        "99999999999999",
        "localhost",
        "0.0.0.0:9464/metrics",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1",
    };

    for (size_t at = 0; at < LENGTH_OF(texts); at++) {
        struct endpoint endpoint;
        if (endpoint_parse(texts[at], &endpoint))
            printf("taken: %s\n", texts[at]);
        CU_ASSERT_FALSE(endpoint_parse(texts[at], &endpoint));
    }
}

static void addresses_of_this_machine_are_known(void)
{
    static const struct {
        struct endpoint endpoint;
        bool want;
    } rows[] = {
        {{.address = {127, 0, 0, 1}}, true},
        {{.address = {127, 9, 9, 9}}, true},
        {{.address = {0}}, false},
        {{.address = {10, 0, 0, 1}}, false},
        {{.is_v6 = true, .address = {[15] = 1}}, true},
        {{.is_v6 = true}, false},
        {{.is_v6 = true, .address = {127, 0, 0, 1}}, false},
    };

    for (size_t at = 0; at < LENGTH_OF(rows); at++)
        CU_ASSERT_EQUAL(endpoint_is_local(&rows[at].endpoint), rows[at].want);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"reads_what_is_one", reads_what_is_one},
        {"refuses_all_else", refuses_all_else},
        {"addresses_of_this_machine_are_known", addresses_of_this_machine_are_known},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
