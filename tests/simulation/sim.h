/*
 * One simulated world: the real core (worker.c and all it stands on, store.c and its connection, schemas/store.lua in a
 * real Lua) inside a Kafka, a Redis and a clock that are played here. One thread; every choice is drawn from one seed,
 * so one seed is one run with one trace, whose hash is printed.
 *
 * A worker is a coroutine. Each call it makes into the simulated surroundings is a step at whose edges (before the
 * effect, after the effect, before the answer) the scheduler may let others go first, crash it, or pause it.
 */
#ifndef GENTALLY_SIM_H
#define GENTALLY_SIM_H

#include <ucontext.h>

#include "gentally/base/log.h"
#include "gentally/config/config.h"
#include "gentally/ingest/worker.h"

#define SIM_WORKERS 4
#define SIM_PARTITIONS 6
#define SIM_ROWS                                                                                                       \
    21 /* rows of one window: total, 3 models, 2 x 3 providers, 3 countries, 4 categories, others of each */
#define SIM_WHY_SIZE 1024
#define SIM_NAME 512 /* of a topic or a key */

/* What is injected, and counted. */
enum sim_fault {
    FAULT_CRASH,
    FAULT_PAUSE,
    FAULT_LEAVE,
    FAULT_JOIN,
    FAULT_REBALANCE,
    FAULT_RELOAD,
    FAULT_REDELIVERY,
    FAULT_LATE,
    FAULT_FUTURE,
    FAULT_MALFORMED,
    FAULT_CORRECTED,
    FAULT_MARKER,
    FAULT_BOMB,     /* a batch that cannot be read */
    FAULT_TRANSFER, /* a batch that cannot be read this time */
    FAULT_BROKER_DOWN,
    FAULT_LETTERS_SLOW,
    FAULT_TXN_ABORTED,
    FAULT_TXN_UNKNOWN,
    FAULT_TXN_HANGS,
    FAULT_GROWTH,
    FAULT_GAP,
    FAULT_TRUNCATED,
    FAULT_RECREATED,
    FAULT_NO_MEMORY,
    FAULT_REPLY_LOST,
    FAULT_REQUEST_LOST,
    FAULT_REQUEST_DELAYED,
    FAULT_SEND_BROKEN,
    FAULT_REQUESTS_HELD,
    FAULT_REPLIES_HELD,
    FAULT_HALF_OPEN,
    FAULT_REDIS_DOWN,
    FAULT_REDIS_BUSY,
    FAULT_REDIS_OOM,
    FAULT_REDIS_READONLY,
    FAULT_ROLLBACK,
    FAULT_SPLIT,
    FAULT_FUNCTIONS_LOST,
    FAULT_EMPTY,
    FAULT_TORN,
    FAULT_TAINT,
    FAULT_COUNT
};
const char *fault_name(enum sim_fault fault);

struct sim;
struct source;
struct redis;
struct kafka;
struct cuts;
struct letters;
struct looks;
struct oracle;
struct sim_published;

/* A worker process, or the place for one. */
struct process {
    struct sim *sim;
    int index;
    ucontext_t context;
    void *stack;
    struct config *config;
    struct logger logger;
    struct worker *worker;
    struct source *source; /* while it has one */
    bool is_alive;         /* its coroutine has not ended */
    bool is_crashed;       /* nothing it does has an effect any more: it only frees what it has */
    bool must_stop;        /* SIGTERM */
    bool must_reload;      /* SIGHUP */
    bool is_drain;
    bool is_operator;    /* runs setup, not a worker */
    bool is_on_old_side; /* of a split Redis */
    int64_t healed_ms;   /* when it was brought back from there, and looked at the new side; 0: it never was */
    bool is_healing;     /* it was brought back, and has not looked since */
    bool has_failed;     /* ended by HALT */
    char failure[64];    /* and why */
    int64_t turn_ms;     /* when its turn began */
    int64_t wake_ms;
    int64_t paused_until_ms;
};

struct sim {
    uint64_t seed, random, hash;
    bool is_verbose;
    bool is_calm; /* no faults any more */
    bool has_failed;
    char why[SIM_WHY_SIZE];
    int64_t now_ms; /* monotonic */
    int64_t wall_base_ms, wall_scale;
    int64_t slow_ms;            /* how far the workers' clocks are behind */
    uint32_t rate[FAULT_COUNT]; /* per run: how often, in 1/1000 of its occasions; 0 = not in this run */
    uint32_t injected[FAULT_COUNT];
    uint32_t yields, steps, turns;
    uint32_t ledgers, counted_ledgers; /* ledger records committed; and held against the naive count at their offsets */
    uint32_t early_ledgers;            /* and those of open windows that no drain's end brought */
    uint32_t begun_ledgers;            /* of windows in several transactions */
    uint32_t resumed_ledgers;          /* of them: not told to their end at once, but once more */
    uint32_t switch_rate;              /* in 1/1000 of the edges others go first */
    int wanted_workers;
    bool has_drains;
    int64_t fault_due_ms, heal_ms, refused_until_ms;
    int64_t held_until_ms; /* all workers, while a log is cut and grows again */
    struct config config;
    int left_out;                              /* which list of left_out.c */
    struct process processes[SIM_WORKERS + 1]; /* the last is the operator */
    struct process *current;                   /* NULL: the scheduler */
    ucontext_t scheduler;
    bool is_hurt[SIM_PARTITIONS];     /* its stop is right */
    bool has_stopped[SIM_PARTITIONS]; /* a worker said it stops */
    bool are_all_hurt;                /* Redis is empty */
    bool has_rebuilt;                 /* a state was gone with a lost history, and `setup` made it anew */
    struct redis *redis;
    struct kafka *kafka;
    struct oracle *oracle;
    struct cuts *cuts;
    struct letters *letters;
    struct looks *looks;
    struct sim_published *published;
};

/* The world being run: what stands in for libraries has no argument to find it by. */
struct sim *sim_get(void);

uint64_t sim_random(struct sim *sim);
uint64_t sim_below(struct sim *sim, uint64_t bound);
int64_t sim_between(struct sim *sim, int64_t low, int64_t high); /* both inclusive */
/* True in `per_mille` of 1000. Draws in any case. */
bool sim_chance(struct sim *sim, uint32_t per_mille);
/* True if the fault is to be injected at this occasion; counts it. */
bool sim_inject(struct sim *sim, enum sim_fault fault);

int64_t sim_wall_ms(const struct sim *sim);

/* A step of the trace. */
void sim_note(struct sim *sim, const char *what, int64_t a, int64_t b, int64_t c);
/* The run has failed: the first reason is kept. */
void sim_fail(struct sim *sim, const char *format, ...) PRINTF_LIKE(2, 3);

/* The edge of a step. False if the process is crashed: no effect may follow. Outside of a process: true. */
bool sim_yield(struct sim *sim);
/* Sleeps, at least `ms`. False as above. */
bool sim_sleep(struct sim *sim, int64_t ms);

/* Memory of this run: freed when it ends. */
void *sim_take(struct sim *sim, size_t size);
struct span sim_copy(struct sim *sim, struct span bytes);

/* Makes this the world being run, with its memory empty. */
void sim_enter(struct sim *sim);

/* Starts a process in its place: a worker, or (the last) the operator. */
void sim_spawn(struct sim *sim, int index, bool is_drain);

/* nemesis.c: which faults this run has; and what is due of them. */
void nemesis_choose(struct sim *sim);
void nemesis_tick(struct sim *sim);

/* Whether a log was cut and the store went back to before that: what is counted then is another history, and nothing of
 * what is published says so but the pane. */
bool nemesis_has_parted(const struct sim *sim);

/* Runs one seed. False if it failed: `sim->why`. */
bool sim_run(struct sim *sim, uint64_t seed, bool is_verbose);

/* What a process does: worker processes and the operator. */
void process_main(struct process *process);
void operator_main(struct process *process);

#endif
