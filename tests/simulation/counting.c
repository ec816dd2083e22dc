/*
 * What becomes of one record, decided naively: counted in the windows that are open for it, set aside, or, by its id, a
 * repetition or the successor of another version. Each version that was taken is remembered as a whole, and so is, for
 * each kind of window, which of them counts there.
 */
#include <stdlib.h>
#include <time.h>

#include "truth.h"

#define WINDOWS_MAX 4096
#define IDS_MAX 8192 /* slots, a power of two; a run has fewer ids by far */
#define SAID_MAX 17  /* versions that are known: the last, and sixteen before it */

enum { COUNTED, DUPLICATE, FILTERED, TOO_LATE, DEAD_LETTERED, CONFLICTING };

struct id_truth {
    uint64_t number; /* 0: the slot is free */
    bool is_known, is_retracted;
    int64_t bucket_end_ms;
    const struct entry *where[KINDS]; /* what counts in its window; NULL: nothing */
    uint32_t said_count;
    const struct entry *said[SAID_MAX]; /* the last that was taken first */
};

void oracle_truth_make(struct truth *truth)
{
    truth->windows = malloc(WINDOWS_MAX * sizeof(*truth->windows));
    truth->ids = calloc(IDS_MAX, sizeof(*truth->ids));
    if (truth->windows == NULL || truth->ids == NULL)
        abort();
}

void oracle_truth_free(struct truth *truth)
{
    free(truth->windows);
    free(truth->ids);
}

void oracle_forget_ids(struct truth *truth)
{
    memset(truth->ids, 0, IDS_MAX * sizeof(*truth->ids));
}

/* ---- windows, by libc's calendar ---- */

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

/* ---- rows ---- */

struct truth_window *oracle_window_at(struct truth *truth, int kind, int64_t start_ms)
{
    for (uint32_t i = truth->count; i-- > 0;)
        if (truth->windows[i].kind == kind && truth->windows[i].start_ms == start_ms)
            return &truth->windows[i];
    if (truth->count == WINDOWS_MAX)
        abort();
    struct truth_window *window = &truth->windows[truth->count++];
    *window = (struct truth_window){.kind = kind, .start_ms = start_ms};
    return window;
}

int oracle_row_of_model(int model)
{
    return 1 + model;
}

int oracle_row_of_provider(int provider, int model)
{
    return 1 + ORACLE_MODELS + provider * ORACLE_MODELS + model;
}

int oracle_row_of_country(int country)
{
    return 1 + ORACLE_MODELS + ORACLE_PROVIDERS * ORACLE_MODELS + country;
}

static struct truth_window *window_of_entry(struct truth *truth, int kind, const struct entry *entry)
{
    return oracle_window_at(truth, kind, oracle_window_start(kind, entry->meaning.created_ms));
}

/* Adds a version to its window of a kind, or with a sign of -1 takes it out. */
static void add(struct truth *truth, int kind, const struct entry *entry, int sign)
{
    const struct meaning *meaning = &entry->meaning;
    struct truth_window *window = window_of_entry(truth, kind, entry);
    const int rows[] = {0, oracle_row_of_model(meaning->model),
                        oracle_row_of_provider(meaning->provider, meaning->model),
                        oracle_row_of_country(meaning->country)};

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct sums *sums = &window->rows[rows[i]];
        sums->requests += sign;
        sums->prompt += sign * meaning->prompt;
        sums->completion += sign * meaning->completion;
        sums->cost += sign * meaning->cost;
    }
}

/* ---- windows that are open ---- */

static bool is_open(const struct sim *sim, const struct truth *truth, int kind, int64_t ms, const int64_t floors_ms[])
{
    int64_t start_ms = oracle_window_start(kind, ms);
    int64_t over_ms = oracle_window_over(kind, start_ms) + sim->config.kept_ms[kind];

    return (truth->watermark_ms == NONE || over_ms > truth->watermark_ms) && start_ms >= floors_ms[kind];
}

static bool is_open_anywhere(const struct sim *sim, const struct truth *truth, int64_t ms, const int64_t floors_ms[])
{
    bool is_any = false;

    for (int kind = 0; kind < KINDS; kind++)
        is_any = is_any || is_open(sim, truth, kind, ms, floors_ms);
    return is_any;
}

/* Puts a version (NULL: nothing) in the place of what counts, wherever that may be done. False if nowhere. */
static bool replace(const struct sim *sim, struct truth *truth, struct id_truth *id, struct entry *entry,
                    const int64_t floors_ms[])
{
    bool is_open_for_old[KINDS], is_open_for_new[KINDS], is_changed = false;

    for (int kind = 0; kind < KINDS; kind++) {
        const struct entry *old = id->where[kind];
        is_open_for_old[kind] = old == NULL || is_open(sim, truth, kind, old->meaning.created_ms, floors_ms);
        is_open_for_new[kind] = entry != NULL && is_open(sim, truth, kind, entry->meaning.created_ms, floors_ms);
    }
    for (int kind = 0; kind < KINDS; kind++) {
        const struct entry *old = id->where[kind];
        struct truth_window *left = old == NULL ? NULL : window_of_entry(truth, kind, old);
        if (!is_open_for_old[kind] || (old == NULL && !is_open_for_new[kind]))
            continue;
        is_changed = true;
        if (old != NULL) {
            add(truth, kind, old, -1);
            left->records++;
        }
        id->where[kind] = NULL;
        if (!is_open_for_new[kind])
            continue;
        add(truth, kind, entry, 1);
        struct truth_window *entered = window_of_entry(truth, kind, entry);
        entered->records += old == NULL || entered->start_ms != left->start_ms ? 1 : 0;
        entry->counted_in |= 1u << kind;
        id->where[kind] = entry;
    }
    return is_changed;
}

/* ---- ids ---- */

static struct id_truth *find(struct truth *truth, uint64_t number)
{
    uint64_t slot = number * UINT64_C(0x9e3779b97f4a7c15) >> 40;

    while (truth->ids[slot % IDS_MAX].number != 0 && truth->ids[slot % IDS_MAX].number != number)
        slot++;
    return &truth->ids[slot % IDS_MAX];
}

/* What is known of the entry's id: forgotten as a whole when its time is over. */
static struct id_truth *known_of(const struct sim *sim, struct truth *truth, const struct entry *entry)
{
    struct id_truth *id = find(truth, entry->meaning.number);

    if (id->is_known && id->bucket_end_ms + sim->config.ids_kept_ms <= truth->watermark_ms)
        *id = (struct id_truth){0};
    id->number = entry->meaning.number;
    return id;
}

static bool is_same(const struct meaning *left, const struct meaning *right, bool has_accounts)
{
    return left->created_ms == right->created_ms && left->model == right->model && left->provider == right->provider &&
           left->country == right->country && left->prompt == right->prompt && left->completion == right->completion &&
           left->cost == right->cost && (!has_accounts || left->account == right->account);
}

static bool was_said(const struct sim *sim, const struct id_truth *id, const struct meaning *meaning)
{
    bool has_accounts = sim->config.account_key[0] != '\0';

    for (uint32_t i = 0; i < id->said_count; i++)
        if (is_same(&id->said[i]->meaning, meaning, has_accounts))
            return true;
    return false;
}

static void remember(const struct sim *sim, struct truth *truth, struct id_truth *id, const struct entry *entry)
{
    int64_t width_ms = sim->config.ids_kept_ms / 2;
    bool has_accounts = sim->config.account_key[0] != '\0';

    id->is_known = true;
    id->is_retracted = entry->meaning.op == OP_RETRACT;
    id->bucket_end_ms = (truth->watermark_ms / width_ms + 1) * width_ms;
    if (id->is_retracted || (id->said_count > 0 && is_same(&id->said[0]->meaning, &entry->meaning, has_accounts)))
        return;
    if (id->said_count < SAID_MAX)
        id->said_count++;
    memmove(id->said + 1, id->said, (id->said_count - 1) * sizeof(id->said[0]));
    id->said[0] = entry;
}

/* ---- records ---- */

static void see(const struct sim *sim, struct truth *truth, const struct entry *entry)
{
    int64_t watermark_ms = entry->meaning.created_ms - sim->config.out_of_orderness_ms;

    if (watermark_ms > truth->watermark_ms)
        truth->watermark_ms = watermark_ms;
}

/* A version in the place of what its id counts, be that nothing yet. */
static int put(const struct sim *sim, struct truth *truth, struct id_truth *id, struct entry *entry,
               const int64_t floors_ms[])
{
    bool is_put = entry->meaning.op != OP_RETRACT;

    if (is_put && !is_open_anywhere(sim, truth, entry->meaning.created_ms, floors_ms))
        return TOO_LATE;
    if (!replace(sim, truth, id, is_put ? entry : NULL, floors_ms))
        return TOO_LATE;
    if (is_put)
        see(sim, truth, entry);
    if (sim->config.ids != IDS_OFF)
        remember(sim, truth, id, entry);
    return COUNTED;
}

static int put_by_id(const struct sim *sim, struct truth *truth, struct entry *entry, const int64_t floors_ms[])
{
    struct id_truth *id = known_of(sim, truth, entry);
    const struct meaning *meaning = &entry->meaning;

    if (meaning->op != OP_CREATE && sim->config.ids != IDS_AMEND)
        return DEAD_LETTERED;
    if (meaning->op != OP_CREATE) {
        if (id->is_known && id->is_retracted && meaning->op == OP_RETRACT)
            return DUPLICATE;
        return id->is_known && !id->is_retracted ? put(sim, truth, id, entry, floors_ms) : DEAD_LETTERED;
    }
    if (!id->is_known)
        return put(sim, truth, id, entry, floors_ms);
    if (was_said(sim, id, meaning))
        return DUPLICATE;
    bool is_older = meaning->created_ms < id->said[0]->meaning.created_ms;
    if (id->is_retracted || sim->config.ids_keep == KEEP_FIRST || is_older)
        return CONFLICTING;
    return put(sim, truth, id, entry, floors_ms);
}

void oracle_count(const struct sim *sim, struct truth *truth, struct entry *entry, const int64_t floors_ms[])
{
    struct id_truth nobody = {0};
    int outcome = DEAD_LETTERED;

    entry->counted_in = 0;
    if (entry->meaning.kind == ENTRY_GOOD && sim->config.ids != IDS_OFF)
        outcome = put_by_id(sim, truth, entry, floors_ms);
    else if (entry->meaning.kind == ENTRY_GOOD && entry->meaning.op == OP_CREATE)
        outcome = put(sim, truth, &nobody, entry, floors_ms);
    truth->outcomes[outcome]++;
    entry->ending = outcome == COUNTED ? ENDING_COUNTED : outcome == DUPLICATE ? ENDING_REPEATED : ENDING_LETTER;
}
