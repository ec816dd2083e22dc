/*
 * A replay's keys are deleted before its topics, and partitions from the last to the first: a removal that is
 * interrupted finds what is left, counting from partition 0, when it is run again.
 */
#include "replay_namespace.h"

#include <time.h>

#include "gentally/ingest/settings_told.h"
#include "gentally/kafka/source.h"
#include "gentally/kafka/topics.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_retention.h"
#include "gentally/redis/store_settings.h"
#include "gentally/redis/store_windows.h"

#define READY_TRIES 120 /* of 250 ms */

enum verdict replay_settings(struct settings *settings, struct store *live, const struct config *live_config,
                             struct reason *why)
{
    struct settings told;
    enum verdict verdict = store_settings_read(live, settings, why);

    if (verdict == GO_ON && settings->version[0] == '\0')
        return reason_set(why, HALT, SETTINGS_MISSING, 0,
                          "namespace %.100s keeps no settings in Redis: run `gentally setup`", live_config->namespace_);
    if (verdict == GO_ON)
        verdict = settings_told(&told, live_config, why);
    if (verdict != GO_ON)
        return verdict;
    memcpy(told.group, settings->group, sizeof(told.group)); /* A replay's group is its own. */
    return settings_check(settings, &told, live_config->namespace_, why);
}

enum verdict replay_open_when_ready(struct replay **replay, const struct config *config,
                                    const struct settings *settings, struct logger *logger, struct reason *why)
{
    static const struct timespec pause = {0, 250000000};
    enum verdict verdict = replay_open(replay, config, settings, logger, why);

    for (int i = 0; i < READY_TRIES && (verdict == TRY_LATER || (verdict == HALT && why->id == SINK_TOPIC_MISSING));
         i++) {
        nanosleep(&pause, NULL);
        verdict = replay_open(replay, config, settings, logger, why);
    }
    return verdict;
}

enum verdict replay_remove(const struct config *config, struct window_list *list, struct logger *logger,
                           struct reason *why)
{
    struct store *store = NULL;
    struct partition_state state;
    struct settings settings;
    enum verdict verdict = store_open(&store, config, logger, why);

    if (verdict == GO_ON)
        verdict = store_settings_read(store, &settings, why);
    if (verdict == GO_ON && settings.version[0] != '\0')
        verdict = reason_set(why, HALT, SETTINGS_REFUSED, 0,
                             "namespace %.100s keeps settings, so that it is no replay's: gentally remove",
                             config->namespace_);
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
