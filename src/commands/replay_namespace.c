/* See replayed.h. */
#include "replay_namespace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "gentally/kafka/source.h"
#include "gentally/kafka/topics.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_retention.h"
#include "gentally/redis/store_windows.h"

#define READY_TRIES 120 /* of 250 ms */

enum verdict window_list_read(struct window_list *list, struct store *store, int32_t partition, bool is_more,
                              struct reason *why)
{
    uint32_t first = is_more ? list->count : 0, count = 0;

    for (;;) {
        enum verdict verdict = store_windows(store, partition, list->windows + first, list->room - first, &count, why);
        if (verdict != GO_ON)
            return verdict;
        if (first + count <= list->room)
            break;
        uint32_t room = first + count + 256;
        struct stored_window *windows = realloc(list->windows, room * sizeof(*windows));
        if (windows == NULL)
            return reason_set(why, HALT, NO_MEMORY, errno, "no memory for %" PRIu32 " windows", room);
        list->windows = windows;
        list->room = room;
    }
    list->count = first + count;
    return GO_ON;
}

static int in_order(const void *left_window, const void *right_window)
{
    const struct stored_window *left = left_window, *right = right_window;

    return window_compare(left->window, right->window);
}

void window_list_unite(struct window_list *list)
{
    uint32_t kept = 0;

    if (list->count == 0)
        return;
    qsort(list->windows, list->count, sizeof(*list->windows), in_order);
    for (uint32_t i = 1; i < list->count; i++)
        if (window_compare(list->windows[kept].window, list->windows[i].window) != 0)
            list->windows[++kept] = list->windows[i];
    list->count = kept + 1;
}

enum verdict replay_open_when_ready(struct replay **replay, const struct config *config, struct logger *logger,
                                    struct reason *why)
{
    static const struct timespec pause = {0, 250000000};
    enum verdict verdict = replay_open(replay, config, logger, why);

    for (int i = 0; i < READY_TRIES && (verdict == TRY_LATER || (verdict == HALT && why->id == SINK_TOPIC_MISSING));
         i++) {
        nanosleep(&pause, NULL);
        verdict = replay_open(replay, config, logger, why);
    }
    return verdict;
}

enum verdict replay_remove(const struct config *config, struct window_list *list, struct logger *logger,
                           struct reason *why)
{
    struct store *store = NULL;
    struct partition_state state;
    enum verdict verdict = store_open(&store, config, logger, why);

    /* From the last partition, so that what an interrupted removal leaves is found again from the first one. */
    int32_t count = 0;
    while (verdict == GO_ON && count < PARTITIONS_MAX) {
        verdict = store_state(store, count, &state, why);
        count += verdict == GO_ON;
    }
    if (verdict == HALT && why->id == STORE_STATE_MISSING)
        verdict = GO_ON;
    for (int32_t i = count - 1; i >= 0 && verdict == GO_ON; i--) {
        verdict = window_list_read(list, store, i, false, why);
        if (verdict == GO_ON)
            verdict = store_remove(store, i, list->windows, list->count, why);
    }
    if (verdict == GO_ON)
        verdict = store_retention_remove(store, why);
    store_close(store);
    return verdict == GO_ON ? topics_remove(config, logger, why) : verdict;
}
