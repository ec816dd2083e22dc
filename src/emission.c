/*
 * Summaries are a pure function of the cells and the tables: rows sorted by key, no clock, no host, so that a repeated
 * emission is byte-identical.
 */
#include "gentally/emission.h"

#include <errno.h>
#include <stdlib.h>

#include "gentally/config.h"
#include "gentally/encode.h"
#include "gentally/merge.h"
#include "gentally/sink.h"
#include "gentally/topics.h"

struct emission {
    const struct config *config;
    struct store *store;
    struct closer_tables tables;
    struct encoder *encoder;
    struct merge *merge;
    char (*topics)[TOPIC_NAME_MAX + 1]; /* by rollup */
    char ledger_topic[TOPIC_NAME_MAX + 1];
    struct ledger_partition *partitions;
    uint32_t partition_count;
    char values[ROW_KEY_MAX]; /* of the row being joined */
};

enum verdict emission_open(struct emission **emission, const struct config *config, struct store *store,
                           const struct closer_tables *tables, int32_t partitions, struct reason *why)
{
    struct emission *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return reason_set(why, HALT, "NO-MEMORY", errno, "no memory for emissions");
    opened->config = config;
    opened->store = store;
    opened->tables = *tables;
    opened->partition_count = (uint32_t)partitions;
    opened->partitions = calloc((size_t)partitions, sizeof(*opened->partitions));
    opened->topics = calloc(config->rollups.count, sizeof(*opened->topics));
    enum verdict verdict = opened->partitions == NULL || opened->topics == NULL
                               ? reason_set(why, HALT, "NO-MEMORY", errno, "no memory for emissions")
                               : encoder_open(&opened->encoder, why);
    if (verdict == GO_ON)
        verdict = merge_open(&opened->merge, why);
    if (verdict != GO_ON) {
        emission_close(opened);
        return verdict;
    }
    topic_ledger(config, opened->ledger_topic);
    for (uint32_t i = 0; i < config->rollups.count; i++)
        topic_summaries(config, config->rollups.items[i].name, opened->topics[i]);
    *emission = opened;
    return GO_ON;
}

void emission_close(struct emission *emission)
{
    if (emission == NULL)
        return;
    merge_close(emission->merge);
    encoder_close(emission->encoder);
    free(emission->partitions);
    free(emission->topics);
    free(emission);
}

static enum verdict gather_cell(void *context, struct span key, struct span packed, struct reason *why)
{
    return merge_add(context, key, packed, why);
}

/* Merges the window's cells of all partitions and notes what each contributed. */
static enum verdict gather(struct emission *emission, struct window window, int64_t *revision, struct reason *why)
{
    merge_clear(emission->merge);
    *revision = 0;
    for (uint32_t i = 0; i < emission->partition_count; i++) {
        struct ledger_partition *part = &emission->partitions[i];
        struct standing standing;
        enum verdict verdict = store_snapshot(emission->store, (int32_t)i, window, gather_cell, emission->merge,
                                              &part->records, &standing, why);
        if (verdict != GO_ON)
            return verdict;
        part->partition = (int32_t)i;
        memcpy(part->incarnation, standing.incarnation, sizeof(part->incarnation));
        part->first = standing.first;
        part->next = standing.next;
        part->watermark_ms = standing.watermark_ms;
        memcpy(part->outcomes, standing.outcomes, sizeof(part->outcomes));
        *revision += part->records;
    }
    merge_sort(emission->merge);
    return GO_ON;
}

static enum verdict put_summary(struct emission *emission, struct publisher *publisher, struct summary *summary,
                                uint32_t index, uint32_t *summaries, struct reason *why)
{
    const struct rollup *rollup = NULL;
    struct span key, values[ROLLUP_DIMS_MAX], bytes;
    char text[SUMMARY_KEY_MAX];

    merge_at(emission->merge, index, &key, &summary->cell);
    if (!row_key_read(key, &emission->config->rollups, &rollup, values, emission->values))
        return GO_ON; /* A rollup that was configured once and is no more: its cells wait to be collected. */
    const char *topic = emission->topics[rollup - emission->config->rollups.items];
    size_t size = summary_key_write(key, summary->window, text);
    if (summary->cell->sums[M_REQUESTS] == 0) /* All of it was amended away or retracted: a tombstone. */
        return publisher_put(publisher, topic, (struct span){text, size}, span_of(NULL), why);
    summary_fill(summary, rollup, values, emission->tables.catalog, emission->tables.countries);
    int64_t below = emission->config->suppress_below_accounts;
    summary_suppress(summary, below > 0 ? cell_accounts(summary->cell) : 0, below);
    enum verdict verdict = encode_summary(emission->encoder, summary, &bytes, why);
    if (verdict != GO_ON)
        return verdict;
    ++*summaries;
    return publisher_put(publisher, topic, (struct span){text, size}, bytes, why);
}

static enum verdict put_ledger(struct emission *emission, struct publisher *publisher, const struct summary *summary,
                               uint32_t summaries, struct reason *why)
{
    char key[64];
    struct span bytes;
    struct ledger ledger = {
        .window = summary->window,
        .pane = summary->pane,
        .generation = summary->generation,
        .revision = summary->revision,
        .summaries = summaries,
        .tables_version = summary->tables_version,
        .partition_count = emission->partition_count,
        .partitions = emission->partitions,
    };
    enum verdict verdict = encode_ledger(emission->encoder, &ledger, &bytes, why);

    if (verdict != GO_ON)
        return verdict;
    size_t size = ledger_key_write(summary->window, key);
    return publisher_put(publisher, emission->ledger_topic, (struct span){key, size}, bytes, why);
}

enum verdict emission_put(struct emission *emission, struct publisher *publisher, struct window window, enum pane pane,
                          int64_t generation, int64_t *revision, uint32_t *summaries, struct reason *why)
{
    struct summary summary = {
        .window = window,
        .pane = pane,
        .generation = generation,
        .tables_version = span_of(emission->tables.version),
    };
    enum verdict verdict = gather(emission, window, revision, why);

    *summaries = 0;
    summary.revision = *revision;
    for (uint32_t i = 0; verdict == GO_ON && i < merge_count(emission->merge); i++)
        verdict = put_summary(emission, publisher, &summary, i, summaries, why);
    if (verdict == GO_ON && *revision > 0) /* Even if there are only tombstones. */
        verdict = put_ledger(emission, publisher, &summary, *summaries, why);
    return verdict;
}

const struct ledger_partition *emission_parts(const struct emission *emission)
{
    return emission->partitions;
}
