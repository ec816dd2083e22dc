/*
 * Logs that were cut or made anew. What was counted before stays the truth of whoever counted it: a state stands on the
 * log as it was, until its history is taken back behind the cut and goes on along the new one.
 */
#include <stdlib.h>

#include "gentally/core/anchor.h"
#include "truth.h"

struct cuts {
    struct partition_log old_logs[SIM_PARTITIONS];
    int64_t at[SIM_PARTITIONS];      /* what is before it is the same in both logs; -1: never cut */
    bool has_old[2][SIM_PARTITIONS]; /* by database: it stands on the old log */
};

void cuts_make(struct sim *sim)
{
    sim->cuts = sim_take(sim, sizeof(*sim->cuts));
    for (int32_t p = 0; p < SIM_PARTITIONS; p++)
        sim->cuts->at[p] = -1;
}

static bool *has_old(const struct sim *sim, const struct database *database, int32_t partition)
{
    return &sim->cuts->has_old[database == &sim->redis->master ? 0 : 1][partition];
}

const struct partition_log *oracle_log(struct sim *sim, const struct database *database, int32_t partition)
{
    bool is_old = *has_old(sim, database, partition);

    return is_old ? &sim->cuts->old_logs[partition] : &sim->kafka->input->logs[partition];
}

void oracle_remember(struct sim *sim, int32_t partition, int64_t cut_at)
{
    struct cuts *cuts = sim->cuts;
    const struct partition_log *log = &sim->kafka->input->logs[partition];

    cuts->has_old[0][partition] = cuts->has_old[1][partition] = true;
    cuts->at[partition] = cut_at;
    cuts->old_logs[partition] = *log;
    cuts->old_logs[partition].entries = sim_take(sim, ((size_t)log->next + 1) * sizeof(struct entry *));
    if (log->next > 0)
        memcpy(cuts->old_logs[partition].entries, log->entries, (size_t)log->next * sizeof(struct entry *));
}

bool oracle_is_cut(const struct sim *sim, int32_t partition)
{
    return sim->cuts->at[partition] >= 0;
}

void oracle_split(struct sim *sim)
{
    memcpy(sim->cuts->has_old[1], sim->cuts->has_old[0], sizeof(sim->cuts->has_old[0]));
}

/* Records may be read before their log is cut, and flushed after it: the anchor says of which log they are. */
void cuts_flushed(struct sim *sim, const struct database *database, int32_t partition, int64_t expected, int64_t next,
                  struct span anchor_text)
{
    const struct partition_log *log = &sim->kafka->input->logs[partition];
    char text[ANCHOR_TEXT_SIZE] = "";
    struct anchor anchor;

    if (expected > sim->cuts->at[partition])
        return;
    if (anchor_text.size > 0 && anchor_text.size < sizeof(text))
        memcpy(text, anchor_text.bytes, anchor_text.size);
    bool is_behind =
        next <= sim->cuts->at[partition] || !anchor_read(text, &anchor) || anchor.offset < sim->cuts->at[partition];
    *has_old(sim, database, partition) =
        !is_behind && (anchor.offset >= log->next || log->entries[anchor.offset]->timestamp_ms != anchor.timestamp_ms);
}
