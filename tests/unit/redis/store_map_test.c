/* Who has the slots, and where a redirect leads, as Redis writes it and as it does not. */
#include "store_map.h"

#include <stdlib.h>

#include "suite.h"

#define NODE(host, port) "*3\r\n" host ":" port "\r\n$2\r\nid\r\n"
#define RANGE(first, last, node) "*3\r\n:" first "\r\n:" last "\r\n" node
#define TEN "$8\r\n10.0.0.1\r\n"
#define TWO "$8\r\n10.0.0.2\r\n"

static const struct redis_place asked = {"10.0.0.9", 7000};

static enum verdict read_text(struct store_map *map, const char *text)
{
    struct reason why = {0};
    void *reply = NULL;
    redisReader *reader = redisReaderCreate();

    CU_ASSERT_EQUAL_FATAL(redisReaderFeed(reader, text, strlen(text)), REDIS_OK);
    CU_ASSERT_EQUAL_FATAL(redisReaderGetReply(reader, &reply), REDIS_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reply);
    enum verdict verdict = store_map_read(map, reply, &asked, &why);
    CU_ASSERT(verdict == GO_ON || why.id == (verdict == HALT ? STORE_CLUSTER : STORE_BUSY));
    freeReplyObject(reply);
    redisReaderFree(reader);
    return verdict;
}

static void slots_have_owners(void)
{
    static struct store_map map, other;

    CU_ASSERT_EQUAL(read_text(&map, "*3\r\n" RANGE("0", "99", NODE(TEN, "7001")) RANGE("100", "100", NODE(TWO, "7001"))
                                        RANGE("200", "16383", NODE(TEN, "7001"))),
                    GO_ON);
    CU_ASSERT_EQUAL(map.count, 2);
    CU_ASSERT_STRING_EQUAL(map.primaries[1].host, "10.0.0.2");
    CU_ASSERT_EQUAL(map.primaries[1].port, 7001);
    CU_ASSERT(map.owners[0] == 0 && map.owners[99] == 0 && map.owners[100] == 1 && map.owners[16383] == 0);
    CU_ASSERT_EQUAL(map.owners[101], STORE_NOBODY);

    CU_ASSERT_EQUAL(read_text(&other, "*3\r\n" RANGE("100", "100", NODE(TWO, "7001"))
                                          RANGE("0", "99", NODE(TEN, "7001")) RANGE("200", "16383", NODE(TEN, "7001"))),
                    GO_ON);
    CU_ASSERT_FALSE(store_map_differs(&map, &other)); /* in another order */
    CU_ASSERT_EQUAL(read_text(&other, "*1\r\n" RANGE("0", "16383", NODE(TEN, "7001"))), GO_ON);
    CU_ASSERT_TRUE(store_map_differs(&map, &other));
    CU_ASSERT_TRUE(store_map_differs(&other, &map));
    CU_ASSERT_EQUAL(read_text(&map, "*1\r\n" RANGE("0", "16383", NODE(TEN, "7002"))), GO_ON);
    CU_ASSERT_TRUE(store_map_differs(&map, &other));
}

static void a_host_that_is_left_out_is_who_was_asked(void)
{
    static struct store_map map;

    CU_ASSERT_EQUAL(read_text(&map, "*1\r\n" RANGE("0", "16383", NODE("$-1\r\n", "7001"))), GO_ON);
    CU_ASSERT_STRING_EQUAL(map.primaries[0].host, asked.host);
    CU_ASSERT_EQUAL(map.primaries[0].port, 7001);
    CU_ASSERT_EQUAL(read_text(&map, "*1\r\n" RANGE("0", "16383", NODE("$0\r\n\r\n", "7001"))), GO_ON);
    CU_ASSERT_STRING_EQUAL(map.primaries[0].host, asked.host);
}

static void what_does_not_read_is_refused(void)
{
    static const char *const rows[] = {
        "+OK\r\n",
        "*1\r\n:7\r\n",
        "*1\r\n" RANGE("-1", "7", NODE(TEN, "7001")),
        "*1\r\n" RANGE("8", "7", NODE(TEN, "7001")),
        "*1\r\n" RANGE("0", "16384", NODE(TEN, "7001")),
        "*1\r\n" RANGE("0", "7", NODE(TEN, "0")),
        "*1\r\n" RANGE("0", "7", NODE(TEN, "65536")),
        "*1\r\n" RANGE("0", "7", NODE(":1\r\n", "7001")),
        "*1\r\n" RANGE("0", "7", "$2\r\nid\r\n"),
        "*1\r\n" RANGE("0", "7", "*1\r\n" TEN),
        "*1\r\n*2\r\n:0\r\n:7\r\n",
    };
    static struct store_map map;

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        CU_ASSERT_EQUAL(read_text(&map, rows[i]), HALT);
    CU_ASSERT_EQUAL(read_text(&map, "*0\r\n"), TRY_LATER);
}

static void more_primaries_than_we_connect_to_are_refused(void)
{
    static struct store_map map;
    static char text[64 * 1024];
    size_t size = (size_t)snprintf(text, sizeof(text), "*%d\r\n", STORE_PRIMARIES_MAX + 1);

    for (int i = 0; i <= STORE_PRIMARIES_MAX; i++)
        size += (size_t)snprintf(text + size, sizeof(text) - size, "*3\r\n:%d\r\n:%d\r\n*2\r\n" TEN ":%d\r\n", i, i,
                                 7000 + i);
    CU_ASSERT_EQUAL(read_text(&map, text), HALT);
    text[1] = '6';
    text[2] = '4';
    CU_ASSERT_EQUAL(read_text(&map, text), GO_ON);
    CU_ASSERT_EQUAL(map.count, STORE_PRIMARIES_MAX);
}

static void redirects_are_read(void)
{
    static const struct {
        const char *text, *word, *host; /* NULL: it is none */
        uint16_t slot;
        int port;
    } rows[] = {
        {"MOVED 3999 10.0.0.1:6381", "MOVED", "10.0.0.1", 3999, 6381},
        {"ASK 0 redis-0.redis:1", "ASK", "redis-0.redis", 0, 1},
        {"MOVED 16383 ::1:6381", "MOVED", "::1", 16383, 6381},
        {"MOVED 5 :6381", "MOVED", "10.0.0.9", 5, 6381},
        {"MOVED 3999 10.0.0.1:6381", "ASK", NULL, 0, 0},
        {"ASKING", "ASK", NULL, 0, 0},
        {"MOVED", "MOVED", NULL, 0, 0},
        {"MOVED ", "MOVED", NULL, 0, 0},
        {"MOVED x a:1", "MOVED", NULL, 0, 0},
        {"MOVED -1 a:1", "MOVED", NULL, 0, 0},
        {"MOVED 16384 a:1", "MOVED", NULL, 0, 0},
        {"MOVED 1 a", "MOVED", NULL, 0, 0},
        {"MOVED 1 a:", "MOVED", NULL, 0, 0},
        {"MOVED 1 a:0", "MOVED", NULL, 0, 0},
        {"MOVED 1 a:65536", "MOVED", NULL, 0, 0},
        {"MOVED 1 a:1x", "MOVED", NULL, 0, 0},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct redis_place place = {.port = 0};
        uint16_t slot = 0;
        bool is_read = store_redirect_read(rows[i].text, rows[i].word, &asked, &slot, &place);
        CU_ASSERT_EQUAL(is_read, rows[i].host != NULL);
        if (!is_read || rows[i].host == NULL)
            continue;
        CU_ASSERT_STRING_EQUAL(place.host, rows[i].host);
        CU_ASSERT_EQUAL(place.port, rows[i].port);
        CU_ASSERT_EQUAL(slot, rows[i].slot);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"slots have owners", slots_have_owners},
        {"a host that is left out is who was asked", a_host_that_is_left_out_is_who_was_asked},
        {"what does not read is refused", what_does_not_read_is_refused},
        {"more primaries than we connect to are refused", more_primaries_than_we_connect_to_are_refused},
        {"redirects are read", redirects_are_read},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
