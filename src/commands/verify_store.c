/* Settings, then the windows of each partition, added up over all of them. */
#include "verify_store.h"

#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_settings.h"
#include "window_list.h"

static int in_order(const void *left_total, const void *right_total)
{
    const struct stored_total *left = left_total, *right = right_total;

    return window_compare(left->window, right->window);
}

/* Whether the window is one that is counted whole. */
static bool is_whole(const struct settings *settings, struct window window)
{
    const struct window_setting *kind = &settings->windows[window.kind];

    return kind->is_on && window.start_ms >= kind->since_ms;
}

static enum verdict take_partition(struct verify_store *verify, struct store *store, int32_t partition,
                                   struct partition_state *state, struct window_list *list, struct reason *why)
{
    enum verdict verdict = store_state(store, partition, state, why);

    if (verdict == GO_ON)
        verdict = window_list_read(list, store, partition, false, why);
    if (verdict != GO_ON)
        return verdict;
    struct stored_total *windows =
        grow(verify->windows, &verify->room, verify->count + (size_t)list->count + 1, sizeof(*windows));
    if (windows == NULL)
        return no_memory(why, "for the windows of the store");
    verify->windows = windows;
    for (uint32_t i = 0; i < list->count; i++)
        if (is_whole(&verify->settings, list->windows[i].window))
            windows[verify->count++] =
                (struct stored_total){list->windows[i].window, list->windows[i].records, false, false};
    return GO_ON;
}

/* One of each window, with the sum of its records, and what all partitions say of its end. */
static void add_up(struct verify_store *verify, const struct partition_state *least)
{
    uint32_t kept = 0;

    if (verify->count > 0)
        qsort(verify->windows, verify->count, sizeof(*verify->windows), in_order);
    for (uint32_t i = 0; i < verify->count; i++) {
        if (kept > 0 && in_order(&verify->windows[kept - 1], &verify->windows[i]) == 0)
            verify->windows[kept - 1].records += verify->windows[i].records;
        else
            verify->windows[kept++] = verify->windows[i];
    }
    verify->count = kept;
    for (uint32_t i = 0; i < kept; i++) {
        struct stored_total *total = &verify->windows[i];
        total->is_over = total->window.start_ms < least->floor_ms[total->window.kind];
        total->is_closed = window_end(total->window) <= least->watermark_ms;
    }
}

static enum verdict take_windows(struct verify_store *verify, struct store *store, struct reason *why)
{
    struct partition_state least = {.watermark_ms = INT64_MAX}, state;
    struct window_list list = {.count = 0};
    enum verdict verdict = GO_ON;

    for (int kind = 0; kind < WINDOW_KINDS; kind++)
        least.floor_ms[kind] = INT64_MAX;
    for (int32_t i = 0; i < verify->settings.partitions && verdict == GO_ON; i++) {
        verdict = take_partition(verify, store, i, &state, &list, why);
        if (verdict != GO_ON)
            break;
        if (state.watermark_ms < least.watermark_ms)
            least.watermark_ms = state.watermark_ms;
        for (int kind = 0; kind < WINDOW_KINDS; kind++)
            if (state.floor_ms[kind] < least.floor_ms[kind])
                least.floor_ms[kind] = state.floor_ms[kind];
    }
    free(list.windows);
    if (verdict == GO_ON)
        add_up(verify, &least);
    return verdict;
}

enum verdict verify_store_read(struct verify_store *verify, const struct config *config, struct reason *why)
{
    struct store *store = NULL;
    struct logger silent;

    verify->count = 0;
    verify->is_asked = false;
    log_open(&silent, LOG_LEVEL_ERROR, "verify");
    enum verdict verdict = store_open(&store, config, &silent, why);
    if (verdict == GO_ON)
        verdict = store_settings_read(store, &verify->settings, why);
    if (verdict == GO_ON && verify->settings.version[0] != '\0')
        verdict = take_windows(verify, store, why);
    store_close(store);
    if (verdict == HALT && why->id == NO_MEMORY)
        return HALT;
    verify->is_asked = verdict == GO_ON;
    if (!verify->is_asked)
        snprintf(verify->why_not, sizeof(verify->why_not), "%s: %.250s", reason_name(why->id), why->text);
    else if (verify->settings.version[0] == '\0')
        snprintf(verify->why_not, sizeof(verify->why_not), "it keeps no settings of this namespace");
    return GO_ON;
}

void verify_store_close(struct verify_store *verify)
{
    free(verify->windows);
}
