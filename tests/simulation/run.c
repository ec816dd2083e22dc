/* One run: a setup, a time of faults, a time of healing, a drain; and the processes in it. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "config_defaults.h"
#include "gentally/kafka/source.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_retention.h"
#include "oracle.h"
#include "setup_settings.h"

#define TOLD_MS 120000 /* beyond the interval: a transaction that hangs, a closer that pauses, a session that ends */
#define TURNS_MAX 1000000u /* of the scheduler: a run takes some thousands */
#define STACK_SIZE ((size_t)1 << 20)

/* ---- processes ---- */

/* What ends a worker for good reason. */
static bool is_excused(const struct sim *sim, const char *id)
{
    static const char *const always[] = {"STORE-STATE-MISSING", "STORE-RETENTION-MISSING", "SETTINGS-MISSING"};
    bool is_any_hurt = sim->are_all_hurt;

    for (size_t i = 0; i < LENGTH_OF(always); i++)
        if (strcmp(id, always[i]) == 0)
            return true;
    for (int32_t p = 0; p < SIM_PARTITIONS; p++)
        is_any_hurt = is_any_hurt || sim->is_hurt[p];
    if (strcmp(id, "NO-MEMORY") == 0)
        return sim->injected[FAULT_NO_MEMORY] > 0;
    if (strcmp(id, "STORE-DENIED") == 0)
        return sim->injected[FAULT_TAINT] > 0;
    if (sim->has_rebuilt && strcmp(id, "STORE-INCARNATION") == 0)
        return true;
    if (strcmp(id, "STORE-SUPERSEDED") == 0) /* Where it was told, it was held against where the worker was. */
        return sim->injected[FAULT_SPLIT] > 0;
    if (strcmp(id, "STORE-FUNCTIONS-MISSING") == 0)
        return sim->injected[FAULT_FUNCTIONS_LOST] > 0 || sim->injected[FAULT_EMPTY] > 0;
    return is_any_hurt && (strncmp(id, "STORE-", 6) == 0 || strncmp(id, "SOURCE-", 7) == 0);
}

static void ended(struct process *process, enum verdict verdict, const struct reason *why)
{
    if (verdict != HALT || process->is_crashed)
        return;
    sim_note(process->sim, "worker ends", process->index, 0, 0);
    process->has_failed = true;
    if (process->sim->is_verbose)
        printf("          %d ends: %s %s\n", process->index, reason_name(why->id), why->text);
    bool has_no_later = process->is_drain && !process->sim->is_calm && why->id == STORE_UNREACHABLE;
    if (!has_no_later && !is_excused(process->sim, reason_name(why->id))) /* Some window could not be read, thrice. */
        sim_fail(process->sim, "worker %d ended with %s: %s", process->index, reason_name(why->id), why->text);
}

static void run_worker(struct process *process)
{
    struct sim *sim = process->sim;
    bool is_done = false;

    while (!is_done && !process->is_crashed) {
        struct reason why = {0};
        if (process->must_reload) {
            process->must_reload = false;
            if (worker_reload(process->worker, &why) != GO_ON)
                sim_fail(sim, "the tables do not load again: %s", why.text);
        }
        int64_t wall_ms = sim_wall_ms(sim) - sim->slow_ms;
        process->turn_ms = sim->now_ms;
        enum verdict verdict =
            worker_turn(process->worker, process->turn_ms, wall_ms, process->must_stop, &is_done, &why);
        ended(process, verdict, &why);
        if (verdict == HALT || (verdict == TRY_LATER && process->must_stop && sim_chance(sim, 100)))
            return;
        if (!sim_sleep(sim, verdict == GO_ON ? 0 : 250))
            return;
    }
}

void process_main(struct process *process)
{
    struct worker_options options = {process->config, process->is_drain, &process->logger, NULL, NULL};
    enum verdict verdict = TRY_LATER;
    struct reason why = {0};

    while (verdict == TRY_LATER && !process->is_crashed && !process->must_stop) {
        verdict = worker_open(&process->worker, &options, &why);
        if (verdict == TRY_LATER)
            (void)sim_sleep(process->sim, 1000);
    }
    ended(process, verdict, &why);
    if (verdict == GO_ON) {
        run_worker(process);
        worker_close(process->worker);
    }
    process->worker = NULL;
}

/* What `gentally setup` does, but for topics. */
static enum verdict set_up(struct process *process, struct store *store, struct source *source, struct reason *why)
{
    int64_t floors_ms[WINDOW_KINDS] = {NO_TIME, NO_TIME, NO_TIME, NO_TIME};
    struct setup_settings settings = {.is_changed = false};
    int32_t count = 0;
    enum verdict verdict = setup_settings_compare(&settings, process->config, store, true, why);

    if (verdict == GO_ON)
        verdict = source_partitions(source, &count, why);
    if (verdict == GO_ON)
        verdict = setup_settings_carry_out(&settings, store, count, why);
    for (int32_t i = 0; i < count && verdict == GO_ON; i++) {
        struct partition_state state;
        verdict = store_state(store, i, &state, why);
        for (int kind = 0; verdict == GO_ON && kind < WINDOW_KINDS; kind++)
            if (state.floor_ms[kind] > floors_ms[kind])
                floors_ms[kind] = state.floor_ms[kind];
        if (verdict == HALT && strcmp(reason_name(why->id), "STORE-STATE-MISSING") == 0)
            verdict = GO_ON;
    }
    for (int32_t i = 0; i < count && verdict == GO_ON; i++) {
        int64_t first = 0, next = 0;
        bool is_created = false;
        verdict = source_extent(source, i, &first, &next, why);
        if (verdict == GO_ON)
            verdict = store_create(store, i, first, floors_ms, &is_created, why);
    }
    uint32_t created = 0;
    if (verdict == GO_ON && process->config->has_retention)
        verdict = store_retention_create(store, false, &created, why);
    return verdict;
}

void operator_main(struct process *process)
{
    struct reason why = {0};
    enum verdict verdict = TRY_LATER;

    while (verdict == TRY_LATER && !process->is_crashed) {
        struct store *store = NULL;
        struct source *source = NULL;
        verdict = store_open(&store, process->config, &process->logger, &why);
        if (verdict == GO_ON)
            verdict = store_install(store, &why);
        if (verdict == GO_ON)
            verdict = source_open(&source, process->config, &process->logger, &why);
        if (verdict == GO_ON)
            verdict = set_up(process, store, source, &why);
        source_close(source);
        store_close(store);
        if (verdict == HALT && why.id == SETTINGS_CHANGED) /* Its own first try, maybe; it says to run it again. */
            verdict = TRY_LATER;
        if (verdict == TRY_LATER)
            (void)sim_sleep(process->sim, 1000);
    }
    if (verdict == HALT && !process->is_crashed && strcmp(reason_name(why.id), "STORE-FUNCTIONS-MISSING") != 0 &&
        strcmp(reason_name(why.id), "STORE-TAINTED") != 0)
        sim_fail(process->sim, "setup ended with %s: %s", reason_name(why.id), why.text);
}

static void enter(void)
{
    struct process *process = sim_get()->current;

    if (process->is_operator)
        operator_main(process);
    else
        process_main(process);
    process->is_alive = false;
    for (;;)
        swapcontext(&process->context, &process->sim->scheduler);
}

static void *stack_of(const struct process *process)
{
    if (process->stack != NULL)
        return process->stack;
    void *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED)
        abort();
    return stack;
}

/* A function of its own, without a variable: getcontext(3) may return twice, as far as the compiler knows. */
static void make_context(struct process *process)
{
    getcontext(&process->context);
    process->context.uc_stack.ss_sp = process->stack;
    process->context.uc_stack.ss_size = STACK_SIZE;
    process->context.uc_link = NULL;
    makecontext(&process->context, enter, 0);
}

void sim_spawn(struct sim *sim, int index, bool is_drain)
{
    struct process *process = &sim->processes[index];

    if (index < SIM_WORKERS)
        group_leave(sim, index); /* who was here before, if he is still taken for a member */
    *process = (struct process){.sim = sim,
                                .index = index,
                                .stack = stack_of(process),
                                .config = &sim->config,
                                .is_alive = true,
                                .is_drain = is_drain,
                                .is_operator = index == SIM_WORKERS,
                                .is_on_old_side = process->is_on_old_side};
    log_open(&process->logger, sim->is_verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "worker");
    make_context(process);
    sim_note(sim, "spawn", index, is_drain, 0);
}

/* ---- the scheduler ---- */

static void resume(struct sim *sim, struct process *process)
{
    sim->current = process;
    swapcontext(&sim->scheduler, &process->context);
    sim->current = NULL;
}

static bool is_runnable(const struct sim *sim, const struct process *process)
{
    return process->is_alive &&
           (process->is_crashed || (process->wake_ms <= sim->now_ms && process->paused_until_ms <= sim->now_ms));
}

/* Lets somebody go on, or time pass. */
static void step(struct sim *sim)
{
    struct process *runnable[SIM_WORKERS + 1];
    uint64_t count = 0;

    if (++sim->turns > TURNS_MAX)
        sim_fail(sim, "the run does not end");
    redis_tick(sim);
    group_tick(sim);
    for (int i = 0; i <= SIM_WORKERS; i++)
        if (is_runnable(sim, &sim->processes[i]))
            runnable[count++] = &sim->processes[i];
    if (count > 0) {
        sim->now_ms += (int64_t)sim_below(sim, 4);
        resume(sim, runnable[sim_below(sim, count)]);
        return;
    }
    int64_t next_ms = sim->now_ms + 100;
    for (int i = 0; i <= SIM_WORKERS; i++) {
        const struct process *process = &sim->processes[i];
        int64_t due_ms = process->wake_ms > process->paused_until_ms ? process->wake_ms : process->paused_until_ms;
        if (process->is_alive && due_ms < next_ms)
            next_ms = due_ms;
    }
    sim->now_ms = next_ms > sim->now_ms ? next_ms : sim->now_ms + 1;
}

static int alive_count(const struct sim *sim)
{
    int count = 0;

    for (int i = 0; i < SIM_WORKERS; i++)
        count += sim->processes[i].is_alive ? 1 : 0;
    return count;
}

static void stop_all(struct sim *sim)
{
    int64_t until_ms = sim->now_ms + 120000;

    for (int i = 0; i < SIM_WORKERS; i++)
        sim->processes[i].must_stop = true;
    while (alive_count(sim) > 0 && !sim->has_failed) {
        step(sim);
        if (sim->now_ms > until_ms)
            sim_fail(sim, "workers do not stop");
    }
}

static void run_operator(struct sim *sim)
{
    sim_spawn(sim, SIM_WORKERS, false);
    while (sim->processes[SIM_WORKERS].is_alive && !sim->has_failed)
        step(sim);
}

/* ---- the four times ---- */

/* Open windows are told: often, rarely, or not at all; as many rows are remembered as there are, few, or none; and a
 * window goes out in one transaction, or in several. */
static void configure_early(struct sim *sim)
{
    bool is_off = sim_chance(sim, 150);

    for (int kind = 0; kind < WINDOW_KINDS; kind++) {
        int64_t interval_ms = sim_between(sim, 100, sim_chance(sim, 600) ? 3000 : 60000);
        sim->config.early_emit_interval_ms[kind] = is_off || sim_chance(sim, 100) ? 0 : interval_ms;
    }
    sim->config.told_rows_max = sim_chance(sim, 250) ? sim_between(sim, 0, 40) : INT64_C(1) << 20;
    sim->config.transaction_rows_max = sim_chance(sim, 500) ? sim_between(sim, 1, 12) : 20000;
}

static void configure(struct sim *sim)
{
    static const int64_t apply_intervals[] = {0, 1500, 6000, 60000};
    struct reason why;
    struct config *config = &sim->config;

    if (config->topic[0] == '\0')
        config_defaults(config);
    if (rollups_parse("total=,model=model,provider=provider+model,geography=country,category=category",
                      &config->rollups, &why) != GO_ON)
        abort();
    rollups_group(&config->rollups, &config->grouping);
    config->has_retention = sim_chance(sim, 700);
    snprintf(config->account_key, sizeof(config->account_key), "%s", config->has_retention ? "key" : "");
    for (int kind = 0; kind < WINDOW_KINDS; kind++)
        config->windows[kind] = true;
    config->base = WINDOW_HOUR;
    config->out_of_orderness_ms = sim_between(sim, 5, 60) * 60000;
    config->future_skew_ms = 600000;
    config->kept_ms[WINDOW_HOUR] = sim_between(sim, 1, 10) * HOUR_MS;
    config->kept_ms[WINDOW_DAY] = sim_between(sim, 2, 20) * HOUR_MS;
    config->kept_ms[WINDOW_WEEK] = sim_between(sim, 2, 20) * HOUR_MS;
    config->kept_ms[WINDOW_MONTH] = sim_chance(sim, 300) ? 100 * DAY_MS : sim_between(sim, 2, 20) * HOUR_MS;
    config->idle_ms = sim_between(sim, 500, 5000);
    config->flush_interval_ms = sim_between(sim, 200, 3000);
    config->apply_interval_ms = apply_intervals[sim->seed / 2 % LENGTH_OF(apply_intervals)];
    config->emit_interval_ms = sim_between(sim, 200, 3000);
    config->late_emit_interval_ms = sim_between(sim, 200, 10000);
    configure_early(sim);
    config->flush_rows_max = sim->seed % 2 == 0 ? 2048 : 64; /* then windows are read in portions of four fields */
    config->rows_max = sim->seed % 3 == 0 ? 1 + (int64_t)(sim->seed / 3 % 5) : 1000000; /* there are at most six rows */
    static const enum ids_mode modes[] = {IDS_OFF, IDS_DEDUP, IDS_AMEND};
    config->ids = modes[sim_between(sim, 0, 2)];
    config->ids_keep = config->ids == IDS_AMEND && sim_chance(sim, 500) ? KEEP_LAST : KEEP_FIRST;
    config->ids_kept_ms = config->ids == IDS_OFF ? 0 : sim_between(sim, 1, 20) * HOUR_MS;
    oracle_draw_left_out(sim);
    sim->wall_base_ms = INT64_C(1761868800000) + sim_between(sim, 0, 60) * HOUR_MS; /* 2025-10-31: month, then week */
    sim->wall_scale = sim_between(sim, 400, 2500);
    sim->slow_ms = sim_chance(sim, 300) ? sim_between(sim, 60000, 6 * HOUR_MS) : 0;
}

static void trouble(struct sim *sim)
{
    int64_t end_ms = sim->now_ms + sim_between(sim, 20000, 90000);
    int64_t gap_ms = (end_ms - sim->now_ms) / sim_between(sim, 40, 250);
    int64_t next_ms = sim->now_ms;

    while (sim->now_ms < end_ms && !sim->has_failed) {
        for (; next_ms <= sim->now_ms && next_ms < end_ms; next_ms += sim_between(sim, 0, 2 * gap_ms))
            traffic_append(sim);
        nemesis_tick(sim);
        step(sim);
    }
}

static bool is_any_hurt(const struct sim *sim)
{
    bool is_hurt = sim->are_all_hurt;

    for (int32_t p = 0; p < SIM_PARTITIONS; p++)
        is_hurt = is_hurt || sim->is_hurt[p];
    return is_hurt;
}

static void heal(struct sim *sim)
{
    struct redis *redis = sim->redis;
    bool must_restart = sim_chance(sim, 500);

    sim->is_calm = true;
    redis->down_until_ms = redis->busy_until_ms = redis->oom_until_ms = redis->readonly_until_ms = 0;
    redis->refused = NULL;
    sim->kafka->down_until_ms = 0;
    if (redis->is_split)
        redis_heal(sim);
    for (int i = 0; i < SIM_WORKERS;
         i++) /* Whoever is held does not look before he was held long enough to look again. */
        if (sim->processes[i].paused_until_ms > sim->held_until_ms)
            sim->processes[i].paused_until_ms = sim->held_until_ms;
    for (int32_t p = 0; p < SIM_PARTITIONS; p++)
        must_restart = must_restart || sim->has_stopped[p];
    while (sim->processes[SIM_WORKERS].is_alive && !sim->has_failed)
        step(sim);
    if (must_restart)
        stop_all(sim);
    if (!sim->are_all_hurt)
        run_operator(sim);
}

/* A partition that stopped for good reason, which is gone by now, goes on when its worker is started again. */
static void restart_stopped(struct sim *sim)
{
    for (int32_t p = 0; p < SIM_PARTITIONS; p++) {
        for (int i = 0; i < SIM_WORKERS && sim->has_stopped[p] && !sim->is_hurt[p]; i++)
            sim->processes[i].must_stop = true;
        sim->has_stopped[p] = false;
    }
}

static void settle(struct sim *sim)
{
    int64_t until_ms = sim->now_ms + 300000;

    while (!oracle_is_read_out(sim) && !sim->has_failed) {
        for (int i = 0; i < 2 && alive_count(sim) < 2; i++)
            if (!sim->processes[i].is_alive && sim_chance(sim, 20))
                sim_spawn(sim, i, false);
        restart_stopped(sim);
        step(sim);
        if (sim->now_ms > until_ms)
            sim_fail(sim, "not all is counted 300 s after the last fault");
    }
}

/* Without a drain: all that is counted is told within the interval, of open windows, too. */
static void await_told(struct sim *sim)
{
    int64_t interval_ms = 0, next_ms = sim->now_ms;

    for (int kind = 0; kind < WINDOW_KINDS; kind++) {
        int64_t own_ms = sim->config.early_emit_interval_ms[kind];
        if (own_ms == 0)
            return;
        interval_ms = own_ms > interval_ms ? own_ms : interval_ms;
    }
    int64_t until_ms = sim->now_ms + interval_ms + TOLD_MS;
    while (!sim->has_failed) {
        if (sim->now_ms >= next_ms && oracle_is_told(sim))
            return;
        next_ms = sim->now_ms >= next_ms ? sim->now_ms + 500 : next_ms;
        for (int i = 0; i < 2 && alive_count(sim) < 2; i++)
            if (!sim->processes[i].is_alive && sim_chance(sim, 20))
                sim_spawn(sim, i, false);
        step(sim);
        if (sim->now_ms > until_ms)
            sim_fail(sim, "not all that is counted is told within its interval");
    }
}

/* Whoever is still taken for a member would leave the drain without his partitions. */
static void await_sessions(struct sim *sim)
{
    for (int i = 0; i < SIM_WORKERS; i++)
        while (sim->kafka->members[i].state != MEMBER_ABSENT && !sim->has_failed)
            step(sim);
}

/* With a partition that has stopped, it ends with the reason of that, and is done. */
static void drain(struct sim *sim, bool is_hurt)
{
    await_sessions(sim);
    int64_t until_ms = sim->now_ms + 600000;
    int count = (int)sim_between(sim, 1, 2);
    bool is_done[2] = {false, false};

    while (!sim->has_failed && (!is_done[0] || (count == 2 && !is_done[1]))) {
        for (int i = 0; i < count; i++)
            if (!sim->processes[i].is_alive && !is_done[i])
                sim_spawn(sim, i, true);
        step(sim);
        for (int i = 0; i < count; i++)
            is_done[i] = is_done[i] || (!sim->processes[i].is_alive && (is_hurt || !sim->processes[i].has_failed));
        if (sim->now_ms > until_ms)
            sim_fail(sim, "the drain does not end");
    }
}

/* Whether all that is not hurt must be published, whatever is: but for windows that lost keys, and those that had more
 * of a hurt partition before the store was rolled back. */
static bool is_publishable(const struct sim *sim)
{
    static const enum sim_fault takers[] = {FAULT_ROLLBACK, FAULT_SPLIT, FAULT_EMPTY, FAULT_TORN, FAULT_TAINT};
    uint32_t taken = 0;

    for (size_t i = 0; i < LENGTH_OF(takers); i++)
        taken += sim->injected[takers[i]];
    return taken == 0 && !sim->has_rebuilt;
}

static void make(struct sim *sim, uint64_t seed, bool is_verbose)
{
    void *stacks[SIM_WORKERS + 1];

    for (int i = 0; i <= SIM_WORKERS; i++)
        stacks[i] = sim->processes[i].stack;
    struct config config = sim->config;
    *sim = (struct sim){.seed = seed, .random = seed * 2654435761u + 1, .hash = 1, .is_verbose = is_verbose};
    sim->config = config;
    for (int i = 0; i <= SIM_WORKERS; i++)
        sim->processes[i] = (struct process){.sim = sim, .index = i, .stack = stacks[i]};
    sim_enter(sim);
    configure(sim);
    kafka_make(sim);
    redis_make(sim);
    oracle_make(sim);
    published_make(sim);
    sim->now_ms = 1000;
}

/* Whoever still runs ends as by SIGKILL, so that nothing is leaked. */
static void end(struct sim *sim)
{
    for (int i = 0; i <= SIM_WORKERS; i++) {
        struct process *process = &sim->processes[i];
        process->is_crashed = true;
        while (process->is_alive)
            resume(sim, process);
    }
    published_free(sim);
    oracle_free(sim);
    redis_free(sim);
}

bool sim_run(struct sim *sim, uint64_t seed, bool is_verbose)
{
    make(sim, seed, is_verbose);
    sim->is_calm = true;
    run_operator(sim);
    nemesis_choose(sim);
    sim->is_calm = false;
    trouble(sim);
    if (!sim->has_failed)
        heal(sim);
    if (!sim->has_failed)
        settle(sim);
    if (!sim->has_failed && !is_any_hurt(sim) && !sim->has_rebuilt && sim_chance(sim, 300))
        await_told(sim);
    if (!sim->has_failed)
        stop_all(sim);
    bool is_hurt = is_any_hurt(sim), is_drained = !is_hurt || is_publishable(sim);
    if (!sim->has_failed && is_drained)
        drain(sim, is_hurt);
    if (!sim->has_failed)
        oracle_settled(sim, is_drained);
    sim_note(sim, "end", sim->kafka->ledger->logs[0].next, 0, 0);
    end(sim);
    return !sim->has_failed;
}
