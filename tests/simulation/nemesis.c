/* What goes wrong, and when, by swarms (Groce et al. 2012): each run has some of the faults, at a rate of its own. */
#include <inttypes.h>
#include <stdio.h>

#include "oracle.h"

/* Rates in 1/1000 of a fault's occasions, at most; those of timed faults are weights. */
static const uint32_t rates_max[FAULT_COUNT] = {
    [FAULT_CRASH] = 5,          [FAULT_PAUSE] = 4,           [FAULT_LEAVE] = 100,          [FAULT_JOIN] = 100,
    [FAULT_REBALANCE] = 100,    [FAULT_RELOAD] = 50,         [FAULT_REDELIVERY] = 200,     [FAULT_LATE] = 300,
    [FAULT_FUTURE] = 50,        [FAULT_MALFORMED] = 200,     [FAULT_MARKER] = 100,         [FAULT_BROKER_DOWN] = 100,
    [FAULT_LETTERS_SLOW] = 200, [FAULT_TXN_ABORTED] = 100,   [FAULT_TXN_UNKNOWN] = 200,    [FAULT_GROWTH] = 100,
    [FAULT_REPLY_LOST] = 50,    [FAULT_REQUEST_LOST] = 50,   [FAULT_REQUEST_DELAYED] = 50, [FAULT_REDIS_DOWN] = 100,
    [FAULT_REDIS_BUSY] = 100,   [FAULT_REDIS_OOM] = 100,     [FAULT_REDIS_READONLY] = 100, [FAULT_ROLLBACK] = 200,
    [FAULT_SPLIT] = 100,        [FAULT_FUNCTIONS_LOST] = 50, [FAULT_NO_MEMORY] = 20,       [FAULT_SEND_BROKEN] = 30,
    [FAULT_REQUESTS_HELD] = 10, [FAULT_REPLIES_HELD] = 10,   [FAULT_HALF_OPEN] = 10,       [FAULT_TXN_HANGS] = 300,
    [FAULT_CORRECTED] = 300,    [FAULT_BOMB] = 50,           [FAULT_TRANSFER] = 20,
};

/* One of these at most: after it the run ends in a declared stop of some partitions. */
static const enum sim_fault harms[] = {FAULT_GAP,   FAULT_TRUNCATED, FAULT_RECREATED,
                                       FAULT_EMPTY, FAULT_TORN,      FAULT_TAINT};

static const enum sim_fault timed[] = {
    FAULT_LEAVE,          FAULT_JOIN,      FAULT_REBALANCE,      FAULT_RELOAD,    FAULT_BROKER_DOWN,
    FAULT_GROWTH,         FAULT_GAP,       FAULT_TRUNCATED,      FAULT_RECREATED, FAULT_REDIS_DOWN,
    FAULT_REDIS_BUSY,     FAULT_REDIS_OOM, FAULT_REDIS_READONLY, FAULT_ROLLBACK,  FAULT_SPLIT,
    FAULT_FUNCTIONS_LOST, FAULT_EMPTY,     FAULT_TORN,           FAULT_TAINT,
};

void nemesis_choose(struct sim *sim)
{
    for (int i = 0; i < FAULT_COUNT; i++)
        if (sim_chance(sim, 400) && rates_max[i] > 0)
            sim->rate[i] = 1 + (uint32_t)sim_below(sim, rates_max[i]);
    if (sim_chance(sim, 200))
        sim->rate[harms[sim_below(sim, LENGTH_OF(harms))]] = 50 + (uint32_t)sim_below(sim, 300);
    sim->switch_rate = (uint32_t)sim_between(sim, 50, 500);
    sim->wanted_workers = (int)sim_between(sim, 1, 3);
    sim->has_drains = sim_chance(sim, 150);
}

/* ---- each ---- */

static int64_t stored_next(const struct sim *sim, int32_t partition)
{
    return database_number(&sim->redis->master, sim->redis->meta[partition], "next", -1);
}

static int64_t last_visible(const struct partition_log *log, int64_t next)
{
    while (next > 0 && !kafka_is_visible(log->entries[next - 1]))
        next--;
    return next - 1;
}

static bool delete_unread(struct sim *sim)
{
    int32_t p = (int32_t)sim_below(sim, (uint64_t)sim->kafka->input->count);
    struct partition_log *log = &sim->kafka->input->logs[p];
    int64_t next = stored_next(sim, p);

    if (next < 0 || next >= log->next)
        return false;
    log->first = sim_between(sim, next + 1, log->next);
    sim->is_hurt[p] = true;
    return true;
}

/* All workers are held for less than a session. */
static void hold_workers(struct sim *sim)
{
    int64_t until_ms = sim->now_ms + sim_between(sim, 2500, 8000);

    sim->held_until_ms = until_ms;
    for (int i = 0; i < SIM_WORKERS; i++)
        if (sim->processes[i].is_alive && sim->processes[i].paused_until_ms < until_ms)
            sim->processes[i].paused_until_ms = until_ms;
}

/* Before anybody looks again, the log is as long as it was. */
static void grow_again(struct sim *sim, int32_t partition)
{
    struct partition_log *log = &sim->kafka->input->logs[partition];
    int64_t until = log->next;

    for (int i = 0; i < SIM_WORKERS; i++)
        if (sim->processes[i].source != NULL && consumer_next(sim->processes[i].source, partition) > until)
            until = consumer_next(sim->processes[i].source, partition);
    while (log->next < until + 3)
        traffic_append_to(sim, partition);
}

/* The log ends earlier than what was counted (an unclean election), or begins anew. What is appended from now on takes
 * offsets that were counted already. */
static bool cut(struct sim *sim, bool is_anew)
{
    int32_t p = (int32_t)sim_below(sim, (uint64_t)sim->kafka->input->count);
    struct partition_log *log = &sim->kafka->input->logs[p];
    int64_t next = stored_next(sim, p);

    /* Something must have been counted, or nobody could tell. */
    if (next < 1 || next > log->next || sim->is_hurt[p] || last_visible(log, next) < log->first)
        return false;
    bool is_unseen = sim_chance(sim, 300);
    if (is_unseen)
        hold_workers(sim);
    int64_t cut_at = is_anew ? 0 : sim_between(sim, log->first, last_visible(log, next));
    oracle_remember(sim, p, cut_at);
    log->next = cut_at;
    log->first = is_anew ? 0 : log->first;
    struct entry **entries = sim_take(sim, log->room * sizeof(struct entry *));
    memcpy(entries, log->entries, (size_t)log->next * sizeof(struct entry *));
    log->entries = entries;
    for (int i = 0; i < SIM_WORKERS; i++)
        if (sim->processes[i].source != NULL)
            consumer_cut(sim->processes[i].source, p, log->next);
    sim->is_hurt[p] = true;
    sim_note(sim, "log cut", p, log->next, next);
    if (is_unseen || sim_chance(sim, 300)) /* or seen by a fetch that was refused, and not by the question after it */
        grow_again(sim, p);
    return true;
}

static struct process *draw_worker(struct sim *sim)
{
    struct process *process = &sim->processes[sim_below(sim, SIM_WORKERS)];

    return process->is_alive ? process : NULL;
}

static bool strike_workers(struct sim *sim, enum sim_fault fault)
{
    struct process *process = draw_worker(sim);

    switch (fault) {
    case FAULT_JOIN:
        if (sim->wanted_workers == SIM_WORKERS)
            return false;
        sim->wanted_workers++;
        return true;
    case FAULT_LEAVE:
        if (process == NULL)
            return false;
        process->must_stop = true;
        if (sim->wanted_workers > 1)
            sim->wanted_workers--;
        return true;
    case FAULT_RELOAD:
        if (process == NULL || process->worker == NULL)
            return false;
        process->must_reload = true;
        return true;
    default:
        group_meet(sim);
        return true;
    }
}

static uint32_t draw_steps(struct sim *sim)
{
    static const int64_t most[] = {1, 5, 30, 300};

    return (uint32_t)sim_between(sim, 1, most[sim_below(sim, LENGTH_OF(most))]);
}

static bool strike_redis(struct sim *sim, enum sim_fault fault)
{
    static const char *const refused[] = {"}:hour:", "}:day:", "}:week:", "}:windows", "}:journal", "}:behind"};
    struct redis *redis = sim->redis;
    int64_t until_ms = sim->now_ms + sim_between(sim, 100, 15000);

    switch (fault) {
    case FAULT_REDIS_DOWN:
        redis->down_until_ms = until_ms;
        return true;
    case FAULT_REDIS_BUSY:
        redis->busy_until_ms = until_ms;
        return true;
    case FAULT_REDIS_OOM:
        redis->oom_until_ms = until_ms;
        return true;
    case FAULT_REDIS_READONLY:
        redis->readonly_until_ms = until_ms;
        return true;
    case FAULT_ROLLBACK:
        redis_rollback(sim, draw_steps(sim));
        return true;
    case FAULT_SPLIT:
        if (redis->is_split)
            return false;
        redis_split(sim, sim_chance(sim, 500) ? draw_steps(sim) : 0);
        sim->heal_ms = sim->now_ms + sim_between(sim, 1000, 30000);
        return true;
    case FAULT_FUNCTIONS_LOST:
        redis->master.has_functions = false;
        return true;
    case FAULT_EMPTY:
        redis_empty(sim);
        redis->master.has_functions = false;
        sim->are_all_hurt = true;
        sim->rate[FAULT_EMPTY] = 0;
        return true;
    case FAULT_TORN:
        sim->rate[FAULT_TORN] = 0;
        return redis_tear(sim);
    default:
        redis->is_right_asked = sim_chance(sim, 500);
        redis->refused = refused[sim_below(sim, LENGTH_OF(refused))];
        sim->refused_until_ms = sim->now_ms + sim_between(sim, 100, 3000);
        return true;
    }
}

static bool strike(struct sim *sim, enum sim_fault fault)
{
    struct kafka *kafka = sim->kafka;

    switch (fault) {
    case FAULT_LEAVE:
    case FAULT_JOIN:
    case FAULT_RELOAD:
    case FAULT_REBALANCE:
        return strike_workers(sim, fault);
    case FAULT_BROKER_DOWN:
        kafka->down_until_ms = sim->now_ms + sim_between(sim, 100, 20000);
        return true;
    case FAULT_GROWTH:
        if (kafka->input->count == SIM_PARTITIONS || sim->config.ids != IDS_OFF) /* keys would move: refused */
            return false;
        kafka->input->count++; /* The group looks at the topic now and then. */
        kafka->known_due_ms = sim->now_ms + sim_between(sim, 0, 20000);
        return true;
    case FAULT_GAP:
        return delete_unread(sim);
    case FAULT_TRUNCATED:
    case FAULT_RECREATED:
        return cut(sim, fault == FAULT_RECREATED);
    default:
        return strike_redis(sim, fault);
    }
}

/* ---- in time ---- */

static bool has_retention_state(const struct sim *sim)
{
    char key[SIM_NAME];
    bool has_all = true;

    for (int shard = 0; shard < 8; shard++) {
        snprintf(key, sizeof(key), "%s:{%s:retention:%d}:state", sim->config.namespace_, sim->config.topic, shard);
        has_all = has_all && database_find(&sim->redis->master, span_of(key)) != NULL;
    }
    return has_all;
}

static bool has_settings(const struct sim *sim)
{
    char key[256];

    snprintf(key, sizeof(key), "%s:{settings}:record", sim->config.namespace_);
    return database_find(&sim->redis->master, span_of(key)) != NULL;
}

/* Somebody keeps the workers running, and runs `setup` where it is needed. */
static void supervise(struct sim *sim)
{
    int alive = 0;
    bool needs_setup = !sim->redis->master.has_functions || !has_settings(sim);

    for (int i = 0; i < SIM_WORKERS; i++)
        alive += sim->processes[i].is_alive ? 1 : 0;
    for (int i = 0; i < SIM_WORKERS && alive < sim->wanted_workers; i++)
        if (!sim->processes[i].is_alive && sim_chance(sim, 30)) {
            sim_spawn(sim, i, sim->has_drains && sim_chance(sim, 300));
            alive++;
        }
    for (int32_t p = 0; p < sim->kafka->input->count; p++)
        if (stored_next(sim, p) < 0)
            needs_setup = sim->has_rebuilt = true;
    if (sim->are_all_hurt || sim->processes[SIM_WORKERS].is_alive || !sim_chance(sim, 10))
        return;
    if (needs_setup || (sim->config.has_retention && !has_retention_state(sim)))
        sim_spawn(sim, SIM_WORKERS, false);
}

void nemesis_tick(struct sim *sim)
{
    uint32_t sum = 0;

    supervise(sim);
    if (sim->redis->is_split && sim->now_ms >= sim->heal_ms)
        redis_heal(sim);
    if (sim->redis->refused != NULL && sim->now_ms >= sim->refused_until_ms)
        sim->redis->refused = NULL;
    if (sim->now_ms < sim->fault_due_ms)
        return;
    sim->fault_due_ms = sim->now_ms + sim_between(sim, 200, 8000);
    for (size_t i = 0; i < LENGTH_OF(timed); i++)
        sum += sim->rate[timed[i]];
    if (sum == 0)
        return;
    uint64_t at = sim_below(sim, sum);
    for (size_t i = 0; i < LENGTH_OF(timed); i++) {
        if (at < sim->rate[timed[i]]) {
            if (strike(sim, timed[i])) {
                sim->injected[timed[i]]++;
                sim_note(sim, fault_name(timed[i]), 0, 0, 0);
            }
            return;
        }
        at -= sim->rate[timed[i]];
    }
}

bool nemesis_has_parted(const struct sim *sim)
{
    bool is_cut = sim->are_all_hurt;

    for (int32_t p = 0; p < SIM_PARTITIONS; p++)
        is_cut = is_cut || sim->is_hurt[p];
    return is_cut && sim->injected[FAULT_ROLLBACK] + sim->injected[FAULT_SPLIT] > 0;
}
