/*
 * A change of settings takes three steps, so that no worker counts a record by the old ones behind it: the record says
 * that a change is under way; all partitions are claimed; then what is new begins behind the latest event that any
 * partition has counted, and the record says what holds now.
 */
#include "setup_settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/ingest/settings_told.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_settings.h"
#include "window_list.h"

/* ---- comparing ---- */

static bool is_missing(enum verdict verdict, const struct reason *why)
{
    return verdict == HALT && why->id == STORE_STATE_MISSING;
}

static enum verdict find_counted(struct store *store, int32_t count, bool *has_counted, struct reason *why)
{
    *has_counted = false;
    for (int32_t i = 0; i < count && !*has_counted; i++) {
        struct partition_state state;
        enum verdict verdict = store_state(store, i, &state, why);
        if (is_missing(verdict, why))
            continue;
        if (verdict != GO_ON)
            return verdict;
        *has_counted = state.next != state.first;
    }
    return GO_ON;
}

/* What becomes of the differences. */
struct answer {
    bool is_refused, is_changed;
    char refused[REASON_TEXT_SIZE]; /* the first that is */
};

static void take_difference(void *context, enum settings_step step, const char *text)
{
    struct answer *answer = context;

    if (step == SETTINGS_NEVER && !answer->is_refused)
        snprintf(answer->refused, sizeof(answer->refused), "%s", text);
    answer->is_refused = answer->is_refused || step == SETTINGS_NEVER;
    answer->is_changed = answer->is_changed || step == SETTINGS_BY_SETUP;
}

static void print_difference(void *context, enum settings_step step, const char *text)
{
    (void)context;
    (void)step; /* None is refused. */
    printf("settings: %s\n", text);
}

enum verdict setup_settings_compare(struct setup_settings *settings, const struct config *config, struct store *store,
                                    bool may_begin_again, struct reason *why)
{
    struct settings *kept = &settings->kept, *told = &settings->told;
    struct answer answer = {.refused = ""};
    bool has_counted = false;
    enum verdict verdict = store_settings_read(store, kept, why);

    if (verdict == GO_ON)
        verdict = settings_told(told, config, why);
    if (verdict == GO_ON)
        verdict = find_counted(store, kept->partitions > told->partitions ? kept->partitions : told->partitions,
                               &has_counted, why);
    if (verdict != GO_ON)
        return verdict;
    if (kept->version[0] == '\0' && has_counted && !may_begin_again)
        return reason_set(why, HALT, SETTINGS_MISSING, 0,
                          "namespace %.100s has counted, and Redis lost what by: restore Redis, count into a new "
                          "namespace, or, if these are the settings of before: setup --begin-again",
                          config->namespace_);
    if (kept->version[0] == '\0')
        return GO_ON;
    if (strcmp(kept->pending, "remove") == 0 || settings_is_erasing(kept))
        return settings_check(kept, told, config->namespace_, why);
    settings_compare(kept, told, !has_counted, take_difference, &answer);
    if (!answer.is_refused && told->partitions == 0 && has_counted)
        return reason_set(why, HALT, SETTINGS_REFUSED, 0,
                          "topic %.100s, which namespace %.100s was counted from, is gone: another one begins in a new "
                          "namespace (runbooks/rebuild.md)",
                          config->topic, config->namespace_);
    if (answer.is_refused)
        return reason_set(why, HALT, SETTINGS_REFUSED, 0,
                          "%s; set it back, or count into a new namespace (runbooks/rebuild.md)", answer.refused);
    settings_compare(kept, told, !has_counted, print_difference, NULL);
    struct settings grown = *kept;
    grown.partitions = told->partitions;
    answer.is_changed = false;
    settings_compare(&grown, told, !has_counted, take_difference, &answer);
    settings->is_changed = answer.is_changed;
    return GO_ON;
}

/* ---- carrying out ---- */

/* Fences whoever counts by the old settings, and finds the latest event that was counted. A partition that is not
 * written any more cannot be claimed, and need not be. */
static enum verdict claim_all(const struct settings *kept, struct store *store, int32_t count, int64_t *highest_ms,
                              struct reason *why)
{
    *highest_ms = NO_TIME;
    for (int32_t i = 0; i < count; i++) {
        struct partition_state state;
        enum verdict verdict = store_claim(store, i, &state, why);
        if (verdict == HALT && why->id == STORE_TAINTED)
            verdict = store_state(store, i, &state, why);
        if (is_missing(verdict, why))
            continue;
        if (verdict != GO_ON)
            return verdict;
        if (state.watermark_ms != NO_TIME && state.watermark_ms + kept->out_of_orderness_max_ms > *highest_ms)
            *highest_ms = state.watermark_ms + kept->out_of_orderness_max_ms;
    }
    return GO_ON;
}

/* Ends the windows of a kind that start before its first whole one, those of an earlier time among them. */
static enum verdict seal(struct store *store, int32_t partition, enum window_kind kind, int64_t floor_ms,
                         struct window_list *list, struct reason *why)
{
    struct partition_state state;
    enum verdict verdict = store_state(store, partition, &state, why);
    uint32_t count = 0;

    if (verdict == GO_ON)
        verdict = window_list_read(list, store, partition, false, why);
    for (uint32_t i = 0; i < list->count && verdict == GO_ON; i++)
        if (list->windows[i].window.kind == kind && list->windows[i].window.start_ms < floor_ms)
            list->windows[count++] = list->windows[i];
    if (verdict == GO_ON)
        verdict = store_seal(store, &state, kind, floor_ms, list->windows, count, why);
    bool is_stopped = is_missing(verdict, why) || (verdict == HALT && why->id == STORE_TAINTED);
    return is_stopped ? GO_ON : verdict;
}

static enum verdict seal_all(struct store *store, int32_t count, enum window_kind kind, int64_t floor_ms,
                             struct reason *why)
{
    struct window_list list = {.count = 0};
    enum verdict verdict = GO_ON;
    char start[40];

    for (int32_t i = 0; i < count && verdict == GO_ON; i++)
        verdict = seal(store, i, kind, floor_ms, &list, why);
    free(list.windows);
    if (verdict == GO_ON) {
        time_format(floor_ms, start, sizeof(start));
        printf("settings: windows of kind %s are counted from %s on\n", window_kind_name(kind), start);
    }
    return verdict;
}

static enum verdict change(struct setup_settings *settings, struct store *store, int32_t count, struct reason *why)
{
    struct settings *kept = &settings->kept, next;
    int64_t highest_ms = NO_TIME;

    snprintf(kept->pending, sizeof(kept->pending), "setup");
    enum verdict verdict = store_settings_write(store, kept, why);
    if (verdict == GO_ON)
        verdict = claim_all(kept, store, count, &highest_ms, why);
    next = *kept;
    settings_take(&next, &settings->told, highest_ms);
    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS && verdict == GO_ON; kind++)
        if (next.windows[kind].is_on && !kept->windows[kind].is_on && next.windows[kind].since_ms != NO_TIME)
            verdict = seal_all(store, count, kind, next.windows[kind].since_ms, why);
    next.pending[0] = '\0';
    if (verdict == GO_ON)
        verdict = store_settings_write(store, &next, why);
    if (verdict == GO_ON)
        *kept = next;
    return verdict;
}

/* A topic that grew changes nothing for whoever counts its other partitions, nor do other ids of our schemas. */
static enum verdict grow(struct settings *kept, const struct settings *told, struct store *store, int32_t partitions,
                         struct reason *why)
{
    struct settings next = *kept;

    if (partitions > kept->partitions)
        next.partitions = partitions;
    bool has_ids = settings_take_schema_ids(&next, told);
    if (next.partitions == kept->partitions && !has_ids)
        return GO_ON;
    enum verdict verdict = store_settings_write(store, &next, why);
    if (verdict == GO_ON)
        *kept = next;
    return verdict;
}

enum verdict setup_settings_carry_out(struct setup_settings *settings, struct store *store, int32_t partitions,
                                      struct reason *why)
{
    struct settings *kept = &settings->kept;
    enum verdict verdict;

    settings->told.partitions = partitions;
    if (kept->version[0] == '\0') {
        *kept = settings->told;
        verdict = store_settings_write(store, kept, why);
    } else if (settings->is_changed || kept->pending[0] != '\0') {
        verdict = change(settings, store, partitions, why);
    } else {
        verdict = grow(kept, &settings->told, store, partitions, why);
    }
    settings->is_changed = settings->is_changed && verdict != GO_ON;
    return verdict;
}
