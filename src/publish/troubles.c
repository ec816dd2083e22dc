/* A short list, in no order: a window in trouble is rare. */
#include "troubles.h"

#include <stdlib.h>

#include "gentally/base/grow.h"

void troubles_free(struct troubles *troubles)
{
    free(troubles->items);
    *troubles = (struct troubles){0};
}

bool trouble_is_its_own(enum verdict verdict, const struct reason *why)
{
    static const enum reason_id own[] = {STORE_TORN, STORE_DAMAGED, STORE_ERROR,   CELL_UNREADABLE,
                                         NO_MEMORY,  ENCODE_FAILED, SINK_TOO_LARGE};

    if (verdict == TRY_LATER)
        return why->id == STORE_UNREACHABLE || why->id == STORE_WINDOW_GREW;
    for (size_t i = 0; i < LENGTH_OF(own); i++)
        if (verdict == HALT && why->id == own[i])
            return true;
    return false;
}

static struct trouble *find(const struct troubles *troubles, struct window window)
{
    for (uint32_t i = 0; i < troubles->count; i++)
        if (window_compare(troubles->items[i].window, window) == 0)
            return &troubles->items[i];
    return NULL;
}

static int64_t pause_of(uint32_t attempts)
{
    int64_t pause_ms = TROUBLE_FIRST_MS;

    for (uint32_t i = 1; i < attempts && pause_ms < TROUBLE_LAST_MS; i++)
        pause_ms *= 2;
    return pause_ms < TROUBLE_LAST_MS ? pause_ms : TROUBLE_LAST_MS;
}

const struct trouble *troubles_note(struct troubles *troubles, struct window window, const struct reason *why)
{
    struct trouble *trouble = find(troubles, window);

    if (trouble == NULL && troubles->count == troubles->room) {
        struct trouble *items = grow(troubles->items, &troubles->room, troubles->count + (size_t)1, sizeof(*items));
        if (items == NULL)
            return NULL;
        troubles->items = items;
    }
    if (trouble == NULL) {
        trouble = &troubles->items[troubles->count++];
        *trouble = (struct trouble){.window = window};
    }
    trouble->why = *why;
    trouble->attempts++;
    trouble->pause_ms = pause_of(trouble->attempts);
    return trouble;
}

void troubles_clear(struct troubles *troubles, struct window window)
{
    struct trouble *trouble = find(troubles, window);

    if (trouble != NULL)
        *trouble = troubles->items[--troubles->count];
}

static int compare_stored(const void *window, const void *stored)
{
    return window_compare(*(const struct window *)window, ((const struct stored_window *)stored)->window);
}

void troubles_begin(struct troubles *troubles, const struct stored_window stored[], uint32_t count, int64_t now_ms)
{
    for (uint32_t i = troubles->count; i-- > 0;) {
        struct trouble *trouble = &troubles->items[i];
        if (trouble->pause_ms > 0)
            trouble->due_ms = now_ms + trouble->pause_ms;
        trouble->pause_ms = 0;
        if (count == 0 || bsearch(&trouble->window, stored, count, sizeof(*stored), compare_stored) == NULL)
            *trouble = troubles->items[--troubles->count];
    }
}

void troubles_begin_end(struct troubles *troubles)
{
    for (uint32_t i = 0; i < troubles->count; i++)
        troubles->items[i].attempts = 0;
}

bool trouble_is_final(const struct trouble *trouble)
{
    bool is_away = trouble->why.id == STORE_UNREACHABLE;

    return trouble->attempts >= (is_away ? TROUBLE_FINAL_ABSENCES : TROUBLE_FINAL_ATTEMPTS);
}

static bool is_tried(const struct trouble *trouble, int64_t now_ms, bool is_final)
{
    return is_final ? !trouble_is_final(trouble) : trouble->pause_ms == 0 && now_ms >= trouble->due_ms;
}

bool troubles_puts_off(const struct troubles *troubles, struct window window, int64_t now_ms, bool is_final)
{
    const struct trouble *trouble = find(troubles, window);

    return trouble != NULL && !is_tried(trouble, now_ms, is_final);
}

const struct trouble *troubles_first(const struct troubles *troubles)
{
    for (uint32_t i = 0; i < troubles->count; i++)
        if (is_tried(&troubles->items[i], 0, true))
            return &troubles->items[i];
    return troubles->count > 0 ? &troubles->items[0] : NULL;
}
