/*
 * Entries, as many as a call may change cells, are compacted. For each window that is behind where they begin the
 * compaction fills a tail, whose cells are read, merged, and written; some windows together, since a log that is caught
 * up with has a thousand of some rows each.
 *
 *   journal --compaction--> rows of a window --> tail --store_journal_load--> stored --tail_merge--> values
 *           --store_journal_apply--> store
 */
#include "apply.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/calendar.h"
#include "gentally/base/clock.h"
#include "gentally/base/log.h"
#include "gentally/config/config.h"
#include "gentally/core/admission.h"
#include "gentally/core/compact.h"
#include "gentally/core/event.h"
#include "gentally/redis/store_journal.h"

#define STEP_CELLS 1024 /* with so many no further window joins a step: some ms of Redis */

struct applier {
    const struct config *config;
    struct store *store;
    struct logger *logger;
    struct compaction *compaction; /* of the entries at hand */
    /* The step at hand. */
    struct window_step steps[STEP_WINDOWS_MAX];
    uint32_t count, cells;
};

enum verdict applier_open(struct applier **applier, const struct config *config, struct store *store,
                          struct logger *logger, struct reason *why)
{
    struct applier *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for an applier");
    opened->config = config;
    opened->store = store;
    opened->logger = logger;
    enum verdict verdict = compaction_open(&opened->compaction, why);
    for (uint32_t i = 0; i < STEP_WINDOWS_MAX && verdict == GO_ON; i++)
        verdict = tail_open(&opened->steps[i].tail, why);
    if (verdict != GO_ON) {
        applier_close(opened);
        return verdict;
    }
    *applier = opened;
    return GO_ON;
}

void applier_close(struct applier *applier)
{
    if (applier == NULL)
        return;
    compaction_close(applier->compaction);
    for (uint32_t i = 0; i < STEP_WINDOWS_MAX; i++)
        tail_close(applier->steps[i].tail);
    free(applier);
}

/* ---- telling of full rollups ---- */

/* The windows and rollups that a warning names: as many as its line takes. */
struct fullness {
    char text[REASON_TEXT_SIZE / 2];
    size_t size;
    uint32_t more; /* that are not named */
    int64_t rows_max;
};

/* What a run made full, or nearly so: once for each window, whoever counts in it. */
struct told {
    struct fullness full, nearly;
};

static void name_group(struct fullness *fullness, int32_t partition, struct window window,
                       const struct tail_group *group)
{
    char one[128], start[32];

    fullness->rows_max = group->rows_max;
    time_format(window.start_ms, start, sizeof(start));
    int size = snprintf(one, sizeof(one), "%spartition %" PRId32 " %s %s %.*s: %" PRId64,
                        fullness->size > 0 ? ", " : "", partition, window_kind_name(window.kind), start,
                        (int)group->rollup.size, group->rollup.bytes, group->rows);
    if (fullness->size + (size_t)size >= sizeof(fullness->text)) {
        fullness->more++;
        return;
    }
    memcpy(fullness->text + fullness->size, one, (size_t)size + 1);
    fullness->size += (size_t)size;
}

static void note_fullness(const struct tail *tail, int32_t partition, struct window window, struct told *told)
{
    for (uint32_t i = 0; i < tail_groups(tail); i++) {
        const struct tail_group *group = tail_group(tail, i);
        const struct admission before = {.rows = group->rows_before, .limit = group->rows_max};
        const struct admission now = {.rows = group->rows, .limit = group->rows_max};
        bool is_nearly = admission_is_nearly_full(&now) && !admission_is_nearly_full(&before);
        if (group->is_closed && !group->was_closed)
            name_group(&told->full, partition, window, group);
        else if (is_nearly)
            name_group(&told->nearly, partition, window, group);
    }
}

static void warn(const struct applier *applier, enum reason_id id, const char *what, const struct fullness *fullness)
{
    struct reason why;

    if (fullness->size == 0)
        return;
    (void)reason_set(&why, GO_ON, id, 0, "%s; rows_max is %" PRId64 ": %s%s", what, fullness->rows_max, fullness->text,
                     fullness->more > 0 ? " and more" : "");
    log_reason(applier->logger, LOG_LEVEL_WARN, &why);
}

/* ---- some entries ---- */

/* Compacts the entries behind `from`, one at least and as many as their rows may be cells of a call, up to `*number`.
 */
static enum verdict gather(struct applier *applier, const struct journal *journal, int64_t from, int64_t *number,
                           struct reason *why)
{
    bool is_added = true;
    enum verdict verdict = GO_ON;

    compaction_begin(applier->compaction);
    for (*number = from; *number < journal->last && verdict == GO_ON; ++*number) {
        verdict = compaction_add(applier->compaction, journal->entries[*number + 1 - journal->first],
                                 (uint64_t)applier->config->flush_rows_max, &is_added, why);
        if (!is_added)
            break;
    }
    return verdict == GO_ON ? compaction_finish(applier->compaction, why) : verdict;
}

/* ---- a step ---- */

/*
 * Cells are read by themselves: where another owner applied between the two, they do not fit to what is here, and that
 * is no damage. Since all that changes cells moves what the journal says of the window, a journal that still says the
 * same says that nobody did.
 */
static enum verdict confirm_damage(struct applier *applier, const struct partition_state *state,
                                   const struct window_behind *behind, struct reason *why)
{
    const struct reason damage = *why;
    struct journal now;
    enum verdict verdict = store_journal_read(applier->store, state, &now, why);

    if (verdict != GO_ON)
        return verdict;
    bool is_same = false;
    for (uint32_t i = 0; i < now.behind_count; i++)
        is_same = is_same || (window_compare(now.behind[i].window, behind->window) == 0 &&
                              now.behind[i].number == behind->number && now.behind[i].records == behind->records);
    store_journal_close(&now);
    if (!is_same)
        return reason_set(why, TRY_LATER, STORE_WINDOW_GREW, 0,
                          "partition %" PRId32 ": a window was written while it was read", state->partition);
    char start[32];
    time_format(behind->window.start_ms, start, sizeof(start));
    return reason_set(why, HALT, STORE_DAMAGED, 0, "partition %" PRId32 ", %s %s: %.300s", state->partition,
                      window_kind_name(behind->window.kind), start, damage.text);
}

/* Takes a window into the step. */
static enum verdict join(struct applier *applier, const struct partition_state *state,
                         const struct window_behind *behind, struct reason *why)
{
    struct window_step *step = &applier->steps[applier->count];

    step->behind = behind;
    tail_begin(step->tail, behind->window);
    enum verdict verdict = compaction_fill(applier->compaction, step->tail, why);
    if (verdict == HALT && why->id == STORE_DAMAGED)
        return confirm_damage(applier, state, behind, why);
    applier->cells += tail_count(step->tail);
    applier->count++;
    return verdict;
}

static enum verdict merge(struct applier *applier, const struct partition_state *state, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (uint32_t i = 0; i < applier->count && verdict == GO_ON; i++) {
        verdict = tail_merge(applier->steps[i].tail, why);
        if (verdict == HALT && why->id == STORE_DAMAGED)
            return confirm_damage(applier, state, applier->steps[i].behind, why);
    }
    return verdict;
}

/* Takes the windows of the step to `number`. */
static enum verdict take_step(struct applier *applier, const struct partition_state *state, struct journal *journal,
                              int64_t number, struct told *told, struct reason *why)
{
    enum verdict verdict = store_journal_load(applier->store, state->partition, applier->steps, applier->count, why);

    if (verdict == GO_ON)
        verdict = merge(applier, state, why);
    if (verdict == GO_ON)
        verdict = store_journal_apply(applier->store, state, journal, applier->steps, applier->count, number, why);
    for (uint32_t i = 0; i < applier->count && verdict == GO_ON; i++) {
        const struct window_step *step = &applier->steps[i];
        struct window_behind *behind = &journal->behind[step->behind - journal->behind];
        behind->number = number;
        behind->records += tail_records(step->tail);
        note_fullness(step->tail, state->partition, behind->window, told);
    }
    applier->count = applier->cells = 0;
    return verdict;
}

/* ---- all ---- */

/* Where the windows that are furthest behind begin. */
static int64_t furthest(const struct journal *journal)
{
    int64_t number = journal->last;

    for (uint32_t i = 0; i < journal->behind_count; i++)
        number = journal->behind[i].number < number ? journal->behind[i].number : number;
    return number;
}

/* The windows that are behind there. */
static uint32_t count_behind(const struct journal *journal, int64_t number)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < journal->behind_count; i++)
        count += journal->behind[i].number == number;
    return count;
}

/* Applies some entries to all windows that are behind where these begin. */
static enum verdict apply_some(struct applier *applier, const struct partition_state *state, struct journal *journal,
                               int64_t from, struct told *told, struct reason *why)
{
    int64_t number = from;
    uint32_t left = count_behind(journal, from);
    enum verdict verdict = gather(applier, journal, from, &number, why);

    if (verdict == HALT && why->id == STORE_DAMAGED) {
        const struct reason damage = *why;
        return reason_set(why, HALT, STORE_DAMAGED, 0, "partition %" PRId32 ": %.400s", state->partition, damage.text);
    }
    applier->count = applier->cells = 0;
    for (uint32_t i = 0; left > 0 && verdict == GO_ON; i++) {
        if (journal->behind[i].number != from)
            continue;
        left--;
        verdict = join(applier, state, &journal->behind[i], why);
        bool is_full = applier->count == STEP_WINDOWS_MAX || applier->cells >= STEP_CELLS;
        if (verdict == GO_ON && (is_full || left == 0))
            verdict = take_step(applier, state, journal, number, told, why);
    }
    return verdict;
}

enum verdict applier_run(struct applier *applier, const struct partition_state *state, int64_t run_us, bool *is_done,
                         struct reason *why)
{
    int64_t ends_us = clock_us(CLOCK_MONOTONIC) + run_us;
    struct told told = {.full = {.size = 0}};
    struct journal journal;
    enum verdict verdict = store_journal_read(applier->store, state, &journal, why);

    *is_done = false;
    for (bool is_long = false; verdict == GO_ON && !*is_done && !is_long;) {
        int64_t from = furthest(&journal);
        *is_done = from >= journal.last;
        if (!*is_done)
            verdict = apply_some(applier, state, &journal, from, &told, why);
        is_long = clock_us(CLOCK_MONOTONIC) >= ends_us;
    }
    store_journal_close(&journal);
    warn(applier, ROLLUP_FULL, "further rows are added to " DIMENSION_OTHER, &told.full);
    warn(applier, ROLLUP_NEARLY_FULL, "four fifths of the rows that are told one by one", &told.nearly);
    return verdict;
}
