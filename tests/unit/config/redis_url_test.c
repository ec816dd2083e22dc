/* redis_url as people write it: what works, and what is said of what does not. */
#include "gentally/config/redis_url.h"

#include "suite.h"

static void urls_are_read(void)
{
    static const struct {
        const char *text;
        struct redis_url want;
    } rows[] = {
        {"redis://localhost", {.host = "localhost", .port = 6379}},
        {"redis://localhost:7000", {.host = "localhost", .port = 7000}},
        {"redis://worker@localhost:7000/3", {.host = "localhost", .user = "worker", .port = 7000, .db = 3}},
        {"redis://localhost/", {.host = "localhost", .port = 6379}},
        {"redis://my_redis-0.ns.svc:1", {.host = "my_redis-0.ns.svc", .port = 1}},
        {"rediss://redis.example:6380", {.is_tls = true, .host = "redis.example", .port = 6380}},
        {"redis://[::1]", {.host = "::1", .port = 6379}},
        {"redis://[::1]:7000", {.host = "::1", .port = 7000}},
        {"rediss://u@[2001:db8::7]:7000/65535",
         {.is_tls = true, .host = "2001:db8::7", .user = "u", .port = 7000, .db = 65535}},
        {"redis://[fe80::1%eth0]:65535", {.host = "fe80::1%eth0", .port = 65535}},
        {"redis://[::ffff:10.0.0.1]/1", {.host = "::ffff:10.0.0.1", .port = 6379, .db = 1}},
        {"unix:///run/redis.sock", {.is_unix = true, .host = "/run/redis.sock", .port = 6379}},
        {"unix://worker@/run/redis.sock", {.is_unix = true, .host = "/run/redis.sock", .user = "worker", .port = 6379}},
        {"unix:///run/redis.sock?db=2", {.is_unix = true, .host = "/run/redis.sock", .port = 6379, .db = 2}},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct redis_url url;
        const char *problem = redis_url_parse(rows[i].text, &url);
        if (problem != NULL)
            printf("row: %s: %s\n", rows[i].text, problem);
        CU_ASSERT_PTR_NULL(problem);
        CU_ASSERT_STRING_EQUAL(url.host, rows[i].want.host);
        CU_ASSERT_STRING_EQUAL(url.user, rows[i].want.user);
        CU_ASSERT_EQUAL(url.port, rows[i].want.port);
        CU_ASSERT_EQUAL(url.db, rows[i].want.db);
        CU_ASSERT_EQUAL(url.is_unix, rows[i].want.is_unix);
        CU_ASSERT_EQUAL(url.is_tls, rows[i].want.is_tls);
    }
}

static void sentinels_are_read(void)
{
    struct redis_url url;

    CU_ASSERT_PTR_NULL(redis_url_parse("redis+sentinel://a,b:1,[::1]:2/main", &url));
    CU_ASSERT_EQUAL(url.sentinel_count, 3);
    CU_ASSERT_STRING_EQUAL(url.sentinels[0].host, "a");
    CU_ASSERT_EQUAL(url.sentinels[0].port, 26379);
    CU_ASSERT_STRING_EQUAL(url.sentinels[1].host, "b");
    CU_ASSERT_EQUAL(url.sentinels[1].port, 1);
    CU_ASSERT_STRING_EQUAL(url.sentinels[2].host, "::1");
    CU_ASSERT_EQUAL(url.sentinels[2].port, 2);
    CU_ASSERT_STRING_EQUAL(url.master, "main");
    CU_ASSERT_STRING_EQUAL(url.host, "");
    CU_ASSERT_STRING_EQUAL(url.user, "");
    CU_ASSERT_EQUAL(url.db, 0);
    CU_ASSERT_FALSE(url.is_tls);
    CU_ASSERT_PTR_NULL(redis_url_parse("rediss+sentinel://worker@s:5/my.master_1/7", &url));
    CU_ASSERT_EQUAL(url.sentinel_count, 1);
    CU_ASSERT_STRING_EQUAL(url.user, "worker");
    CU_ASSERT_STRING_EQUAL(url.master, "my.master_1");
    CU_ASSERT_EQUAL(url.db, 7);
    CU_ASSERT_TRUE(url.is_tls);
}

static void nodes_of_a_cluster_are_read(void)
{
    struct redis_url url;

    CU_ASSERT_PTR_NULL(redis_url_parse("redis+cluster://worker@a,b:7001,[::1]:7002", &url));
    CU_ASSERT_EQUAL(url.seed_count, 3);
    CU_ASSERT_STRING_EQUAL(url.seeds[0].host, "a");
    CU_ASSERT_EQUAL(url.seeds[0].port, 6379);
    CU_ASSERT_EQUAL(url.seeds[1].port, 7001);
    CU_ASSERT_STRING_EQUAL(url.seeds[2].host, "::1");
    CU_ASSERT_STRING_EQUAL(url.user, "worker");
    CU_ASSERT_STRING_EQUAL(url.host, "");
    CU_ASSERT_EQUAL(url.sentinel_count, 0);
    CU_ASSERT_FALSE(url.is_tls);
    CU_ASSERT_PTR_NULL(redis_url_parse("rediss+cluster://a/", &url));
    CU_ASSERT_EQUAL(url.seed_count, 1);
    CU_ASSERT_TRUE(url.is_tls);
}

static void what_is_wrong_is_said(void)
{
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"", "redis://[USER@]HOST"},
        {"localhost:6379", "redis://[USER@]HOST"},
        {"http://localhost", "redis://[USER@]HOST"},
        {"redis://", "host is missing"},
        {"redis://a,b", "one host; of several sentinels"},
        {"redis+sentinel://a", "the master's name behind the sentinels"},
        {"redis+sentinel://a/", "the master's name behind the sentinels"},
        {"redis+sentinel://a,/m", "host is missing"},
        {"redis+sentinel://,a/m", "host is missing"},
        {"redis+sentinel://a:0,b/m", "port of 1..65535"},
        {"redis+sentinel://a,::1/m", "IPv6 address in brackets"},
        {"redis+sentinel://a/m m", "master's name of at most"},
        {"redis+sentinel://a/m/x", "a number as database"},
        {"redis+sentinel://a/m?x", "without a query"},
        {"redis+sentinel://u:p@a/m", "without a password"},
        {"redis+sentinel://1,2,3,4,5,6,7,8,9/m", "at most eight"},
        {"redis-sentinel://a/m", "redis+sentinel://[USER@]HOST"},
        {"redis+cluster://", "host is missing"},
        {"redis+cluster://a,", "host is missing"},
        {"redis+cluster://a:x", "port of 1..65535"},
        {"redis+cluster://a/1", "without a database"},
        {"redis+cluster://a?x", "without a database"},
        {"redis+cluster://u:p@a", "without a password"},
        {"redis+cluster://1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "at most sixteen"},
        {"redis-cluster://a", "redis+cluster://[USER@]HOST"},
        {"redis://:7000", "host is missing"},
        {"redis://[]:7000", "IPv6 address in brackets"},
        {"redis://user:password@localhost", "without a password"},
        {"unix://user:password@/run/x", "without a password"},
        {"redis://localhost:", "port of 1..65535"},
        {"redis://localhost:0", "port of 1..65535"},
        {"redis://localhost:65536", "port of 1..65535"},
        {"redis://localhost:70000/0", "port of 1..65535"},
        {"redis://localhost:99999999999999999999", "port of 1..65535"},
        {"redis://localhost:7000x", "port of 1..65535"},
        {"redis://localhost: 7000", "port of 1..65535"},
        {"redis://localhost:+7000", "port of 1..65535"},
        {"redis://localhost/db0", "a number as database"},
        {"redis://localhost/65536", "a number as database"},
        {"redis://localhost/0/", "a number as database"},
        {"redis://localhost/-1", "a number as database"},
        {"redis://localhost/0?ssl=true", "TLS is rediss://"},
        {"redis://localhost?protocol=3", "TLS is rediss://"},
        {"redis://a b:1", "letters, digits"},
        {"redis://a,b:1", "one host; of several sentinels"},
        {"redis://::1:6379", "in brackets"},
        {"redis://2001:db8::7", "in brackets"},
        {"redis://[::1:6379", "both its brackets"},
        {"redis://[localhost]:6379", "IPv6 address in brackets"},
        {"redis://[::1]6379", "a number as database"},
        {"unix://relative", "unix://[USER@]/PATH"},
        {"unix:///", "unix://[USER@]/PATH"},
        {"unix:///run/redis.sock?db=x", "a number as database"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct redis_url url;
        const char *problem = redis_url_parse(rows[i].text, &url);
        if (problem == NULL || strstr(problem, rows[i].problem) == NULL)
            printf("row: %s: %s\n", rows[i].text, problem == NULL ? "taken" : problem);
        CU_ASSERT_PTR_NOT_NULL_FATAL(problem);
        CU_ASSERT_PTR_NOT_NULL(strstr(problem, rows[i].problem));
    }
}

/* What is in hand may hold a secret, so no problem has bytes of it. */
static void long_parts_are_refused(void)
{
    struct redis_url url;
    char text[600];

    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    memcpy(text, "redis://", 8);
    CU_ASSERT_PTR_NOT_NULL(redis_url_parse(text, &url));
    text[8 + 255] = ':';
    text[8 + 256] = '1';
    text[8 + 257] = '\0';
    CU_ASSERT_PTR_NULL(redis_url_parse(text, &url));
    text[8 + 128] = '@';
    CU_ASSERT_PTR_NOT_NULL(redis_url_parse(text, &url));
    text[8 + 128] = 'a';
    text[8 + 127] = '@';
    CU_ASSERT_PTR_NULL(redis_url_parse(text, &url));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"urls_are_read", urls_are_read},
        {"sentinels_are_read", sentinels_are_read},
        {"nodes_of_a_cluster_are_read", nodes_of_a_cluster_are_read},
        {"what_is_wrong_is_said", what_is_wrong_is_said},
        {"long_parts_are_refused", long_parts_are_refused},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
