/* Chance, time, memory and the trace of one run; and the edges of steps. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sim.h"

static struct sim *the_sim; /* one a process: see sim_get() */

struct sim *sim_get(void)
{
    return the_sim;
}

const char *fault_name(enum sim_fault fault)
{
    static const char *const names[FAULT_COUNT] = {
        [FAULT_CRASH] = "worker crashed",
        [FAULT_PAUSE] = "worker paused beyond its session",
        [FAULT_LEAVE] = "worker left",
        [FAULT_JOIN] = "worker joined",
        [FAULT_REBALANCE] = "rebalance for no reason",
        [FAULT_RELOAD] = "tables reloaded",
        [FAULT_REDELIVERY] = "records delivered again",
        [FAULT_LATE] = "late event",
        [FAULT_FUTURE] = "future event",
        [FAULT_MALFORMED] = "malformed record",
        [FAULT_CORRECTED] = "event repeated, amended or retracted",
        [FAULT_MARKER] = "offset without a record",
        [FAULT_BOMB] = "batch that cannot be read",
        [FAULT_TRANSFER] = "batch that came broken",
        [FAULT_BROKER_DOWN] = "broker down",
        [FAULT_LETTERS_SLOW] = "dead letters not acknowledged",
        [FAULT_TXN_ABORTED] = "transaction aborted",
        [FAULT_TXN_UNKNOWN] = "commit of unknown outcome",
        [FAULT_TXN_HANGS] = "commit hangs",
        [FAULT_GROWTH] = "partition added",
        [FAULT_GAP] = "records deleted before counted",
        [FAULT_TRUNCATED] = "log truncated",
        [FAULT_RECREATED] = "topic made anew",
        [FAULT_NO_MEMORY] = "no memory for a Redis command",
        [FAULT_REPLY_LOST] = "Redis reply lost",
        [FAULT_REQUEST_LOST] = "Redis request lost",
        [FAULT_REQUEST_DELAYED] = "Redis request executed later",
        [FAULT_SEND_BROKEN] = "Redis pipeline sent half-way",
        [FAULT_REQUESTS_HELD] = "Redis requests held by a proxy",
        [FAULT_REPLIES_HELD] = "Redis replies held by a proxy",
        [FAULT_HALF_OPEN] = "Redis connection half-open",
        [FAULT_REDIS_DOWN] = "Redis down",
        [FAULT_REDIS_BUSY] = "Redis busy",
        [FAULT_REDIS_OOM] = "Redis out of memory",
        [FAULT_REDIS_READONLY] = "Redis read-only",
        [FAULT_ROLLBACK] = "Redis lost acknowledged writes",
        [FAULT_SPLIT] = "Redis split brain",
        [FAULT_FUNCTIONS_LOST] = "Redis functions flushed",
        [FAULT_EMPTY] = "Redis empty",
        [FAULT_TORN] = "Redis key deleted",
        [FAULT_TAINT] = "Redis write refused inside a flush",
    };

    assert(names[fault] != NULL);
    return names[fault];
}

/* ---- chance ---- */

/* SplitMix64 (Steele, Lea, Flood 2014). */
uint64_t sim_random(struct sim *sim)
{
    uint64_t z = (sim->random += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t sim_below(struct sim *sim, uint64_t bound)
{
    return sim_random(sim) % bound;
}

int64_t sim_between(struct sim *sim, int64_t low, int64_t high)
{
    return low + (int64_t)sim_below(sim, (uint64_t)(high - low + 1));
}

bool sim_chance(struct sim *sim, uint32_t per_mille)
{
    return sim_below(sim, 1000) < per_mille;
}

bool sim_inject(struct sim *sim, enum sim_fault fault)
{
    if (sim->is_calm || sim->rate[fault] == 0 || !sim_chance(sim, sim->rate[fault]))
        return false;
    sim->injected[fault]++;
    sim_note(sim, fault_name(fault), 0, 0, 0);
    return true;
}

/* Tokens and nonces are drawn by getrandom(2): from the seed here, or no run could be repeated. Libraries that are
 * linked draw as well, before any run begins (GnuTLS, which libmicrohttpd and libcurl bring): that is the system's to
 * give. */
ssize_t getrandom(void *bytes, size_t size, unsigned flags)
{
    unsigned char *at = bytes;

    if (the_sim == NULL)
        return syscall(SYS_getrandom, bytes, size, flags);
    for (size_t i = 0; i < size; i++)
        at[i] = (unsigned char)sim_random(the_sim);
    return (ssize_t)size;
}

/* ---- time ---- */

int64_t sim_wall_ms(const struct sim *sim)
{
    return sim->wall_base_ms + sim->now_ms * sim->wall_scale;
}

/* ---- memory ---- */

#define CHUNK_SIZE ((size_t)1 << 20)
struct chunk {
    struct chunk *next;
    char bytes[CHUNK_SIZE];
};
static struct chunk *first_chunk, *chunk; /* kept from run to run */
static size_t chunk_used;

void sim_enter(struct sim *sim)
{
    the_sim = sim;
    chunk = first_chunk;
    chunk_used = 0;
}

void *sim_take(struct sim *sim, size_t size)
{
    (void)sim;
    size = (size + 15) & ~(size_t)15;
    assert(size <= CHUNK_SIZE);
    if (chunk == NULL || chunk_used + size > CHUNK_SIZE) {
        struct chunk *next = chunk != NULL ? chunk->next : NULL;
        if (next == NULL) {
            next = malloc(sizeof(*next));
            if (next == NULL)
                abort();
            next->next = NULL;
            if (chunk != NULL)
                chunk->next = next;
            else
                first_chunk = next;
        }
        chunk = next;
        chunk_used = 0;
    }
    void *taken = chunk->bytes + chunk_used;
    chunk_used += size;
    return memset(taken, 0, size);
}

struct span sim_copy(struct sim *sim, struct span bytes)
{
    if (bytes.bytes == NULL)
        return bytes;
    char *copy = sim_take(sim, bytes.size + 1);
    memcpy(copy, bytes.bytes, bytes.size);
    return (struct span){copy, bytes.size};
}

/* ---- the trace ---- */

static void mix(struct sim *sim, uint64_t word)
{
    sim->hash = (sim->hash ^ word) * UINT64_C(0x100000001b3);
    sim->hash ^= sim->hash >> 29;
}

static void mix_text(struct sim *sim, const char *text)
{
    for (; *text != '\0'; text++)
        mix(sim, (unsigned char)*text);
}

void sim_note(struct sim *sim, const char *what, int64_t a, int64_t b, int64_t c)
{
    int who = sim->current == NULL ? -1 : sim->current->index;

    sim->steps++;
    mix(sim, (uint64_t)what[0] << 8 ^ (uint64_t)(who + 1));
    mix(sim, (uint64_t)sim->now_ms);
    mix(sim, (uint64_t)a);
    mix(sim, (uint64_t)b);
    mix(sim, (uint64_t)c);
    if (sim->is_verbose)
        printf("%8" PRId64 "  %2d  %s %" PRId64 " %" PRId64 " %" PRId64 "\n", sim->now_ms, who, what, a, b, c);
}

void sim_fail(struct sim *sim, const char *format, ...)
{
    va_list arguments;

    if (sim->has_failed)
        return;
    sim->has_failed = true;
    va_start(arguments, format);
    vsnprintf(sim->why, sizeof(sim->why), format, arguments);
    va_end(arguments);
    mix_text(sim, sim->why);
    if (sim->is_verbose)
        printf("%8" PRId64 "  FAILED: %s\n", sim->now_ms, sim->why);
}

/* ---- the log, as log.h has it: into the trace ---- */

void log_open(struct logger *logger, enum log_level level, const char *program)
{
    *logger = (struct logger){.level = level, .program = program};
}

#define MOMENT_MS 5000 /* what was read there is judged, and told, within it */

/* What was superseded is the old side of a split store: whoever is there says so, or was until a moment ago, or
 * has not reached any other since. */
static void superseded(struct sim *sim, const char *text)
{
    const struct process *process = sim->current;
    bool is_there = process != NULL && (process->is_on_old_side || process->is_healing ||
                                        (process->healed_ms > 0 && sim->now_ms - process->healed_ms < MOMENT_MS));

    if (!is_there)
        sim_fail(sim, "a worker of the only store there is says that it was superseded: %s", text);
}

/* An error about a partition says that it stops. */
static void stopped(struct sim *sim, int partition, const char *id, const char *text)
{
    bool is_excused =
        strcmp(id, "STORE-STATE-MISSING") == 0 || (sim->has_rebuilt && strcmp(id, "STORE-INCARNATION") == 0);

    sim->has_stopped[partition] = true;
    if (!sim->is_hurt[partition] && !sim->are_all_hurt && !is_excused)
        sim_fail(sim, "partition %d was stopped for no reason: %s: %s", partition, id, text);
}

void log_line(struct logger *logger, enum log_level level, const char *id, const char *format, ...)
{
    struct sim *sim = the_sim;
    char text[600];
    va_list arguments;
    int partition = -1;

    if (level < logger->level || (level < LOG_LEVEL_WARN && !sim->is_verbose))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (sim->is_verbose)
        printf("%8" PRId64 "  %2d  log %s %s %s\n", sim->now_ms, sim->current == NULL ? -1 : sim->current->index,
               level == LOG_LEVEL_ERROR ? "ERROR" : "", id, text);
    if (level < LOG_LEVEL_WARN)
        return;
    mix_text(sim, id);
    mix_text(sim, text);
    if (strcmp(id, "STORE-SUPERSEDED") == 0)
        superseded(sim, text);
    else if (level == LOG_LEVEL_ERROR && sscanf(text, "partition %d", &partition) == 1 && partition >= 0 &&
             partition < SIM_PARTITIONS)
        stopped(sim, partition, id, text);
}

void log_reason(struct logger *logger, enum log_level level, const struct reason *why)
{
    log_line(logger, level, reason_name(why->id), "%s", why->text);
}

/* ---- the edges of steps ---- */

static bool switch_away(struct sim *sim, struct process *process)
{
    swapcontext(&process->context, &sim->scheduler);
    return !process->is_crashed;
}

bool sim_yield(struct sim *sim)
{
    struct process *process = sim->current;

    if (process == NULL)
        return true;
    if (process->is_crashed)
        return false;
    sim->yields++;
    if (!process->is_operator && sim_inject(sim, FAULT_CRASH)) {
        process->is_crashed = true;
        return false;
    }
    if (!process->is_operator && sim_inject(sim, FAULT_PAUSE))
        process->paused_until_ms = sim->now_ms + sim_between(sim, 2000, 40000);
    else if (!sim_chance(sim, sim->switch_rate))
        return true;
    process->wake_ms = sim->now_ms + sim_between(sim, 0, 20);
    return switch_away(sim, process);
}

bool sim_sleep(struct sim *sim, int64_t ms)
{
    struct process *process = sim->current;

    if (process == NULL)
        return true;
    if (process->is_crashed)
        return false;
    process->wake_ms = sim->now_ms + ms + sim_between(sim, 0, ms / 4 + 1);
    return switch_away(sim, process);
}
