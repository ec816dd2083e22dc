/* Two commands for each partition are sent before the first answer is waited for. Every answer is taken off the
 * connection; what one of them lacks is for the question alone, which knows how to repeat itself. */
#include "gentally/redis/store_survey.h"

#include <assert.h>

#include "store_call.h"

/* Queues both questions, and says how many went out. */
static uint32_t ask(struct store *store, int32_t partition)
{
    struct reason ignored;

    if (store_state_begin(store, partition, &ignored) != GO_ON || store_send(store, &ignored) != GO_ON)
        return 0;
    return store_windows_begin(store, partition, &ignored) == GO_ON && store_send(store, &ignored) == GO_ON ? 2 : 1;
}

static bool take_state(struct store *store, int32_t partition, struct store_survey *survey)
{
    struct reason ignored;
    redisReply *reply = NULL;

    return store_function_receive(store, partition, &reply, &ignored) == GO_ON &&
           store_state_take(partition, reply, survey->state, &ignored) == GO_ON;
}

static bool take_windows(struct store *store, int32_t partition, struct store_survey *survey)
{
    struct reason ignored;
    redisReply *reply = NULL;

    return store_link_receive(store->link, &reply, &ignored) == GO_ON &&
           store_windows_take(partition, reply, survey->windows, survey->room, &survey->count, &ignored) == GO_ON;
}

enum verdict store_survey(struct store *store, int32_t first, uint32_t count, struct store_survey surveys[],
                          struct reason *why)
{
    uint32_t sent = 0;

    assert(count >= 1);
    assert(count <= STORE_SURVEY_MAX);
    enum verdict verdict = store_link_up(store->link, why);
    if (verdict != GO_ON)
        return verdict;
    for (uint32_t i = 0; i < count && sent == 2 * i; i++)
        sent += ask(store, first + (int32_t)i);
    for (uint32_t i = 0; i < count; i++) {
        bool has_state = sent > 2 * i && take_state(store, first + (int32_t)i, &surveys[i]);
        bool has_windows = sent > 2 * i + 1 && take_windows(store, first + (int32_t)i, &surveys[i]);
        surveys[i].is_read = has_state && has_windows;
    }
    return GO_ON;
}
