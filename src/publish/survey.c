/* The states and window lists are read, many partitions to a round trip; then a sort adds up what is one window. */
#include "survey.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_retention.h"
#include "gentally/redis/store_survey.h"

enum verdict survey_open(struct survey *survey, int32_t partitions, bool has_retention, struct reason *why)
{
    *survey = (struct survey){.partition_count = partitions, .watermark_ms = NO_TIME, .going_ms = NO_TIME};
    survey->partitions = calloc((size_t)partitions, sizeof(*survey->partitions));
    if (survey->partitions == NULL)
        return reason_set(why, HALT, NO_MEMORY, errno, "no memory for %d partitions", (int)partitions);
    survey->parts = calloc((size_t)partitions, sizeof(*survey->parts));
    if (has_retention)
        survey->retention = calloc(MONTHS_MAX, sizeof(*survey->retention));
    if (survey->parts == NULL || (has_retention && survey->retention == NULL))
        return no_memory(why, "for the closer");
    return GO_ON;
}

void survey_close(struct survey *survey)
{
    for (int32_t i = 0; i < survey->partition_count && survey->partitions != NULL; i++)
        free(survey->partitions[i].windows);
    free(survey->partitions);
    free(survey->windows);
    free(survey->parts);
    free(survey->retention);
    *survey = (struct survey){0};
}

/* Makes room for twice the windows, so that a few more do not cost another round trip. */
static enum verdict reserve(struct stored_window **windows, size_t *room, uint32_t count, struct reason *why)
{
    if (count <= *room)
        return GO_ON;
    struct stored_window *grown = grow(*windows, room, 2 * (size_t)count, sizeof(*grown));
    if (grown == NULL)
        return reason_set(why, HALT, NO_MEMORY, errno, "no memory for %u windows", count);
    *windows = grown;
    return GO_ON;
}

/* Reads what the round did not: all of a partition that is unknown, or the windows that had no room. */
static enum verdict read_rest(struct survey_partition *partition, int32_t index, struct store *store,
                              struct reason *why)
{
    enum verdict verdict = partition->is_unknown ? store_state(store, index, &partition->state, why) : GO_ON;
    bool is_whole = !partition->is_unknown && partition->count <= partition->room;

    while (verdict == GO_ON && !is_whole) {
        verdict = store_windows(store, index, partition->windows, (uint32_t)partition->room, &partition->count, why);
        is_whole = partition->count <= partition->room;
        if (verdict == GO_ON && !is_whole)
            verdict = reserve(&partition->windows, &partition->room, partition->count, why);
    }
    return verdict;
}

/* What a store says of one partition's keys; all else it says of the whole. */
static bool is_its_own(const struct reason *why)
{
    return why->id == STORE_STATE_MISSING || why->id == STORE_DAMAGED || why->id == STORE_ERROR;
}

/* Reads the partitions from `first` on, as many as a round takes. Those that it could not read are left unknown. */
static enum verdict read_round(struct survey *survey, int32_t first, struct store *store, struct reason *why)
{
    struct store_survey surveys[STORE_SURVEY_MAX];
    int32_t left = survey->partition_count - first;
    uint32_t count = left < STORE_SURVEY_MAX ? (uint32_t)left : STORE_SURVEY_MAX;

    for (uint32_t i = 0; i < count; i++) {
        struct survey_partition *partition = &survey->partitions[first + (int32_t)i];
        surveys[i] = (struct store_survey){
            .state = &partition->state, .windows = partition->windows, .room = (uint32_t)partition->room};
    }
    enum verdict verdict = store_survey(store, first, count, surveys, why);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++) {
        struct survey_partition *partition = &survey->partitions[first + (int32_t)i];
        partition->count = surveys[i].count;
        partition->is_unknown = !surveys[i].is_read;
    }
    return verdict;
}

/* A partition whose keys are gone or cannot be read has stopped, and has nothing to tell it in. */
static enum verdict take_partition(struct survey_partition *partition, int32_t index, struct store *store,
                                   struct reason *why)
{
    struct partition_state *state = &partition->state;
    enum verdict verdict = read_rest(partition, index, store, why);

    partition->is_unknown = false;
    if (verdict != HALT || !is_its_own(why))
        return verdict;
    *state = (struct partition_state){.partition = index, .watermark_ms = NO_TIME};
    for (int kind = 0; kind < WINDOW_KINDS; kind++)
        state->floor_ms[kind] = NO_TIME;
    snprintf(state->stopped, sizeof(state->stopped), "%s", reason_name(why->id));
    snprintf(state->stopped_why, sizeof(state->stopped_why), "%.*s", STORE_TEXT_SIZE - 1, why->text);
    partition->is_unknown = true;
    partition->count = 0;
    return GO_ON;
}

static int compare_windows(const void *left_window, const void *right_window)
{
    const struct stored_window *left = left_window, *right = right_window;

    return window_compare(left->window, right->window);
}

/* Sorts the windows of all partitions and adds up those of one kind and start. */
static void add_up(struct survey *survey)
{
    uint32_t kept = 0;

    if (survey->count > 0)
        qsort(survey->windows, survey->count, sizeof(*survey->windows), compare_windows);
    for (uint32_t i = 0; i < survey->count; i++) {
        if (kept > 0 && window_compare(survey->windows[kept - 1].window, survey->windows[i].window) == 0)
            survey->windows[kept - 1].records += survey->windows[i].records;
        else
            survey->windows[kept++] = survey->windows[i];
    }
    survey->count = kept;
}

static enum verdict take_partitions(struct survey *survey, struct store *store, struct reason *why)
{
    int32_t unknown = 0;
    enum verdict verdict = GO_ON;

    survey->count = 0;
    for (int32_t i = 0; i < survey->partition_count; i++) {
        struct survey_partition *partition = &survey->partitions[i];
        verdict = i % STORE_SURVEY_MAX == 0 ? read_round(survey, i, store, why) : GO_ON;
        if (verdict == GO_ON)
            verdict = take_partition(partition, i, store, why);
        if (verdict == GO_ON)
            verdict = reserve(&survey->windows, &survey->room, survey->count + partition->count, why);
        if (verdict != GO_ON)
            return verdict;
        for (uint32_t j = 0; j < partition->count; j++)
            survey->windows[survey->count++] = partition->windows[j];
        survey->parts[i] = (struct published_part){
            .next = partition->state.next,
            .incarnation = partition->is_unknown ? 0 : published_incarnation(partition->state.incarnation),
        };
        unknown += partition->is_unknown ? 1 : 0;
    }
    return unknown == survey->partition_count ? HALT : GO_ON; /* `why` is still the last one's. */
}

enum verdict survey_take(struct survey *survey, struct store *store, struct reason *why)
{
    enum verdict verdict = take_partitions(survey, store, why);

    if (verdict != GO_ON)
        return verdict;
    add_up(survey);
    survey->watermark_ms = survey_watermark(survey->partitions, survey->partition_count, false);
    survey->going_ms = survey_watermark(survey->partitions, survey->partition_count, true);
    return survey_take_retention(survey, store, why);
}

bool survey_has_retention(const struct survey *survey)
{
    return survey->retention != NULL && !survey->is_retention_over;
}

enum verdict survey_check_parts(const struct survey *survey, const struct ledger_partition parts[], struct reason *why)
{
    for (int32_t i = 0; i < survey->partition_count; i++) {
        struct published_part part = published_part_of(&parts[i]);
        if (part.incarnation != survey->parts[i].incarnation || part.next < survey->parts[i].next)
            return reason_set(why, TRY_LATER, STORE_ROLLED_BACK, 0,
                              "partition %" PRId32 " stands at %" PRId64 ", and a moment ago at %" PRId64
                              ": windows are looked at again",
                              i, part.next, survey->parts[i].next);
        if (parts[i].stopped[0] != '\0' && survey->partitions[i].state.stopped[0] == '\0')
            return reason_set(why, TRY_LATER, STORE_WINDOW_GREW, 0,
                              "partition %" PRId32 " has stopped a moment ago: windows are looked at again", i);
    }
    return GO_ON;
}

bool survey_is_at_rest(const struct survey *survey)
{
    for (int32_t i = 0; i < survey->partition_count; i++)
        if (!survey->partitions[i].state.is_idle && survey->partitions[i].state.stopped[0] == '\0')
            return false;
    return true;
}

const struct survey_partition *survey_find_stopped(const struct survey *survey)
{
    for (int32_t i = 0; i < survey->partition_count; i++)
        if (survey_is_stopped(&survey->partitions[i]))
            return &survey->partitions[i];
    return NULL;
}

enum verdict survey_take_retention(struct survey *survey, struct store *store, struct reason *why)
{
    if (survey->retention == NULL)
        return GO_ON;
    enum verdict verdict = store_retention_revisions(store, survey->retention, &survey->retention_floor, why);
    survey->is_retention_over = verdict == HALT && reason_stops(why->id) == STOPS_RETENTION;
    if (verdict == HALT && why->id == STORE_RETENTION_MISSING)
        return TRY_LATER;
    return survey->is_retention_over ? GO_ON : verdict;
}

static bool is_retention_month(const struct survey *survey, struct window window)
{
    return survey_has_retention(survey) && window.kind == WINDOW_MONTH && window.start_ms >= 0 &&
           month_number(window.start_ms) < MONTHS_MAX;
}

int64_t survey_retention(const struct survey *survey, struct window window)
{
    return is_retention_month(survey, window) ? survey->retention[month_number(window.start_ms)] : 0;
}

bool survey_is_retention_sealed(const struct survey *survey, struct window window)
{
    return is_retention_month(survey, window) && month_number(window.start_ms) < survey->retention_floor;
}

static bool holds_back(const struct survey_partition *partition)
{
    return !partition->state.is_given_up && (!partition->state.is_idle || survey_is_stopped(partition));
}

int64_t survey_watermark(const struct survey_partition partitions[], int32_t count, bool is_going)
{
    int64_t lowest = INT64_MAX, highest = NO_TIME;

    for (int32_t i = 0; i < count; i++) {
        int64_t watermark_ms = partitions[i].state.watermark_ms;
        if (is_going && survey_is_stopped(&partitions[i]))
            continue;
        if (holds_back(&partitions[i]) && watermark_ms < lowest)
            lowest = watermark_ms;
        if (watermark_ms > highest)
            highest = watermark_ms;
    }
    return lowest == INT64_MAX ? highest : lowest;
}

bool survey_is_read_out(const struct survey *survey, const int64_t ends[])
{
    for (int32_t i = 0; i < survey->partition_count; i++) {
        const struct partition_state *state = &survey->partitions[i].state;
        if (state->is_idle && !state->is_given_up && state->next < ends[i])
            return false;
    }
    return true;
}

int64_t survey_floor(const struct survey *survey, enum window_kind kind)
{
    int64_t floor_ms = INT64_MAX;

    for (int32_t i = 0; i < survey->partition_count; i++)
        if (survey->partitions[i].state.floor_ms[kind] < floor_ms)
            floor_ms = survey->partitions[i].state.floor_ms[kind];
    return survey->partition_count > 0 ? floor_ms : NO_TIME;
}
