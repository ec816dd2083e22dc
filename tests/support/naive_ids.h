/*
 * A naive model of ids: every event of a log, for each kind of window which version of it counts there, and whether in
 * rows of its own or, beyond `rows_max`, in those of others. Its ids are named by a number behind two letters.
 */
#ifndef GENTALLY_NAIVE_IDS_H
#define GENTALLY_NAIVE_IDS_H

#include "event_rows.h"
#include "memory_store.h"

#define RECORDS 300
#define IDS 60

static struct config config; /* of the run */

/* ---- The log. ---- */

struct logged {
    struct event event;
    struct record record;
};

static struct logged logged[RECORDS];

/* ---- The model. ---- */

struct known {
    bool is_known, is_retracted;
    bool is_left_out; /* the version that was taken last */
    int64_t bucket_end_ms;
    int where[WINDOW_KINDS]; /* offset of the version that counts; -1 = none */
    int latest;              /* offset of the version that was taken last */
    uint32_t said_count;
    int said[RECORDS]; /* offsets of all versions that were taken, the latest first */
};

/* A row that stands by itself. */
struct admitted {
    struct window window;
    char key[KEY_ROOM];
};

struct naive {
    int64_t watermark_ms;
    struct event_rows rows[RECORDS];
    bool is_other[RECORDS][WINDOW_KINDS][EVENT_ROWS]; /* the version's row was not admitted */
    uint32_t admitted_count;
    struct admitted admitted[CELLS_MAX];
    struct known ids[IDS];
    bool counts[RECORDS][WINDOW_KINDS]; /* versions, by offset */
    int64_t outcomes[OUTCOME_COUNT];
    const char *letters[RECORDS];
    uint32_t touch_count;
    struct fake_window touched[CELLS_MAX];
};

static struct naive model;

static bool is_open(enum window_kind kind, int64_t event_ms)
{
    return config.windows[kind] && (model.watermark_ms == NO_TIME ||
                                    window_end(window_of(kind, event_ms)) + config.kept_ms[kind] > model.watermark_ms);
}

static void touch(struct window window)
{
    uint32_t i = 0;

    while (i < model.touch_count && !is_window(model.touched[i].window, window))
        i++;
    if (i == model.touch_count)
        model.touched[model.touch_count++] = (struct fake_window){.window = window};
    model.touched[i].records++;
}

static void refuse(uint32_t offset, const char *reason)
{
    bool is_late = strcmp(reason, "EVENT-TOO-LATE") == 0, is_conflict = strcmp(reason, "EVENT-ID-CONFLICT") == 0;

    model.outcomes[is_late ? OUTCOME_TOO_LATE : is_conflict ? OUTCOME_CONFLICTING : OUTCOME_DEAD_LETTERED]++;
    model.letters[offset] = reason;
}

static bool is_open_anywhere(int64_t event_ms)
{
    bool is_any = false;

    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++)
        is_any = is_any || is_open(kind, event_ms);
    return is_any;
}

static int64_t rows_in_model(struct window window, const char *rollup)
{
    int64_t count = 0;

    for (uint32_t i = 0; i < model.admitted_count; i++)
        count += is_window(model.admitted[i].window, window) && is_same_rollup(model.admitted[i].key, rollup);
    return count;
}

/* The first rows of a window are admitted, as many as there may be. */
static bool is_admitted(struct window window, const char *key)
{
    for (uint32_t i = 0; i < model.admitted_count; i++)
        if (is_window(model.admitted[i].window, window) && strcmp(model.admitted[i].key, key) == 0)
            return true;
    if (rows_in_model(window, key) == config.rows_max)
        return false;
    struct admitted *admitted = &model.admitted[model.admitted_count++];
    admitted->window = window;
    memmove(admitted->key, key, strlen(key) + 1);
    return true;
}

static void place(uint32_t offset, enum window_kind kind)
{
    struct window window = window_of(kind, logged[offset].event.created_ms);

    model.counts[offset][kind] = true;
    for (uint32_t row = 0; row < model.rows[offset].count; row++)
        model.is_other[offset][kind][row] = !is_admitted(window, model.rows[offset].keys[row]);
}

/* Puts the version at `offset` (-1: nothing) in the place of the one that counts, wherever that may be done. */
static bool replace(struct known *known, int offset, int64_t new_ms)
{
    bool is_changed = false;

    for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++) {
        int old = known->where[kind];
        int64_t old_ms = old < 0 ? 0 : logged[old].event.created_ms;
        if (old >= 0 && !is_open(kind, old_ms))
            continue;
        bool is_put = offset >= 0 && is_open(kind, new_ms);
        if (old >= 0) {
            model.counts[old][kind] = false;
            touch(window_of(kind, old_ms));
        }
        if (is_put) {
            place((uint32_t)offset, kind);
            if (old < 0 || !is_window(window_of(kind, old_ms), window_of(kind, new_ms)))
                touch(window_of(kind, new_ms));
        }
        known->where[kind] = is_put ? offset : -1;
        is_changed = is_changed || old >= 0 || is_put;
    }
    return is_changed;
}

static bool leaves_out(const struct event *event)
{
    return config.leave_out.count > 0 && event->op != OP_RETRACT && event->app.size > 0;
}

static void remember(struct known *known, uint32_t offset, bool is_retracted)
{
    int64_t width_ms = config.ids_kept_ms / 2;

    if (!is_retracted) {
        memmove(known->said + 1, known->said, known->said_count * sizeof(known->said[0]));
        known->said[0] = known->latest = (int)offset;
        known->said_count++;
    }
    known->is_known = true;
    known->is_retracted = is_retracted;
    known->is_left_out = leaves_out(&logged[offset].event);
    known->bucket_end_ms = (model.watermark_ms / width_ms + 1) * width_ms;
}

static void see(int64_t event_ms)
{
    if (event_ms - config.out_of_orderness_ms > model.watermark_ms)
        model.watermark_ms = event_ms - config.out_of_orderness_ms;
}

/* Nothing is to be taken back for it. */
static void leave_out(const struct event *event)
{
    see(event->created_ms);
    model.outcomes[OUTCOME_FILTERED]++;
}

/* Puts a version in the place of the last one; or nothing, if it is a retraction, or left out. */
static void exchange(struct known *known, const struct event *event, uint32_t offset)
{
    bool is_put = event->op != OP_RETRACT && !leaves_out(event), was_left_out = known->is_left_out;
    bool is_late = is_put && !is_open_anywhere(event->created_ms);
    bool is_changed = !is_late && replace(known, is_put ? (int)offset : -1, event->created_ms);

    if (!is_changed && (is_put || !was_left_out)) {
        refuse(offset, "EVENT-TOO-LATE");
        return;
    }
    if (event->op != OP_RETRACT)
        see(event->created_ms);
    remember(known, offset, event->op == OP_RETRACT);
    model.outcomes[is_changed ? OUTCOME_COUNTED : OUTCOME_FILTERED]++;
}

static void change_in_model(struct known *known, const struct event *event, uint32_t offset)
{

    if (!known->is_known) {
        refuse(offset, "EVENT-AMEND-UNKNOWN");
    } else if (known->is_retracted && leaves_out(event)) {
        leave_out(event);
    } else if (known->is_retracted && event->op == OP_AMEND) {
        refuse(offset, "EVENT-AMEND-RETRACTED");
    } else if (known->is_retracted) {
        model.outcomes[OUTCOME_DUPLICATE]++;
    } else {
        exchange(known, event, offset);
    }
}

static bool says_the_same(const struct event *left, const struct event *right)
{
    return is_same_content(left, right) && leaves_out(left) == leaves_out(right);
}

/* Among the last that was taken and sixteen before it; versions that say the same as the one before are one. */
static bool was_said(const struct known *known, const struct event *event)
{
    uint32_t versions = 0;

    for (uint32_t i = 0; i < known->said_count; i++) {
        const struct event *version = &logged[known->said[i]].event;
        versions += i == 0 || !says_the_same(version, &logged[known->said[i - 1]].event);
        if (versions > 17)
            return false;
        if (says_the_same(version, event))
            return true;
    }
    return false;
}

static void repeat_in_model(struct known *known, const struct event *event, uint32_t offset)
{
    bool is_older = event->created_ms < logged[known->latest].event.created_ms;

    bool is_first = known->is_retracted || config.ids_keep == KEEP_FIRST || (is_older && !known->is_left_out);

    if (leaves_out(event) && (is_first || was_said(known, event)))
        leave_out(event);
    else if (was_said(known, event))
        model.outcomes[OUTCOME_DUPLICATE]++;
    else if (known->is_retracted || (is_first && !known->is_left_out))
        refuse(offset, "EVENT-ID-CONFLICT");
    else
        exchange(known, event, offset);
}

static void take(uint32_t offset)
{
    const struct event *event = &logged[offset].event;
    struct known *known = &model.ids[strtol(event->id.bytes + 2, NULL, 10)];

    if (known->is_known && known->bucket_end_ms + config.ids_kept_ms <= model.watermark_ms)
        *known = (struct known){.where = {-1, -1, -1, -1}};
    if (event->op != OP_CREATE) {
        change_in_model(known, event, offset);
    } else if (known->is_known) {
        repeat_in_model(known, event, offset);
    } else if (leaves_out(event)) {
        leave_out(event);
        remember(known, offset, false);
    } else if (!is_open_anywhere(event->created_ms)) {
        refuse(offset, "EVENT-TOO-LATE");
    } else {
        exchange(known, event, offset);
    }
}

static void run_model(const struct taxonomy *taxonomy)
{
    memset(&model, 0, sizeof(model));
    model.watermark_ms = NO_TIME;
    for (size_t i = 0; i < IDS; i++)
        model.ids[i] = (struct known){.where = {-1, -1, -1, -1}};
    for (uint32_t i = 0; i < RECORDS; i++) {
        list_rows(taxonomy, &logged[i].event, &model.rows[i]);
        take(i);
    }
}

#endif
