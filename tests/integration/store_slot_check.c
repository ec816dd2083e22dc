/* Slots as the server computes them: CLUSTER KEYSLOT of a real Redis, for keys of ours and for odd ones. */
#include "store_slot.h"

#include <hiredis/hiredis.h>

#include "redis_server.h"
#include "suite.h"

#define KEYS 20000u

static struct test_redis redis;
static redisContext *context;

/* A key of up to 63 bytes, of which many are braces, and some are none that can be printed. */
static struct span draw(uint64_t *state, char bytes[64])
{
    static const char often[] = "{}{}:ab";
    size_t size;

    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    size = (size_t)(*state >> 58);
    for (size_t i = 0; i < size; i++) {
        *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint64_t drawn = *state >> 40;
        bytes[i] = drawn % 2 == 0 ? often[drawn / 2 % (sizeof(often) - 1)] : (char)(drawn / 2 % 256);
    }
    return (struct span){bytes, size};
}

static void expect_same(struct span key)
{
    redisReply *reply = redisCommand(context, "CLUSTER KEYSLOT %b", key.bytes, key.size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(reply);
    CU_ASSERT_EQUAL_FATAL(reply->type, REDIS_REPLY_INTEGER);
    CU_ASSERT_EQUAL_FATAL(reply->integer, store_slot(key));
    freeReplyObject(reply);
}

static void the_server_says_the_same(void)
{
    static const char *const parts[] = {"meta", "journal", "windows", "hour:1700000000000", "ids:3600000:0"};
    uint64_t state = 7;
    char bytes[64];

    for (unsigned partition = 0; partition < 100; partition++) {
        uint16_t slot = 0;
        for (size_t i = 0; i < LENGTH_OF(parts); i++) {
            struct span key = {bytes,
                               (size_t)snprintf(bytes, sizeof(bytes), "ns:{generations:%u}:%s", partition, parts[i])};
            expect_same(key);
            CU_ASSERT(i == 0 || store_slot(key) == slot); /* all of a partition together */
            slot = store_slot(key);
        }
    }
    for (unsigned i = 0; i < KEYS; i++)
        expect_same(draw(&state, bytes));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"the server says the same", the_server_says_the_same},
        CU_TEST_INFO_NULL,
    };

    if (!test_redis_start_as(&redis, true))
        return EXIT_FAILURE;
    context = redisConnectUnix(redis.socket);
    int status = context == NULL || context->err != 0 ? EXIT_FAILURE : suite_run(argc, argv, tests);
    redisFree(context);
    test_redis_stop(&redis);
    return status;
}
