/*
 * What a process has read of a window, partition by partition, with the naive count of it at that moment: the truth of
 * the database it read, at just the offset where that stood. The ledger record it puts next has to name these offsets,
 * and its rows have to be these counts: whatever a store loses, or a log, between the look and the commit.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "committed.h"

#define LOOKS_KEPT 4 /* at one partition: a window of many rows is asked for twice, and so is what was not answered */

struct look {
    int64_t next, watermark_ms;
    uint64_t state, number;     /* in the order of looks and views */
    bool is_there, is_damaged;  /* keys are gone, or a write was refused half-way: of such a window nothing is known */
    struct truth_window window; /* empty where it has nothing of the partition, or is collected there */
};

/* A view of a partition: all its windows at one moment. */
struct sight {
    int64_t next;
    uint64_t state, number;
    bool is_there, is_damaged;
    struct truth_window *windows;
    uint32_t count, room;
};

struct looks {
    struct sight sights[SIM_WORKERS + 1][SIM_PARTITIONS];
    struct look at[SIM_WORKERS + 1][SIM_PARTITIONS][LOOKS_KEPT];
    uint32_t count[SIM_WORKERS + 1][SIM_PARTITIONS];
    uint64_t last; /* number */
};

void looks_make(struct sim *sim)
{
    sim->looks = sim_take(sim, sizeof(*sim->looks));
}

/* The window as the truth has it, unless the store has it no more. */
static void count_window(struct sim *sim, struct database *database, int32_t partition, struct span name,
                         struct look *look)
{
    char key[SIM_NAME];
    struct truth *truth = oracle_truth(sim, database, partition);
    int64_t start_ms = strtoll(strchr(name.bytes, ':') + 1, NULL, 10);
    int kind = 0;

    while (strncmp(name.bytes, oracle_kinds[kind], strlen(oracle_kinds[kind])) != 0)
        kind++;
    oracle_key(sim, partition, "windows", key, sizeof(key));
    int64_t records = database_number(database, span_of(key), name.bytes, 0);
    look->window = (struct truth_window){.kind = kind, .start_ms = start_ms};
    look->is_damaged = truth == NULL || database_get(database, sim->redis->meta[partition], span_of("taint")) != NULL;
    if (look->is_damaged || records == 0)
        return;
    const struct truth_window *window = oracle_window_at(truth, kind, start_ms);
    look->is_damaged = window->records != records;
    look->watermark_ms = truth->watermark_ms;
    look->window = *window;
}

void oracle_read(struct sim *sim, struct database *database, int count, const struct span arguments[])
{
    int32_t partition = -1;
    int keys = (int)strtol(arguments[2].bytes, NULL, 10);

    (void)count;
    if (sim->current == NULL || !oracle_partition_of(arguments[3], &partition))
        return;
    uint32_t *looked = &sim->looks->count[sim->current->index][partition];
    struct look *look = &sim->looks->at[sim->current->index][partition][(*looked)++ % LOOKS_KEPT];
    const struct span *state = database_get(database, sim->redis->meta[partition], span_of("inc"));
    *look = (struct look){.is_there = true, .watermark_ms = NONE, .number = ++sim->looks->last};
    look->next = database_number(database, sim->redis->meta[partition], "next", -1);
    look->state = state == NULL ? 0 : published_hash(*state);
    count_window(sim, database, partition, arguments[3 + keys], look);
}

/* The windows that the store has, as the truth has them. */
static void count_sight(struct sim *sim, struct database *database, int32_t partition, struct sight *sight)
{
    char key[SIM_NAME], name[64];
    const struct truth *truth = oracle_truth(sim, database, partition);

    sight->count = 0;
    sight->is_damaged = truth == NULL || database_get(database, sim->redis->meta[partition], span_of("taint")) != NULL;
    if (sight->is_damaged)
        return;
    if (truth->count > sight->room) {
        sight->room = 2 * truth->count;
        sight->windows = sim_take(sim, sight->room * sizeof(*sight->windows));
    }
    oracle_key(sim, partition, "windows", key, sizeof(key));
    for (uint32_t i = 0; i < truth->count; i++) {
        const struct truth_window *window = &truth->windows[i];
        snprintf(name, sizeof(name), "%s:%" PRId64, oracle_kinds[window->kind], window->start_ms);
        int64_t records = database_number(database, span_of(key), name, 0);
        if (records == 0)
            continue;
        sight->is_damaged = sight->is_damaged || records != window->records;
        sight->windows[sight->count++] = *window;
    }
}

void oracle_viewed(struct sim *sim, struct database *database, const struct span arguments[])
{
    int32_t partition = -1;

    if (sim->current == NULL || !oracle_partition_of(arguments[3], &partition))
        return;
    struct sight *sight = &sim->looks->sights[sim->current->index][partition];
    const struct span *state = database_get(database, sim->redis->meta[partition], span_of("inc"));
    sight->is_there = true;
    sight->number = ++sim->looks->last;
    sight->next = database_number(database, sim->redis->meta[partition], "next", -1);
    sight->state = state == NULL ? 0 : published_hash(*state);
    count_sight(sim, database, partition, sight);
}

/* The window as the last view had it; false: it was of another moment. */
static bool find_seen(const struct sim *sim, const struct ledger_entry *ledger, int32_t partition, struct look *look)
{
    const struct told_part *part = &ledger->parts[partition];
    const struct sight *sight = &sim->looks->sights[sim->current->index][partition];

    if (!sight->is_there || sight->next != part->next || sight->state != part->state)
        return false;
    *look = (struct look){.is_there = true, .is_damaged = sight->is_damaged, .number = sight->number};
    look->window = (struct truth_window){.kind = (int)ledger->kind, .start_ms = ledger->start_ms};
    for (uint32_t i = 0; i < sight->count; i++)
        if (sight->windows[i].kind == (int)ledger->kind && sight->windows[i].start_ms == ledger->start_ms)
            look->window = sight->windows[i];
    return true;
}

/* The last look at a partition that is as the ledger record tells it. */
static const struct look *find(const struct sim *sim, const struct ledger_entry *ledger, int32_t partition)
{
    const struct told_part *part = &ledger->parts[partition];
    uint32_t looked = sim->looks->count[sim->current->index][partition];

    for (uint32_t i = 1; i <= LOOKS_KEPT && i <= looked; i++) {
        const struct look *look = &sim->looks->at[sim->current->index][partition][(looked - i) % LOOKS_KEPT];
        if (look->is_there && look->window.kind == ledger->kind && look->window.start_ms == ledger->start_ms &&
            look->next == part->next && look->state == part->state)
            return look;
    }
    return NULL;
}

const struct truth_window *looks_count(struct sim *sim, const struct ledger_entry *ledger)
{
    struct truth_window *count = sim_take(sim, sizeof(*count));
    bool is_damaged = false;

    *count = (struct truth_window){.kind = (int)ledger->kind, .start_ms = ledger->start_ms};
    for (int32_t p = 0; p < SIM_PARTITIONS; p++) {
        const struct told_part *part = &ledger->parts[p];
        if (part->state == 0)
            continue;
        struct look seen;
        const struct look *look = find(sim, ledger, p);
        /* The newest: a log that was made anew has other records at the offsets that an older one was of. */
        if (find_seen(sim, ledger, p, &seen) && (look == NULL || look->number < seen.number))
            look = &seen;
        if (look == NULL)
            sim_fail(sim, "ledger: a %s is told of partition %" PRId32 " at %" PRId64 ", where nobody looked at it",
                     oracle_kinds[ledger->kind & 3], p, part->next);
        else if (!look->is_damaged && look->window.records != part->records)
            sim_fail(sim,
                     "ledger: a %s is told of %" PRId64 " records of partition %" PRId32 " at %" PRId64
                     ", the truth is %" PRId64,
                     oracle_kinds[ledger->kind & 3], part->records, p, part->next, look->window.records);
        is_damaged = is_damaged || look == NULL || look->is_damaged;
        if (!is_damaged)
            truth_merge(count, &look->window);
    }
    return is_damaged ? NULL : count;
}
