/* What must hold at the end, when all is read out, stored, and maybe published: the store's cells and the last value of
 * every key are the naive count. */
#include <inttypes.h>
#include <stdio.h>

#include "committed.h"

static bool is_unhurt(const struct sim *sim, int32_t partition)
{
    return !sim->is_hurt[partition] && !sim->are_all_hurt;
}

bool oracle_is_read_out(struct sim *sim)
{
    for (int32_t p = 0; p < sim->kafka->input->count; p++) {
        if (is_unhurt(sim, p) && database_number(&sim->redis->master, sim->redis->meta[p], "next", -1) <
                                     kafka_stable(&sim->kafka->input->logs[p]))
            return false;
    }
    return true;
}

/* With `is_least`, there may be more than the window has: of partitions that are not compared. */
static void compare_row(struct sim *sim, const struct truth_window *window, int row, bool is_least)
{
    const struct published_key *key = published_window(sim, window->kind, window->start_ms)->rows[row];
    const char *name = key == NULL ? oracle_row_name(sim, row) : key->key.bytes;
    const struct version *latest = key == NULL ? NULL : key->latest;
    const struct sums *truth = &window->rows[row];
    bool is_there = latest != NULL && !latest->is_gone;

    if (!is_there && truth->of[0] > 0)
        sim_fail(sim, "%s of a %s was %s; the truth is %" PRId64 " requests", name, oracle_kinds[window->kind],
                 latest == NULL ? "never published" : "taken back", truth->of[0]);
    else if (is_there && is_least && latest->sums.of[0] < truth->of[0])
        sim_fail(sim, "%s: published are %" PRId64 " requests, the truth is at least %" PRId64, name,
                 latest->sums.of[0], truth->of[0]);
    else if (is_there && !is_least && truth->of[0] == 0)
        sim_fail(sim, "%s: published are %" PRId64 "; nothing is left of it", name, latest->sums.of[0]);
    else if (is_there && !is_least && !oracle_is_equal(&latest->sums, truth))
        sim_fail(sim,
                 "%s: published are %" PRId64 " requests (revision %" PRId64 "), the truth is %" PRId64 "; %s differ",
                 name, latest->sums.of[0], latest->revision, truth->of[0], oracle_difference(&latest->sums, truth));
}

void truth_merge(struct truth_window *into, const struct truth_window *from)
{
    into->records += from->records;
    into->touched |= from->touched;
    for (int row = 0; row < SIM_ROWS; row++)
        oracle_add(&into->rows[row], &from->rows[row], 1);
}

/* Whether a window was over for all partitions is known once all are read out: then the highest watermark counts. */
static void check_pane(struct sim *sim, const struct truth_window *truth, int64_t watermark_ms)
{
    const struct open_window *window = published_window(sim, truth->kind, truth->start_ms);

    if (oracle_window_over(truth->kind, truth->start_ms) <= watermark_ms && window->last.pane == PANE_EARLY)
        sim_fail(sim, "a %s is over, and its last revision is told early", oracle_kinds[truth->kind]);
}

/* The truths of the partitions that are not hurt. Answers how many. */
static int32_t gather(struct sim *sim, struct truth *truths[])
{
    int32_t count = 0;

    for (int32_t p = 0; p < sim->kafka->input->count && !sim->has_failed; p++) {
        struct truth *truth = is_unhurt(sim, p) ? oracle_truth(sim, &sim->redis->master, p) : NULL;
        if (truth != NULL)
            truths[count++] = truth;
        else if (is_unhurt(sim, p))
            sim_fail(sim, "partition %" PRId32 " has no state", p);
    }
    return count;
}

/* Adds up the parts of a window of one partition's truth. False where a partition before it has it, too: so each window
 * comes once. */
static bool merge_at(struct truth *truths[], int32_t count, int32_t p, uint32_t i, struct truth_window *merged)
{
    *merged = truths[p]->windows[i];
    for (int32_t q = 0; q < count; q++)
        for (uint32_t j = 0; q != p && j < truths[q]->count; j++) {
            if (truths[q]->windows[j].kind != merged->kind || truths[q]->windows[j].start_ms != merged->start_ms)
                continue;
            if (q < p)
                return false;
            truth_merge(merged, &truths[q]->windows[j]);
        }
    return true;
}

static void compare_published(struct sim *sim, struct truth *truths[], int32_t count, bool is_least)
{
    int64_t watermark_ms = NONE;
    struct truth_window merged;

    for (int32_t p = 0; p < count; p++)
        watermark_ms = truths[p]->watermark_ms > watermark_ms ? truths[p]->watermark_ms : watermark_ms;
    for (int32_t p = 0; p < count; p++)
        for (uint32_t i = 0; i < truths[p]->count && !sim->has_failed; i++) {
            if (!merge_at(truths, count, p, i, &merged))
                continue;
            if (!is_least) /* A partition that has stopped may keep it open. */
                check_pane(sim, &merged, watermark_ms);
            for (int row = 0; row < SIM_ROWS; row++)
                if ((merged.touched >> row & 1) != 0)
                    compare_row(sim, &merged, row, is_least);
        }
}

bool oracle_is_told(struct sim *sim)
{
    struct truth *truths[SIM_PARTITIONS];
    int32_t count = gather(sim, truths);
    struct truth_window merged;

    for (int32_t p = 0; p < count; p++)
        for (uint32_t i = 0; i < truths[p]->count; i++)
            if (merge_at(truths, count, p, i, &merged) &&
                published_window(sim, merged.kind, merged.start_ms)->last.revision != merged.records)
                return false;
    return oracle_under_way(sim) == 0;
}

void oracle_settled(struct sim *sim, bool is_drained)
{
    struct truth *truths[SIM_PARTITIONS];
    int32_t count = sim->kafka->input->count, unhurt = gather(sim, truths);

    for (int32_t p = 0, i = 0; p < count && !sim->has_failed; p++)
        if (is_unhurt(sim, p))
            oracle_compare(sim, p, truths[i++]);
    if (is_drained && !sim->has_failed)
        compare_published(sim, truths, unhurt, unhurt < count);
    if (is_drained && unhurt == count && oracle_under_way(sim) > 0)
        sim_fail(sim, "%" PRIu32 " windows are under way, and nobody is there to tell them", oracle_under_way(sim));
    oracle_retention_settled(sim, is_drained, is_drained && unhurt == count);
    oracle_letters(sim);
}
