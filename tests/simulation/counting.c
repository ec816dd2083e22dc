/*
 * Counts one record after the other into the windows it belongs to, by libc's calendar. What an id has counted is
 * remembered with the place where its event first stands in the log.
 */
#include <stdlib.h>
#include <time.h>

#include "truth.h"

#define WINDOWS_MAX 4096
#define SAID_MAX 17    /* versions of an id that are known: the last, and sixteen before it */
#define BUCKETS_KEPT 2 /* ids are forgotten a bucket at a time, of which as many are kept as fill the time */

/* What became of an id. */
struct fate {
    enum { FATE_UNKNOWN, FATE_COUNTED, FATE_RETRACTED, FATE_LEFT_OUT } state;
    unsigned placed, stuck;        /* window kinds its event counts in: to be changed, or closed for good */
    const struct meaning *meaning; /* what it counts as now */
    int64_t written_ms;            /* the watermark when that was written */
    uint32_t said_count;
    const struct meaning *said[SAID_MAX]; /* what counted or was left out at any time, the last first */
};

/* ---- windows ---- */

static int64_t month_start(int64_t ms, int months)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm date;

    gmtime_r(&seconds, &date);
    struct tm first = {.tm_year = date.tm_year, .tm_mon = date.tm_mon + months, .tm_mday = 1};
    return (int64_t)timegm(&first) * 1000;
}

int64_t oracle_window_start(int kind, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm date;

    if (kind == 0)
        return ms - ms % 3600000;
    if (kind == 3)
        return month_start(ms, 0);
    int64_t day = ms - ms % 86400000;
    if (kind == 1)
        return day;
    gmtime_r(&seconds, &date);
    return day - (int64_t)((date.tm_wday + 6) % 7) * 86400000;
}

int64_t oracle_window_over(int kind, int64_t start_ms)
{
    static const int64_t sizes_ms[] = {3600000, 86400000, 7 * 86400000};

    return kind == 3 ? month_start(start_ms, 1) : start_ms + sizes_ms[kind];
}

struct truth_window *oracle_window_at(struct truth *truth, int kind, int64_t start_ms)
{
    for (uint32_t i = truth->count; i-- > 0;)
        if (truth->windows[i].kind == kind && truth->windows[i].start_ms == start_ms)
            return &truth->windows[i];
    if (truth->windows == NULL)
        truth->windows = malloc(WINDOWS_MAX * sizeof(*truth->windows));
    if (truth->windows == NULL || truth->count == WINDOWS_MAX)
        abort();
    struct truth_window *window = &truth->windows[truth->count++];
    *window = (struct truth_window){.kind = kind, .start_ms = start_ms};
    return window;
}

/* ---- rows ---- */

int oracle_row(enum oracle_rollup rollup, int value, int model)
{
    switch (rollup) {
    case ROLLUP_TOTAL:
        return 0;
    case ROLLUP_MODEL:
        return 1 + model;
    case ROLLUP_PROVIDER:
        return 1 + ORACLE_MODELS + value * ORACLE_MODELS + model;
    case ROLLUP_COUNTRY:
        return 1 + ORACLE_MODELS + ORACLE_PROVIDERS * ORACLE_MODELS + value;
    case ROLLUP_CATEGORY:
        break;
    }
    return 1 + ORACLE_MODELS + ORACLE_PROVIDERS * ORACLE_MODELS + ORACLE_COUNTRIES + value;
}

int oracle_other_row(enum oracle_rollup rollup)
{
    return oracle_row(ROLLUP_CATEGORY, ORACLE_CATEGORIES, 0) + (int)rollup - 1;
}

int64_t oracle_admitted(const struct truth_window *window, enum oracle_rollup rollup)
{
    int first = oracle_row(rollup, 0, 0);
    int end = rollup == ROLLUP_CATEGORY ? oracle_other_row(ROLLUP_MODEL) : oracle_row(rollup + 1, 0, 0);
    int64_t count = 0;

    for (int row = first; row < end; row++)
        count += window->touched >> row & 1;
    return count;
}

/* The first rows of the log stand by themselves, and never go again. */
static int place_of(const struct sim *sim, const struct truth_window *window, enum oracle_rollup rollup, int row)
{
    bool is_there = (window->touched >> row & 1) != 0;

    return is_there || oracle_admitted(window, rollup) < sim->config.rows_max ? row : oracle_other_row(rollup);
}

static void add_to_row(struct truth_window *window, int row, const struct sums *sums, int64_t times)
{
    oracle_add(&window->rows[row], sums, times);
    window->touched |= 1u << row;
}

/* Adds an event to the windows of some kinds, or with `times` -1 takes it away. */
static void add(const struct sim *sim, struct truth *truth, unsigned kinds, const struct meaning *meaning,
                int64_t times)
{
    struct sums sums = oracle_sums_of(meaning);

    for (int kind = 0; kind < KINDS; kind++) {
        if ((kinds >> kind & 1) == 0)
            continue;
        struct truth_window *window = oracle_window_at(truth, kind, oracle_window_start(kind, meaning->created_ms));
        add_to_row(window, oracle_row(ROLLUP_TOTAL, 0, 0), &sums, times);
        const int rows[] = {[ROLLUP_MODEL] = oracle_row(ROLLUP_MODEL, 0, meaning->model),
                            [ROLLUP_PROVIDER] = oracle_row(ROLLUP_PROVIDER, meaning->provider, meaning->model),
                            [ROLLUP_COUNTRY] = oracle_row(ROLLUP_COUNTRY, meaning->country, 0)};
        for (enum oracle_rollup rollup = ROLLUP_MODEL; rollup <= ROLLUP_COUNTRY; rollup++)
            add_to_row(window, place_of(sim, window, rollup, rows[rollup]), &sums, times);
        for (int category = 0; category < ORACLE_CATEGORIES; category++) {
            struct sums part = sums;
            if ((meaning->labels >> category & 1) == 0)
                continue;
            oracle_set_split(&part, meaning, category);
            add_to_row(window, place_of(sim, window, ROLLUP_CATEGORY, oracle_row(ROLLUP_CATEGORY, category, 0)), &part,
                       times);
        }
    }
}

static void add_records(struct truth *truth, unsigned kinds, int64_t ms)
{
    for (int kind = 0; kind < KINDS; kind++)
        if ((kinds >> kind & 1) != 0)
            oracle_window_at(truth, kind, oracle_window_start(kind, ms))->records++;
}

/* ---- records ---- */

/* The kinds whose window of a time is not closed for good. */
static unsigned open_at(const struct sim *sim, const struct truth *truth, int64_t ms, const int64_t floors_ms[])
{
    unsigned kinds = 0;

    for (int kind = 0; kind < KINDS; kind++) {
        int64_t start_ms = oracle_window_start(kind, ms);
        int64_t over_ms = oracle_window_over(kind, start_ms) + sim->config.kept_ms[kind];
        if ((truth->watermark_ms == NONE || over_ms > truth->watermark_ms) && start_ms >= floors_ms[kind])
            kinds |= 1u << kind;
    }
    return kinds;
}

static struct fate *fate_of(struct truth *truth, int64_t id)
{
    if ((size_t)id >= truth->fate_room) {
        size_t room = 2 * (size_t)id + 256;
        struct fate *fates = realloc(truth->fates, room * sizeof(*fates));
        if (fates == NULL)
            abort();
        memset(fates + truth->fate_room, 0, (room - truth->fate_room) * sizeof(*fates));
        truth->fates = fates;
        truth->fate_room = room;
    }
    return &truth->fates[id];
}

static bool is_known(const struct sim *sim, const struct truth *truth, const struct fate *fate)
{
    int64_t kept_ms = sim->config.ids_kept_ms;
    int64_t width_ms = kept_ms / BUCKETS_KEPT;

    if (sim->config.ids == IDS_OFF || fate->state == FATE_UNKNOWN)
        return false;
    return fate->written_ms - fate->written_ms % width_ms + width_ms + kept_ms > truth->watermark_ms;
}

static void move_watermark(const struct sim *sim, struct truth *truth, int64_t created_ms)
{
    if (created_ms - sim->config.out_of_orderness_ms > truth->watermark_ms)
        truth->watermark_ms = created_ms - sim->config.out_of_orderness_ms;
}

static bool is_same(const struct sim *sim, const struct meaning *left, const struct meaning *right)
{
    bool has_accounts = sim->config.account_key[0] != '\0';

    return left->created_ms == right->created_ms && left->model == right->model && left->provider == right->provider &&
           left->country == right->country && (!has_accounts || left->account == right->account) &&
           left->labels == right->labels && left->prompt == right->prompt && left->completion == right->completion &&
           left->cached == right->cached && left->cache_write == right->cache_write && left->is_hit == right->is_hit &&
           left->cost == right->cost && left->latency_ms == right->latency_ms &&
           left->first_token_ms == right->first_token_ms && left->generation_ms == right->generation_ms &&
           left->is_byok == right->is_byok && left->is_free == right->is_free &&
           left->is_streamed == right->is_streamed && left->is_cancelled == right->is_cancelled &&
           left->has_tools == right->has_tools && left->is_classified == right->is_classified &&
           left->finish == right->finish && left->is_probe == right->is_probe &&
           oracle_is_left_out(sim, left) == oracle_is_left_out(sim, right);
}

static bool was_said(const struct sim *sim, const struct fate *fate, const struct meaning *meaning)
{
    for (uint32_t i = 0; i < fate->said_count; i++)
        if (is_same(sim, fate->said[i], meaning))
            return true;
    return false;
}

static void note_said(const struct sim *sim, struct fate *fate, const struct meaning *meaning)
{
    if (fate->said_count > 0 && is_same(sim, fate->said[0], meaning))
        return;
    fate->said_count += fate->said_count < SAID_MAX ? 1 : 0;
    memmove(fate->said + 1, fate->said, (fate->said_count - 1) * sizeof(fate->said[0]));
    fate->said[0] = meaning;
}

/* No window gets it, but time goes on with it. */
static enum truth_outcome leave_out(const struct sim *sim, struct truth *truth, const struct meaning *meaning)
{
    move_watermark(sim, truth, meaning->created_ms);
    return TRUTH_FILTERED;
}

static enum truth_outcome create(const struct sim *sim, struct truth *truth, struct entry *entry, struct fate *fate,
                                 const int64_t floors_ms[])
{
    const struct meaning *meaning = &entry->meaning;
    unsigned open = open_at(sim, truth, meaning->created_ms, floors_ms);

    if (oracle_is_left_out(sim, meaning)) {
        (void)leave_out(sim, truth, meaning);
        if (sim->config.ids == IDS_AMEND)
            *fate = (struct fate){FATE_LEFT_OUT, 0, 0, meaning, truth->watermark_ms, 1, {meaning}};
        return TRUTH_FILTERED;
    }
    if (open == 0)
        return TRUTH_TOO_LATE;
    add(sim, truth, open, meaning, 1);
    add_records(truth, open, meaning->created_ms);
    move_watermark(sim, truth, meaning->created_ms);
    entry->counted_in = open;
    *fate = (struct fate){FATE_COUNTED, open, 0, meaning, truth->watermark_ms, 1, {meaning}};
    return TRUTH_COUNTED;
}

/* Exchanges what an id counts for what this record says, or for nothing if that is left out or retracts, wherever that
 * is still open. What is in a window that is closed for good stays there, and is not counted in another of that kind.
 */
static enum truth_outcome change(const struct sim *sim, struct truth *truth, struct entry *entry, struct fate *fate,
                                 const int64_t floors_ms[])
{
    const struct meaning *old = fate->meaning, *new = &entry->meaning;
    bool is_retracted = new->says == SAYS_RETRACT, is_left_out = !is_retracted &&oracle_is_left_out(sim, new);
    bool is_put = !is_retracted && !is_left_out, was_left_out = fate->state == FATE_LEFT_OUT;
    unsigned old_open = open_at(sim, truth, old->created_ms, floors_ms);
    unsigned open = is_put ? open_at(sim, truth, new->created_ms, floors_ms) : 0;
    unsigned taken = fate->placed & old_open, stuck = fate->stuck | (fate->placed & ~old_open), same = 0;
    unsigned added = open & ~stuck;

    if ((is_put && open == 0) || ((taken | added) == 0 && (is_put || !was_left_out)))
        return TRUTH_TOO_LATE;
    for (int kind = 0; kind < KINDS; kind++)
        if (oracle_window_start(kind, old->created_ms) == oracle_window_start(kind, new->created_ms))
            same |= 1u << kind;
    add(sim, truth, taken, old, -1);
    add_records(truth, taken & ~(added & same), old->created_ms);
    add(sim, truth, added, new, 1);
    add_records(truth, added, new->created_ms);
    if (!is_retracted)
        move_watermark(sim, truth, new->created_ms);
    entry->counted_in = added;
    fate->state = is_retracted ? FATE_RETRACTED : is_left_out ? FATE_LEFT_OUT : FATE_COUNTED;
    fate->placed = added;
    fate->stuck = stuck;
    fate->meaning = new;
    fate->written_ms = truth->watermark_ms;
    if (!is_retracted)
        note_said(sim, fate, new);
    return (taken | added) != 0 ? TRUTH_COUNTED : TRUTH_FILTERED;
}

/* Whether what an id says by now stays as it is, whatever the record says that comes with it again. */
static bool is_first(const struct sim *sim, const struct fate *fate, const struct meaning *meaning)
{
    bool is_older = fate->state == FATE_COUNTED && meaning->created_ms < fate->meaning->created_ms;

    return fate->state == FATE_RETRACTED || (fate->state == FATE_COUNTED && sim->config.ids_keep == KEEP_FIRST) ||
           is_older;
}

/* Whether a record of a known id that is left out takes nothing back. */
static bool is_idle(const struct sim *sim, const struct fate *fate, const struct meaning *meaning)
{
    bool is_again = meaning->says == SAYS_AGAIN && (sim->config.ids_keep == KEEP_FIRST ||
                                                    was_said(sim, fate, meaning) || is_first(sim, fate, meaning));

    return meaning->says != SAYS_RETRACT && oracle_is_left_out(sim, meaning) &&
           (is_again || fate->state == FATE_RETRACTED);
}

enum truth_outcome oracle_count(const struct sim *sim, struct truth *truth, struct entry *entry, int64_t offset,
                                const int64_t floors_ms[])
{
    const struct meaning *meaning = &entry->meaning;
    int64_t id = meaning->says == SAYS_NEW ? offset : meaning->id;

    entry->counted_in = 0;
    struct fate *fate = fate_of(truth, id);
    bool is_id_known = is_known(sim, truth, fate);
    if (meaning->says == SAYS_NEW || (meaning->says == SAYS_AGAIN && !is_id_known))
        return create(sim, truth, entry, fate, floors_ms);
    if (is_id_known && is_idle(sim, fate, meaning))
        return leave_out(sim, truth, meaning);
    if (meaning->says == SAYS_AGAIN && was_said(sim, fate, meaning))
        return TRUTH_DUPLICATE;
    if (meaning->says == SAYS_AGAIN && is_first(sim, fate, meaning))
        return TRUTH_CONFLICTING;
    if (sim->config.ids != IDS_AMEND || !is_id_known)
        return TRUTH_DEAD_LETTERED;
    if (fate->state == FATE_RETRACTED)
        return meaning->says == SAYS_RETRACT ? TRUTH_DUPLICATE : TRUTH_DEAD_LETTERED;
    return change(sim, truth, entry, fate, floors_ms);
}

void oracle_forget(struct truth *truth, int64_t first)
{
    truth->next = first;
    truth->watermark_ms = NONE;
    memset(truth->outcomes, 0, sizeof(truth->outcomes));
    truth->count = 0;
    if (truth->fates != NULL)
        memset(truth->fates, 0, truth->fate_room * sizeof(*truth->fates));
}

void oracle_free_truth(struct truth *truth)
{
    free(truth->windows);
    free(truth->fates);
    truth->windows = NULL;
    truth->fates = NULL;
    truth->fate_room = 0;
}
