/* What a claim reads in two steps is of one history. The linker leads the calls of Redis to the stand-in here
 * (CMakeLists.txt: --wrap). */
#include <stdlib.h>

#include "gentally/redis/store.h"
#include "store_call.h"
#include "suite.h"

static const char *token_read; /* that meta has when the buckets are read; NULL: the claim's */
static char token_claimed[64];

enum verdict __wrap_store_link_call(struct store_link *link, int count, const char **arguments, const size_t *sizes,
                                    redisReply **reply, struct reason *why);

/* Answers as Redis would, in its protocol. */
static redisReply *parse(const char *text)
{
    redisReader *reader = redisReaderCreate();
    void *reply = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
    CU_ASSERT_EQUAL_FATAL(redisReaderFeed(reader, text, strlen(text)), REDIS_OK);
    CU_ASSERT_EQUAL_FATAL(redisReaderGetReply(reader, &reply), REDIS_OK);
    redisReaderFree(reader);
    return reply;
}

/* Appends a text as Redis sends it. */
static void put(char *text, size_t room, const char *value)
{
    size_t size = strlen(text);

    CU_ASSERT_FATAL(size + strlen(value) + 16 < room);
    snprintf(text + size, room - size, "$%zu\r\n%s\r\n", strlen(value), value);
}

/* First the claim, whose last argument is the token; then meta. */
enum verdict __wrap_store_link_call(struct store_link *link, int count, const char **arguments, const size_t *sizes,
                                    redisReply **reply, struct reason *why)
{
    char text[1024];

    (void)link;
    (void)why;
    if (strncmp(arguments[0], "FCALL", sizes[0]) == 0) {
        snprintf(token_claimed, sizeof(token_claimed), "%.*s", (int)sizes[count - 1], arguments[count - 1]);
        const char *const state[] = {"aa", token_claimed, "0", "15", "", "0", ""};
        snprintf(text, sizeof(text), "*2\r\n$2\r\nOK\r\n*%d\r\n", 16 + (int)OUTCOME_COUNT + (int)WINDOW_KINDS);
        for (size_t i = 0; i < LENGTH_OF(state); i++)
            put(text, sizeof(text), state[i]);
        for (size_t i = 0; i < OUTCOME_COUNT; i++)
            put(text, sizeof(text), "0");
        for (size_t i = 0; i < WINDOW_KINDS + 5; i++) /* floors, taint and stop */
            put(text, sizeof(text), "");
        for (int i = 0; i < 2; i++) { /* the journal and the pairs, empty */
            put(text, sizeof(text), "1");
            put(text, sizeof(text), "0");
        }
    } else {
        const char *const meta[] = {
            "inc", "aa", "tok", token_read == NULL ? token_claimed : token_read, "ids:3600000:7200000", "4"};
        snprintf(text, sizeof(text), "*%zu\r\n", LENGTH_OF(meta));
        for (size_t i = 0; i < LENGTH_OF(meta); i++)
            put(text, sizeof(text), meta[i]);
    }
    *reply = parse(text);
    return GO_ON;
}

static enum verdict claim(const char *token, struct partition_state *state, struct reason *why)
{
    struct store store = {.namespace_ = "gentally", .topic = "generations"};

    token_read = token;
    enum verdict verdict = store_claim(&store, 3, state, why);
    store_command_free(&store.command);
    return verdict;
}

static void the_buckets_are_those_of_the_claim(void)
{
    struct partition_state state;
    struct reason why = {0};

    CU_ASSERT_EQUAL(claim(NULL, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(state.next, 15);
    CU_ASSERT_EQUAL(state.id_bucket_count, 1);
    CU_ASSERT_EQUAL(state.id_buckets[0].start_ms, 7200000);
    CU_ASSERT_EQUAL(state.id_buckets[0].width_ms, 3600000);
}

/* Redis lost its last writes in between: records whose ids it lost would be taken for new. */
static void a_claim_that_was_lost_is_no_claim(void)
{
    struct partition_state state;
    struct reason why = {0};

    CU_ASSERT_EQUAL(claim("bb", &state, &why), TRY_LATER);
    CU_ASSERT_EQUAL(why.id, STORE_ROLLED_BACK);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"the buckets are those of the claim", the_buckets_are_those_of_the_claim},
        {"a claim that was lost is no claim", a_claim_that_was_lost_is_no_claim},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
