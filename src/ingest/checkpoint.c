/*
 * One flush, in four steps: plan what it changes; load the cells as the store has them; merge; write.
 *
 *   tally's rows --flush_plan.c--> cells --load--> stored --merge.c--> value --flush--> store
 */
#include "checkpoint.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "admission.h"
#include "flush_plan.h"
#include "gentally/base/calendar.h"
#include "gentally/base/grow.h"
#include "gentally/base/log.h"
#include "gentally/config/config.h"
#include "merge.h"

struct checkpoint {
    struct store *store;
    struct logger *logger;
    struct flush_tools tools;
    size_t plan_room, change_room;
    struct flush_plan *plans;
    struct change **changes; /* those still to be sent */
    bool is_sent;            /* the last flush may have happened: only the identical one may follow */
};

enum verdict checkpoint_open(struct checkpoint **checkpoint, const struct config *config, struct store *store,
                             const struct symbols *symbols, struct logger *logger, struct reason *why)
{
    struct checkpoint *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for checkpoints");
    opened->store = store;
    opened->logger = logger;
    flush_tools_open(&opened->tools, config, symbols);
    *checkpoint = opened;
    return GO_ON;
}

void checkpoint_begin_rollups(struct checkpoint *checkpoint, const int64_t since_ms[])
{
    struct flush_tools *tools = &checkpoint->tools;

    memcpy(tools->since_ms, since_ms, tools->config->rollups.count * sizeof(*since_ms));
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    if (checkpoint == NULL)
        return;
    arena_close(&checkpoint->tools.arena);
    free(checkpoint->plans);
    free(checkpoint->changes);
    free(checkpoint);
}

static enum verdict reserve(struct checkpoint *checkpoint, uint32_t count, struct reason *why)
{
    if (count == 0)
        return GO_ON;
    struct flush_plan *plans = grow(checkpoint->plans, &checkpoint->plan_room, count, sizeof(*plans));
    if (plans != NULL)
        checkpoint->plans = plans;
    struct change **changes = grow(checkpoint->changes, &checkpoint->change_room, count, sizeof(struct change *));
    if (changes != NULL)
        checkpoint->changes = changes;
    return plans == NULL || changes == NULL ? no_memory(why, "for a checkpoint") : GO_ON;
}

/* ---- telling of full rollups ---- */

/* The windows and rollups that a warning names: as many as its line takes. */
struct fullness {
    char text[REASON_TEXT_SIZE / 2];
    size_t size;
    uint32_t more; /* that are not named */
};

static void name_group(const struct checkpoint *checkpoint, int32_t partition, const struct row_group *group,
                       struct fullness *fullness)
{
    char one[128], start[32];

    time_format(group->window.start_ms, start, sizeof(start));
    int size = snprintf(one, sizeof(one), "%spartition %" PRId32 " %s %s %s: %" PRId64, fullness->size > 0 ? ", " : "",
                        partition, window_kind_name(group->window.kind), start,
                        checkpoint->tools.config->rollups.items[group->rollup].name, group->rows);
    if (fullness->size + (size_t)size >= sizeof(fullness->text)) {
        fullness->more++;
        return;
    }
    memcpy(fullness->text + fullness->size, one, (size_t)size + 1);
    fullness->size += (size_t)size;
}

static void warn(const struct checkpoint *checkpoint, enum reason_id id, const char *what,
                 const struct fullness *fullness)
{
    struct reason why;

    if (fullness->size == 0)
        return;
    (void)reason_set(&why, GO_ON, id, 0, "%s; rows_max is %" PRId64 ": %s%s", what, checkpoint->tools.config->rows_max,
                     fullness->text, fullness->more > 0 ? " and more" : "");
    log_reason(checkpoint->logger, LOG_LEVEL_WARN, &why);
}

/* Tells what the flush made full, or nearly so: once for each window, whoever counts in it. */
static void tell_fullness(const struct checkpoint *checkpoint, uint32_t count)
{
    struct fullness full = {.size = 0}, nearly = {.size = 0};
    const int64_t limit = checkpoint->tools.config->rows_max;

    for (uint32_t i = 0; i < count; i++) {
        const struct flush_plan *plan = &checkpoint->plans[i];
        for (uint32_t j = 0; j < plan->group_count && plan->change.verdict == GO_ON; j++) {
            const struct row_group *group = &plan->groups[j];
            bool was_nearly = admission_is_nearly_full(&(struct admission){.rows = group->rows_before, .limit = limit});
            bool is_nearly = admission_is_nearly_full(&(struct admission){.rows = group->rows, .limit = limit});
            if (group->is_closed && !group->was_closed)
                name_group(checkpoint, plan->change.state->partition, group, &full);
            else if (is_nearly && !was_nearly)
                name_group(checkpoint, plan->change.state->partition, group, &nearly);
        }
    }
    warn(checkpoint, ROLLUP_FULL, "further rows are added to " DIMENSION_OTHER, &full);
    warn(checkpoint, ROLLUP_NEARLY_FULL, "four fifths of the rows that are told one by one", &nearly);
}

/* ---- the round trips ---- */

/* Tells each flush how its change fared. */
static void answer(struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        flushes[i].verdict = checkpoint->plans[i].change.verdict;
        flushes[i].why = checkpoint->plans[i].change.why;
    }
}

/*
 * Cells are read by themselves, behind the check that they may be: where another owner wrote between the two, they are
 * of his making, and do not fit to what is here. That is no damage. Since all that changes cells moves what the check
 * compares, a check that still passes afterwards says that nobody did.
 */
static enum verdict confirm_damage(struct checkpoint *checkpoint, uint32_t count, struct reason *why)
{
    uint32_t damaged = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct change *change = &checkpoint->plans[i].change;
        if (change->verdict == HALT && change->why.id == STORE_DAMAGED)
            checkpoint->changes[damaged++] = change;
    }
    enum verdict verdict = damaged == 0 ? GO_ON : store_load(checkpoint->store, checkpoint->changes, damaged, why);
    for (uint32_t i = 0; i < damaged && verdict == GO_ON; i++) {
        struct change *change = checkpoint->changes[i];
        if (change->verdict == GO_ON)
            change->verdict =
                reason_set(&change->why, HALT, STORE_DAMAGED, 0,
                           "partition %" PRId32 ": a cell does not read as we wrote it", change->state->partition);
    }
    return verdict;
}

static enum verdict load_and_merge(struct checkpoint *checkpoint, uint32_t count, struct reason *why)
{
    for (uint32_t i = 0; i < count; i++)
        checkpoint->changes[i] = &checkpoint->plans[i].change;
    enum verdict verdict = store_load(checkpoint->store, checkpoint->changes, count, why);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++) {
        struct flush_plan *plan = &checkpoint->plans[i];
        if (plan->change.verdict == GO_ON)
            plan->change.verdict = merge_plan(&checkpoint->tools, plan, &plan->change.why);
    }
    return verdict == GO_ON ? confirm_damage(checkpoint, count, why) : verdict;
}

static enum verdict flush(struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count,
                          struct reason *why)
{
    uint32_t sendable = 0;
    enum verdict verdict = GO_ON;

    for (uint32_t i = 0; i < count; i++)
        if (checkpoint->plans[i].change.verdict == GO_ON)
            checkpoint->changes[sendable++] = &checkpoint->plans[i].change;
    checkpoint->is_sent = true;
    if (sendable > 0)
        verdict = store_flush(checkpoint->store, checkpoint->changes, sendable, why);
    if (verdict == GO_ON) {
        checkpoint->is_sent = false;
        tell_fullness(checkpoint, count);
        answer(checkpoint, flushes, count);
    }
    return verdict;
}

enum verdict checkpoint_run(struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count,
                            struct reason *why)
{
    assert(!checkpoint->is_sent);
    arena_clear(&checkpoint->tools.arena);
    enum verdict verdict = reserve(checkpoint, count, why);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++)
        verdict = flush_plan_make(&checkpoint->tools, &flushes[i], &checkpoint->plans[i], why);
    if (verdict == GO_ON)
        verdict = load_and_merge(checkpoint, count, why);
    if (verdict == GO_ON)
        verdict = flush(checkpoint, flushes, count, why);
    return verdict;
}

enum verdict checkpoint_again(struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count,
                              struct reason *why)
{
    enum verdict verdict = GO_ON;

    if (!checkpoint->is_sent) /* The load did not get through: nothing was written yet. */
        verdict = load_and_merge(checkpoint, count, why);
    if (verdict == GO_ON)
        verdict = flush(checkpoint, flushes, count, why);
    return verdict;
}

void checkpoint_forget(struct checkpoint *checkpoint)
{
    checkpoint->is_sent = false;
}
